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
    """Return when the report of a period is due: at its time of day on its working day after the period's end.

    `zones`: in which time zone the contract stood when. `calendar`: of the hours by whose days working days are
    counted; None, and days beyond its years: Monday to Friday. Within a year of days without any working day the last
    day counts.
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
    """Return the calendar by whose days a schedule counts: of the first of the contract's plans that has its hours.

    None if the schedule names none, and if they make no calendar.
    """
    for one in contract.bought:
        coverage = rulebook.plan_of(one).coverages.get(schedule.coverage)
        if coverage is not None:
            try:
                return rulebook.calendars.calendar(one, coverage)
            except CalendarError:
                return None
    return None
