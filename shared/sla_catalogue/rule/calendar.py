"""Calendars that cannot answer: never open, without the holidays they name, or beyond the years compiled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.calendars import holiday_code_for
from sla_catalogue.problem import Path
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.errors import CalendarError
from sla_domain.plan import Coverage, HolidaySource, Unspecified

_LONG = timedelta(days=30)


def check_calendars(subject: CheckedCatalogue) -> None:
    """Check that calendars can be made of the hours and dates of contracts.

    An error is added to `subject.findings` for:

    - hours that never open, or that neither plan nor contract gives
    - hours that are closed on the contract's holidays, in a contract without a country
    - a date of a contract outside the years for which calendars are compiled
    """
    for contract in subject.bought:
        _check_years(contract, subject)
        for name in _used(contract):
            coverage = contract.built.plan.coverages.get(name)
            if coverage is not None:
                _check_hours(contract, coverage, subject)
                _check_holidays(contract, coverage, subject)
                _check_open(contract, coverage, subject)


def _used(contract: BuiltContract) -> list[str]:
    rows = [*contract.contract.targets, *contract.built.plan.targets]
    rates = [each.off_hours for each in contract.contract.allowances if each.off_hours is not None]
    held = {role.coverage for role in contract.contract.roles if role.coverage}
    return sorted({row.coverage for row in rows} | held | {rate.coverage for rate in rates})


def _check_hours(contract: BuiltContract, coverage: Coverage, subject: CheckedCatalogue) -> None:
    """Report hours that neither the plan's document nor the contract that uses them gives (docs/clauses.md)."""
    rows = [*contract.contract.targets, *contract.built.plan.targets]
    counted = [row for row in rows if row.coverage == coverage.id and not isinstance(row.allowed, Unspecified)]
    if counted and not coverage.openings and _left_open(contract, coverage, subject):
        message = f"the contract {contract.contract.id} counts {counted[0].metric} in the coverage {coverage.id!r}, "
        hint = f"coverages: {{{coverage.id}: {{hours: …}}}} in the contract"
        subject.findings.error(contract.path, "unspecified-hours", message + "whose hours nobody gives", hint)


def _left_open(contract: BuiltContract, coverage: Coverage, subject: CheckedCatalogue) -> bool:
    """Whether its hours are written as unspecified; hours that are written as empty are another problem."""
    own = contract.built.draft.coverages.get(coverage.id)
    written = own[1] if own else subject.context.document.coverages.get(coverage.id)
    return written is not None and written.hours_unspecified


def _check_holidays(contract: BuiltContract, coverage: Coverage, subject: CheckedCatalogue) -> None:
    for part in coverage.parts:
        _check_holidays(contract, part, subject)
    asked = contract.contract.holidays is True and not coverage.around_the_clock
    wanted = (coverage.holidays is HolidaySource.CONTRACT or asked) and not coverage.parts
    if wanted and contract.contract.holidays is not False and not holiday_code_for(contract.contract, coverage):
        message = f"the coverage {coverage.id!r} subtracts the contract's holidays, and the contract names no country"
        subject.findings.error(contract.path, "no-country", message, "country: PL, or holidays: false")


def _check_open(contract: BuiltContract, coverage: Coverage, subject: CheckedCatalogue) -> None:
    """Compiling costs time, so only a calendar that long closings may have emptied is asked."""
    if not coverage.parts and not coverage.weekly and not coverage.openings and not coverage.seasons:
        return
    if (coverage.weekly or coverage.seasons) and not any(span.end - span.start > _LONG for span in coverage.closings):
        return
    years = subject.calendars.horizon
    start = datetime(years.first, 1, 2, tzinfo=UTC)
    try:
        subject.calendars.calendar(contract.contract, coverage).add(start, timedelta(seconds=1))
    except CalendarError as error:
        subject.findings.error(_place(contract, coverage), "empty-calendar", str(error), "")


def _check_years(contract: BuiltContract, subject: CheckedCatalogue) -> None:
    years = subject.calendars.horizon
    ends = [day for day in (contract.contract.valid_from, contract.contract.valid_to) if day is not None]
    for day in ends:
        if not years.first <= day.year <= years.last:
            message = f"{day} lies outside the years {years.first}-{years.last} that calendars are compiled for"
            subject.findings.error((*contract.path, "valid"), "horizon", message, "settings: {horizon: …}")


def _place(contract: BuiltContract, coverage: Coverage) -> Path:
    written = contract.built.draft.coverages.get(coverage.id)
    return written[0] if written else ("coverages", coverage.id)
