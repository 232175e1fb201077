"""Incidents and timers on which the timer's own loops failed: quarantined, and replayed on demand.

A row of the quarantine names the incident, since its events are in the store all the time. Replaying folds it afresh,
which also writes its clocks and timers anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement

from sla_platform.bus import Quarantine
from sla_platform.store.dialect import insert_new
from sla_platform.store.engine import Store
from sla_platform.store.quarantine import QuarantineEntry, QuarantineRow, waiting_entry_exists
from sla_platform.store.types import from_micros
from sla_platform.wire.clock import CANARY
from sla_timer import tables
from sla_timer.apply.deferred import hold_timers
from sla_timer.apply.refold import Refolder, query_of_names

REPLAN, AUDIT, TICK = "replan", "audit", "tick"


class TimerQuarantine:
    """Quarantines incidents on which re-planning or the self-audit failed, and replays them when an operator says so.

    Call `keep` to quarantine an incident. When the object is created, it registers with `quarantine` how to replay
    these incidents, and how to replay the timers that the tick (the loop that fires timers) has quarantined.
    """

    def __init__(self, store: Store, quarantine: Quarantine, refolder: Refolder) -> None:
        self._store = store
        self._quarantine = quarantine
        self._refolder = refolder
        quarantine.register_replay(REPLAN, self._moved)
        quarantine.register_replay(AUDIT, self._refolded)
        quarantine.register_replay(TICK, self._fired_again)

    async def keep(self, part: str, partition: int, catalogue: str, incident: str, error: Exception) -> None:
        """Put an incident into the quarantine, because `part` failed on it with `error`.

        The argument `catalogue` determines what skips the incident until the entry is replayed:

        - "": the audit skips the incident.
        - A catalogue version: re-planning for this version alone skips the incident.
        - `<contract>@<revision>`: re-planning because of a changed contract skips the incident.

        Args:
            part: `REPLAN` (re-planning) or `AUDIT` (the self-audit).
            partition: The number of the incident's partition.
        """
        row = QuarantineRow(
            part=part,
            position=f"timer_incident/{incident}",
            partition=partition,
            key=incident,
            event=incident,
            type=catalogue,
            headers={},
            data=orjson.dumps({"incident": incident, "partition": partition, "catalogue": catalogue}),
        )
        await self._quarantine.put(row, error)

    async def _moved(self, entry: QuarantineEntry) -> None:
        await self._refold(entry, moved=True)

    async def _refolded(self, entry: QuarantineEntry) -> None:
        await self._refold(entry)

    async def _fired_again(self, entry: QuarantineEntry) -> None:
        """Put the timer back beside a clock that has been written anew; the tick fires it, or quarantines it again."""
        if entry.key != CANARY:
            await self._refold(entry)
        stored = orjson.loads(entry.data)
        timer = {
            "clock_id": UUID(stored["clock_id"]),
            "kind": stored["kind"],
            "generation": stored["generation"],
            "partition": stored["partition"],
            "fire_at": _instant(stored["fire_at"]),
        }
        async with self._store.transaction() as connection:
            await connection.execute(insert_new(connection, tables.timer), [timer])
            await hold_timers(connection, [entry.key])

    async def _refold(self, entry: QuarantineEntry, *, moved: bool = False) -> None:
        await self._refolder.refold(entry.partition, query_of_names([entry.key]), moved=moved)


def _instant(written: int | str) -> datetime:
    """As SQLite and as PostgreSQL keep it. Raises ValueError."""
    return from_micros(written) if isinstance(written, int) else datetime.fromisoformat(written)


def is_quarantined(incident: Any, part: str, catalogue: str = "") -> ColumnElement[bool]:
    """Return the SQL condition that an incident is in the quarantine and waits for a replay.

    The quarantine is the table of what could not be processed. Only the entry with this incident, `part` and
    `catalogue` counts.

    Args:
        incident: The column with the incident's id.
        part: The argument `part` with which `TimerQuarantine.keep` was called.
        catalogue: The argument `catalogue` with which `TimerQuarantine.keep` was called. "" for the audit.
    """
    kept = tables.quarantine.c
    return waiting_entry_exists(tables.quarantine, kept.key == incident, kept.part == part, kept.type == catalogue)
