"""When a scheduled report is due. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sla_domain.attainment import AttainmentPeriod, ZoneHistory
from sla_domain.calendar import Calendar, local_instant
from sla_domain.contract import Contract
from sla_domain.errors import CalendarError
from sla_domain.report_schedule import ReportSchedule
from sla_domain.rulebook import Rulebook

_DAY = timedelta(days=1)
_SATURDAY = 5
_FARTHEST = 366


def due_at(
    schedule: ReportSchedule, period: AttainmentPeriod, zones: ZoneHistory, calendar: Calendar | None
) -> datetime:
    """Return when the report of a period is due, as an aware instant.

    The schedule states the number of working days after the period's end, and the time of day. The report is due at the
    latest one year after the end, even if the calendar has fewer working days in that year.

    Args:
        zones: The time zones that the contract has had.
        calendar: The hours; a day with open hours is a working day. Without a calendar, and outside its years, the
            working days are Monday to Friday.
    """
    day, left = period.end, schedule.working_days
    for _ in range(_FARTHEST):
        if _works(day, zones, calendar):
            left -= 1
            if not left:
                break
        day += _DAY
    at = datetime.combine(day, schedule.at)
    return local_instant(at, zones.at(zones.midnight(day)))


def _works(day: date, zones: ZoneHistory, calendar: Calendar | None) -> bool:
    if calendar is not None:
        try:
            return calendar.between(zones.midnight(day), zones.midnight(day + _DAY)) > timedelta()
        except CalendarError:
            pass
    return day.weekday() < _SATURDAY


def calendar_of_report(rulebook: Rulebook, contract: Contract, schedule: ReportSchedule) -> Calendar | None:
    """Return the calendar that defines the working days for a report's schedule: the days with open hours.

    The schedule names service hours (`coverage`). They are looked up in the plans of the contract, in order, and the
    first match is used. The result is None if the schedule names no hours, or if no calendar can be computed from them.
    """
    for one in contract.bought:
        coverage = rulebook.plan_of(one).coverages.get(schedule.coverage)
        if coverage is not None:
            try:
                return rulebook.calendars.calendar(one, coverage)
            except CalendarError:
                return None
    return None
