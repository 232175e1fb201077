"""The calendars of a catalogue, described on demand and compiled once per content.

What decides on a calendar is the coverage and a contract's zone and holidays, so contracts share them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from threading import Lock
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from sla_catalogue.assembly.coverage import holiday_code
from sla_catalogue.holiday.feed import local_span
from sla_catalogue.holiday.row import HolidayRow, HolidayTable, Horizon, RowKind
from sla_domain.calendar import (
    Calendar,
    CalendarSpec,
    Holiday,
    LocalSpan,
    Window,
    always_open,
    growing_calendar,
    intersection,
    load_zone,
    union,
    week_on,
)
from sla_domain.contract import Contract, ContractId
from sla_domain.plan import Combination, Coverage, HolidaySource, PlanId
from sla_domain.window import BookedWindow

_Key = tuple[int, str, tuple[BookedWindow, ...]]
_REMEMBERED = 4096  # calendars that a catalogue finds without describing them anew
_REMEMBERING = Lock()
_RECENT = 2048  # calendars that stay compiled though nobody holds them
_ALIVE: WeakValueDictionary[Hashable, Calendar] = WeakValueDictionary()  # all that somebody holds, by content


@dataclass(frozen=True, slots=True, eq=False)
class CatalogueCalendars:
    """The business calendars of a catalogue, each compiled when first asked for.

    Calendars with equal content share one compiled calendar, across catalogues too.
    """

    tables: dict[str, HolidayTable]
    """Code -> holidays. Tables are added when a contract needs them, and are never changed."""
    horizon: Horizon
    """The years to compile."""
    _made: dict[_Key, tuple[Coverage, Calendar]] = field(default_factory=dict)

    def calendar(self, contract: Contract, coverage: Coverage, windows: tuple[BookedWindow, ...] = ()) -> Calendar:
        """Return the calendar of a coverage (when time is counted) under a contract.

        A later call with the same arguments returns the same object if it is still in use. The calendar raises
        BeyondHorizon for instants outside the catalogue's years.

        Args:
            windows: Booked hours, which are open too.
        """
        # The value keeps the coverage alive, so its id stays its own.
        key = (id(coverage), contract.hours_key, windows)
        made = self._made.get(key)
        if made is None:
            made = (coverage, self._make(contract, coverage, windows))
            with _REMEMBERING:
                while len(self._made) >= _REMEMBERED:  # the oldest goes; whoever holds its calendar gets it again
                    del self._made[next(iter(self._made))]
                self._made[key] = made
        return made[1]

    def of_zone(self, zone: str, coverage: Coverage) -> Calendar:
        """Return the calendar of a coverage for which no contract is given, such as the hours of a rota.

        Args:
            zone: IANA name of the time zone.
            coverage: The hours.
        """
        return self.calendar(contract_of_zone(zone), coverage)

    def _make(self, contract: Contract, coverage: Coverage, windows: tuple[BookedWindow, ...]) -> Calendar:
        if windows:
            zone = coverage.zone or contract.zone
            openings = tuple(_booked(window, load_zone(zone)) for window in windows)
            spec = CalendarSpec(id="booked", zone=zone, weekly={}, openings=openings, name="booked windows")
            return _combined(Combination.ANY, [self.calendar(contract, coverage), _compiled(spec, self.horizon)])
        if coverage.parts:
            parts = [self.calendar(contract, part) for part in coverage.parts]
            return _combined(coverage.combination, parts)
        if not coverage.weekly and not coverage.openings and not coverage.seasons:
            # Unspecified hours (docs/clauses.md) count no target; an agreed date in them is moved by wall-clock time.
            return _compiled(always_open(coverage.id, coverage.zone or contract.zone), self.horizon)
        return _compiled(self.spec(contract, coverage), self.horizon)

    def spec(self, contract: Contract, coverage: Coverage) -> CalendarSpec:
        """Return the specification of a coverage's calendar: hours, holidays, openings and closings.

        The time zone is the coverage's own, else the contract's.
        """
        table = self.tables.get(holiday_code_for(contract, coverage))
        rows = table.rows if table else ()
        zone = coverage.zone or contract.zone
        local = load_zone(zone)
        timed = [LocalSpan(*local_span(span, local), reason=span.name) for span in (table.spans if table else ())]
        return CalendarSpec(
            id=coverage.id,
            zone=zone,
            weekly=coverage.weekly,
            seasons=coverage.seasons,
            holidays=tuple(Holiday(row.date, row.name, row.source) for row in rows if row.kind is RowKind.CLOSED),
            openings=(*coverage.openings, *_worked(rows, coverage)),
            closings=(*coverage.closings, *_half_days(rows), *timed),
            name=coverage.titles.get("en", ""),
        )


def contract_of_zone(zone: str) -> Contract:
    """Return a placeholder contract that has only a time zone.

    It is used to make calendars of hours that belong to no contract, such as those of a rota (on-call plan).

    Args:
        zone: IANA name of the time zone.
    """
    return Contract(id=ContractId(f"zone {zone}"), customers=frozenset(), plan=PlanId(""), zone=zone)


def holiday_code_for(contract: Contract, coverage: Coverage) -> str:
    """Return the code of the holiday table, such as `DE-BY`, whose days close a coverage, or "" for none.

    The coverage itself names a fixed code, the contract's country, or no holidays. The contract's setting `holidays`
    can change this (section B of docs/clauses.md):

    - False: the result is always "".
    - True: a coverage without holidays uses the contract's country, unless it is open around the clock.
    """
    if contract.holidays is False:
        return ""
    match coverage.holidays:
        case HolidaySource.FIXED:
            return holiday_code(coverage.country, coverage.subdivision)
        case HolidaySource.CONTRACT:
            return holiday_code(contract.country, contract.subdivision)
        case HolidaySource.NONE:
            closes = contract.holidays and not coverage.around_the_clock
            return holiday_code(contract.country, contract.subdivision) if closes else ""


def holiday_codes_for(contract: Contract, coverage: Coverage) -> set[str]:
    """Return the codes of all holiday tables that close a coverage under a contract.

    For a coverage made of others, these are the codes of all its parts. The result is empty if there are no holidays.
    """
    parts = {code for part in coverage.parts for code in holiday_codes_for(contract, part)}
    return (parts if coverage.parts else {holiday_code_for(contract, coverage)}) - {""}


@lru_cache(maxsize=_RECENT)
def _compiled(spec: CalendarSpec, horizon: Horizon) -> Calendar:
    held = _ALIVE.get((spec, horizon))
    if held is None:
        held = _ALIVE[spec, horizon] = growing_calendar(spec, horizon.first, horizon.last)
    return held


def _combined(combination: Combination, parts: list[Calendar]) -> Calendar:
    """Return the calendar made of these, the same object as long as somebody holds it; it holds its parts."""
    key = (combination, *map(id, parts))
    held = _ALIVE.get(key)
    if held is None:
        held = union(*parts) if combination is Combination.ANY else intersection(*parts)
        _ALIVE[key] = held
    return held


def _worked(rows: tuple[HolidayRow, ...], coverage: Coverage) -> Iterator[LocalSpan]:
    """A transferred working Saturday is worked like the first open day of the week, unless it is open anyway."""
    for row in rows:
        if row.kind is not RowKind.WORKED:
            continue
        week = week_on(coverage.weekly, coverage.seasons, row.date)
        if not week.get(row.date.weekday()):
            for window in next((week[day] for day in range(7) if week.get(day)), ()):
                yield _on(row.date, window, row.name)


def _half_days(rows: tuple[HolidayRow, ...]) -> Iterator[LocalSpan]:
    for row in rows:
        if row.kind is RowKind.HALF and row.closes_at is not None:
            midnight = datetime.combine(row.date, time())
            yield LocalSpan(midnight + timedelta(minutes=row.closes_at), midnight + timedelta(days=1), row.name)


def _on(day: date, window: Window, reason: str) -> LocalSpan:
    midnight = datetime.combine(day, time())
    return LocalSpan(midnight + timedelta(seconds=window.open), midnight + timedelta(seconds=window.end), reason)


def _booked(window: BookedWindow, zone: ZoneInfo) -> LocalSpan:
    """A booked window in the local time of the calendar that it opens."""
    start, end = (at.astimezone(zone).replace(tzinfo=None) for at in (window.start, window.end))
    return LocalSpan(start, end, reason=f"booked window {window.window}")
