"""`/v1/contracts`: read, list, create, change, end; every answer about one contract has an ETag."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from sla_catalogue.api_key import KeyScope
from sla_domain.contract import ContractId
from sla_domain.normal import normal
from sla_domain.record import ContractRecord
from sla_ingest.contract import answer, booking_routes, ledger_routes, part_routes, profile_routes
from sla_ingest.contract import store as records
from sla_ingest.contract.deps import (
    WRITING,
    ContractDeps,
    DryRun,
    Name,
    changed_answer,
    if_match,
    json_answer,
    may_see,
    may_write,
)
from sla_ingest.contract.owner import contracts_of
from sla_ingest.contract.refusal import no_such_contract
from sla_ingest.contract.written import (
    MAX_TEXT,
    ContractIn,
    EndIn,
    FreezeIn,
    NewContractIn,
    ReasonIn,
    WrittenContract,
    describes_text,
    read_contract,
)
from sla_platform.http.audit import command_of
from sla_platform.http.body import demand_model, describes, read_body
from sla_platform.http.problem import Problem
from sla_platform.inbound import ContractIn as ContractName
from sla_platform.inbound import PageIn


def router(deps: ContractDeps) -> APIRouter:
    """Return a FastAPI router with the routes under `/contracts`.

    They are for contracts, and for the windows, ledgers (accounts of allowances) and profiles of contracts.
    """
    routes = APIRouter(prefix="/contracts", tags=["contracts"])
    _reading(routes, deps)
    _writing(routes, deps)
    _further(routes, deps)
    booking_routes.add_routes(routes, deps)
    ledger_routes.add_routes(routes, deps)
    profile_routes.add_routes(routes, deps)
    part_routes.add_routes(routes, deps)
    return routes


def _reading(routes: APIRouter, deps: ContractDeps) -> None:
    denied: dict[int | str, dict[str, Any]] = {code: WRITING[code] for code in (401, 403)}

    @routes.get("", summary="List contracts, by id", responses=denied)
    async def page(
        request: Request,
        q: Annotated[PageIn, Query()] = "",
        after: Annotated[ContractName, Query()] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """List the contracts of files and the recorded ones, in the order of their ids.

        `q` searches ids, titles and customers. `next` is the `after` of the next page; null on the last.
        """
        access = deps.authorize(request, KeyScope.READ)
        async with deps.store.reading() as connection:
            recorded = await records.list_contracts(connection, q, after, limit + 1, access.contract)
        of_files = {one.id: one for one in contracts_of(deps.catalogue())}
        # A contract of a file has a record as well, once something was booked, counted or stated of it.
        found: list[Any] = [one for one in recorded if one.id not in of_files]
        found += [one for one in of_files.values() if one.id > after and _found(one, q)]
        found = [one for one in sorted(found, key=lambda one: one.id) if access.contract in (None, one.id)]
        return {
            "contracts": [answer.listed_json(one) for one in found[:limit]],
            "next": found[limit - 1].id if len(found) > limit else None,
        }

    @routes.get("/{contract}", summary="Read a contract", responses=denied | {404: WRITING[404]})
    async def one(contract: Name, request: Request) -> Response:
        """Return the version in force, future versions, and the history in short.

        Ledger entries leave the ETag as it is.
        """
        may_see(deps.authorize(request, KeyScope.READ), contract)
        of_files = deps.catalogue().rulebook.contracts.get(ContractId(contract))
        if of_files is not None:
            return json_answer(answer.file_json(of_files), 200, ContractRecord(id=of_files.id))
        record = await _record(deps, contract)
        return json_answer(answer.record_json(record, deps.time_source.now()), 200, record)

    @routes.get("/{contract}/versions/{number}", summary="Read a version of a contract", responses=denied)
    async def version(contract: Name, number: Annotated[int, Path(ge=1, le=1_000_000)], request: Request) -> Response:
        """Return one version with its whole text."""
        may_see(deps.authorize(request, KeyScope.READ), contract)
        record = await _record(deps, contract)
        found = next((each for each in record.versions if each.number == number), None)
        if found is None:
            raise Problem(404, "no-such-version", "No such version", f"{contract} has no version {number}.")
        if found.withdrawn_in is not None:  # the record has no text of it any more
            async with deps.store.reading() as connection:
                text = await records.version_text(connection, contract, number)
            found = replace(found, document=text or found.document)
        return json_answer(answer.version_json(found), 200, record)

    @routes.get("/{contract}/changes", summary="List the changes of a contract, the oldest first", responses=denied)
    async def changes(
        contract: Name,
        request: Request,
        after: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """List every change with who made it, when and why.

        `next` is the `after` of the next page; null on the last.
        """
        may_see(deps.authorize(request, KeyScope.READ), contract)
        await _record(deps, contract)
        async with deps.store.reading() as connection:
            rows = await records.changes_of(connection, contract, after, limit + 1)
        return {
            "changes": [answer.change_json(row) for row in rows[:limit]],
            "next": rows[limit - 1].revision if len(rows) > limit else None,
        }


def _writing(routes: APIRouter, deps: ContractDeps) -> None:
    @routes.post(
        "", summary="Create a contract", status_code=201, responses=WRITING, openapi_extra=describes_text(NewContractIn)
    )
    async def create(request: Request, dry_run: DryRun = False) -> Response:
        """Create a contract with its first version: JSON, or YAML with the keys of a catalogue file.

        `effective_from`: when the version takes effect; absent: on the first day of `valid`, else now.
        """
        access = may_write(deps, request)
        written = await _written(deps, request, new=True)
        made = await deps.owner.create(written, command_of(access, written.reason), dry_run=dry_run)
        return changed_answer(deps, made, 200 if dry_run else 201)

    @routes.put("/{contract}", summary="Change a contract", responses=WRITING, openapi_extra=describes_text(ContractIn))
    async def change(contract: Name, request: Request, dry_run: DryRun = False) -> Response:
        """Add the next version of a contract, with its whole text.

        If-Match is the ETag of the contract as read, or `*`. `effective_from`: when the version takes effect; absent:
        now, or on the first day of `valid` if that is later. The earlier version stays in the history, and still
        applies to the time before.
        """
        access = may_write(deps, request)
        written = await _written(deps, request, new=False)
        revision = if_match(request)
        command = command_of(access, written.reason)
        made = await deps.owner.change(contract, written, revision, command, dry_run=dry_run)
        return changed_answer(deps, made, 200)


def _further(routes: APIRouter, deps: ContractDeps) -> None:
    @routes.post(
        "/{contract}/end", summary="End a contract", responses=WRITING, openapi_extra=describes(EndIn, required=True)
    )
    async def end(contract: Name, request: Request) -> Response:
        """End a contract: from the day `on`, in its zone, it no longer applies. If-Match as for a change."""
        access = may_write(deps, request)
        asked = await demand_model(request, EndIn)
        revision = if_match(request)
        try:
            on = date.fromisoformat(asked.on)
        except ValueError:
            errors = [{"pointer": "/on", "detail": "a day of the calendar is expected, such as 2027-03-31"}]
            raise Problem(422, "invalid-input", "The input does not fit", "See `errors`.", errors=errors) from None
        made = await deps.owner.end(contract, on, revision, command_of(access, asked.reason))
        return changed_answer(deps, made, 200)

    @routes.post(
        "/{contract}/versions/{number}/withdraw",
        summary="Withdraw a version that lies ahead",
        responses=WRITING,
        openapi_extra=describes(ReasonIn, required=True),
    )
    async def withdraw(contract: Name, number: Name, request: Request) -> Response:
        """Withdraw a version that is not in force yet. If-Match as for a change."""
        access = may_write(deps, request)
        asked = await demand_model(request, ReasonIn)
        revision = if_match(request)
        if not number.isascii() or not number.isdigit() or len(number) > 6:
            raise Problem(404, "no-such-version", "No such version", f"{contract} has no version {number}.")
        made = await deps.owner.withdraw(contract, int(number), revision, command_of(access, asked.reason))
        return changed_answer(deps, made, 200)

    @routes.post(
        "/{contract}/freeze",
        summary="Freeze what was promised before an instant",
        responses=WRITING,
        openapi_extra=describes(FreezeIn, required=True),
    )
    async def freeze(contract: Name, request: Request) -> Response:
        """Forbid later versions to take effect before `through`, which must not be in the future.

        If-Match as for a change.
        """
        access = may_write(deps, request)
        asked = await demand_model(request, FreezeIn)
        revision = if_match(request)
        made = await deps.owner.freeze(contract, asked.through, revision, command_of(access, asked.reason))
        return changed_answer(deps, made, 200)


# -- shared -----------------------------------------------------------------------------------------------


async def _record(deps: ContractDeps, contract: str) -> Any:
    await deps.owner.load()
    record = deps.shelf.get(contract)
    if record is None:
        raise no_such_contract(contract)
    return record


async def _written(deps: ContractDeps, request: Request, *, new: bool) -> WrittenContract:
    body = await read_body(request, min(MAX_TEXT, deps.max_body_bytes))
    return read_contract(body, request.headers.get("content-type", ""), new=new)


def _found(contract: Any, text: str) -> bool:
    words = " ".join([contract.id, contract.title, *contract.customers])
    return not text or normal(text) in normal(words)
