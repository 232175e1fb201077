"""Deciding about incidents again without a new event: after a change of the catalogue, or to mend what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.timesource import TimeSource
from sla_timer.apply import load, ownership, save
from sla_timer.apply.decide import Stored, decide
from sla_timer.rulebooks import Rulebooks


class Refolder:
    """Works inside the caller's transaction, which it keeps the partition's owner out of."""

    def __init__(self, rulebooks: Rulebooks, source: TimeSource, json_text: bool) -> None:
        self._rulebooks = rulebooks
        self._time = source
        self._json_text = json_text

    async def refold(
        self, connection: AsyncConnection, partition: int, incidents: Sequence[str], *, moved: bool = False
    ) -> save.Changes:
        """Fold these incidents of one partition afresh and write the difference. `moved`: to the catalogue in force."""
        await ownership.share(connection, partition)
        known = await load.known(connection, incidents)
        pins = await self._rulebooks.pinned(connection, known.versions)
        now = self._time.now()
        decided = save.Changes()
        for name in incidents:
            if name not in known.incidents:
                continue  # forgotten meanwhile
            stored = Stored(known.counting(name), known.incidents[name], known.clocks.get(name, []))
            decided.add(decide(partition, stored, pins, now, self._json_text, moved))
        await save.changes(connection, decided)
        return decided
