"""Open incidents under two rulebooks: which clocks get another due instant or verdict, appear or vanish. Pure.

Only clocks that are open now can change: a service that takes a new catalogue moves what still runs and leaves ended
verdicts alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sla_domain.clock import Clock, ClockState


class ClockMove(StrEnum):
    """How a new catalogue would change an open clock.

    If several of these values apply to a clock, the first in this list is used.
    """

    BREAKS = "breaks"
    """The clock is in time now, and overdue under the new catalogue."""
    MENDS = "mends"
    """The clock is overdue now, and in time under the new catalogue."""
    VANISHES = "vanishes"
    """No target would apply any more."""
    APPEARS = "appears"
    """There is no such clock now."""
    MOVES = "moves"
    """The due instant would change."""
    CHANGES = "changes"
    """The state would change, for example to paused."""


@dataclass(frozen=True, slots=True)
class ClockSide:
    """The state of a clock as computed by the rules of one catalogue, the present or the new one."""

    state: str
    """For example, `running`."""
    due_at: datetime | None
    """The due instant. None while the clock is paused."""
    breached: bool
    """Whether the clock is breached, or its due instant has passed."""


@dataclass(frozen=True, slots=True)
class Move:
    """A change that a new catalogue would make to a clock: the clock's state before and after."""

    incident: str
    contract: str
    metric: str
    cycle: int
    """The number of the clock, from 0, among the incident's clocks of this metric."""
    turn: ClockMove
    """The kind of change."""
    old: ClockSide | None
    """The clock under the catalogue in force. None if no such clock is open."""
    new: ClockSide | None
    """The clock under the new catalogue. None if there is no such clock, or if it is cancelled."""


def moves(
    incident: str, contract: str, told: Iterable[Mapping[str, Any]], clocks: Iterable[Clock], now: datetime
) -> Iterator[Move]:
    """Yield the changes that a new catalogue would make to one incident's clocks.

    The changes are sorted by metric and `cycle` (the clock's number among the incident's clocks of the metric).

    Args:
        contract: The id of the incident's contract, copied into each change.
        told: The incident's clocks under the catalogue in force, as JSON from the timer's API. Ended clocks are
            ignored.
        clocks: The incident's clocks under the new catalogue. Cancelled clocks are ignored.
        now: The present instant. A clock due before it is treated as breached.
    """
    before = {(clock["metric"], clock["cycle"]): clock for clock in told}
    after = {(clock.metric, clock.cycle): clock for clock in clocks}
    for key in sorted({*before, *after}):
        old, new = _told(before.get(key), now), _folded(after.get(key), now)
        turn = _turn(old, new, ended=key in before and old is None)
        if turn is not None:
            yield Move(incident, contract, key[0], key[1], turn, old, new)


def _told(clock: Mapping[str, Any] | None, now: datetime) -> ClockSide | None:
    """None when there is no open clock."""
    if clock is None or not ClockState(clock["state"]).open:
        return None
    due = _at(clock["due_at"])
    return ClockSide(clock["state"], due, bool(clock["breached"]) or _passed(due, now))


def _folded(clock: Clock | None, now: datetime) -> ClockSide | None:
    if clock is None or clock.state is ClockState.CANCELLED:
        return None
    return ClockSide(clock.state.value, clock.due_at, clock.breached or _passed(clock.due_at, now))


def _turn(old: ClockSide | None, new: ClockSide | None, *, ended: bool) -> ClockMove | None:
    if old is None or new is None:
        if ended or old is new:
            return None
        return ClockMove.APPEARS if old is None else ClockMove.VANISHES
    if old.breached is not new.breached:
        return ClockMove.BREAKS if new.breached else ClockMove.MENDS
    if old.due_at != new.due_at:
        return ClockMove.MOVES
    return ClockMove.CHANGES if old.state != new.state else None


def _passed(due: datetime | None, now: datetime) -> bool:
    return due is not None and due < now


def _at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
