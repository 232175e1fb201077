"""The open clocks, the most urgent first, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.rfc3339 import rfc3339_or_none
from sla_platform.http.problem import Problem
from sla_platform.store.urgency import UrgencyCursor, UrgencyOrder, seconds_of, urgency_at
from sla_timer import tables
from sla_timer.answer import Hours, hours_json
from sla_timer.rulebooks import JudgedVersion
from sla_timer.service import TimerService

OPEN_STATES = ("running", "paused")
_MOST_CYCLES = 2**31  # an integer column holds no more


async def open_clocks(
    timer: TimerService, only: str | None, contract: str, limit: int, after: str, offset: int
) -> dict[str, Any]:
    """Return one page of the open clocks, the most urgent first, in the form of `OpenClocksResponse`.

    All pages are sorted by the urgency at the instant of the first page, so that no clock comes twice or is left out.

    Args:
        only: The contract of the API key. None for a key of all contracts.
        contract: The only contract to list. "" means all contracts. It is ignored if `only` is given.
        limit: The highest number of clocks on the page.
        after: The `next` of the previous page. "" means the first page.
        offset: How many clocks to skip.

    Raises:
        Problem: HTTP error 422 if `after` is not the `next` of a page.
    """
    clock, incident = tables.clock, tables.incident
    place = _place(after)
    now = place.at if place is not None else timer.time_source.now()
    async with timer.store.reading() as connection:
        weight = func.coalesce(clock.c.weight, clock.c.urgency / 100)
        urgency = urgency_at(now, weight, seconds_of(connection, clock.c.due_at))
        order = UrgencyOrder(urgency, clock.c.due_at, clock.c.incident, clock.c.metric, clock.c.cycle)
        query = (
            select(clock, urgency.label("now_urgent"))
            .where(clock.c.state.in_(OPEN_STATES), clock.c.due_at.is_not(None) | (clock.c.state == "paused"))
            .order_by(urgency.desc(), *order.tail)
            .limit(limit + 1)
            .offset(offset)
        )
        if place is not None:
            query = query.where(order.after(place, _cycle(place)))
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
            "started_at": rfc3339_or_none(row.started_at), "due_at": rfc3339_or_none(row.due_at),
            "breached": row.breached_at is not None,
            "breached_at": rfc3339_or_none(row.breached_at), "urgency": round(row.now_urgent, 6),
            **hours_json(hours[row.id], row, present),
        }
        for row in rows[:limit]
    ]  # fmt: skip
    return {"clocks": listed, "next": str(_end(now, rows[limit - 1])) if len(rows) > limit else None}


def _end(now: datetime, row: Any) -> UrgencyCursor:
    return UrgencyCursor(now, row.now_urgent, row.due_at, row.incident, row.metric, str(row.cycle))


def _place(after: str) -> UrgencyCursor | None:
    try:
        place = UrgencyCursor.parse(after) if after else None
        if place is not None:
            _cycle(place)
    except (ValueError, OverflowError):
        raise Problem(
            422, "no-such-page", "No such page", "`after` is not the `next` of an answer about open clocks."
        ) from None
    return place


def _cycle(place: UrgencyCursor) -> int:
    cycle = int(place.last)
    if not 0 <= cycle < _MOST_CYCLES:
        raise ValueError(f"{cycle} is no cycle")
    return cycle


async def _hours_of(timer: TimerService, connection: AsyncConnection, rows: Sequence[Any]) -> dict[Any, Hours]:
    """Return in which hours each of these clocks counts, by its id."""
    judged = {row.catalogue: JudgedVersion(row.catalogue, frozenset({row.contract})) for row in rows}
    pins = await timer.rulebooks.known(connection, judged.values())
    return {row.id: Hours.of(row, pins.by_version.get(row.catalogue, pins.current)) for row in rows}
