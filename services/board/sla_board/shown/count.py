"""The time left of a clock, or how late it is: in counted time, with the wall time beside it where that differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sla_board.shown.hours import ClockHours
from sla_domain.clock import ClockState


@dataclass(frozen=True, slots=True)
class Countdown:
    """The values from which the browser and `left_at` compute how much time a clock has left at any instant.

    Counted time is time within the clock's hours. For a running clock, the time left is `to` minus now. For a paused or
    stopped clock, `to` is None.
    """

    to: datetime | None = None
    """When the clock would be due if its hours, once open, never closed again."""
    since: datetime | None = None
    """When the hours open next. Before this instant the time left does not change. None means no such limit."""
    until: datetime | None = None
    """When the hours close next. After this instant the time left does not change. None means no such limit."""
    wall_to: datetime | None = None
    """The due instant. None if it is not shown in addition."""
    left: timedelta | None = None
    """The time left, negative if late."""
    wall: timedelta | None = None
    """The time left in wall time. None if it equals `left`, and for a paused clock."""
    by_wall: bool = False
    """True if the hours are unknown, so that `to` and `left` are in wall time instead of counted time."""

    def left_at(self, now: datetime) -> timedelta | None:
        """Return the time left at `now`, negative if late; None if unknown.

        The time is counted time (only within the clock's hours), or wall time if `by_wall`. For a paused or stopped
        clock (`to` is None), `left` is returned for every `now`.
        """
        if self.to is None:
            return self.left
        at = now if self.since is None else max(now, self.since)
        return self.to - (at if self.until is None else min(at, self.until))


def countdown_of(record: Any, state: ClockState, look: ClockHours, now: datetime) -> Countdown | None:
    """Return the time left of a clock as of `now`; None if there is nothing to show.

    The result is None for a cancelled clock, for a clock without a due instant, and for a paused clock whose time left
    is unknown.

    Args:
        record: The clock's row of the table `board_clock`.
        state: The clock's state.
        look: The clock's hours.
    """
    due = record.due_at or record.breached_at
    match state:
        case ClockState.RUNNING if due is not None:
            return _running(due, look, now)
        case ClockState.PAUSED if record.left_seconds is not None:
            return Countdown(left=timedelta(seconds=record.left_seconds))
        case ClockState.MET | ClockState.MISSED if due is not None and record.stopped_at is not None:
            span = look.span(record.stopped_at, due)
            return Countdown(left=span.primary, wall=span.wall if span.differs else None, by_wall=span.counted is None)
        case _:
            return None


def _running(due: datetime, look: ClockHours, now: datetime) -> Countdown:
    if look.calendar is None:
        return Countdown(to=due, by_wall=not look.known)
    here = look.around
    moves = now if here.open else (here.opens or now)
    span = look.span(moves, due)
    if span.counted is None:
        return Countdown(to=due, by_wall=True)
    # While its hours are open this instant stays the same, whenever it is computed.
    to = moves + span.counted
    since, until = (None, here.closes) if here.open else (moves, here.closes)
    if not here.open and here.opens is None:
        until = moves
    return Countdown(to=to, since=since, until=until, wall_to=due if to != due or not here.open else None)
