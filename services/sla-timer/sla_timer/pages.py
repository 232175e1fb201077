"""An incident's events page by page, in the order in which they occurred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from sla_domain.event import IncidentEvent
from sla_platform.store.engine import Store
from sla_platform.store.keyset import rows_after
from sla_timer import tables
from sla_timer.answer import EventPage
from sla_timer.apply.load import event_of_row

_event = tables.event.c


async def page_of(store: Store, row: Any, after: str, limit: int) -> EventPage | None:
    """Return one page of an incident's events, read from the store.

    The result is None if the incident has no event with the id `after`.

    Args:
        row: The incident's row of `timer_incident`.
        after: The id of the last event of the previous page. "" means the first page.
        limit: The highest number of events on the page.
    """
    of_incident = _event.incident == row.id
    async with store.reading() as connection:
        last: Any | None = None
        if after:
            place = select(_event.occurred_at, _event.id).where(of_incident, _event.id == after)
            last = (await connection.execute(place)).one_or_none()
            if last is None:
                return None
        query = select(tables.event).where(of_incident, rows_after(last, _event.occurred_at, _event.id))
        rows = (await connection.execute(query.order_by(_event.occurred_at, _event.id).limit(limit + 1))).all()
    events = [event_of_row(one) for one in rows[:limit]]
    return EventPage(events, row.events, events[-1].id if events and len(rows) > limit else None, row.surplus)


def page_among(events: Sequence[IncidentEvent], row: Any, after: str, limit: int) -> EventPage | None:
    """Return one page of an incident's events from a list in memory.

    If all events fit on the first page, they keep their order. Otherwise pages are in the order of `occurred_at` and
    id. The result is None if no event has the id `after`.

    Args:
        events: All events.
        row: The incident's row of `timer_incident`, which has the page's `surplus`.
        after: The id of the last event of the previous page. "" means the first page.
        limit: The highest number of events on the page.
    """
    if not after and len(events) <= limit:
        return EventPage(events, len(events), None, row.surplus)
    rows = sorted(events, key=lambda event: (event.occurred_at, event.id))
    first = 0
    if after:
        places = [number for number, event in enumerate(rows, 1) if event.id == after]
        if not places:
            return None
        first = places[0]
    page = rows[first : first + limit]
    return EventPage(page, len(rows), page[-1].id if page and first + limit < len(rows) else None, row.surplus)
