"""The time of what ended in a span under one contract, in sum: by holder and party, of incidents and of clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_domain.breakdown import Breakdown, Holder, Party, TimeSums, summed
from sla_platform.turn import LoopYielder

_BATCH = 5_000
_MICROSECOND = timedelta(microseconds=1)
_Key = tuple[str, str, str, str]
_kept = tables.breakdown.c


@dataclass(frozen=True, slots=True)
class BreakdownSum:
    """The breakdowns of incidents, or of the clocks of one metric, in sum. `count`: of how many it is the sum."""

    count: int
    known: Breakdown


@dataclass(frozen=True, slots=True)
class BreakdownSums:
    """The time of what ended in a span: of the incidents that ended, and by metric of the clocks that ended."""

    incidents: BreakdownSum
    clocks: Mapping[str, BreakdownSum]


class _Running:
    """One sum under way; plain numbers, since there may be very many rows."""

    def __init__(self) -> None:
        self.count = 0
        self._parts: dict[_Key, list[int]] = {}

    def add(self, text: str) -> None:
        self.count += 1
        for assignee, group, line, party, wall, within, counted in orjson.loads(text):
            sums = self._parts.setdefault((assignee, group, line, party), [0, 0, 0])
            sums[0] += wall
            sums[1] += within
            sums[2] += counted

    def done(self) -> BreakdownSum:
        return BreakdownSum(
            self.count,
            summed(
                (Holder(assignee, group, line), Party(party), TimeSums(*(one * _MICROSECOND for one in sums)))
                for (assignee, group, line, party), sums in self._parts.items()
            ),
        )


async def read_breakdown_sums(
    connection: AsyncConnection, contract: str, start: datetime, end: datetime
) -> BreakdownSums:
    """Return the breakdowns of all incidents and clocks of a contract that ended in `[start, end)`, in sum.

    An incident that has been under several contracts counts with its time under this one, if it ended there.
    """
    sums: dict[str, _Running] = {"": _Running()}
    turn, last = LoopYielder(), None
    while True:
        rows = await _batch(connection, contract, start, end, last)
        for row in rows:
            sums.setdefault(row.metric, _Running()).add(row.parts)
            await turn.yield_if_due()
        if len(rows) < _BATCH:
            break
        last = rows[-1]
    incidents = sums.pop("").done()
    return BreakdownSums(incidents, {metric: sums[metric].done() for metric in sorted(sums)})


async def _batch(connection: AsyncConnection, contract: str, start: datetime, end: datetime, last: Any) -> list[Any]:
    query = select(_kept.metric, _kept.parts, _kept.ended_at, _kept.incident, _kept.subject).where(
        _kept.contract == contract, _kept.summed, _kept.ended_at >= start, _kept.ended_at < end
    )
    if last is not None:
        same = and_(_kept.incident == last.incident, _kept.subject > last.subject)
        behind = and_(_kept.ended_at == last.ended_at, or_(_kept.incident > last.incident, same))
        query = query.where(_kept.ended_at >= last.ended_at, or_(_kept.ended_at > last.ended_at, behind))
    ordered = query.order_by(_kept.ended_at, _kept.incident, _kept.subject).limit(_BATCH)
    return list((await connection.execute(ordered)).all())
