"""Holidays and years that end soon: a warning in time, because afterwards deadlines are wrong or cannot be computed."""

from __future__ import annotations

from sla_catalogue.horizon import YEARS, horizon_ends_of
from sla_catalogue.problem import Path
from sla_catalogue.rule.subject import CheckedCatalogue


def check_horizon(subject: CheckedCatalogue) -> None:
    """Add a warning to `subject.findings` if known holidays or computed calendars end within 90 days.

    The days are counted from `subject.today`. If `today` is None, nothing is checked.
    """
    today = subject.today
    if today is None:
        return
    calendars = subject.calendars
    used = ((built.contract, built.built.plan) for built in subject.bought)
    for ending in horizon_ends_of(used, calendars.tables, calendars.horizon):
        past_years = ending.code != YEARS and ending.until.year >= calendars.horizon.last
        if ending.ends_soon(today) and not past_years:  # the years that end are one warning, not one for each code
            message, path = ending.describe(today), _place(ending.code, subject)
            subject.findings.warning(path, "horizon-ends-soon", message, ending.hint)


def _place(code: str, subject: CheckedCatalogue) -> Path:
    document = subject.context.document
    if code == YEARS:
        return ("settings", "horizon")
    for name in (code, code.partition("-")[0]):
        if name in document.holidays:
            return ("holidays", name)
    for built in subject.bought:
        if built.contract.country == code.partition("-")[0]:
            return (*built.path, "country")
    return ()
