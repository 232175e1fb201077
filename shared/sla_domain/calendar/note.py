"""Why a stretch of time is open or closed: notes kept beside the interval table, for explanations only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class PieceKind(StrEnum):
    """Why a span of time is open or closed. The value is the default text for people."""

    OPEN = "open"
    OUTSIDE_HOURS = "outside hours"
    """Outside the weekly hours."""
    HOLIDAY = "holiday"
    CLOSING = "closed"
    """An exceptional closing."""


@dataclass(frozen=True, slots=True)
class Note:
    """The reason why a calendar is open or closed during a span, such as the name of a holiday."""

    start: int
    """Microseconds since 1970 UTC."""
    end: int
    """Microseconds since 1970 UTC, excluded from the span."""
    kind: PieceKind
    text: str
    """The reason in words, such as the name of a holiday."""
    calendar: str
    """Id of the calendar."""


def make_disjoint(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return the notes (reasons for open or closed spans) sorted by start and without overlaps.

    Where two notes overlap, the note that starts first is kept whole. The later note is cut or left out.
    """
    result: list[Note] = []
    reached: int | None = None
    for note in sorted(notes, key=lambda each: (each.start, each.end)):
        start = note.start if reached is None else max(note.start, reached)
        if start < note.end:
            result.append(replace(note, start=start))
            reached = note.end
    return tuple(result)


def overlay(top: Sequence[Note], below: Sequence[Note]) -> tuple[Note, ...]:
    """Return two layers of notes (reasons for open or closed spans) as one, sorted by start.

    The notes of `top` stay whole. The notes of `below` are cut to the time that `top` leaves free. Within each layer,
    the notes must be sorted and must not overlap.
    """
    if not top or not below:
        return tuple(top or below)
    ends = [note.end for note in top]
    result = list(top)
    for note in below:
        start = note.start
        at = bisect_right(ends, start)
        while at < len(top) and top[at].start < note.end:
            if top[at].start > start:
                result.append(replace(note, start=start, end=top[at].start))
            start = top[at].end
            at += 1
        if start < note.end:
            result.append(replace(note, start=start))
    return tuple(sorted(result, key=lambda each: each.start))
