"""The share of requests in time over 13 periods, so that the same period of the year before is among the months."""

from __future__ import annotations

from decimal import Decimal

from sla_board.attainment.counts import request_cells
from sla_board.attainment.model import total_of
from sla_board.report.model import PlotKind, ReportNote, ReportSection, ReportTable
from sla_board.report.subject import ReportSubject
from sla_board.report.value import ReportCell, count, percent, share
from sla_board.report.value import period as of_period
from sla_domain.attainment import AttainmentPeriod, bounds_of
from sla_domain.objective import CountedUnit, PeriodKind

PERIODS = 13


async def trend(subject: ReportSubject) -> ReportSection:
    """Return the section with the numbers of met and missed requests (incidents) in each of the last 13 periods.

    The numbers are shown as a table and a drawing. Periods before the first decided promise are left out.
    """
    promised = _promised(subject)
    rows: list[tuple[ReportCell, ...]] = []
    for period in _periods(subject):
        bounds = bounds_of(period, subject.of.zones)
        tally = total_of(await request_cells(subject.connection, subject.id, bounds))
        row = [
            of_period(period.label),
            share(tally.share, subject.counted("met", "missed", period=period)),
            count(tally.met, subject.counted("met", period=period)),
            count(tally.missed, subject.counted("missed", period=period)),
        ]
        rows.append((*row, percent(promised)) if promised is not None else tuple(row))
    while rows and not (rows[0][2].value or rows[0][3].value):
        rows.pop(0)  # nothing was due yet
    if not rows:
        return ReportSection("trend", (ReportNote("note.no_trend"),))
    columns = ["column.period", "column.in_time", "column.met", "column.missed"]
    columns += ["column.promised"] if promised is not None else []
    table = ReportTable("trend", tuple(columns), tuple(rows), plot=PlotKind.TREND)
    return ReportSection("trend", (table,))


def _periods(subject: ReportSubject) -> list[AttainmentPeriod]:
    """Contract years do not go back beyond the first."""
    found = [subject.period]
    first = subject.of.first_day
    while len(found) < PERIODS:
        if subject.period.kind is PeriodKind.CONTRACT_YEAR and (first is None or found[0].first <= first):
            break
        found.insert(0, found[0].previous())
    return found


def _promised(subject: ReportSubject) -> Decimal | None:
    """What is promised of all requests together, if anything is; other objectives count something else."""
    return next(
        (
            one.objective.percent
            for one in subject.of.objectives
            if one.objective.of is CountedUnit.REQUESTS
            and not (one.entitlement or one.objective.metrics or one.objective.priorities)
        ),
        None,
    )
