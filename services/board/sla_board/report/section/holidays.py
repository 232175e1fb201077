"""The days of the next period on which the contract's hours are closed."""

from __future__ import annotations

from sla_board.report.model import ReportNote, ReportSection, ReportTable
from sla_board.report.subject import ReportSubject, SectionUnavailable
from sla_board.report.value import ReportCell, day, text
from sla_board.report.value import period as of_period
from sla_catalogue.calendars import holiday_codes_for
from sla_catalogue.holiday.row import RowKind


async def holidays(subject: ReportSubject) -> ReportSection:
    """Return the section with the holidays of the next period.

    It lists the holidays on which the contract's service hours are closed.
    """
    if subject.catalogue is None:
        raise SectionUnavailable("missing.contract")
    contract, following = subject.known, subject.period.next()
    tables = subject.catalogue.compiler.calendars.tables
    plans = [subject.catalogue.rulebook.plans[id_] for id_ in contract.plans if id_ in subject.catalogue.rulebook.plans]
    hours = [coverage for plan in plans for coverage in plan.coverages.values()]
    codes = {code for one in hours for code in holiday_codes_for(contract, one)} & tables.keys()
    if not codes:
        return ReportSection("holidays", (ReportNote("note.no_holiday_calendar"),))
    found = {
        row.date: row.name
        for code in sorted(codes)
        for row in tables[code].rows
        if following.first <= row.date < following.end and row.kind is RowKind.CLOSED
    }
    rows: list[tuple[ReportCell, ...]] = [(day(date), text(found[date])) for date in sorted(found)]
    if not rows:
        return ReportSection("holidays", (ReportNote("note.no_holidays", {"period": of_period(following.label)}),))
    table = ReportTable("holidays", ("column.day", "column.holiday"), tuple(rows))
    return ReportSection("holidays", (ReportNote("note.holidays", {"period": of_period(following.label)}), table))
