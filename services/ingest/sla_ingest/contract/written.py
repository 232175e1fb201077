"""A contract as a caller writes it: JSON or YAML → plain values, as they stand in a catalogue file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from sla_catalogue.tree import Plain, read_tree
from sla_domain import bounds
from sla_platform.http.problem import Problem, pointer
from sla_platform.inbound import LINE, PROSE, InstantIn, PersonIn
from sla_platform.wire.contract import canonical

YAML_TYPES = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})
MAX_TEXT = 256 * 1024  # bytes of one contract
_DEPTH = 40
Model = TypeVar("Model", bound=BaseModel)
_LIKE_A_VERSION = re.compile(r"\.v[0-9]+\Z")  # so ends the id of a plan that one version has for itself


def _unversioned(id_: str) -> str:
    if _LIKE_A_VERSION.search(id_):
        raise ValueError("an id must not end like a version, in `.v` and a number")
    return id_


class ContractIn(BaseModel):
    """The body of `PUT /v1/contracts/{contract}`: the text of a contract's next version.

    If `effective_from` is absent, the version takes effect now, or on the first day of `valid` in the text if that day
    is later.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")
    contract: dict[str, Any]
    """The text, with the keys of `contracts.<id>` in a catalogue file."""
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]
    """Why the contract is changed, for its history."""
    effective_from: InstantIn | None = None
    """When the version takes effect, in the past or future."""


class NewContractIn(ContractIn):
    """The body of `POST /v1/contracts`: a new contract with its first version.

    If `effective_from` is absent, the version takes effect on the first day of `valid` in the text, or else now.
    """

    id: Annotated[
        str,
        Field(min_length=1, max_length=bounds.CONTRACT, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$"),
        LINE,
        AfterValidator(_unversioned),
    ]
    """The new contract's id."""


class EndIn(BaseModel):
    """The body of a request that ends a contract."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")
    on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    """The first day, in the contract's time zone, on which the contract no longer applies, such as `2027-03-31`."""
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]
    """Why the contract ends, for its history."""


class PersonPartIn(BaseModel):
    """The body of a request that writes a person of a contract."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")
    person: dict[str, Any]
    """The person, with the keys of `people.<id>` in a catalogue file."""
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]
    effective_from: InstantIn | None = None


class HoldersPartIn(BaseModel):
    """The body of a request that sets the holders of a role of a contract."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")
    holders: Annotated[list[str | dict[str, Any]], Field(max_length=200)]
    """The holders, as in a catalogue file. If empty, nobody holds the role."""
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]
    effective_from: InstantIn | None = None


class FreezeIn(BaseModel):
    """The body of a request that freezes a contract: its promises before the instant `through` become final.

    Later versions cannot take effect before `through`.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")
    through: InstantIn
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]
    """Why the contract is frozen, for its history."""


class BookingIn(BaseModel):
    """The body of a request that books a window: extra service hours that the contract's plan offers."""

    model_config = ConfigDict(
        use_attribute_docstrings=True, extra="forbid", validate_by_alias=True, validate_by_name=True
    )
    window: Annotated[str, Field(min_length=1, max_length=bounds.NAME), LINE]
    """The id of the window in the plan."""
    id: Annotated[str, Field(min_length=1, max_length=bounds.NAME, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$"), LINE]
    """The id of the booking. Booking the same again changes nothing."""
    from_: Annotated[InstantIn, Field(alias="from")]
    """When the window begins, as an aware instant."""
    until: InstantIn
    """When the window ends, as an aware instant."""
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]
    """Why the window is booked, for the contract's history."""
    people: Annotated[list[PersonIn], Field(max_length=50)] = []
    """The ids of the people on duty."""
    language: Annotated[str, Field(max_length=35), LINE] = ""
    """The language of the service, such as `pl`; needed if the plan's window is served in certain languages only."""
    product: Annotated[str, Field(max_length=200), LINE] = ""
    """The product to be served; needed if the plan's window is available for certain products only."""
    confirm_surcharge: bool = False
    """Whether to agree to pay more if the window is booked too shortly before its beginning."""


class ReasonIn(BaseModel):
    """The body of a request that gives only a reason, for example to cancel a booking."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]


@dataclass(frozen=True, slots=True)
class WrittenContract:
    """The text of a contract in a request, before it is checked against the catalogue."""

    id: str
    """The contract's id. "" where the URL names the contract."""
    values: dict[str, Plain]
    """The text as plain values, as in a catalogue file."""
    document: str
    """The text as canonical JSON."""
    reason: str
    """Why the contract is changed, for its history."""
    effective_from: datetime | None
    """When the version takes effect. None if not stated."""


def read_contract(body: bytes, media_type: str, *, new: bool) -> WrittenContract:
    """Return the contract in a request body, which is JSON or YAML.

    Args:
        media_type: The body's Content-Type, which says whether it is JSON or YAML; "" for JSON.
        new: Whether the body must also hold the contract's id.

    Raises:
        Problem: HTTP error 400 for a body that cannot be read, 415 for another media type, 422 with the JSON pointer of
            each place that does not fit.
    """
    given = read_text(body, media_type, NewContractIn if new else ContractIn)
    section = plain(given.contract, ("contract",))
    assert isinstance(section, dict)
    id_ = given.id if isinstance(given, NewContractIn) else ""
    return WrittenContract(id_, section, canonical(section), given.reason, given.effective_from)


def read_text(body: bytes, media_type: str, model: type[Model]) -> Model:
    """Return a request body, which is JSON or YAML by its media type, as a `model`.

    It raises the same errors as `read_contract`.
    """
    try:
        return model.model_validate(_values(body, media_type))
    except ValidationError as error:
        errors = [{"pointer": pointer(item["loc"]), "detail": item["msg"]} for item in error.errors()]
        raise unfit(errors) from None


def describes_text(model: type[BaseModel]) -> dict[str, Any]:
    """Return `openapi_extra` for a FastAPI route that reads its body by `read_text`: the schema of the body."""
    schema = {"schema": model.model_json_schema()}
    kinds = ("application/json", *sorted(YAML_TYPES)[:1])
    return {"requestBody": {"required": True, "content": dict.fromkeys(kinds, schema)}}


def _values(body: bytes, media_type: str) -> Any:
    kind = media_type.partition(";")[0].strip().lower()
    if kind in YAML_TYPES:
        try:
            tree = read_tree(body.decode(), "body")
        except UnicodeDecodeError:
            raise Problem(400, "malformed", "The body cannot be read", "YAML is written in UTF-8.") from None
        if tree.problems:
            errors = [
                {"line": one.line, "column": one.column, "detail": f"{one.message}{_hint(one.hint)}"}
                for one in tree.problems
            ]
            raise Problem(400, "malformed", "The body cannot be read", "See `errors` for each place.", errors=errors)
        return tree.data
    if kind not in ("", "application/json"):
        detail = "Content-Type is application/json or application/yaml."
        raise Problem(415, "media-type", "The media type is not read here", detail)
    return read_json(body)


def read_json(body: bytes) -> Any:
    """Return the value of a JSON body, with every number as text.

    Raises:
        Problem: HTTP error 400 if the body is not JSON.
    """
    try:
        return json.loads(body, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "malformed", "The body cannot be read", f"It is no JSON: {error}"[:300]) from None


def plain(value: Any, path: tuple[str | int, ...], depth: int = 0) -> Plain:
    """Return a JSON value in the form of a value in a catalogue file: every scalar but null as text.

    Args:
        path: The place of the value in the body, for errors.
        depth: How deep `value` is nested.

    Raises:
        Problem: HTTP error 422 for a text with control characters, and for values nested more than 40 levels deep.
    """
    if depth > _DEPTH:
        raise unfit([{"pointer": pointer(path), "detail": f"a contract is at most {_DEPTH} levels deep"}])
    match value:
        case dict():
            return {str(key): plain(each, (*path, str(key)), depth + 1) for key, each in value.items()}
        case list():
            return [plain(each, (*path, index), depth + 1) for index, each in enumerate(value)]
        case bool():
            return "true" if value else "false"
        case None:
            return None
        case _:
            text = str(value)
            if not bounds.writable(text, lines=True):
                raise unfit([{"pointer": pointer(path), "detail": "a text without control characters is expected"}])
            return text


def unfit(errors: list[dict[str, Any]]) -> Problem:
    """Return the HTTP error 422 for input that does not fit.

    Args:
        errors: An object for each faulty place, with `pointer` (a JSON pointer) and `detail`.
    """
    return Problem(422, "invalid-input", "The input does not fit", "See `errors` for each place.", errors=errors)


def _hint(hint: str) -> str:
    return f" ({hint})" if hint else ""
