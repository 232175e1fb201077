"""Calendars made of calendars: vendor hours ∩ customer hours, or several desks in turn around the clock.

Reasons survive: a closed piece names the holiday or closing of whichever part has one, the first part first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import reduce

from sla_domain.calendar.calendar import Calendar, Identity
from sla_domain.calendar.growing import GrowingCalendar
from sla_domain.calendar.instant import micros
from sla_domain.calendar.intervals import Interval, clip, intersect, merge
from sla_domain.calendar.note import Note, PieceKind, overlay
from sla_domain.calendar.table import Table
from sla_domain.errors import InvalidCalendar

_Combine = Callable[[Sequence[list[Interval]]], list[Interval]]


def intersection(*calendars: Calendar) -> Calendar:
    """Return a calendar that is open while all of `calendars` are open.

    Working days are counted in the time zone of the first calendar.

    Raises:
        InvalidCalendar: No calendar is given, or they have no years in common.
    """
    return _combined("∩", calendars, lambda parts: reduce(intersect, parts))


def union(*calendars: Calendar) -> Calendar:
    """Return a calendar that is open while at least one of `calendars` is open.

    It covers the years that all of them have in common. Working days are counted in the time zone of the first
    calendar.

    Raises:
        InvalidCalendar: No calendar is given, or they have no years in common.
    """
    return _combined("∪", calendars, lambda parts: merge(each for part in parts for each in part))


def _combined(sign: str, calendars: Sequence[Calendar], combine: _Combine) -> Calendar:
    if not calendars:
        raise InvalidCalendar(sign, ["it combines nothing: name at least one calendar"])
    identity = _identity(sign, calendars)
    growing = [calendar for calendar in calendars if isinstance(calendar, GrowingCalendar)]
    if len(growing) == len(calendars):
        limits = max(each.limits[0] for each in growing), min(each.limits[1] for each in growing)
        return GrowingCalendar(identity, lambda *years: _table(calendars, _year_bounds(*years), combine), limits)
    horizons = [calendar.horizon for calendar in calendars if calendar not in growing]
    low, high = max(first for first, _ in horizons), min(last for _, last in horizons)
    if low >= high:
        raise InvalidCalendar(identity.id, ["its parts have no common horizon: compile them for the same days"])
    return Calendar(identity, _table(calendars, (micros(low), micros(high)), combine))


def _table(calendars: Sequence[Calendar], horizon: Interval, combine: _Combine) -> Table:
    tables = [calendar.table_over(*horizon) for calendar in calendars]
    low, high = max(horizon[0], *(table.low for table in tables)), min(horizon[1], *(table.high for table in tables))
    opened = combine([clip(table.intervals, low, high) for table in tables])
    closed_notes = _by_kind([table.closed_notes for table in tables])
    return Table.of(opened, (low, high), _layered([table.open_notes for table in tables]), closed_notes)


def _by_kind(layers: Sequence[Sequence[Note]]) -> tuple[Note, ...]:
    """A closing of any part shows above a holiday of any part."""
    closings = [[note for note in layer if note.kind is PieceKind.CLOSING] for layer in layers]
    holidays = [[note for note in layer if note.kind is not PieceKind.CLOSING] for layer in layers]
    return overlay(_layered(closings), _layered(holidays))


def _layered(layers: Sequence[Sequence[Note]]) -> tuple[Note, ...]:
    result: tuple[Note, ...] = ()
    for layer in layers:
        result = overlay(result, layer)
    return result


def _year_bounds(first: int, last: int) -> Interval:
    return micros(datetime(first, 1, 1, tzinfo=UTC)), micros(datetime(last + 1, 1, 1, tzinfo=UTC))


def _identity(sign: str, calendars: Sequence[Calendar]) -> Identity:
    """Named after its parts; its revision moves when one of theirs does."""
    parts = [calendar.identity for calendar in calendars]
    revision = hashlib.sha256("\n".join([sign, *(part.revision for part in parts)]).encode()).hexdigest()[:12]
    return Identity(
        id=f" {sign} ".join(part.id for part in parts),
        zone=parts[0].zone,
        revision=revision,
        tzdata=parts[0].tzdata,
        name=f" {sign} ".join(part.name or part.id for part in parts),
    )
