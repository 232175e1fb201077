"""A rota → the stretches in which each person is on call: turns, hours, layers, overrides, and people who have left.

All instants are integers, microseconds since 1970 UTC. Handovers are counted in local days, so a turn over a change of
the clock is an hour longer or shorter, and a handover at a time that the clock skips is at the change.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sla_domain.calendar import Calendar
from sla_domain.calendar.instant import DAY_US, SECOND_US, day_number, micros
from sla_domain.calendar.intervals import Interval, clip, merge, subtract
from sla_domain.calendar.local import FIRST_YEAR, LAST_YEAR
from sla_domain.calendar.zone import ZoneMap, zone_map
from sla_domain.rota.rota import Rota, RotaLayer, RotaOverride, Rotation


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A span `[low, high)` in which one person is on call, in microseconds since 1970 UTC."""

    low: int
    high: int
    person: str
    """Id of the person."""
    override: int = -1
    """Index in `rota.overrides` of the override that put the person on call. -1 if the layers did."""


def expand(rota: Rota, low: int, high: int) -> list[Stretch]:
    """Return who is on call in `[low, high)`, as spans sorted by time that do not overlap.

    A span that crosses `low` or `high` is returned whole. Every handover ends a span, even if the same person
    continues. There is no span for times when nobody is on call.

    Args:
        low, high: Microseconds since 1970 UTC.
    """
    zone = zone_map(rota.zone, FIRST_YEAR, LAST_YEAR)
    window = _whole_turns(rota, zone, low, high)
    found: list[Stretch] = []
    for layer in rota.layers:
        found = _united(found, _in_hours(_turns(layer, zone, *window), layer.hours))
    by_layers = list(found)
    for place, override in enumerate(rota.overrides):
        _replace(found, by_layers, place, override)
    return [each for each in _without_leavers(found, rota) if each.low < high and each.high > low]


def _whole_turns(rota: Rota, zone: ZoneMap, low: int, high: int) -> Interval:
    """The window widened to the turns that meet its ends, and the overrides in place of anybody that meet it, so that
    what is cut of one is cut by another, not by the window."""
    first, last = low, high
    for layer in rota.layers:
        for each in _turns(layer, zone, low, low + 1):
            first = min(first, each.low)
        for each in _turns(layer, zone, high, high + 1):
            last = max(last, each.high)
    for override in rota.overrides:
        start, end = micros(override.start), micros(override.end)
        if override.instead_of is None and start < high and end > low:
            first, last = min(first, start), max(last, end)
    return first, last


def _turns(layer: RotaLayer, zone: ZoneMap, low: int, high: int) -> list[Stretch]:
    """Who has a turn in the window, by the layer alone and at any hour."""
    found = list(_rotated(layer.rotation, zone, low, high)) if layer.rotation is not None else []
    for shift in layer.listed:
        start, end = micros(shift.start), micros(shift.end)
        if start < high and end > low:
            found = _united([Stretch(start, end, shift.person)], found)
    return found


def _rotated(rotation: Rotation, zone: ZoneMap, low: int, high: int) -> Iterator[Stretch]:
    if not rotation.people:
        return
    first = day_number(rotation.starts) * DAY_US + rotation.at * SECOND_US
    step = rotation.days * DAY_US

    def handover(turn: int) -> int:
        return zone.to_utc(first + turn * step)

    # The handover of this turn was at `low` or before; where the clock was put back, it may be the turn before.
    turn = max(0, (zone.to_local(low) - first) // step)
    while (start := handover(turn)) < high:
        end = handover(turn + 1)
        if end > low:
            yield Stretch(start, end, rotation.people[turn % len(rotation.people)])
        turn += 1


def _in_hours(turns: Sequence[Stretch], hours: Calendar | None) -> list[Stretch]:
    if hours is None or not turns:
        return list(turns)
    low, high = turns[0].low, max(each.high for each in turns)
    table = hours.table_over(low, high)
    known = clip(table.intervals, low, high)
    # Beyond the calendar's years: better to notify one person too many than nobody.
    opened = merge([*known, *subtract([(low, high)], [(table.low, table.high)])])
    return [
        Stretch(start, end, each.person, each.override)
        for each in turns
        for start, end in clip(opened, each.low, each.high)
    ]


def _united(above: Iterable[Stretch], below: Iterable[Stretch]) -> list[Stretch]:
    """Both, where the first has somebody only the first."""
    kept = list(above)
    taken = merge((each.low, each.high) for each in kept)
    return sorted([*kept, *_outside(below, taken)])


def _outside(stretches: Iterable[Stretch], holes: Sequence[Interval]) -> Iterator[Stretch]:
    for each in stretches:
        for start, end in subtract([(each.low, each.high)], holes):
            yield Stretch(start, end, each.person, each.override)


def _replace(found: list[Stretch], by_layers: Sequence[Stretch], place: int, override: RotaOverride) -> None:
    """Change what is found by one override more: it takes the place of its person by the layers, and by those before.

    Only what it meets is looked at, for a rota may have very many overrides.
    """
    low, high = micros(override.start), micros(override.end)
    here = _meeting(found, low, high)
    met = found[here]
    if override.instead_of is None:
        found[here] = _united([Stretch(low, high, override.person, place)], met)
        return
    shifts = by_layers[_meeting(by_layers, low, high)]
    theirs = _united(_of(met, override.instead_of), _of(shifts, override.instead_of))
    taken = [Stretch(max(each.low, low), min(each.high, high), override.person, place) for each in theirs]
    found[here] = _united(taken, met)


def _meeting(stretches: Sequence[Stretch], low: int, high: int) -> slice:
    """Which of the stretches, in order and without overlap, meet `[low, high)`."""
    first = bisect_right(stretches, low, key=lambda each: each.high)
    return slice(first, bisect_left(stretches, high, lo=first, key=lambda each: each.low))


def _of(stretches: Iterable[Stretch], person: str) -> list[Stretch]:
    return [each for each in stretches if each.person == person]


def _without_leavers(found: Sequence[Stretch], rota: Rota) -> Iterator[Stretch]:
    if not rota.leaves:
        yield from found
        return
    gone = {person: micros(at) for person, at in rota.leaves.items()}
    for each in found:
        end = min(each.high, gone.get(each.person, each.high))
        if each.low < end:
            yield Stretch(each.low, end, each.person, each.override)


def held_by_rota(rota: Rota, low: int, high: int) -> list[Interval]:
    """Return the spans within `[low, high)` in which anybody is on call, as sorted, merged intervals.

    All numbers are microseconds since 1970 UTC.
    """
    return clip(merge((each.low, each.high) for each in expand(rota, low, high)), low, high)
