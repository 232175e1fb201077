"""People and role holders of a contract, one by one: each change is a version, as of the whole text (decision 40)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from sla_domain import bounds
from sla_ingest.contract.deps import WRITING, ContractDeps, DryRun, Name, changed_answer, if_match, may_write
from sla_ingest.contract.ordered import SectionEdit
from sla_ingest.contract.part import with_holders, with_person, without_person
from sla_ingest.contract.written import HoldersPartIn, PersonPartIn, describes_text, plain, read_text, unfit
from sla_platform.http.audit import command_of
from sla_platform.http.body import SMALL_BODY, read_body
from sla_platform.http.keys import KeyAccess
from sla_platform.http.problem import Problem
from sla_platform.inbound import PROSE, InstantIn, PersonIn
from sla_platform.inbound import ContractIn as ContractName

PersonName = Annotated[PersonIn, Path(min_length=1)]
RoleName = Annotated[ContractName, Path(min_length=1)]
_Why = Annotated[str, Query(max_length=bounds.VALUE, description="Why, for the history; it is needed."), PROSE]
_From = Annotated[InstantIn | None, Query(description="From when it applies, past or future; absent: from now on.")]


def add_routes(routes: APIRouter, deps: ContractDeps) -> None:
    """Add the routes that change one person, or the holders of one role, of a recorded contract."""
    _people(routes, deps)
    _roles(routes, deps)


def _people(routes: APIRouter, deps: ContractDeps) -> None:
    @routes.put(
        "/{contract}/people/{person}",
        summary="Write a person of a contract",
        responses=WRITING,
        openapi_extra=describes_text(PersonPartIn),
    )
    async def write(contract: Name, person: PersonName, request: Request, dry_run: DryRun = False) -> Response:
        """Write a whole person of the contract: the next version is the newest text with this person.

        If-Match as for PUT of the contract. `effective_from`: when the version takes effect; absent: now.
        """
        access = may_write(deps, request)
        body = await read_body(request, min(SMALL_BODY, deps.max_body_bytes))
        asked = read_text(body, request.headers.get("content-type", ""), PersonPartIn)
        values = plain(asked.person, ("person",))
        change = _PartChange(contract, asked.reason, asked.effective_from, dry_run)
        with _pointing(("contract", "people", person), "/person"):
            return await _edit(deps, request, access, change, lambda section: with_person(section, person, values))

    @routes.delete("/{contract}/people/{person}", summary="Take a person out of a contract", responses=WRITING)
    async def take_out(
        contract: Name,
        person: PersonName,
        request: Request,
        reason: _Why = "",
        effective_from: _From = None,
        dry_run: DryRun = False,
    ) -> Response:
        """Remove a person who holds no role: the next version is the newest text without this person.

        If-Match as for PUT of the contract.
        """
        access = may_write(deps, request)
        if not reason:
            raise unfit([{"pointer": "/reason", "detail": "say why, for the history"}])
        change = _PartChange(contract, reason, effective_from, dry_run)
        return await _edit(deps, request, access, change, lambda section: without_person(section, person))


def _roles(routes: APIRouter, deps: ContractDeps) -> None:
    @routes.put(
        "/{contract}/roles/{role}",
        summary="Write who holds a role of a contract",
        responses=WRITING,
        openapi_extra=describes_text(HoldersPartIn),
    )
    async def hold(contract: Name, role: RoleName, request: Request, dry_run: DryRun = False) -> Response:
        """Set all holders of the role, people or rotas; an empty list: nobody. This makes the next version.

        If-Match as for PUT of the contract.
        """
        access = may_write(deps, request)
        body = await read_body(request, min(SMALL_BODY, deps.max_body_bytes))
        asked = read_text(body, request.headers.get("content-type", ""), HoldersPartIn)
        holders = [plain(one, ("holders", place)) for place, one in enumerate(asked.holders)]
        change = _PartChange(contract, asked.reason, asked.effective_from, dry_run)
        with _pointing(("contract", "roles", role), "/holders"):
            return await _edit(deps, request, access, change, lambda section: with_holders(section, role, holders))


@dataclass(frozen=True, slots=True)
class _PartChange:
    """What a request says of its change besides the part itself."""

    contract: str
    reason: str
    effective_from: datetime | None
    dry_run: bool


async def _edit(
    deps: ContractDeps, request: Request, access: KeyAccess, change: _PartChange, edit: SectionEdit
) -> Response:
    made = await deps.owner.edit(
        change.contract,
        edit,
        change.effective_from,
        if_match(request),
        command_of(access, change.reason),
        dry_run=change.dry_run,
    )
    return changed_answer(deps, made, 200)


@contextmanager
def _pointing(path: Sequence[str], place: str) -> Iterator[None]:
    """Have problems point into the body: what they say of `path` in the contract's text is said of `place`."""
    below = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)
    try:
        yield
    except Problem as problem:
        problem.errors = [_moved(error, below, place) for error in problem.errors]
        raise


def _moved(error: dict[str, Any], below: str, place: str) -> dict[str, Any]:
    said = str(error.get("pointer", ""))
    inside = said == below or said.startswith(f"{below}/")
    return error | {"pointer": place + said.removeprefix(below)} if inside else error
