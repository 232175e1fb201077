"""Who is on call: at an instant, and between two instants. Pure; `now` is an argument."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sla_domain.calendar.instant import DAY_US, instant_of, micros
from sla_domain.rota.expand import Stretch, expand
from sla_domain.rota.rota import Rota, RotaOverride, Shift

_PART_US = 28 * DAY_US  # what is expanded and kept at once
_MOST_PARTS = 64
_PARTS_AHEAD = 4


def shifts_between(rota: Rota, start: datetime, end: datetime) -> tuple[Shift, ...]:
    """Return the shifts of the rota that overlap `[start, end)`, in order of time.

    A shift that crosses a bound is returned whole. Every handover ends a shift, even if the same person continues.
    """
    return tuple(_shift(rota, each) for each in expand(rota, micros(start), micros(end)))


def on_call(rota: Rota, at: datetime) -> Shift | None:
    """Return the shift of the rota at the instant `at`, or None if nobody is on call."""
    instant = micros(at)
    known = _part(rota, instant // _PART_US)
    place = bisect_right(known, at, key=lambda shift: shift.start) - 1
    return known[place] if place >= 0 and at < known[place].end else None


def next_shift(rota: Rota, at: datetime, but: str = "") -> Shift | None:
    """Return the first shift of the rota that starts after `at`, or None if none is found.

    The search ends after 12 to 16 weeks.

    Args:
        but: Id of a person whose shifts are skipped. "" skips nobody.
    """
    first = micros(at) // _PART_US
    for part in range(first, first + _PARTS_AHEAD):
        for shift in _part(rota, part):
            if shift.start > at and shift.person != but:
                return shift
    return None


def with_overrides(rota: Rota, overrides: Iterable[RotaOverride]) -> Rota:
    """Return a copy of the rota with further overrides (exceptions) after its own.

    Where two overrides overlap, the later in the list wins.
    """
    return replace(rota, overrides=(*rota.overrides, *overrides))


def _part(rota: Rota, part: int) -> tuple[Shift, ...]:
    """Four weeks of shifts, kept: messages ask for the same weeks again and again."""
    found = rota.known.get(part)
    if found is None:
        low = part * _PART_US
        found = tuple(_shift(rota, each) for each in expand(rota, low, low + _PART_US))
        if len(rota.known) >= _MOST_PARTS:
            rota.known.clear()
        rota.known[part] = found
    return found


def _shift(rota: Rota, each: Stretch) -> Shift:
    override = rota.overrides[each.override] if each.override >= 0 else None
    return Shift(instant_of(each.low), instant_of(each.high), each.person, override)
