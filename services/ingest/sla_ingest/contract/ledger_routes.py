"""`/v1/contracts/{contract}/ledgers`: credits, hours and visits that a contract includes (clauses H10, H12 and E10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import Field

from sla_catalogue.api_key import KeyScope
from sla_domain import bounds
from sla_domain.errors import CalendarError
from sla_domain.ledger import LedgerEntry, LedgerTerms, opening_entry
from sla_domain.record import ContractRecord
from sla_ingest.contract import ledger_answer
from sla_ingest.contract import store as records
from sla_ingest.contract.deps import WITHOUT_REVISION, ContractDeps, Name, may_see, may_write
from sla_ingest.contract.entry_written import EntryIn, entry_of
from sla_platform.http.audit import command_of
from sla_platform.http.body import demand_model, describes
from sla_platform.http.problem import Problem
from sla_platform.inbound import LINE, InstantIn

Allowance = Annotated[str, Field(max_length=bounds.NAME), LINE, Path()]
Language = Annotated[str, Query(max_length=35)]
At = Annotated[InstantIn | None, Query(description="As of when; absent: now.")]


def add_routes(routes: APIRouter, deps: ContractDeps) -> None:
    """Add the routes `/{contract}/ledgers` to a router.

    They read the ledgers (accounts of allowances) of a contract, and write entries.
    """

    @routes.get("/{contract}/ledgers", summary="Read the ledgers of a contract", responses=WITHOUT_REVISION)
    async def ledgers(contract: Name, request: Request, language: Language = "en", at: At = None) -> dict[str, Any]:
        """Return what is left of each allowance, its lots, what expires when, and how long it will last."""
        may_see(deps.authorize(request, KeyScope.READ), contract)
        await deps.owner.load()
        record, terms = deps.owner.ledgers(contract)
        as_of = at or deps.time_source.now()
        entries = {one.allowance.id: await _entries(deps, record, one, as_of) for one in terms}
        try:
            return ledger_answer.ledgers_json(contract, terms, entries, as_of, language)
        except CalendarError as error:
            raise _unknown_hours(error) from None

    @routes.get("/{contract}/ledgers/{allowance}", summary="Read a ledger", responses=WITHOUT_REVISION)
    async def ledger(
        contract: Name,
        allowance: Allowance,
        request: Request,
        language: Language = "en",
        at: At = None,
        explain: Annotated[bool, Query(description="With every step: what paid, and at which rate.")] = False,
    ) -> dict[str, Any]:
        """Return one ledger; with `explain`, each step that led to the balance."""
        may_see(deps.authorize(request, KeyScope.READ), contract)
        await deps.owner.load()
        return await _ledger(deps, contract, allowance, at, language, explain=explain)

    @routes.post(
        "/{contract}/ledgers/{allowance}/entries",
        summary="Write an entry into a ledger",
        status_code=201,
        responses=WITHOUT_REVISION,
        openapi_extra=describes(EntryIn, required=True),
    )
    async def post(contract: Name, allowance: Allowance, request: Request) -> Response:
        """Write an entry: what was bought, used, reserved, released or adjusted. It cannot be changed or deleted.

        The status is 201 for a new entry, 200 if an entry with this id already exists. An entry that exceeds the
        balance, or that the rules forbid, is refused with the clause.
        """
        access = may_write(deps, request)
        asked = await demand_model(request, EntryIn)

        def entry(terms: LedgerTerms, known: LedgerEntry | None, now: datetime) -> LedgerEntry:
            return entry_of(asked, terms, now if known is None else known.at, access.key)

        new = await deps.owner.post(contract, allowance, entry, asked.id, command_of(access, asked.reason))
        body = await _ledger(deps, contract, allowance, None, "en", explain=False)
        return Response(orjson.dumps(body), 201 if new else 200, media_type="application/json")


async def _ledger(
    deps: ContractDeps, contract: str, allowance: str, at: datetime | None, language: str, *, explain: bool
) -> dict[str, Any]:
    record, ledgers = deps.owner.ledgers(contract)
    found = next((one for one in ledgers if one.allowance.id == allowance), None)
    if found is None:
        known = ", ".join(one.allowance.id for one in ledgers) or "none"
        raise Problem(404, "no-ledger", "No such ledger", f"{contract} has no ledger {allowance!r}; it has: {known}.")
    as_of = at or deps.time_source.now()
    entries = await _entries(deps, record, found, as_of)
    try:
        told = ledger_answer.ledger_json(found, entries, as_of, language, explain=explain)
    except CalendarError as error:
        raise _unknown_hours(error) from None
    return {"contract": contract} | told


async def _entries(
    deps: ContractDeps, record: ContractRecord, terms: LedgerTerms, at: datetime
) -> Sequence[LedgerEntry]:
    """The entries that tell what the ledger was at an instant: all that were ever written, if it lies before the
    closing."""
    entries = record.entries_of(terms.allowance.id)
    opened = opening_entry(entries)
    if opened is None or at >= opened.at:
        return entries
    async with deps.store.reading() as connection:
        return await records.all_entries(connection, record.id, terms.allowance.id)


def _unknown_hours(error: CalendarError) -> Problem:
    return Problem(409, "hours-unknown", "The hours are not known then", str(error))
