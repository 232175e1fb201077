"""The time of what ended in a span under one contract, in sum: by holder and party, of incidents and of clocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, or_, select, true
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
    """The time of several incidents, or of several clocks of one metric, summed by holder and party.

    The holder is an assignee with group and support line. The party is the side that had to act, such as the customer.
    """

    count: int
    """How many breakdowns are in the sum."""
    known: Breakdown


@dataclass(frozen=True, slots=True)
class BreakdownSums:
    """The summed time of the incidents and clocks that ended between two instants, by holder and party.

    The holder is an assignee with group and support line. The party is the side that had to act, such as the customer.
    """

    incidents: BreakdownSum
    clocks: Mapping[str, BreakdownSum]
    """Metric -> sum over the clocks of the metric."""


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
    """Return the summed time of the incidents and clocks that ended in `[start, end)` under a contract.

    The time is divided by holder (assignee, group, support line) and party (who had to act). An incident that was under
    several contracts is included if it ended under this contract. Only its time under this contract is counted.
    """
    sums: dict[str, _Running] = {"": _Running()}
    turn = LoopYielder()
    after: ColumnElement[bool] = true()
    while True:
        rows = await _batch(connection, contract, start, end, after)
        for row in rows:
            if (running := sums.get(row.metric)) is None:
                running = sums[row.metric] = _Running()
            running.add(row.parts)
            await turn.yield_if_due()
        if len(rows) < _BATCH:
            break
        after = await _behind(connection, rows[-1])
    incidents = sums.pop("").done()
    return BreakdownSums(incidents, {metric: sums[metric].done() for metric in sorted(sums)})


async def _batch(
    connection: AsyncConnection, contract: str, start: datetime, end: datetime, after: ColumnElement[bool]
) -> Sequence[Any]:
    query = select(_kept.metric, _kept.parts, _kept.incident, _kept.view, _kept.subject).where(
        _kept.contract == contract, _kept.summed, _kept.ended_at >= start, _kept.ended_at < end, after
    )
    ordered = query.order_by(_kept.ended_at, _kept.incident, _kept.subject).limit(_BATCH)
    return (await connection.execute(ordered)).all()


async def _behind(connection: AsyncConnection, last: Any) -> ColumnElement[bool]:
    """The rows behind the last one of a batch; its instant is read alone, since reading each takes its time."""
    query = select(_kept.ended_at).where(
        _kept.incident == last.incident, _kept.view == last.view, _kept.subject == last.subject
    )
    at = (await connection.execute(query)).scalar_one()
    same = and_(_kept.incident == last.incident, _kept.subject > last.subject)
    behind = and_(_kept.ended_at == at, or_(_kept.incident > last.incident, same))
    return and_(_kept.ended_at >= at, or_(_kept.ended_at > at, behind))
