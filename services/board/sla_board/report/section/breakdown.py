"""Whose time it was: of the incidents that ended in the period, by party and by holder (clauses B9, H11, N11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

from sqlalchemy import select

from sla_board import tables
from sla_board.breakdown.compute import WHOLE
from sla_board.breakdown.stored import wall_parts
from sla_board.report.model import PlotKind, ReportNote, ReportSection, ReportTable
from sla_board.report.subject import ReportSubject
from sla_board.report.value import ReportCell, count, share, span, text, word
from sla_board.shown.breakdown import holder_name
from sla_domain.breakdown import Holder, Party
from sla_platform.turn import LoopYielder

_part = tables.breakdown.c
_BATCH = 500
_MICROSECOND = timedelta(microseconds=1)
_MOST = 20  # holders


async def breakdown(subject: ReportSubject) -> ReportSection:
    """Return the section that divides the wall-clock time of the incidents that ended in the period.

    The time is divided by party (who had to act) and by holder (assignee, group, support line).
    """
    known = await _known(subject)
    if not known:
        return ReportSection("breakdown", (ReportNote("note.no_breakdown"),))
    parties: dict[Party, timedelta] = defaultdict(timedelta)
    holders: dict[Holder, timedelta] = defaultdict(timedelta)
    for (assignee, group, line, party), micros in (await _summed(known)).items():
        parties[Party(party)] += micros * _MICROSECOND
        holders[Holder(assignee, group, line)] += micros * _MICROSECOND
    whole = sum(parties.values(), timedelta())
    by_party = [
        (word(f"party.{party.value}"), span(parties[party]), _share(parties[party], whole))
        for party in Party
        if party in parties
    ]
    most = sorted(holders.items(), key=lambda each: (-each[1], each[0]))
    by_holder = [_holder(holder, wall, whole) for holder, wall in most[:_MOST]]
    further = sum((wall for _, wall in most[_MOST:]), timedelta())
    if further:
        by_holder.append((word("word.others"), span(further), _share(further, whole)))
    columns = ("column.time", "column.share")
    return ReportSection(
        "breakdown",
        (
            ReportNote("note.breakdown", {"count": count(len(known)), "span": span(whole)}),
            ReportTable("parties", ("column.party", *columns), tuple(by_party), "table.parties", PlotKind.BARS),
            ReportTable("holders", ("column.holder", *columns), tuple(by_holder), "table.holders", PlotKind.BARS),
        ),
    )


def _holder(holder: Holder, wall: timedelta, whole: timedelta) -> tuple[ReportCell, ...]:
    name = holder_name(holder)
    return (text(name) if name else word("word.nobody"), span(wall), _share(wall, whole))


def _share(part: timedelta, whole: timedelta) -> ReportCell:
    return share(Fraction(part // _MICROSECOND, whole // _MICROSECOND) if whole else None)


async def _known(subject: ReportSubject) -> list[str]:
    """The stored parts of the incidents of a contract that ended in the period, as far as they are computed.

    Of an incident that has moved between contracts, what this one sees of it.
    """
    query = select(_part.incident, _part.view, _part.parts).where(
        _part.contract == subject.id,
        _part.ended_at >= subject.bounds.start,
        _part.ended_at < subject.bounds.end,
        _part.subject == "",
        _part.view.in_((WHOLE, subject.id)),
    )
    rows = (await subject.connection.execute(query)).all()
    moved = {incident for incident, view, _ in rows if view != WHOLE}
    return [parts for incident, view, parts in rows if view != WHOLE or incident not in moved]


async def _summed(known: Sequence[str]) -> dict[tuple[str, str, str, str], int]:
    """Microseconds of each (assignee, group, line, party)."""
    sums: dict[tuple[str, str, str, str], int] = defaultdict(int)
    turn = LoopYielder()
    for place, text_ in enumerate(known):
        for *key, wall in wall_parts(text_):
            sums[(key[0], key[1], key[2], key[3])] += wall
        if place % _BATCH == 0:
            await turn.yield_if_due()
    return sums
