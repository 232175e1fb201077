"""Whose time it was: of the incidents that ended in the period, by party and by holder (clauses B9, H11, N11)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from fractions import Fraction

from sqlalchemy import select

from sla_board import tables
from sla_board.breakdown.compute import WHOLE
from sla_board.breakdown.stored import breakdown_of
from sla_board.report.model import PlotKind, ReportNote, ReportSection, ReportTable
from sla_board.report.subject import ReportSubject
from sla_board.report.value import ReportCell, count, share, span, text, word
from sla_board.shown.breakdown import holder_name
from sla_domain.breakdown import Breakdown, Holder, Party, TimeSums
from sla_platform.turn import LoopYielder

_part = tables.breakdown.c
_BATCH = 2_000
_MICROSECOND = timedelta(microseconds=1)
_NONE = TimeSums()
_MOST = 20  # holders


async def breakdown(subject: ReportSubject) -> ReportSection:
    """Return the section on the time of incidents that ended in the period.

    Wall-clock time is summed by party and by holder.
    """
    parties: dict[Party, TimeSums] = {}
    holders: dict[Holder, TimeSums] = {}
    incidents = 0
    async for one in _known(subject):
        incidents += 1
        for part in one.parts:
            parties[part.party] = parties.get(part.party, _NONE) + part.sums
            holders[part.holder] = holders.get(part.holder, _NONE) + part.sums
    if not incidents:
        return ReportSection("breakdown", (ReportNote("note.no_breakdown"),))
    whole = sum((sums.wall for sums in parties.values()), timedelta())
    by_party = [
        (word(f"party.{party.value}"), span(parties[party].wall), _share(parties[party].wall, whole))
        for party in Party
        if party in parties
    ]
    most = sorted(holders.items(), key=lambda each: (-each[1].wall, each[0]))
    by_holder = [_holder(holder, sums.wall, whole) for holder, sums in most[:_MOST]]
    further = sum((sums.wall for _, sums in most[_MOST:]), timedelta())
    if further:
        by_holder.append((word("word.others"), span(further), _share(further, whole)))
    columns = ("column.time", "column.share")
    return ReportSection(
        "breakdown",
        (
            ReportNote("note.breakdown", {"count": count(incidents), "span": span(whole)}),
            ReportTable("parties", ("column.party", *columns), tuple(by_party), "table.parties", PlotKind.BARS),
            ReportTable("holders", ("column.holder", *columns), tuple(by_holder), "table.holders", PlotKind.BARS),
        ),
    )


def _holder(holder: Holder, wall: timedelta, whole: timedelta) -> tuple[ReportCell, ...]:
    name = holder_name(holder)
    return (text(name) if name else word("word.nobody"), span(wall), _share(wall, whole))


def _share(part: timedelta, whole: timedelta) -> ReportCell:
    return share(Fraction(part // _MICROSECOND, whole // _MICROSECOND) if whole else None)


async def _known(subject: ReportSubject) -> AsyncIterator[Breakdown]:
    """The breakdowns of the incidents of a contract that ended in the period, as far as they are computed.

    Of an incident that has moved between contracts, what this one sees of it.
    """
    after, turn = "", LoopYielder()
    while True:
        query = (
            select(_part.incident, _part.view, _part.parts)
            .where(
                _part.contract == subject.id,
                _part.ended_at >= subject.bounds.start,
                _part.ended_at < subject.bounds.end,
                _part.subject == "",
                _part.view.in_((WHOLE, subject.id)),
                _part.incident > after,
            )
            .order_by(_part.incident, _part.view.desc())
            .limit(_BATCH)
        )
        rows = (await subject.connection.execute(query)).all()
        for row in rows:
            await turn.yield_if_due()
            if row.incident != after:  # else the share of this contract came before the whole
                yield breakdown_of(row.parts)
            after = row.incident
        if len(rows) < _BATCH:
            return
