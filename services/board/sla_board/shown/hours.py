"""The hours in which shown clocks count at one instant, as far as this process's catalogue has their calendars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sla_board.shown.bucket import HOUR, SOON
from sla_domain.calendar import Calendar
from sla_domain.contract import ContractId
from sla_domain.errors import CalendarError
from sla_domain.hours import (
    ALWAYS,
    UNKNOWN,
    WALL,
    CountedSpan,
    OpeningTimes,
    calendar_named,
    counted_time,
    opening_times,
)
from sla_domain.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class CountedReach:
    """The instants up to which 15 minutes (`soon`) and one hour (`hour`) will have passed within a clock's hours."""

    soon: datetime
    hour: datetime


@dataclass(frozen=True, slots=True)
class ClockHours:
    """The hours in which a clock counts time, as seen from one instant (now)."""

    known: bool
    """Whether the catalogue has the calendar of the hours. If False, only wall time can be shown."""
    calendar: Calendar | None
    """The calendar of the hours. None means wall time."""
    around: OpeningTimes
    """Whether the hours are open now, and when that changes next."""
    reach: CountedReach
    """The instants when 15 minutes, and one hour, of counted time will have passed."""

    def span(self, start: datetime, end: datetime) -> CountedSpan:
        """Return the counted time and the wall time from `start` to `end`.

        Counted time is time within the hours. Both times are negative if `end` is earlier than `start`. The counted
        time is None if the hours are unknown, or beyond the years of their calendar.
        """
        return CountedSpan(counted_time(self.calendar, start, end) if self.known else None, end - start)


class CalendarsByName:
    """Finds calendars (hours and holidays) by the contract and the name of the hours; call `find`.

    Args:
        rulebook: Returns the present rulebook (plans, contracts, calendars), which has the calendars. None means that
            no calendar is found.
    """

    def __init__(self, rulebook: Callable[[], Rulebook] | None = None) -> None:
        self._rulebook = rulebook
        self._of: Rulebook | None = None
        self._found: dict[tuple[str, str], Calendar | None] = {}

    def find(self, contract: str, name: str) -> Calendar | None:
        """Return the calendar (hours and holidays) named `name` of a contract's plans.

        The name contains a checksum of the hours, as in `gold-hours@3f2a9c04d1e7`. None is returned for `wall` (wall
        time), and if the present rulebook has no calendar with this name.
        """
        if self._rulebook is None or name in (WALL, UNKNOWN):
            return None
        rulebook = self._rulebook()
        if rulebook is not self._of:
            self._of, self._found = rulebook, {}
        key = (contract, name)
        if key not in self._found:
            self._found[key] = calendar_named(rulebook, ContractId(contract), name)
        return self._found[key]


@dataclass(slots=True)
class HoursAt:
    """Finds the hours in which a clock counts, and whether they are open at `now`; call `look` with their name.

    Found hours are cached, so use a new object for another `now`.
    """

    now: datetime
    calendars: CalendarsByName = field(default_factory=CalendarsByName)
    """Where calendars are looked up."""
    _looks: dict[str, ClockHours] = field(default_factory=dict)

    def look(self, contract: str, name: str) -> ClockHours:
        """Return the hours named `name` of the plans of `contract`, as of `now`.

        Args:
            name: The name with a checksum of the hours, such as `gold-hours@3f2a9c04d1e7`, or `wall` for wall time.
                Equal names mean equal hours, so hours found for one contract are used for all contracts.
        """
        known = self._looks.get(name)
        if known is None or not known.known:
            known = self._looks[name] = self._look(contract, name)
        return known

    def _look(self, contract: str, name: str) -> ClockHours:
        wall = CountedReach(self.now + SOON, self.now + HOUR)
        calendar = self.calendars.find(contract, name)
        if calendar is None:
            return ClockHours(name == WALL, None, ALWAYS, wall)
        return ClockHours(True, calendar, opening_times(calendar, self.now), self._reach(calendar) or wall)

    def _reach(self, calendar: Calendar) -> CountedReach | None:
        try:
            return CountedReach(calendar.add(self.now, SOON), calendar.add(self.now, HOUR))
        except CalendarError:
            return None
