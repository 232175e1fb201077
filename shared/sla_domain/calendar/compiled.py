"""Calendar description → table: expand every local day with its own offset, subtract, add, merge, sum once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from sla_domain.calendar.instant import DAY_US, EPOCH_DAY, SECOND_US, day_number, local_micros
from sla_domain.calendar.intervals import Interval, clip, merge, subtract
from sla_domain.calendar.note import Note, PieceKind, make_disjoint, overlay
from sla_domain.calendar.season import Week
from sla_domain.calendar.spec import CalendarSpec
from sla_domain.calendar.table import Table
from sla_domain.calendar.window import LocalSpan
from sla_domain.calendar.zone import ZoneMap, zone_map

_MONDAY = 4  # 1970-01-01 was a Thursday: day -3 and day 4 are Mondays


def compile_table(spec: CalendarSpec, first: date, last: date) -> Table:
    """Compute the open intervals of a calendar for the local days `first` to `last`, both included.

    Open hours are the weekly hours without the holidays, plus the openings, minus the closings.
    """
    zone = zone_map(spec.zone, first.year - 1, last.year + 1)
    days = range(day_number(first), day_number(last) + 1)
    horizon = zone.to_utc(days.start * DAY_US), zone.to_utc(days.stop * DAY_US)
    holidays = make_disjoint(_holiday_notes(spec, zone, days))
    openings = make_disjoint(_span_notes(spec, spec.openings, PieceKind.OPEN, zone))
    closings = make_disjoint(_span_notes(spec, spec.closings, PieceKind.CLOSING, zone))
    opened = subtract(merge(_weekly(spec, zone, days)), _bounds(holidays))
    opened = subtract(merge([*opened, *_bounds(openings)]), _bounds(closings))
    return Table.of(clip(opened, *horizon), horizon, openings, overlay(closings, holidays))


def _weekly(spec: CalendarSpec, zone: ZoneMap, days: range) -> Iterable[Interval]:
    """Weekly windows as instants, from two days early: a shift may run into the first day."""
    to_utc = zone.to_utc
    usual, seasons = _by_weekday(spec.weekly), [(season, _by_weekday(season.weekly)) for season in spec.seasons]
    for day in range(days.start - 2, days.stop):
        midnight, week = day * DAY_US, usual
        if seasons:
            local = date.fromordinal(day + EPOCH_DAY)
            week = next((hours for season, hours in reversed(seasons) if season.has(local)), usual)
        for open_, close in week[(day - _MONDAY) % 7]:
            yield to_utc(midnight + open_), to_utc(midnight + close)


def _by_weekday(weekly: Week) -> list[list[Interval]]:
    return [
        [(window.open * SECOND_US, window.end * SECOND_US) for window in weekly.get(weekday, ())]
        for weekday in range(7)
    ]


def _holiday_notes(spec: CalendarSpec, zone: ZoneMap, days: range) -> Iterable[Note]:
    """Each holiday is its local calendar day; two names for one day become one note."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    for holiday in spec.holidays:
        day = holiday.date.toordinal() - EPOCH_DAY
        text = holiday.name or PieceKind.HOLIDAY.value
        if day in days and text not in names[day]:
            names[day].append(text)
    for day, texts in names.items():
        start, end = zone.to_utc(day * DAY_US), zone.to_utc((day + 1) * DAY_US)
        yield Note(start, end, PieceKind.HOLIDAY, " / ".join(texts), spec.id)


def _span_notes(spec: CalendarSpec, spans: Sequence[LocalSpan], kind: PieceKind, zone: ZoneMap) -> Iterable[Note]:
    for span in spans:
        start, end = zone.to_utc(local_micros(span.start)), zone.to_utc(local_micros(span.end))
        yield Note(start, end, kind, span.reason or kind.value, spec.id)


def _bounds(notes: Sequence[Note]) -> list[Interval]:
    return [(note.start, note.end) for note in notes]
