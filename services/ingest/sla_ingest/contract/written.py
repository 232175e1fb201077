"""What a caller writes of a contract: JSON or YAML → plain values, as they stand in a catalogue file."""

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
    """The body that writes a contract.

    `contract`: the contract's section, with the keys of `contracts.<id>` in a catalogue file. `effective_from`: from
    when it applies, past or future; absent: from now on. `reason`: why, for the history.
    """

    model_config = ConfigDict(extra="forbid")
    contract: dict[str, Any]
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]
    effective_from: InstantIn | None = None


class NewContractIn(ContractIn):
    """The body that creates a contract. `id`: by which it is called from then on."""

    id: Annotated[
        str,
        Field(min_length=1, max_length=bounds.CONTRACT, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$"),
        LINE,
        AfterValidator(_unversioned),
    ]


class EndIn(BaseModel):
    """The body that ends a contract. `on`: the first day, in the contract's zone, on which it no longer applies."""

    model_config = ConfigDict(extra="forbid")
    on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]


class PersonPartIn(BaseModel):
    """The body that writes a person of a contract. `person`: with the keys of `people.<id>` in a catalogue file."""

    model_config = ConfigDict(extra="forbid")
    person: dict[str, Any]
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]
    effective_from: InstantIn | None = None


class HoldersPartIn(BaseModel):
    """The body that says who holds a role of a contract, as in a catalogue file; none: nobody does."""

    model_config = ConfigDict(extra="forbid")
    holders: Annotated[list[str | dict[str, Any]], Field(max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]
    effective_from: InstantIn | None = None


class FreezeIn(BaseModel):
    """The body that freezes what was promised before the instant `through`."""

    model_config = ConfigDict(extra="forbid")
    through: InstantIn
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]


class BookingIn(BaseModel):
    """The body that books a window.

    `window`: which of the plan's windows. `id`: of the booking; the same id is the same booking. `from`, `until`: aware
    instants. `confirm_surcharge`: pay more where there is too little notice.
    """

    model_config = ConfigDict(extra="forbid", validate_by_alias=True, validate_by_name=True)
    window: Annotated[str, Field(min_length=1, max_length=bounds.NAME), LINE]
    id: Annotated[str, Field(min_length=1, max_length=bounds.NAME, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$"), LINE]
    from_: Annotated[InstantIn, Field(alias="from")]
    until: InstantIn
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]
    people: Annotated[list[PersonIn], Field(max_length=50)] = []
    language: Annotated[str, Field(max_length=35), LINE] = ""
    product: Annotated[str, Field(max_length=200), LINE] = ""
    confirm_surcharge: bool = False


class ReasonIn(BaseModel):
    """The body of an act that needs a reason and nothing else."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(min_length=1, max_length=bounds.VALUE), PROSE]


@dataclass(frozen=True, slots=True)
class WrittenContract:
    """A contract as somebody wrote it.

    `id`: "" where the address says it. `values`: its section as plain values. `document`: the same as canonical JSON.
    """

    id: str
    values: dict[str, Plain]
    document: str
    reason: str
    effective_from: datetime | None


def read_contract(body: bytes, media_type: str, *, new: bool) -> WrittenContract:
    """Return the contract that a body holds, in JSON or YAML by its media type.

    `new`: the body says the id too. Raises Problem 400 for a body that cannot be read, 415 for another media type and
    422 with the pointer of each place that does not fit.
    """
    given = read_text(body, media_type, NewContractIn if new else ContractIn)
    section = plain(given.contract, ("contract",))
    assert isinstance(section, dict)
    id_ = given.id if isinstance(given, NewContractIn) else ""
    return WrittenContract(id_, section, canonical(section), given.reason, given.effective_from)


def read_text(body: bytes, media_type: str, model: type[Model]) -> Model:
    """Return a body in JSON or YAML, by its media type, as a `model`. Raises as `read_contract` does."""
    try:
        return model.model_validate(_values(body, media_type))
    except ValidationError as error:
        errors = [{"pointer": pointer(item["loc"]), "detail": item["msg"]} for item in error.errors()]
        raise unfit(errors) from None


def describes_text(model: type[BaseModel]) -> dict[str, Any]:
    """Return the `openapi_extra` for a route that reads its body by `read_text`."""
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
    """Return the values of a body in JSON, numbers as their text. Raises Problem 400 for what is no JSON."""
    try:
        return json.loads(body, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "malformed", "The body cannot be read", f"It is no JSON: {error}"[:300]) from None


def plain(value: Any, path: tuple[str | int, ...], depth: int = 0) -> Plain:
    """Return a value as a catalogue file would have it: every scalar is a text. `path`: leads to it in the body.

    Raises Problem 422 for a text that nothing can hold, and for what is nested more than 40 levels deep.
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
    """Return the problem 422 that names each place of the input that does not fit."""
    return Problem(422, "invalid-input", "The input does not fit", "See `errors` for each place.", errors=errors)


def _hint(hint: str) -> str:
    return f" ({hint})" if hint else ""
