"""The list of what attainment counts of one contract in one period: the requests or clocks behind a figure.

The same conditions choose its rows and count the figures (`sla_board.attainment.counts`), so that both agree. An
incident is shown as the contract sees it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Subquery, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.attainment.counts import counted_here, judged_requests
from sla_board.attainment.model import NONE
from sla_board.history.condition import decided, follows
from sla_board.history.count import ListCounts, counts_of
from sla_board.history.cursor import ListPlace
from sla_board.history.filter import IncidentFilter
from sla_board.history.listed import UNKNOWN
from sla_board.history.part import ONE_CONTRACT, ListPart
from sla_domain.attainment import PeriodBounds, PromiseVerdict
from sla_domain.attainment.verdict import JudgedRequest
from sla_domain.objective import CountedUnit

_clock, _request, _listed, _reason = tables.clock.c, tables.request.c, tables.listed.c, tables.breach_reason.c
_BATCH = 500  # incidents
_NO_CLOCK = ("clock", "metric", "cycle", "stopped_at")


@dataclass(frozen=True, slots=True)
class CountedList:
    """The list of the requests or clocks from which an attainment (share of promises met) was computed.

    It replaces the list of incidents if the filter's field `counted` is set. Call `of` to create it.
    """

    connection: AsyncConnection
    shown: IncidentFilter
    judged: tuple[JudgedRequest, ...] | None
    """The requests judged by the clocks of some metrics only, in the order of the list. None if the requests or clocks
    are read from the tables.
    """

    @classmethod
    async def of(cls, connection: AsyncConnection, shown: IncidentFilter) -> CountedList:
        """Return the list of counted requests or clocks that a filter selects.

        Args:
            connection: The connection over which the list is read.
            shown: A filter whose field `counted` is set. It has one contract, and both ends of a period.
        """
        if shown.counted is CountedUnit.CLOCKS or not shown.metrics:
            return cls(connection, shown, None)
        found = judged_requests(connection, _contract(shown), shown.metrics, _bounds(shown))
        chosen = [
            one
            async for one in found
            if _named(shown.priorities, one.priority) and _named(shown.entitlements, one.entitlement)
        ]
        return cls(connection, shown, tuple(sorted(chosen, key=_place, reverse=True)))

    def on(self, connection: AsyncConnection) -> CountedList:
        """Return the same list, read over another connection."""
        return replace(self, connection=connection)

    async def counts(self) -> ListCounts:
        """Return how many rows the list has, by state and verdict."""
        found: Counter[tuple[int, str, str]] = Counter()
        if self.judged is None:
            chosen = _chosen(self.shown)
            state = func.coalesce(_listed.phase, UNKNOWN)
            query = select(state, chosen.c.verdict, func.count()).select_from(_joined(chosen))
            query = query.group_by(state, chosen.c.verdict)
            for phase, verdict, number in (await self.connection.execute(query)).all():
                found[0, phase, verdict] += number
            return counts_of(found, self.shown)
        states = {name: row.phase for name, row in (await self._incidents(self.judged)).items()}
        found.update((0, states.get(one.incident, UNKNOWN), one.counted.value) for one in self.judged)
        return counts_of(found, self.shown)

    async def rows(self, after: ListPlace | None, limit: int) -> Sequence[Any]:
        """Return at most `limit` rows of the list, the newest first.

        Each row has the columns of the table `board_listed`, and `entitlement`. In a list of clocks it also has the
        columns of its clock.

        Args:
            after: The position after which the rows begin. None for the first row.
        """
        if self.judged is not None:
            return await self._judged_rows(self.judged, after, limit)
        chosen = _chosen(self.shown)
        of_clocks = self.shown.of_clocks
        own = [column for column in chosen.c if of_clocks or column.name not in _NO_CLOCK]
        names = {column.name for column in own}
        at, seen = chosen.c.counts_at, _seen(chosen)
        columns = [column.label(name) for name, column in seen.items() if name not in names]
        query = select(*columns, *own).select_from(_joined(chosen)).where(*self._decided(chosen))
        if after is not None:
            query = query.where(follows(at, chosen.c, after, of_clocks))
        order = [at.desc(), chosen.c.incident.desc(), *([chosen.c.clock.desc()] if of_clocks else [])]
        return (await self.connection.execute(query.order_by(*order).limit(limit))).all()

    def _decided(self, chosen: Subquery) -> list[ColumnElement[bool]]:
        state = func.coalesce(_listed.phase, UNKNOWN)
        return decided(self.shown, SimpleNamespace(phase=state, verdict=chosen.c.verdict))

    async def _judged_rows(self, judged: Sequence[JudgedRequest], after: ListPlace | None, limit: int) -> Sequence[Any]:
        chosen = {verdict.value for verdict in self.shown.verdicts}
        wanted = [one for one in judged if not chosen or one.counted.value in chosen]
        if after is not None:
            wanted = [one for one in wanted if _place(one) < (after.at, after.incident)]
        if not self.shown.states:
            wanted = wanted[:limit]
        known = await self._incidents(wanted)
        rows = [_row(one, known.get(one.incident), self.shown) for one in wanted]
        return [row for row in rows if not self.shown.states or row.phase in self.shown.states][:limit]

    async def _incidents(self, judged: Sequence[JudgedRequest]) -> Mapping[str, Any]:
        """What the list shows of their incidents."""
        found: dict[str, Any] = {}
        names = sorted({one.incident for one in judged})
        mine = and_(_listed.contract == _contract(self.shown), _listed.part.in_(ONE_CONTRACT))
        for begin in range(0, len(names), _BATCH):
            query = select(tables.listed).where(_listed.incident.in_(names[begin : begin + _BATCH]), mine)
            found |= {row.incident: row for row in (await self.connection.execute(query)).all()}
        return found


def _contract(shown: IncidentFilter) -> str:
    (contract,) = shown.of_contracts or ()
    return contract


def _bounds(shown: IncidentFilter) -> PeriodBounds:
    assert shown.since is not None, "the filter of what is counted has a period"
    assert shown.until is not None
    return PeriodBounds(shown.since, shown.until, (shown.zone,))


def _named(names: Iterable[str], value: str) -> bool:
    wanted = {*names}
    return not wanted or (value or NONE) in wanted


def _in(column: ColumnElement[str], names: Sequence[str]) -> list[ColumnElement[bool]]:
    """The same as a condition."""
    if not names:
        return []
    return [column.in_([*names, ""] if NONE in names else names)]


def _place(one: JudgedRequest) -> tuple[datetime, str]:
    assert one.counts_at is not None, "without an instant it counts in no period"
    return one.counts_at, one.incident


def _chosen(shown: IncidentFilter) -> Subquery:
    """What counts, as rows of the list's own columns."""
    clocks = shown.counted is CountedUnit.CLOCKS
    contract = _contract(shown)
    of = _clock if clocks else _request
    priority = _clock.decided_priority if clocks else _request.priority
    exempt = and_(of.exempt != "", of.verdict != PromiseVerdict.NONE.value)
    # The stop of a clock that went on under another contract is not this one's.
    stopped = case((_clock.contract == _clock.decided_contract, _clock.stopped_at))
    due = func.coalesce(_clock.due_at, _clock.breached_at) if clocks else _request.due_at
    query = select(
        of.incident,
        literal(contract).label("contract"),
        priority.label("priority"),
        of.entitlement,
        case((exempt, PromiseVerdict.EXEMPT.value), else_=of.verdict).label("verdict"),
        func.coalesce(of.decided_at, of.due_at, type_=of.decided_at.type).label("counts_at"),
        due.label("due_at"),
        of.metric,
        *((_clock.id.label("clock"), _clock.cycle, stopped.label("stopped_at")) if clocks else ()),
    ).where(or_(*counted_here(of, contract, _bounds(shown))))
    query = query.where(*_in(priority, shown.priorities), *_in(of.entitlement, shown.entitlements))
    if clocks and shown.reasons:
        query = query.where(_clock.verdict == PromiseVerdict.MISSED.value, *_explained(contract, shown.reasons))
    return query.where(*_in(of.metric, shown.metrics if clocks else ())).subquery()


def _explained(contract: str, codes: Sequence[str]) -> list[ColumnElement[bool]]:
    """The reason in force is the last one that was said while the breach was this contract's."""
    said = select(_reason.code).where(_reason.clock == _clock.id, _reason.contract == contract)
    in_force = said.order_by(_reason.number.desc()).limit(1).correlate(tables.clock).scalar_subquery()
    return _in(func.coalesce(in_force, ""), codes)


def _joined(chosen: Subquery) -> FromClause:
    mine = and_(
        _listed.incident == chosen.c.incident, _listed.contract == chosen.c.contract, _listed.part.in_(ONE_CONTRACT)
    )
    return chosen.outerjoin(tables.listed, mine)


def _seen(chosen: Subquery) -> dict[str, ColumnElement[Any]]:
    """What the list shows of an incident; of one that the contract does not see any more, no more than its name."""
    found: dict[str, ColumnElement[Any]] = {}
    for column in tables.listed.columns:
        if column.name in _EMPTY:
            found[column.name] = func.coalesce(column, _EMPTY[column.name])
        elif column.name != "position":
            found[column.name] = column
    found["ticket"] = func.coalesce(_listed.ticket, chosen.c.incident)
    return found


_EMPTY: Mapping[str, Any] = {
    "part": ListPart.SHARE.value, "title": "", "url": "", "customer": "", "product": "", "phase": UNKNOWN,
    "assignee": "", "team": "", "zone": "UTC", "met": 0, "missed": 0, "open": 0, "exempt": 0,
}  # fmt: skip


def _row(one: JudgedRequest, seen: Any, shown: IncidentFilter) -> Any:
    names = [column.name for column in tables.listed.columns]
    known = {name: _EMPTY.get(name) for name in names} | {"ticket": one.incident}
    if seen is not None:
        known = {name: getattr(seen, name) for name in names}
    own = {
        "incident": one.incident,
        "contract": _contract(shown),
        "priority": one.priority,
        "entitlement": one.entitlement,
        "verdict": one.counted.value,
        "counts_at": one.counts_at,
        "due_at": one.due_at,
    }
    return SimpleNamespace(**known | own)
