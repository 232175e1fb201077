"""The timer's routes: an incident with its clocks, the open clocks by urgency, and what a deadline would be."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.bounds import INCIDENT, RANGE, shortened, within_reach
from sla_domain.calendar import local_instant
from sla_domain.clock import Clock, ClockId
from sla_domain.contract import Contract, ContractId
from sla_domain.contract_view import ContractView, contract_share, contract_view
from sla_domain.cycles import with_published_ids
from sla_domain.errors import CalendarError, NoEvents
from sla_domain.event import IncidentEvent
from sla_domain.explain import known_at
from sla_domain.fold import fold, in_order
from sla_domain.forgotten import remembered
from sla_domain.incident import Incident
from sla_domain.preview import preview
from sla_domain.published import PublishedState
from sla_domain.rulebook import MatchReason, Rulebook
from sla_domain.withdrawn import with_earlier
from sla_platform.http.body import BAD_BODY, demand_model, describes
from sla_platform.http.keys import READ, Authorizer, KeyAccess
from sla_platform.http.problem import Problem
from sla_platform.inbound import (
    AttributeName,
    AttributeValue,
    ContractIn,
    CustomerIn,
    LocalOrInstantIn,
    MetricIn,
    PageIn,
    PriorityIn,
)
from sla_platform.store.alias import incident_named, names_of
from sla_platform.store.urgency import UrgencyCursor, behind, seconds_of, urgency_at
from sla_timer import tables
from sla_timer.answer import Hours, explained_json, hours_json, incident_json, iso, preview_json
from sla_timer.apply.decide import published_state_of
from sla_timer.apply.fold_cache import folded as folded_in_turns
from sla_timer.apply.load import StoredEventReader, events_of, is_hot
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
    contract: ContractIn = Field(default="", description="a contract's id; or give a customer")
    customer: CustomerIn = ""
    priority: PriorityIn = ""
    opened_at: LocalOrInstantIn | None = Field(default=None, description="now when absent")
    attributes: dict[AttributeName, AttributeValue] = Field(default_factory=dict, max_length=50)


def router(timer: TimerService, authorize: Authorizer) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["timer"], responses=PROBLEMS)

    @routes.get(
        "/incidents/{incident:path}/explain", response_model=dict[str, Any], responses=MISSING | {200: AS_TEXT_TOO}
    )
    async def explained(
        request: Request,
        incident: str,
        lang: Annotated[str, Query(max_length=20, description="en, pl, it, ru or zh-TW")] = "en",
        metric: Annotated[MetricIn, Query()] = "",
        at: Annotated[LocalOrInstantIn | None, Query(description="as of this instant; now when absent")] = None,
        form: Annotated[
            Literal["json", "text"] | None, Query(alias="format", description="as Accept says when absent")
        ] = None,
        accept: Annotated[str, Header()] = "",
    ) -> Any:
        known = await _known(timer, incident, authorize(request, READ))
        incident = known.row.id
        if at is not None and at.tzinfo is None:
            raise Problem(422, "no-offset", "A time needs an offset", "Write `at` like 2026-11-22T10:00:00+01:00.")
        try:
            found, moment = await _as_of(timer, known, at)
            whole, rulebooks = (None, {}) if found is None else (found.incident, found.rulebooks)
            answer = explained_json(incident, whole, known.rulebook, moment, lang, metric, rulebooks)
        except CalendarError as error:
            # Either the question or the opening lies in years that no calendar is compiled for.
            raise beyond_the_calendar(str(error)) from error
        return _text(answer) if (form or preferred(accept)) == "text" else answer

    @routes.get("/incidents/{incident:path}", responses=MISSING)
    async def one(
        request: Request,
        incident: str,
        limit: Annotated[int, Query(ge=0, le=1000, description="events in the answer")] = 500,
        after: Annotated[PageIn, Query(description="`next` of the answer before: the events behind")] = "",
    ) -> dict[str, Any]:
        """The incident with its clocks, and its events page by page in the order in which they occurred."""
        return await _incident(timer, incident, authorize(request, READ), limit, after)

    @routes.get("/clocks")
    async def clocks(
        request: Request,
        contract: Annotated[ContractIn, Query()] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
        after: Annotated[PageIn, Query(description="`next` of the answer before: the less urgent ones behind")] = "",
        offset: Annotated[int, Query(ge=0, le=10_000_000, description="skip so many; rather use `after`")] = 0,
    ) -> dict[str, Any]:
        """The open clocks, the most urgent first. The order of the first page holds for the pages behind it."""
        access = authorize(request, READ)
        return await _open_clocks(timer, access.contract, contract, limit, after, offset)

    @routes.post(
        "/deadlines",
        responses={404: {"description": "No such contract"}, **BAD_BODY},
        openapi_extra=describes(DeadlineQuestion),
    )
    async def deadlines(request: Request) -> dict[str, Any]:
        access = authorize(request, READ)
        return _deadlines(timer, await demand_model(request, DeadlineQuestion), access)

    return routes


def beyond_the_calendar(detail: str) -> Problem:
    return Problem(422, "beyond-the-calendar", "The calendar does not reach so far", detail)


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


async def _incident(timer: TimerService, name: str, access: KeyAccess, limit: int, after: str) -> dict[str, Any]:
    known = await _known(timer, name, access)
    name = known.row.id
    if known.events is None:
        page = await page_of(timer.store, known.row, after, limit)
    else:
        own = known.events if known.seen is None else known.seen.shown(known.events)
        page = page_among(list(in_order(own)), known.row, after, limit)
    if page is None:
        raise Problem(
            422, "no-such-page", "No such page", "`after` is not the `next` of an answer about this incident."
        )
    now = timer.time_source.now()
    whole = await _whole(timer, known, known.incident, known.events, now)
    answer = incident_json(whole.incident, page, known.rulebook, now, whole.told, known.seen, whole.rulebooks)
    return answer | {"also_known_as": list(known.names)}


@dataclass(frozen=True, slots=True)
class _Whole:
    """An incident with what stays of earlier promises; what has been told of its clocks, and the rulebook of each that
    is judged by another than the incident."""

    incident: Incident
    told: dict[ClockId, PublishedState]
    rulebooks: dict[ClockId, Rulebook]


async def _whole(
    timer: TimerService, known: _Known, incident: Incident, events: Sequence[IncidentEvent] | None, at: datetime
) -> _Whole:
    """`events` are those the incident is folded from; None for very many."""
    name = known.row.id
    async with timer.store.reading() as connection:
        rows = (await connection.execute(select(tables.clock).where(tables.clock.c.incident == name))).all()
        told = {ClockId(row.id): published_state_of(row) for row in rows}
        incident = with_published_ids(incident, told)
        own = known.rulebook.version
        there = {clock.id for clock in incident.clocks}
        wanted = {old.catalogue for id_, old in told.items() if id_ not in there}
        wanted |= {version for old in told.values() for version in old.earned.values()}
        if not wanted - {own}:
            return _Whole(incident, told, {})
        books = (await timer.rulebooks.known(connection, wanted)).by_version
    folds: dict[tuple[str, datetime | None], tuple[Incident, Rulebook]] = {(own, None): (incident, known.rulebook)}
    for version in wanted - {own}:
        if (book := books.get(version)) is None:
            continue
        for until in {None, *(old.withdrawn_at for old in told.values() if old.catalogue == version)}:
            if events is None:
                then = await timer.preparing.incident(name, book)
            else:
                then = await folded_in_turns(events if until is None else known_at(events, until), book)
            folds[version, until] = (with_published_ids(then, told), book)

    def before(version: str, until: datetime | None) -> tuple[Incident, Rulebook] | None:
        return folds.get((version, until)) or folds.get((version, None))

    kept = with_earlier(incident, dict.fromkeys(there, own), _as_shown(told, there, own), before, at)
    still = {id_ for id_, old in told.items() if old.withdrawn_at is not None and at < old.withdrawn_at} - there
    versions = kept.versions
    clocks = (_of(folds[versions[c.id], None][0], c.id) if c.id in still else c for c in kept.incident.clocks)
    books_of = {id_: folds[version, None][1] for id_, version in versions.items() if version != own}
    return _Whole(replace(kept.incident, clocks=tuple(clocks)), told, books_of)


def _of(incident: Incident, id_: ClockId) -> Clock:
    return next(clock for clock in incident.clocks if clock.id == id_)


def _as_shown(
    told: Mapping[ClockId, PublishedState], there: Collection[ClockId], own: str
) -> dict[ClockId, PublishedState]:
    """A clock that is shown by the incident's own rules: only what is on record of others is added."""
    return {id_: replace(old, catalogue=own) if id_ in there else old for id_, old in told.items()}


@dataclass(frozen=True, slots=True)
class _Known:
    """An incident as far as the caller sees it.

    `events` are those it is folded from; None for very many that are all the caller's, which are read page by page.
    `contract_view` is None for a key of all contracts.
    """

    row: Any
    rulebook: Rulebook
    incident: Incident
    events: Sequence[IncidentEvent] | None
    names: Sequence[str]  # others that it bears
    seen: ContractView | None = None


async def _known(timer: TimerService, name: str, access: KeyAccess) -> _Known:
    """The incident of this name, its own or another that it bears. Raises Problem 404."""
    asked = name
    async with timer.store.reading() as connection:
        name = await incident_named(connection, tables.alias, asked)
        names = await names_of(connection, tables.alias, name)
        row = (await connection.execute(select(tables.incident).where(tables.incident.c.id == name))).one_or_none()
        if row is None:
            raise _no_incident(asked)
        rulebooks = await timer.rulebooks.known(connection, [row.catalogue])
        events = None if is_hot(row) else await events_of(connection, name)
    rulebook = rulebooks.of(row)
    if events is not None and not events:  # slad's own clock, the canary, has a row and no history
        raise _no_incident(asked)
    try:
        incident = await timer.preparing.incident(name, rulebook) if events is None else fold(events, rulebook)
    except NoEvents:  # it has just been forgotten
        raise _no_incident(asked) from None
    if access.contract is None:
        return _Known(row, rulebook, incident, events, names)
    share = contract_share(incident.periods, access.contract)
    if share is None:
        raise _no_incident(asked)
    if events is None:
        if share.whole:
            return _Known(row, rulebook, incident, None, names)
        events = await _all_events(timer, name)
    found = contract_view(events, incident.periods, access.contract)
    if found is None:
        raise _no_incident(asked)
    # Names that it got under another contract are not this one's to hear.
    told = {event.known_as for event in found.shown(found.events)}
    names = [one for one in names if one in told]
    return _Known(row, rulebook, await folded_in_turns(found.events, rulebook), found.events, names, found)


async def _all_events(timer: TimerService, name: str) -> list[IncidentEvent]:
    """The events of an incident with very many, some at a time."""
    stored = StoredEventReader(timer.store, name)
    found = [event async for some in stored.since(None) for event in some]
    return list(remembered(found, await stored.ended_at()))


async def _as_of(timer: TimerService, known: _Known, at: datetime | None) -> tuple[_Whole | None, datetime]:
    """The incident from what had happened by `at`, and that instant; None before its first event."""
    moment = at or timer.time_source.now()
    incident: Incident | None = known.incident
    events = known.events
    if known.seen is not None:
        moment = known.seen.as_of(moment)
    if at is not None:
        events = await _all_events(timer, known.row.id) if known.events is None else known.events
        by_then = events = known_at(events, moment)
        incident = await folded_in_turns(by_then, known.rulebook) if by_then else None
    if incident is None:
        return None, moment
    whole = await _whole(timer, known, incident, events, moment)
    return (whole if known.seen is None else replace(whole, incident=known.seen.of(whole.incident))), moment


def _no_incident(name: str) -> Problem:
    return Problem(
        404, "no-such-incident", "No such incident",
        f"{shortened(name, INCIDENT)} is not known here. An incident's id is <source>:<its own id>, e.g. demo:INC-1; "
        "an event that was accepted a moment ago may still be on its way.",
    )  # fmt: skip


async def _open_clocks(
    timer: TimerService, only: str | None, contract: str, limit: int, after: str, offset: int
) -> dict[str, Any]:
    clock, incident = tables.clock, tables.incident
    place = _place(after)
    now = place.at if place is not None else timer.time_source.now()
    async with timer.store.reading() as connection:
        weight = func.coalesce(clock.c.weight, clock.c.urgency / 100)
        urgency = urgency_at(now, weight, seconds_of(connection, clock.c.due_at))
        query = (
            select(clock, urgency.label("now_urgent"))
            .where(clock.c.state.in_(OPEN_STATES), clock.c.due_at.is_not(None) | (clock.c.state == "paused"))
            .order_by(urgency.desc(), clock.c.id)
            .limit(limit + 1)
            .offset(offset)
        )
        if place is not None:
            query = query.where(behind(place, urgency, clock.c.id, _clock_key(place.name)))
        if contract and only is None:
            query = query.where(clock.c.contract == contract)
        if only is not None:
            # An open clock is one of the incident's present contract, also when its target came from the one before.
            query = query.join(incident, incident.c.id == clock.c.incident).where(incident.c.contract == only)
        rows = (await connection.execute(query)).all()
        hours = await _hours_of(timer, connection, rows[:limit])
    present = timer.time_source.now()
    listed = [
        {
            "id": str(row.id), "incident": row.incident, "contract": only or row.contract, "metric": row.metric,
            "cycle": row.cycle, "priority": row.priority, "state": row.state, "generation": row.generation,
            "started_at": iso(row.started_at), "due_at": iso(row.due_at), "breached": row.breached_at is not None,
            "breached_at": iso(row.breached_at), "urgency": round(row.now_urgent, 6),
            **hours_json(hours[row.id], row, present),
        }
        for row in rows[:limit]
    ]  # fmt: skip
    last = rows[limit - 1] if len(rows) > limit else None
    return {"clocks": listed, "next": None if last is None else str(UrgencyCursor(now, last.now_urgent, str(last.id)))}


def _place(after: str) -> UrgencyCursor | None:
    try:
        place = UrgencyCursor.parse(after) if after else None
        if place is not None:
            _clock_key(place.name)
    except (ValueError, OverflowError):
        raise Problem(
            422, "no-such-page", "No such page", "`after` is not the `next` of an answer about open clocks."
        ) from None
    return place


def _clock_key(name: str) -> UUID:
    return UUID(name)


async def _hours_of(timer: TimerService, connection: AsyncConnection, rows: Sequence[Any]) -> dict[Any, Hours]:
    """In which hours each of these clocks counts."""
    pins = await timer.rulebooks.known(connection, {row.catalogue for row in rows})
    return {row.id: Hours.of(row, pins.by_version.get(row.catalogue, pins.current)) for row in rows}


def _deadlines(timer: TimerService, question: DeadlineQuestion, access: KeyAccess) -> dict[str, Any]:
    rulebook = timer.rulebooks.current
    now = timer.time_source.now()
    contract, reason = _contract(timer, question, access, now)
    opened = local_instant(question.opened_at or now, contract.zone)
    if not within_reach(opened):
        raise beyond_the_calendar(f"`opened_at` lies {RANGE}.")
    answer = preview(contract, question.priority, question.attributes, opened, rulebook, reason)
    if answer.lines and all(line.out_of_reach for line in answer.lines):
        raise beyond_the_calendar(answer.lines[0].missing)
    return preview_json(answer)


def _contract(
    timer: TimerService, question: DeadlineQuestion, access: KeyAccess, now: datetime
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
