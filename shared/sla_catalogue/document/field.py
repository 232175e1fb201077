"""Field types shared by the sections: texts in languages, names, durations, hours, local times, secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from sla_catalogue.duration import UNSPECIFIED, BadDuration, parse_allowed, parse_span, parse_time_left, parse_warning
from sla_catalogue.hours import BadHours, Week, parse_minute, parse_week
from sla_catalogue.secret import Secret
from sla_domain.bounds import RANGE, within_reach
from sla_domain.language_table import LANGUAGE_TAGS
from sla_domain.plan import Allowed, WarningAt

T = TypeVar("T")
TEXT = {"type": "string"}


class Document(BaseModel):
    """Base of all mappings in a catalogue file. An unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
    )


def refuse(code: str, message: str, hint: str = "") -> PydanticCustomError:
    """Return an error for a pydantic validator to raise. The catalogue reports the error as a finding.

    Args:
        code: A stable name of the kind of problem, such as `duration`.
        message: What is wrong.
        hint: What to do. "" if not known.
    """
    return PydanticCustomError("slad", "{message}", {"code": code, "message": message, "hint": hint})


def guarded(parse: Callable[[str], T]) -> Callable[[object], T]:
    """Return a pydantic validator that converts a text with the function `parse`.

    The validator refuses a value that is not a text. If `parse` raises BadDuration or BadHours, the validator refuses
    the text with the message and hint of that error.
    """

    def read(value: object) -> T:
        if not isinstance(value, str):
            raise refuse("type", "a text is expected here")
        try:
            return parse(value)
        except BadDuration as error:
            raise refuse("duration", str(error), error.hint) from None
        except BadHours as error:
            raise refuse("hours", str(error), error.hint) from None

    return read


def one_or_many(value: object) -> object:
    """Return a text as a list of that text, so that a single value needs no list.

    Any other value is returned unchanged.
    """
    return [value] if isinstance(value, str) else value


def _unique(values: list[str]) -> list[str]:
    twice = {value for value in values if values.count(value) > 1}
    if twice:
        raise refuse("duplicate", f"named twice: {', '.join(sorted(twice))}")
    return values


_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def _texts(value: object) -> object:
    if isinstance(value, str):
        return {"en": value}
    if isinstance(value, Mapping):
        for tag in value:
            if not _TAG.fullmatch(str(tag)):
                raise refuse("language", f"{tag!r} is no language tag", f"write {', '.join(LANGUAGE_TAGS)}, …")
    return value


def _week(value: object) -> Week | None:
    if value == UNSPECIFIED:
        return None
    try:
        return parse_week(value)
    except BadHours as error:
        raise refuse("hours", str(error), error.hint) from None


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise refuse("date", f"{text!r} is no date", "write YYYY-MM-DD") from None


def _local(text: str) -> datetime:
    """A local date and time without an offset; `T24:00` is the midnight that ends the day."""
    day, _, clock = text.strip().replace(" ", "T").partition("T")
    try:
        midnight = datetime.fromisoformat(f"{day}T00:00")
        return midnight + timedelta(minutes=parse_minute(clock))
    except (ValueError, OverflowError, BadHours):  # the last day that datetime knows has no midnight at its end
        raise refuse("date", f"{text!r} is no local date and time", "write YYYY-MM-DDTHH:MM") from None


def _instant_text(text: str) -> str:
    """Checked for shape and reach only: the zone of a time without offset is known once the contract is."""
    try:
        written = datetime.fromisoformat(text.strip())
    except ValueError:
        raise refuse(
            "date", f"{text!r} is no date and time", "write YYYY-MM-DDTHH:MM, with an offset or without"
        ) from None
    if not within_reach(written if written.tzinfo is not None else written.replace(tzinfo=UTC)):
        raise refuse("date", f"{text!r} is out of reach", f"a time lies {RANGE}")
    return text.strip()


_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s*%?", re.ASCII)


def _percent(value: object) -> Decimal:
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise refuse("percent", f"{value!r} is no percentage", "write 90% or 99.5%")
    percent = Decimal(found.group(1))
    if not 0 < percent <= 100:
        raise refuse("percent", f"{value} is no share of anything", "more than 0%, at most 100%")
    return percent


def _long_span(text: str) -> timedelta:
    return parse_span(text, days_allowed=True)


def _single(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _secret(value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    raise refuse("type", "a secret is a text, ${NAME} of the environment, or a file named under the key with _file")


Texts = Annotated[dict[str, str], BeforeValidator(_texts)]
Names = Annotated[list[str], BeforeValidator(one_or_many), AfterValidator(_unique)]
Turns = Annotated[list[str], BeforeValidator(one_or_many)]
AllowedTime = Annotated[Allowed, PlainValidator(guarded(parse_allowed)), WithJsonSchema(TEXT)]
Span = Annotated[timedelta, PlainValidator(guarded(parse_span)), WithJsonSchema(TEXT)]
LongSpan = Annotated[timedelta, PlainValidator(guarded(_long_span)), WithJsonSchema(TEXT)]
TimeLeft = Annotated[timedelta | int, PlainValidator(guarded(parse_time_left)), WithJsonSchema(TEXT)]
WarningTime = Annotated[WarningAt, PlainValidator(guarded(parse_warning)), WithJsonSchema(TEXT)]
Hours = Annotated[
    Week | None,
    PlainValidator(_week),
    WithJsonSchema(
        {"anyOf": [TEXT, {"type": "object", "additionalProperties": {"type": ["string", "array", "null"]}}]}
    ),
]
Minute = Annotated[int, PlainValidator(guarded(parse_minute)), WithJsonSchema(TEXT)]
Day = Annotated[date, PlainValidator(guarded(_date)), WithJsonSchema({"type": "string", "format": "date"})]
LocalTime = Annotated[datetime, PlainValidator(guarded(_local)), WithJsonSchema(TEXT)]
InstantText = Annotated[str, PlainValidator(guarded(_instant_text)), WithJsonSchema(TEXT)]
SecretValue = Annotated[Secret, PlainValidator(_secret), WithJsonSchema(TEXT)]
Secrets = Annotated[list[SecretValue], BeforeValidator(_single)]
Rank = Annotated[int, Field(ge=1, le=1000)]
Percent = Annotated[Decimal, PlainValidator(_percent), WithJsonSchema({"type": ["string", "number"]})]


class Validity(Document):
    """The range of days in which something, such as a contract, is valid."""

    model_config = ConfigDict(validate_by_alias=True, validate_by_name=True)

    from_: Day | None = Field(default=None, alias="from")
    """The first day. Absent means no bound."""
    to: Day | None = None
    """The first day after the period. Absent means no bound."""
