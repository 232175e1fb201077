"""Short spellings for the stories of this folder: calendars by hours, instants by wall clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sla_domain.calendar import CalendarSpec, GrowingCalendar, Holiday, LocalSpan, Window, growing_calendar, load_zone

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MON_FRI = range(5)


def spec(
    zone: str = "Europe/Warsaw",
    hours: tuple[str, str] = ("09:00", "17:00"),
    days: range = MON_FRI,
    holidays: dict[str, str] | None = None,
    openings: tuple[LocalSpan, ...] = (),
    closings: tuple[LocalSpan, ...] = (),
    id_: str = "office",
) -> CalendarSpec:
    named = tuple(Holiday(date.fromisoformat(day), name) for day, name in (holidays or {}).items())
    weekly = {day: (Window.parse(*hours),) for day in days}
    return CalendarSpec(id_, zone, weekly, named, openings, closings)


def office(zone: str = "Europe/Warsaw", hours: tuple[str, str] = ("09:00", "17:00")) -> GrowingCalendar:
    return growing_calendar(spec(zone, hours))


def span(start: str, end: str, reason: str = "") -> LocalSpan:
    return LocalSpan(datetime.fromisoformat(start), datetime.fromisoformat(end), reason)


def shown(text: str, zone: str = "Europe/Warsaw", fold: int = 0) -> datetime:
    """What a clock in `zone` shows, as a datetime of that zone."""
    return datetime.fromisoformat(text).replace(tzinfo=load_zone(zone), fold=fold)


def at(text: str, zone: str = "Europe/Warsaw", fold: int = 0) -> datetime:
    """The instant at which a clock in `zone` shows `text`."""
    return shown(text, zone, fold).astimezone(UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
