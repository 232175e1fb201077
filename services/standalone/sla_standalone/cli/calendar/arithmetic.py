"""One question of business-time arithmetic as JSON, its answer, and whether the answer was the expected one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from sla_domain.bounds import RANGE, within_reach
from sla_domain.calendar import AtClose, Calendar, CalendarBook, WorkingDays, load_zone
from sla_domain.errors import DomainError
from sla_standalone.replay.instant import BadTableInstant, at_zone

_OPS = ("add", "between", "add_working_days")
_SECOND = timedelta(seconds=1)


class BadRow(ValueError):
    """Raised if a line of input of `slad calendar eval` is not a valid question. The message says why.

    A valid question is, for example, what instant is 4 working hours after a start.
    """


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """The answer to one row (question) of `slad calendar eval`: a `result`, or an `error` in words."""

    id: Any
    """The row's id. Without an id, for example `line 7`."""
    result: str | int | float | None
    """The result. None if there is an error."""
    error: str = ""
    """The error in words. "" without an error."""
    agrees: bool | None = None
    """Whether `result` is as expected. None if there is an error or no expected result."""
    expected: Any = None
    """The result that the row expects. None if the row expects no result."""

    def as_json(self) -> dict[str, Any]:
        """Return the answer as `slad calendar eval` prints it.

        It is `{"id": …, "result": …}` or `{"id": …, "error": …}`.
        """
        return {"id": self.id, "error": self.error} if self.error else {"id": self.id, "result": self.result}


def answer(line: bytes, number: int, book: CalendarBook, at_close: AtClose = AtClose.STAY) -> RowAnswer:
    """Answer one question of business-time arithmetic, such as the instant 4 working hours after a start.

    A question that is wrong raises nothing: the answer then has `error`.

    Args:
        line: The question in JSON, for example `{"op": "add", "calendar": "PL", "start": "2026-11-12T16:00",
            "duration_s": 3600}`.
        number: The number of the line, used as the id of a question without an id.
        book: The calendars.
        at_close: Whether a deadline at a closing time stays there or moves to the next opening.
    """
    row: Any = None
    try:
        row = _object(line)
        calendar = book.calendar(_text(row, "calendar"))
        found = _result(row, calendar, at_close)
    except (BadRow, DomainError) as error:
        return RowAnswer(_id(row, number), None, " ".join(str(error).split()))
    except OverflowError:
        return RowAnswer(_id(row, number), None, "the answer lies beyond any calendar")
    expected = _expected(row, at_close)
    if expected is None:
        return RowAnswer(_id(row, number), found)
    return RowAnswer(_id(row, number), found, agrees=_same(found, expected), expected=expected)


def _result(row: Mapping[str, Any], calendar: Calendar, at_close: AtClose) -> str | int | float:
    start = _instant(row, "start", calendar)
    match _text(row, "op"):
        case "add":
            return _local(calendar.add(start, timedelta(seconds=_seconds(row)), at_close), calendar)
        case "between":
            span = calendar.between(start, _instant(row, "end", calendar))
            return span // _SECOND if not span.microseconds else span.total_seconds()
        case "add_working_days":
            return _local(calendar.add_working_days(start, _days(row), _mode(row)), calendar)
        case other:
            raise BadRow(f"op {other!r} is unknown: write one of {', '.join(_OPS)}")


def _expected(row: Mapping[str, Any], at_close: AtClose) -> Any:
    if at_close is AtClose.NEXT_OPEN and "expected_next_opening" in row:
        return row["expected_next_opening"]
    return row.get("expected")


def _same(found: str | float, expected: Any) -> bool:
    """Times agree as instants, whatever offset they are written with."""
    if isinstance(found, str) and isinstance(expected, str):
        try:
            return datetime.fromisoformat(found) == datetime.fromisoformat(expected)
        except (ValueError, TypeError):
            return False
    return not isinstance(expected, bool) and bool(found == expected)


# -- fields


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadRow(f"the line is not JSON: {error}") from None
    if not isinstance(row, dict):
        raise BadRow("the line is not a JSON object")
    return row


def _id(row: Any, number: int) -> Any:
    return row["id"] if isinstance(row, dict) and "id" in row else f"line {number}"


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise BadRow(f"{name} is missing" if value is None else f"{name} is not a text")
    return value


def _instant(row: Mapping[str, Any], name: str, calendar: Calendar) -> datetime:
    text = _text(row, name)
    try:
        found = datetime.fromisoformat(text)
        at = found if found.tzinfo is not None else at_zone(found, calendar.zone)
    except (ValueError, OverflowError, BadTableInstant):
        raise BadRow(f"{name} {text!r} is no ISO 8601 time") from None
    if not within_reach(at):
        raise BadRow(f"{name} {text!r} is out of reach: a time lies {RANGE}")
    return at


def _seconds(row: Mapping[str, Any]) -> float:
    value = row.get("duration_s")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRow("duration_s is a number of seconds")
    return value


def _days(row: Mapping[str, Any]) -> int:
    value = row.get("working_days")
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadRow("working_days is a whole number")
    return value


def _mode(row: Mapping[str, Any]) -> WorkingDays:
    value = row.get("mode", WorkingDays.SAME_TIME)
    if value not in list(WorkingDays):
        raise BadRow(f"mode {value!r} is unknown: write one of {', '.join(WorkingDays)}")
    return WorkingDays(value)


def _local(at: datetime, calendar: Calendar) -> str:
    return at.astimezone(load_zone(calendar.zone)).isoformat()
