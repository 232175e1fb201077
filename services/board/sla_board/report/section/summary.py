"""The period at a glance: promises met and missed, incidents opened and ended, and notes."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from sla_board import tables
from sla_board.attainment.model import total_of
from sla_board.history.part import ONE_CONTRACT
from sla_board.report.model import Part, ReportFigures, ReportNote, ReportSection
from sla_board.report.subject import ReportSubject
from sla_board.report.value import count, day, share, text
from sla_domain.report_schedule import ReportKind

_row = tables.listed.c
_DAY = timedelta(days=1)


async def summary(subject: ReportSubject) -> ReportSection:
    """Return the section with the figures of the whole period, and with remarks on how reliable the figures are."""
    attained = subject.attained
    tally = total_of(attained.requests)
    opened, ended = await _came_and_went(subject)
    parts: list[Part] = [*_remarks(subject)]
    decided = subject.counted("met", "missed")
    if tally.decided or tally.exempt or tally.open:
        parts.append(
            ReportFigures(
                (
                    *((("figure.in_time", share(tally.share, decided)),) if tally.decided else ()),
                    ("figure.met", count(tally.met, subject.counted("met"))),
                    ("figure.missed", count(tally.missed, subject.counted("missed"))),
                    *((("figure.exempt", count(tally.exempt, subject.counted("exempt"))),) if tally.exempt else ()),
                    *((("figure.open", count(tally.open, subject.counted("open"))),) if tally.open else ()),
                )
            )
        )
    came, went = count(opened, subject.dated("opened")), count(ended, subject.dated("ended"))
    parts.append(ReportFigures((("figure.opened", came), ("figure.ended", went))))
    return ReportSection("summary", tuple(parts))


def _remarks(subject: ReportSubject) -> list[ReportNote]:
    attained, found = subject.attained, []
    if attained.provisional:
        grave = subject.kind is not ReportKind.INCIDENT_REVIEW
        found.append(ReportNote("note.provisional", {"day": day(attained.period.end - _DAY)}, grave=grave))
    if attained.empty:
        found.append(ReportNote("note.nothing_due"))
    first = subject.of.first_day
    if first is not None and first >= attained.period.end:
        found.append(ReportNote("note.not_begun", {"day": day(first)}, grave=True))
    if attained.ended is not None:
        found.append(ReportNote("note.ended", {"day": day(attained.ended - _DAY)}, grave=True))
    if len(attained.bounds.zones) > 1:
        was, *_, now = attained.bounds.zones
        found.append(ReportNote("note.zones", {"was": text(was), "now": text(now)}, grave=True))
    if attained.moved:
        found.append(ReportNote("note.moved", {"count": count(attained.moved)}))
    return found


async def _came_and_went(subject: ReportSubject) -> tuple[int, int]:
    """How many incidents were opened in the period, and how many ended."""
    start, end = subject.bounds.start, subject.bounds.end
    mine = (_row.contract == subject.id, _row.part.in_(ONE_CONTRACT))
    found = []
    for at in (_row.opened_at, _row.ended_at):
        query = select(func.count()).select_from(tables.listed).where(*mine, at >= start, at < end)
        found.append(int((await subject.connection.execute(query)).scalar_one()))
    return found[0], found[1]
