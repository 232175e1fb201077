"""Every error the pure rules raise, as one tree.

    DomainError
    ├── FoldError
    │   ├── NoEvents            no event was given: there is no incident
    │   └── MixedIncidents      events of more than one incident in one fold
    ├── InvalidNotice           a critical-fix notice or version range that cannot be read
    ├── BadPeriod               a month, quarter or contract year that cannot be read
    └── CalendarError
        ├── InvalidCalendar     a calendar description with one or more problems, all listed
        ├── InvalidWindow       one weekly window, opening or closing that cannot be
        ├── UnknownZone         no such IANA time zone
        ├── UnknownCalendar     no calendar under that id
        ├── EmptyCalendar       never open between the ends of its horizon
        ├── BeyondHorizon       the answer lies outside the compiled years
        ├── NaiveInstant        a datetime without an offset
        └── InvalidSpan         a span, count or range with the wrong sign

The docstring of a class is its default message and tells what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from inspect import cleandoc


class DomainError(Exception):
    """A rule of the SLA domain was broken: the subclass says which (base of all errors of this package)."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or cleandoc(type(self).__doc__ or type(self).__name__))


class FoldError(DomainError):
    """The incident cannot be computed from the events given: pass every event of one incident, and only those."""


class NoEvents(FoldError):
    """No events were given: an incident exists only from its first event on."""


class MixedIncidents(FoldError):
    """The events belong to more than one incident: group them by incident first."""


class InvalidNotice(DomainError):
    """The critical-fix notice or version range cannot be read: give products, and ranges such as `>=2.0,<2.4`."""


class BadPeriod(DomainError):
    """The period cannot be read: write a month as 2026-11, a quarter as 2026-Q4 or a contract year as 2026/27."""


class CalendarError(DomainError):
    """The business calendar cannot answer: check its hours, zone and horizon."""


class InvalidCalendar(CalendarError):
    """The calendar description has problems: correct every one that is listed."""

    def __init__(self, calendar: str = "", problems: Sequence[str] = ()) -> None:
        self.calendar = calendar
        self.problems = tuple(problems)
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        super().__init__(f"calendar {calendar or '(unnamed)'} must be corrected:{lines}" if lines else "")


class InvalidWindow(CalendarError):
    """The window, opening or closing is invalid: write local times between 00:00 and 24:00, the start before 24:00."""


class UnknownZone(CalendarError):
    """No such time zone: write an IANA name such as Europe/Warsaw."""

    def __init__(self, zone: str = "", near: Sequence[str] = ()) -> None:
        self.zone = zone
        self.near = tuple(near)
        hint = f"did you mean {' or '.join(near)}?" if near else "write an IANA name such as Europe/Warsaw"
        super().__init__(f"no time zone is called {zone!r}: {hint}" if zone else "")


class UnknownCalendar(CalendarError):
    """No calendar has that id: add it to the catalogue or correct the reference."""

    def __init__(self, calendar: str = "", known: Sequence[str] = ()) -> None:
        self.calendar = calendar
        self.known = tuple(known)
        hint = f"known are {', '.join(known)}" if known else "none is defined yet"
        super().__init__(f"no calendar has the id {calendar!r}: {hint}" if calendar else "")


class EmptyCalendar(CalendarError):
    """The calendar is never open: give it weekly hours or openings that no closing takes away."""

    def __init__(self, calendar: str = "", first: datetime | None = None, last: datetime | None = None) -> None:
        self.calendar = calendar
        self.first = first
        self.last = last
        super().__init__(
            f"calendar {calendar} is never open between {first:%Y-%m-%d} and {last:%Y-%m-%d}: "
            "give it weekly hours or openings that no closing takes away"
            if first and last
            else ""
        )


class BeyondHorizon(CalendarError):
    """The answer lies outside the years the calendar was compiled for: shorten the target or compile more years."""

    def __init__(
        self,
        calendar: str = "",
        instant: datetime | None = None,
        first: datetime | None = None,
        last: datetime | None = None,
    ) -> None:
        self.calendar = calendar
        self.instant = instant
        self.first = first
        self.last = last
        super().__init__(
            f"calendar {calendar} knows {first:%Y-%m-%d} to {last:%Y-%m-%d}, "
            f"the answer for {instant:%Y-%m-%d %H:%M}Z lies outside: shorten the target or compile more years"
            if instant and first and last
            else ""
        )


class NaiveInstant(CalendarError):
    """The instant has no offset: pass an aware datetime."""


class InvalidSpan(CalendarError):
    """The span of time must not be negative: use subtract to go back in time, and put the earlier end first."""
