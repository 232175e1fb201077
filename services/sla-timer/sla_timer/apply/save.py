"""Writing what a unit of work has decided: one statement per table, whatever the size of the batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.clock import Clock, ClockId
from sla_domain.event import IncidentEvent
from sla_platform.envelope import Envelope
from sla_platform.store import log
from sla_platform.store.dialect import insert_new, upsert
from sla_timer import tables


@dataclass(slots=True)
class Changes:
    """The rows to write and the facts (events) to publish in one transaction."""

    incidents: list[dict[str, Any]] = field(default_factory=list)
    """Rows for `timer_incident`."""
    clocks: list[dict[str, Any]] = field(default_factory=list)
    """Rows for `timer_clock`."""
    timers: list[dict[str, Any]] = field(default_factory=list)
    """Rows for `timer_timer`."""
    gone: list[dict[str, Any]] = field(default_factory=list)
    """Clocks that no longer exist in their incident because of a late event."""
    facts: list[Envelope] = field(default_factory=list)
    pins: list[dict[str, str]] = field(default_factory=list)
    """Rows for `timer_pin`, with the revisions of recorded contracts in a catalogue version."""
    # by incident with very many events: the version, and the clocks that have ended and are told in full
    settled: dict[str, tuple[str, dict[ClockId, Clock]]] = field(default_factory=dict)
    """Maps an incident's id to a catalogue version and the ended clocks about which everything is published after the
    commit."""

    def add(self, other: Changes) -> None:
        """Append the changes of another incident to this object."""
        self.incidents += other.incidents
        self.clocks += other.clocks
        self.timers += other.timers
        self.gone += other.gone
        self.facts += other.facts
        self.pins += other.pins
        self.settled |= other.settled


_ROWS = 1_000  # of one statement; the driver lets nobody else run while it encodes them
_KEPT = frozenset({"deferred"})  # columns of an incident's row that no decision changes


async def write_events(connection: AsyncConnection, fresh: Sequence[tuple[Envelope, IncidentEvent]]) -> None:
    """Insert events into the table `timer_event`; events that are stored already are skipped.

    Args:
        fresh: The events with their envelopes.
    """
    for start in range(0, len(fresh), _ROWS):
        await connection.execute(insert_new(connection, tables.event), event_rows(fresh[start : start + _ROWS]))


async def write_surplus_events(
    connection: AsyncConnection, fresh: Sequence[tuple[Envelope, IncidentEvent]]
) -> dict[str, int]:
    """Insert events beyond the limit of their incident into the table `timer_surplus`.

    Returns how many events were new, by incident id. These events change no clock.

    Args:
        fresh: The events with their envelopes.
    """
    if not fresh:
        return {}
    statement = insert_new(connection, tables.surplus).returning(tables.surplus.c.incident)
    return Counter((await connection.execute(statement, event_rows(fresh))).scalars())


def event_rows(fresh: Sequence[tuple[Envelope, IncidentEvent]]) -> list[dict[str, Any]]:
    """Return the events as rows of the table `timer_event`, in the order given.

    Args:
        fresh: The events with their envelopes.
    """
    return [
        {
            "id": envelope.id,
            "incident": event.incident,
            "type": envelope.type,
            "occurred_at": event.occurred_at,
            "received_at": event.received_at,
            "data": envelope.data.decode(),
        }
        for envelope, event in fresh
    ]


async def write_changes(connection: AsyncConnection, decided: Changes) -> None:
    """Write the decisions about incidents to the database, in the caller's transaction.

    The rows of incidents and clocks are written, the timers of these clocks replaced, and the facts appended to the
    log of published events. Clocks in `gone` become cancelled and lose their timers.
    """
    if decided.pins:
        rows = {row["version"]: row for row in decided.pins}
        await connection.execute(insert_new(connection, tables.pin), list(rows.values()))
    if decided.incidents:
        await connection.execute(upsert(connection, tables.incident, keep=_KEPT), decided.incidents)
    if decided.clocks:
        ids = [row["id"] for row in decided.clocks]
        await connection.execute(delete(tables.timer).where(tables.timer.c.clock_id.in_(ids)))
        await connection.execute(upsert(connection, tables.clock), decided.clocks)
    if decided.gone:
        await connection.execute(
            delete(tables.timer).where(tables.timer.c.clock_id.in_([row["gone"] for row in decided.gone]))
        )
        undone = (
            update(tables.clock)
            .where(tables.clock.c.id == bindparam("gone"))
            .values(state="cancelled", due_at=None, told=bindparam("told"))
        )
        await connection.execute(undone, decided.gone)
    if decided.timers:
        await connection.execute(insert_new(connection, tables.timer), decided.timers)
    await log.append(connection, tables.log, decided.facts)
