"""Which shifts an override changes. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from sla_domain.rota import Rota, Shift, shifts_between


@dataclass(frozen=True, slots=True)
class ChangedShift:
    """A span `[start, end)` in which a new or ended override puts `after` on call instead of `before`.

    None means nobody.
    """

    start: datetime
    end: datetime
    before: str | None
    after: str | None


def changed_shifts(before: Rota, after: Rota, start: datetime, end: datetime) -> tuple[ChangedShift, ...]:
    """Return the spans within `[start, end)` in which two states of a rota have different people on call.

    The result is in order of time.

    Args:
        before: The rota before the change.
        after: The rota after the change.
    """
    old, new = shifts_between(before, start, end), shifts_between(after, start, end)
    edges = {start, end, *(at for shift in (*old, *new) for at in (shift.start, shift.end) if start < at < end)}
    instants = sorted(edges)
    found: list[ChangedShift] = []
    for low, high in pairwise(instants):
        was, becomes = _person(old, low), _person(new, low)
        if was == becomes:
            continue
        last = found[-1] if found else None
        if last is not None and (last.end, last.before, last.after) == (low, was, becomes):
            found[-1] = replace(last, end=high)
        else:
            found.append(ChangedShift(low, high, was, becomes))
    return tuple(found)


def _person(shifts: Sequence[Shift], at: datetime) -> str | None:
    place = bisect_right(shifts, at, key=lambda shift: shift.start) - 1
    return shifts[place].person if place >= 0 and at < shifts[place].end else None
