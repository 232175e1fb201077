"""The days of the year on which the contract's hours are closed."""

from __future__ import annotations

from babel.dates import format_date

from sla_board.plan.model import PlanSubject, Section, table
from sla_catalogue.calendars import holiday_codes_for
from sla_catalogue.holiday.row import RowKind


def holidays(subject: PlanSubject) -> Section:
    """Return the support plan's section on this year's holidays.

    It lists the holidays on which the contract's service hours are closed.
    """
    words, contract, year = subject.words, subject.contract, subject.today.year
    used = [
        bought.plan.coverages[one["id"]]
        for bought in subject.bought
        for one in bought.sheet["coverages"]
        if one["id"] in bought.plan.coverages
    ]
    codes = {code for one in used for code in holiday_codes_for(contract, one)}
    tables = subject.catalogue.compiler.calendars.tables
    locale = words.language.replace("-", "_")
    found = {
        row.date: row.name
        for code in sorted(codes & tables.keys())
        for row in tables[code].rows
        if row.date.year == year and row.kind is RowKind.CLOSED
    }
    rows = [(format_date(day, "full", locale=locale), found[day]) for day in sorted(found)]
    return Section("holidays", words.holidays_of.format(year=year), table("", (words.date, words.name), rows))
