"""The explanation of a stretch of time: contiguous pieces that tile it exactly, each with its reason.

A holiday shows as the whole local day and a closing as its whole span, whether or not the week would have been open:
that is how people name them. Where several reasons hold, closing > open > holiday > outside hours.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sla_domain.calendar.instant import instant_of
from sla_domain.calendar.note import Note, PieceKind
from sla_domain.calendar.table import Table


@dataclass(frozen=True, slots=True)
class Piece:
    """A span `[start, end)` in UTC in which a calendar is open, or closed, for one reason."""

    start: datetime
    end: datetime
    kind: PieceKind
    reason: str
    """The name of the holiday, closing or opening. The value of `kind` if there is no name."""
    calendar: str = ""
    """Id of the calendar that gives the reason. "" for plain weekly hours."""

    @property
    def span(self) -> timedelta:
        """Return the wall-clock length of the piece."""
        return self.end - self.start


def tile(table: Table, start: int, end: int) -> Iterator[Piece]:
    """Yield the time from `start` to before `end` as open and closed pieces, in order, without gaps.

    Args:
        start, end: Microseconds since 1970 UTC. Both must lie in the span for which the table is compiled.
    """
    pending: Note | None = None
    for part in _parts(table, start, end):
        if pending is None:
            pending = part
        elif (part.kind, part.text, part.calendar) == (pending.kind, pending.text, pending.calendar):
            pending = Note(pending.start, part.end, part.kind, part.text, part.calendar)
        else:
            yield _piece(pending)
            pending = part
    if pending is not None:
        yield _piece(pending)


def _parts(table: Table, at: int, end: int) -> Iterator[Note]:
    while at < end:
        index = bisect_right(table.closes, at)
        is_open = index < len(table.opens) and table.opens[index] <= at
        edge = end
        if is_open:
            edge = table.closes[index]
        elif index < len(table.opens):
            edge = table.opens[index]
        note, edge = _note_at(table.open_notes if is_open else table.closed_notes, at, min(edge, end))
        kind = PieceKind.OPEN if is_open else PieceKind.OUTSIDE_HOURS
        yield Note(at, edge, note.kind, note.text, note.calendar) if note else Note(at, edge, kind, kind.value, "")
        at = edge


def _note_at(notes: Sequence[Note], at: int, edge: int) -> tuple[Note | None, int]:
    """The note that covers `at`, if any, and how far (at most `edge`) that answer holds."""
    index = bisect_right(notes, at, key=lambda note: note.start)
    following = notes[index].start if index < len(notes) else edge
    if index and at < notes[index - 1].end:
        return notes[index - 1], min(edge, notes[index - 1].end)
    return None, min(edge, following)


def _piece(note: Note) -> Piece:
    return Piece(instant_of(note.start), instant_of(note.end), note.kind, note.text, note.calendar)
