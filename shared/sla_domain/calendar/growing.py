"""Calendars without a chosen horizon: compiled around the instants asked about, extended by years as needed.

Growth never changes an answer: a wider table has the same intervals where both know them. It ends at fixed years, so a
target that is never reached is a typed error and not a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime

from sla_domain.calendar.calendar import Calendar, HorizonSide, Identity
from sla_domain.calendar.compiled import compile_table
from sla_domain.calendar.instant import instant_of, nearest_instant
from sla_domain.calendar.spec import CalendarSpec
from sla_domain.calendar.table import Table
from sla_domain.errors import UnknownCalendar

FIRST_YEAR = 1969  # so that the whole of 1970 is known in every zone
LAST_YEAR = 2200
_AHEAD = 2  # years compiled at first after the one asked about

CompileYears = Callable[[int, int], Table]


class GrowingCalendar(Calendar):
    """A calendar that computes its open hours for more years when a result needs them.

    Args:
        compile_years: Function that takes a first and a last year and returns the table of open intervals.
        limits: The first and the last year that may be computed, both included. A result that needs another year raises
            BeyondHorizon.
    """

    __slots__ = ("_compile", "_limits", "_years")

    def __init__(
        self, identity: Identity, compile_years: CompileYears, limits: tuple[int, int] = (FIRST_YEAR, LAST_YEAR)
    ) -> None:
        self._compile = compile_years
        self._limits = limits
        self._years: tuple[int, int] | None = None
        super().__init__(identity, Table.of((), (1, 0)))  # an inverted horizon: nothing is known yet

    @property
    def limits(self) -> tuple[int, int]:
        """Return (first, last): the years for which the calendar may compute its open hours, both included."""
        return self._limits

    def table_over(self, low: int, high: int) -> Table:
        """Return a table of open intervals that covers `low` to `high`, within the years in `limits`.

        Years that are not in the table yet are computed and kept.

        Args:
            low, high: Microseconds since 1970 UTC.
        """
        years = self._clamped(instant_of(low).year, instant_of(high).year)
        if self._years is not None:
            years = min(years[0], self._years[0]), max(years[1], self._years[1])
        self._know(years)
        return self._table

    def _widen(self, at: int, towards: HorizonSide) -> None:
        year = nearest_instant(at).year
        lowest, highest = self._limits
        years = self._wider(at, year, towards)
        if years == self._years or not lowest <= year <= highest:
            self._refuse(at, datetime(lowest, 1, 1, tzinfo=UTC), datetime(highest, 12, 31, tzinfo=UTC))
        self._know(years)

    def _wider(self, at: int, year: int, towards: HorizonSide) -> tuple[int, int]:
        """The next years to know: around `at` if that is new ground, else twice as many in the direction asked for."""
        if self._years is None:
            return self._clamped(year - 1, year + _AHEAD)
        first, last = self._years
        width = last - first + 1
        if at < self._table.low:
            return self._clamped(min(first, year) - 1, last)
        if at > self._table.high:
            return self._clamped(first, max(last, year) + 1)
        if towards is HorizonSide.LATER:
            return self._clamped(first, last + width)
        return self._clamped(first - width, last)

    def _clamped(self, first: int, last: int) -> tuple[int, int]:
        lowest, highest = self._limits
        return max(lowest, min(first, highest)), max(lowest, min(last, highest))

    def _know(self, years: tuple[int, int]) -> None:
        if years != self._years:
            self._table = self._compile(*years)
            self._years = years


def growing_calendar(spec: CalendarSpec, first_year: int = FIRST_YEAR, last_year: int = LAST_YEAR) -> GrowingCalendar:
    """Return a calendar for `spec` that computes its open hours as results need them.

    If a result needs a year outside `first_year` to `last_year`, the calendar raises BeyondHorizon.

    Args:
        first_year, last_year: The years that may be computed, both included.
    """
    return GrowingCalendar(
        Identity.of(spec),
        lambda first, last: compile_table(spec, date(first, 1, 1), date(last, 12, 31)),
        (first_year, last_year),
    )


class CalendarBook:
    """A cache of calendars by id, each built when it is first asked for.

    Args:
        specs: The specifications of all calendars in the book.
    """

    def __init__(self, specs: Iterable[CalendarSpec]) -> None:
        self._specs: Mapping[str, CalendarSpec] = {spec.id: spec for spec in specs}
        self._calendars: dict[str, Calendar] = {}

    def spec(self, id_: str) -> CalendarSpec:
        """Return the specification of the calendar with this id: zone, weekly hours and holidays as data.

        Raises:
            UnknownCalendar: The book has no calendar with this id.
        """
        try:
            return self._specs[id_]
        except KeyError:
            raise UnknownCalendar(id_, sorted(self._specs)) from None

    def calendar(self, id_: str) -> Calendar:
        """Return the calendar with this id.

        Every call returns the same object.

        Raises:
            UnknownCalendar: The book has no calendar with this id.
        """
        if id_ not in self._calendars:
            self._calendars[id_] = growing_calendar(self.spec(id_))
        return self._calendars[id_]
