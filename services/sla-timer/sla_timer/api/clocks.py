"""The open clocks, the most urgent first, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.http.problem import Problem
from sla_platform.store.urgency import UrgencyCursor, rows_after_cursor, seconds_of, urgency_at
from sla_timer import tables
from sla_timer.answer import Hours, hours_json, iso
from sla_timer.rulebooks import JudgedVersion
from sla_timer.service import TimerService

OPEN_STATES = ("running", "paused")


async def open_clocks(
    timer: TimerService, only: str | None, contract: str, limit: int, after: str, offset: int
) -> dict[str, Any]:
    """Return a page of at most `limit` open clocks, the most urgent first, in the form of `OpenClocksResponse`.

    `only`: the contract to which the API key is limited; None for a key of all contracts. `contract`: list this
    contract alone, "" for all; ignored if `only` is given. `after`: the `next` of the page before, "" for the first
    page. `offset`: how many clocks to skip. All pages use the urgency at the instant of the first, so no clock comes
    twice or is missed. Raises Problem 422 for an `after` that is no `next`.
    """
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
            query = query.where(rows_after_cursor(place, urgency, clock.c.id, _clock_key(place.name)))
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
    """Return in which hours each of these clocks counts, by its id."""
    judged = {row.catalogue: JudgedVersion(row.catalogue, frozenset({row.contract})) for row in rows}
    pins = await timer.rulebooks.known(connection, judged.values())
    return {row.id: Hours.of(row, pins.by_version.get(row.catalogue, pins.current)) for row in rows}
