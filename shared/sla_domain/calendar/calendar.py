"""A compiled business calendar: when time counts, how much of it lies between two instants, and when a span is over.

Aware datetimes in, UTC out, exact to the microsecond. A deadline is the earliest instant at which the elapsed open
time equals the span, so it may fall on a close and stays there; a zero span is due at its start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum, StrEnum
from typing import NoReturn, TypeVar

from sla_domain.calendar.compiled import compile_table
from sla_domain.calendar.days import DayIndex, WorkingDays, index_days
from sla_domain.calendar.instant import DAY_S, EPOCH, MICROSECOND, SECOND_US, instant_of, micros, nearest_instant
from sla_domain.calendar.piece import Piece, tile
from sla_domain.calendar.spec import CalendarSpec
from sla_domain.calendar.table import Table
from sla_domain.calendar.zone import tzdata_version, zone_map
from sla_domain.errors import BeyondHorizon, EmptyCalendar, InvalidSpan, NaiveInstant

_T = TypeVar("_T")


class AtClose(StrEnum):
    """What happens to a due instant that falls exactly on a close (the end of opening hours)."""

    STAY = "stay"
    """The due instant stays on the close."""
    NEXT_OPEN = "next_open"
    """The due instant moves to the next opening. A zero span that starts outside hours is then due at the next opening
    too."""


_STAY = AtClose.STAY  # looking a member up in its enum costs as much as a bisection


class HorizonSide(Enum):
    """Whether a result lies before or after the years for which a calendar's open hours are computed so far."""

    EARLIER = "earlier"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Identity:
    """The id and version of a calendar, which are stored with each result for audits."""

    id: str
    zone: str
    """IANA name of the time zone."""
    revision: str
    """The version of the calendar's content, from the specification. Without a version there, a short hash of the
    content."""
    tzdata: str
    """Version of the time zone data."""
    name: str = ""
    """The calendar's title. "" if the calendar has none."""

    @classmethod
    def of(cls, spec: CalendarSpec) -> Identity:
        """Return the identity of the calendar that this specification describes.

        It includes the version of the time zone data in use.
        """
        return cls(spec.id, spec.zone, spec.revision, tzdata_version(), spec.name)


class Calendar:
    """A business calendar that adds, subtracts and measures open time, and finds openings and closes.

    Methods take aware datetimes and return UTC. All of them raise `NaiveInstant` for a datetime without an offset. They
    raise `BeyondHorizon` if the result lies outside the years for which the open hours are computed. They raise
    `EmptyCalendar` if the calendar never opens.
    """

    __slots__ = ("__weakref__", "_days", "_table", "identity")

    def __init__(self, identity: Identity, table: Table) -> None:
        self.identity = identity
        self._table = table
        self._days: DayIndex | None = None

    def __repr__(self) -> str:
        first, last = self.horizon
        return f"<Calendar {self.identity.id} {self.identity.zone} {first:%Y-%m-%d}..{last:%Y-%m-%d}>"

    @property
    def id(self) -> str:
        """Return the calendar's id: the id of its coverage (hours of service).

        A calendar made of several has their ids joined, such as `a ∩ b`.
        """
        return self.identity.id

    @property
    def zone(self) -> str:
        """Return the IANA name of the calendar's time zone, such as `Europe/Warsaw`."""
        return self.identity.zone

    @property
    def horizon(self) -> tuple[datetime, datetime]:
        """Return (first, last): the UTC instants between which the open hours are computed so far."""
        return instant_of(self._table.low), instant_of(self._table.high)

    # -- spans of open time

    def add(self, start: datetime, span: timedelta, at_close: AtClose = _STAY) -> datetime:
        """Return the earliest instant by which `span` of open time has passed since `start`.

        Args:
            at_close: Whether a result that falls on a close stays there or moves to the next opening.

        Raises:
            InvalidSpan: `span` is negative. Call `subtract` to go back in time.
        """
        try:
            since = start - EPOCH
        except TypeError:
            raise NaiveInstant from None
        at = (since.days * DAY_S + since.seconds) * SECOND_US + since.microseconds  # `micros`, without its call
        wanted = span // MICROSECOND
        if wanted > 0:
            while (due := self._table.after(at, wanted)) is None:
                self._widen(at, HorizonSide.LATER)
        elif wanted == 0:
            due = at
        else:
            raise InvalidSpan
        if at_close is not _STAY:
            due = self._next_open(due)
        return EPOCH + MICROSECOND * due

    def subtract(self, end: datetime, span: timedelta) -> datetime:
        """Return the latest instant such that `span` of open time lies between it and `end`.

        The result is an opening rather than the close before it. For example, with hours from 09:00 to 18:00, 1 h
        before 10:00 is 09:00. A zero span returns `end`.

        Raises:
            InvalidSpan: `span` is negative.
        """
        at, wanted = micros(end), span // MICROSECOND
        if wanted < 0:
            raise InvalidSpan
        if wanted == 0:
            return end.astimezone(UTC)
        while (warned := self._table.ahead_of(at, wanted)) is None:
            self._widen(at, HorizonSide.EARLIER)
        return instant_of(warned)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time from `start` to `end`.

        The result is negative if `end` is earlier than `start`.

        Raises:
            BeyondHorizon: `start` or `end` lies outside the years for which open hours are computed.
        """
        first, last = micros(start), micros(end)
        while True:
            since, until = self._table.elapsed(first), self._table.elapsed(last)
            if since is not None and until is not None:
                return MICROSECOND * (until - since)
            self._widen(first if since is None else last, HorizonSide.LATER)

    # -- instants

    def is_open(self, at: datetime) -> bool:
        """Return whether the calendar is open at the instant `at`.

        At the instant of an opening the calendar is open; at the instant of a close it is closed.

        Raises:
            BeyondHorizon: `at` lies outside the years for which the open hours are computed.
        """
        us = micros(at)
        return self._ask(us, HorizonSide.LATER, lambda: self._table.is_open(us))

    def next_open(self, at: datetime) -> datetime:
        """Return `at` (in UTC) if the calendar is open then, else the next opening.

        Raises:
            EmptyCalendar: The calendar never opens.
            BeyondHorizon: No opening follows in the years for which the open hours are computed.
        """
        return instant_of(self._next_open(micros(at)))

    def next_close(self, at: datetime) -> datetime:
        """Return the first close (the end of open hours) after `at`, in UTC.

        If the calendar is closed at `at`, that is the close of the next open interval.

        Raises:
            EmptyCalendar: The calendar never opens.
            BeyondHorizon: No close follows in the years for which the open hours are computed.
        """
        us = micros(at)
        return instant_of(self._ask(us, HorizonSide.LATER, lambda: self._table.next_close(us)))

    # -- working days

    def add_working_days(self, start: datetime, count: int, mode: WorkingDays = WorkingDays.SAME_TIME) -> datetime:
        """Return the instant that lies `count` working days after `start`.

        A working day is a local date with any open time. If the calendar is closed at the instant found, the next
        opening is returned. An instant exactly on a close is returned unchanged.

        Args:
            mode: The rule for the time of day of the result.

        Raises:
            InvalidSpan: `count` is negative.
        """
        if count < 0:
            raise InvalidSpan(f"{count} working days cannot be added: count from the earlier instant")
        at = micros(start)
        return instant_of(self._ask(at, HorizonSide.LATER, lambda: self._day_index().target(at, count, mode)))

    # -- explanation

    def pieces(self, start: datetime, end: datetime) -> tuple[Piece, ...]:
        """Return the time from `start` to before `end` as open and closed pieces, each with a reason.

        The pieces are in order and leave no gaps.

        Raises:
            InvalidSpan: `end` is earlier than `start`.
        """
        first, last = micros(start), micros(end)
        if first > last:
            raise InvalidSpan("the stretch ends before it starts: put the earlier instant first")
        self._cover(first, last)
        return tuple(tile(self._table, first, last))

    # -- inside

    def table_over(self, low: int, high: int) -> Table:
        """Return the calendar's table of open intervals.

        A `GrowingCalendar` first extends its table to cover the time from `low` to `high`. Any other calendar ignores
        both arguments.

        Args:
            low, high: Microseconds since 1970 UTC.
        """
        return self._table

    def _cover(self, *instants: int) -> None:
        for at in instants:
            while not self._table.low <= at <= self._table.high:
                self._widen(at, HorizonSide.LATER)

    def _next_open(self, at: int) -> int:
        return self._ask(at, HorizonSide.LATER, lambda: self._table.next_open(at))

    def _ask(self, at: int, towards: HorizonSide, question: Callable[[], _T | None]) -> _T:
        """Ask until the horizon is wide enough; each widening either reaches further or raises."""
        while (answer := question()) is None:
            self._widen(at, towards)
        return answer

    def _day_index(self) -> DayIndex:
        days, table = self._days, self._table
        if days is None or days.table is not table:
            first, last = instant_of(table.low).year, instant_of(table.high).year
            days = self._days = index_days(table, zone_map(self.zone, first - 1, last + 1))
        return days

    def _widen(self, at: int, towards: HorizonSide) -> None:
        """A fixed horizon cannot be widened: say why there is no answer."""
        self._refuse(at, *self.horizon)

    def _refuse(self, at: int, first: datetime, last: datetime) -> NoReturn:
        if not self._table.opens and self._table.low <= at <= self._table.high:
            raise EmptyCalendar(self.id, first, last)
        raise BeyondHorizon(self.id, nearest_instant(at), first, last)


def compile_calendar(spec: CalendarSpec, first: date, last: date) -> Calendar:
    """Return a calendar with open hours for the local days `first` to `last`, both included.

    The calendar raises BeyondHorizon for a result outside these days.

    Raises:
        InvalidSpan: `last` is earlier than `first`.
    """
    if first > last:
        raise InvalidSpan(f"the horizon {first} to {last} is reversed: put the earlier day first")
    return Calendar(Identity.of(spec), compile_table(spec, first, last))
