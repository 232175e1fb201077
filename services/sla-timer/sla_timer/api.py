"""The timer's routes: an incident with its clocks, the open clocks by urgency, and what a deadline would be."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from sla_domain.clock import ClockId
from sla_domain.contract import Contract, ContractId
from sla_domain.errors import CalendarError
from sla_domain.explain import known_at
from sla_domain.fold import fold, in_order
from sla_domain.forgotten import remembered
from sla_domain.incident import Incident
from sla_domain.preview import preview
from sla_domain.rulebook import MatchReason, Rulebook
from sla_platform.http.keys import READ, Access, Authorizer
from sla_platform.http.problem import Problem
from sla_timer import tables
from sla_timer.answer import MOST_CLOCKS, explained_json, incident_json, iso, latest, preview_json
from sla_timer.apply.decide import told_of
from sla_timer.apply.kept import folded as folded_in_turns
from sla_timer.apply.load import StoredEvents, events_of, is_hot
from sla_timer.pages import page_among, page_of
from sla_timer.service import TimerService

OPEN_STATES = ("running", "paused")
PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"description": "No key, or an unknown one"},
    403: {"description": "The key lacks the scope"},
    503: {"description": "The store does not answer; try again"},
}
AS_TEXT_TOO: dict[str, Any] = {
    "description": "Each clock with its steps, rows and versions, as data and in words",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
MISSING: dict[int | str, dict[str, Any]] = {404: {"description": "No such incident, as far as this key sees"}}


class DeadlineQuestion(BaseModel):
    """What would be due if such an incident were opened. A time without an offset is in the contract's zone."""

    model_config = ConfigDict(extra="forbid")
    contract: str = Field(default="", description="a contract's id; or give a customer")
    customer: str = ""
    priority: str = ""
    opened_at: datetime | None = Field(default=None, description="now when absent")
    attributes: dict[str, str] = Field(default_factory=dict, max_length=50)


def router(timer: TimerService, authorize: Authorizer) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["timer"], responses=PROBLEMS)

    @routes.get(
        "/incidents/{incident:path}/explain", response_model=dict[str, Any], responses=MISSING | {200: AS_TEXT_TOO}
    )
    async def explained(
        request: Request,
        incident: str,
        lang: Annotated[str, Query(max_length=20, description="en, pl, it, ru or zh-TW")] = "en",
        metric: Annotated[str, Query(max_length=60)] = "",
        at: Annotated[datetime | None, Query(description="as of this instant; now when absent")] = None,
        form: Annotated[
            Literal["json", "text"] | None, Query(alias="format", description="as Accept says when absent")
        ] = None,
        accept: Annotated[str, Header()] = "",
    ) -> Any:
        row, rulebook = await _row_and_rules(timer, incident, authorize(request, READ))
        if at is not None and at.tzinfo is None:
            raise Problem(422, "no-offset", "A time needs an offset", "Write `at` like 2026-11-22T10:00:00+01:00.")
        try:
            known = await _known_at(timer, row, rulebook, at)
            answer = explained_json(incident, known, rulebook, at or timer.source.now(), lang, metric)
        except CalendarError as error:
            # Either the question or the opening lies in years that no calendar is compiled for.
            raise Problem(422, "beyond-the-calendar", "The calendar does not reach so far", str(error)) from error
        return _text(answer) if (form or preferred(accept)) == "text" else answer

    @routes.get("/incidents/{incident:path}", responses=MISSING)
    async def one(
        request: Request,
        incident: str,
        limit: Annotated[int, Query(ge=0, le=1000, description="events in the answer")] = 500,
        after: Annotated[str, Query(max_length=200, description="`next` of the answer before: the events behind")] = "",
    ) -> dict[str, Any]:
        """The incident with its clocks, and its events page by page in the order in which they occurred."""
        return await _incident(timer, incident, authorize(request, READ), limit, after)

    @routes.get("/clocks")
    async def clocks(
        request: Request,
        contract: Annotated[str, Query(max_length=120)] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
        offset: Annotated[int, Query(ge=0, le=10_000_000, description="skip so many, the earliest due first")] = 0,
    ) -> dict[str, Any]:
        access = authorize(request, READ)
        return {"clocks": await _open_clocks(timer, access.contract or contract, limit, offset)}

    @routes.post("/deadlines", responses={404: {"description": "No such contract"}})
    async def deadlines(request: Request, question: DeadlineQuestion) -> dict[str, Any]:
        return _deadlines(timer, question, authorize(request, READ))

    return routes


def preferred(accept: str) -> str:
    """`text` for a caller who would rather have plain text than JSON (RFC 9110, 12.5.1), else `json`."""
    weights = dict(map(_range, accept.split(",")))
    plain = weights.get("text/plain", 0.0)
    return "text" if plain > weights.get("application/json", 0.0) else "json"


def _range(written: str) -> tuple[str, float]:
    kind, *parameters = (part.strip().lower() for part in written.split(";"))
    weight = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return kind, float(weight)
    except ValueError:
        return kind, 0.0


def _text(answer: dict[str, Any]) -> PlainTextResponse:
    # Reasons and names in it were written by others: no browser shall take it for anything but text.
    headers = {"Content-Language": answer["spoken"], "X-Content-Type-Options": "nosniff", "Vary": "Accept"}
    return PlainTextResponse(answer["text"], headers=headers)


async def _incident(timer: TimerService, name: str, access: Access, limit: int, after: str) -> dict[str, Any]:
    row, rulebook = await _row_and_rules(timer, name, access)
    if is_hot(row):
        folded = await timer.preparing.incident(name, rulebook)
        page = await page_of(timer.store, row, after, limit)
    else:
        async with timer.store.reading() as connection:
            events = await events_of(connection, name)
        folded = fold(events, rulebook)
        page = page_among(list(in_order(events)), row, after, limit)
    if page is None:
        raise Problem(
            422, "no-such-page", "No such page", "`after` is not the `next` of an answer about this incident."
        )
    shown = {clock.id for clock in latest(folded.clocks, MOST_CLOCKS)}
    clocks = select(tables.clock).where(tables.clock.c.incident == name, tables.clock.c.id.in_(shown))
    async with timer.store.reading() as connection:
        rows = (await connection.execute(clocks)).all()
    told = {ClockId(row.id): told_of(row) for row in rows}
    return incident_json(folded, page, rulebook, timer.source.now(), told)


async def _known_at(timer: TimerService, row: Any, rulebook: Rulebook, at: datetime | None) -> Incident | None:
    """The incident from what had happened by `at`; None before its first event."""
    if not is_hot(row):
        async with timer.store.reading() as connection:
            events = await events_of(connection, row.id)
        known = known_at(events, at) if at is not None else events
        return fold(known, rulebook) if known else None
    if at is None:
        return await timer.preparing.incident(row.id, rulebook)
    stored = StoredEvents(timer.store, row.id)
    found = [event async for some in stored.since(None) for event in some]
    counting = known_at(remembered(found, await stored.ended_at()), at)
    return await folded_in_turns(counting, rulebook) if counting else None


async def _row_and_rules(timer: TimerService, name: str, access: Access) -> tuple[Any, Rulebook]:
    async with timer.store.reading() as connection:
        row = (await connection.execute(select(tables.incident).where(tables.incident.c.id == name))).one_or_none()
        if row is None or access.contract not in (None, row.contract):
            raise Problem(
                404, "no-such-incident", "No such incident",
                f"{name} is not known here. An incident's id is <source>:<its own id>, e.g. demo:INC-1; an event "
                "that was accepted a moment ago may still be on its way.",
            )  # fmt: skip
        rulebooks = await timer.rulebooks.known(connection, [row.catalogue])
    return row, rulebooks.of(row)


async def _open_clocks(timer: TimerService, contract: str, limit: int, offset: int) -> list[dict[str, Any]]:
    clock = tables.clock
    query = (
        select(clock)
        .where(clock.c.state.in_(OPEN_STATES), clock.c.due_at.is_not(None) | (clock.c.state == "paused"))
        .order_by(clock.c.due_at.nulls_last(), clock.c.id)
        .limit(limit)
        .offset(offset)
    )
    if contract:
        query = query.where(clock.c.contract == contract)
    async with timer.store.reading() as connection:
        rows = (await connection.execute(query)).all()
    listed = [
        {
            "id": str(row.id), "incident": row.incident, "contract": row.contract, "metric": row.metric,
            "cycle": row.cycle, "priority": row.priority, "state": row.state, "generation": row.generation,
            "started_at": iso(row.started_at), "due_at": iso(row.due_at), "breached": row.breached_at is not None,
            "breached_at": iso(row.breached_at), "urgency": row.urgency,
        }
        for row in rows
    ]  # fmt: skip
    return sorted(listed, key=lambda one: -one["urgency"])


def _deadlines(timer: TimerService, question: DeadlineQuestion, access: Access) -> dict[str, Any]:
    rulebook = timer.rulebooks.current
    now = timer.source.now()
    contract, reason = _contract(timer, question, access, now)
    opened = question.opened_at or now
    if opened.tzinfo is None:
        opened = opened.replace(tzinfo=ZoneInfo(contract.zone))
    return preview_json(preview(contract, question.priority, question.attributes, opened, rulebook, reason))


def _contract(
    timer: TimerService, question: DeadlineQuestion, access: Access, now: datetime
) -> tuple[Contract, MatchReason]:
    rulebook = timer.rulebooks.current
    if question.contract:
        contract = rulebook.contracts.get(ContractId(question.contract))
        reason = MatchReason.CUSTOMER
    else:
        match = rulebook.contract_for(question.customer, question.opened_at or now)
        contract, reason = match.contract, match.reason
    if contract is None or access.contract not in (None, contract.id):
        raise Problem(
            404, "no-such-contract", "No such contract", f"The catalogue has no contract {question.contract!r}."
        )
    return contract, reason
