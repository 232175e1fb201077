"""A business calendar as data, before it is compiled: zone, weekly hours, holidays, openings and closings.

Open time = ((weekly hours − holidays) + openings) − closings (docs/clauses.md, Conventions).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sla_domain.calendar.instant import DAY_S
from sla_domain.calendar.season import Season
from sla_domain.calendar.window import LocalSpan, Window
from sla_domain.calendar.zone import load_zone
from sla_domain.errors import InvalidCalendar, UnknownZone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AROUND_THE_CLOCK: Mapping[int, tuple[Window, ...]] = {day: (Window(0, DAY_S),) for day in range(7)}


@dataclass(frozen=True, slots=True)
class Holiday:
    """A holiday: a local date on which the weekly hours do not apply."""

    date: date
    name: str = ""
    source: str = ""
    """Who declared it, such as a package, a feed or a person."""


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """A business calendar as data: zone, weekly hours, holidays, exceptional openings and closings.

    Raises:
        InvalidCalendar: The specification has problems; the error lists all of them.
    """

    id: str
    zone: str
    """IANA name of the time zone."""
    weekly: Mapping[int, tuple[Window, ...]] = field(hash=False)
    """Weekday (0 is Monday) -> open hours. A missing weekday is closed."""
    holidays: tuple[Holiday, ...] = ()
    openings: tuple[LocalSpan, ...] = ()
    """Spans of local time that are open whatever the weekly hours."""
    closings: tuple[LocalSpan, ...] = ()
    """Spans of local time that are closed whatever the weekly hours. A closing wins over an opening."""
    name: str = ""
    """The title. "" if there is none."""
    revision: str = ""
    """The version of the content, for audits. An empty text is replaced by a short hash of all that affects deadlines.
    """
    seasons: tuple[Season, ...] = ()
    """Periods with other weekly hours. Where two periods overlap, the last in the list applies."""

    def __post_init__(self) -> None:
        problems = [*_identity_problems(self), *_hours_problems(self), *_exception_problems(self)]
        if problems:
            raise InvalidCalendar(self.id, problems)
        weekly = {int(day): tuple(self.weekly[day]) for day in sorted(self.weekly) if self.weekly[day]}
        object.__setattr__(self, "weekly", weekly)
        for row in ("holidays", "openings", "closings", "seasons"):
            object.__setattr__(self, row, tuple(getattr(self, row)))
        if not self.revision:
            object.__setattr__(self, "revision", _digest(self))


def always_open(id_: str = "24x7", zone: str = "Etc/UTC", holidays: Iterable[Holiday] = ()) -> CalendarSpec:
    """Return the specification of a calendar that is always open, except on `holidays`.

    Args:
        id_: Id of the calendar.
        zone: IANA name of the zone in which a holiday begins and ends.
    """
    return CalendarSpec(id=id_, zone=zone, weekly=AROUND_THE_CLOCK, holidays=tuple(holidays), name="around the clock")


def _identity_problems(spec: CalendarSpec) -> Iterable[str]:
    if not spec.id:
        yield "it has no id: give it one, contracts and events refer to it"
    try:
        load_zone(spec.zone)
    except UnknownZone as error:
        yield str(error)


def _hours_problems(spec: CalendarSpec) -> Iterable[str]:
    weeks = (spec.weekly, *(season.weekly for season in spec.seasons))
    for day, windows in (pair for week in weeks for pair in week.items()):
        if day not in range(7):
            yield f"weekday {day!r} does not exist: weekdays run from 0 (Monday) to 6 (Sunday)"
        for window in windows:
            if not isinstance(window, Window):
                yield f"weekday {day!r} holds {window!r}: write a Window"
    if not spec.openings and not any(any(week.values()) for week in weeks):
        yield "it never opens: give it weekly hours or an opening"


def _exception_problems(spec: CalendarSpec) -> Iterable[str]:
    for holiday in spec.holidays:
        if isinstance(holiday.date, datetime) or not isinstance(holiday.date, date):
            yield f"holiday {holiday.name or holiday.date!r} is not a day: write a date without a time"
    for span in (*spec.openings, *spec.closings):
        if not isinstance(span, LocalSpan):
            yield f"{span!r} is not a local span: write from, to and a reason"


def _digest(spec: CalendarSpec) -> str:
    rows = [spec.zone]
    rows += [f"{DAYS[day]} {window}" for day, windows in spec.weekly.items() for window in windows]
    rows += sorted(f"holiday {holiday.date.isoformat()}" for holiday in spec.holidays)
    rows += sorted(f"opening {span}" for span in spec.openings)
    rows += sorted(f"closing {span}" for span in spec.closings)
    for season in spec.seasons:  # in their order: the last that has a day counts
        rows += [f"season {season}"]
        rows += [f"{DAYS[day]} {window}" for day, windows in sorted(season.weekly.items()) for window in windows]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:12]
