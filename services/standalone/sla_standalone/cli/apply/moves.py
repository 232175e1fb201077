"""Open incidents under two rulebooks: which clocks would move, flip, appear or vanish. Pure.

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
from sla_domain.event import (
    Actor,
    AgreedTarget,
    EventId,
    EventKind,
    IncidentEvent,
    IncidentId,
    Snapshot,
    TimeQuality,
    WaitingOn,
)
from sla_domain.phase import Phase


class ClockMove(StrEnum):
    """How a new catalogue would change an open clock.

    If several members apply, the first in this list is used.
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
    """The state of a clock under one catalogue."""

    state: str
    """For example, `running`."""
    due_at: datetime | None
    """The due instant. None while the clock is paused."""
    breached: bool
    """Whether the clock is breached, or its due instant has passed."""


@dataclass(frozen=True, slots=True)
class Move:
    """A change that a new catalogue would make to a clock."""

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

    They are sorted by metric and `cycle` (the clock's number among those of the metric).

    Args:
        contract: The id of the incident's contract, for the result.
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


def event_of(answer: Mapping[str, Any], incident: str) -> IncidentEvent:
    """Return an event of an incident, read from the timer's JSON response about the incident.

    Args:
        answer: The event's part of the response.
        incident: The incident's id.
    """
    agreed, merged = answer.get("agreed"), answer.get("merged_into")
    known_as, carried_from = answer.get("known_as"), answer.get("carried_from")
    waiting = answer.get("waiting_on")
    occurred, received = _at(answer["occurred_at"]), _at(answer["received_at"])
    assert occurred is not None
    assert received is not None
    return IncidentEvent(
        id=EventId(answer["id"]),
        incident=IncidentId(incident),
        kind=EventKind(answer["kind"]),
        occurred_at=occurred,
        received_at=received,
        source=answer.get("source", ""),
        quality=TimeQuality(answer["quality"]),
        version=answer.get("version", 0),
        actor=Actor(answer["actor"]),
        actor_name=answer.get("actor_name", ""),
        actor_id=answer.get("actor_id", ""),
        attributes=answer["attributes"],
        waiting_on=None if waiting is None else WaitingOn(waiting),
        agreed=None if agreed is None else _agreed(agreed),
        merged_into=None if merged is None else IncidentId(merged),
        known_as=None if known_as is None else IncidentId(known_as),
        carried_from=None if carried_from is None else IncidentId(carried_from),
        metrics=tuple(answer.get("metrics", ())),
        score=answer.get("score"),
        reason=answer["reason"],
        warnings=tuple(answer.get("warnings", ())),
        snapshot=None if answer.get("snapshot") is None else _snapshot(answer["snapshot"]),
        history=answer.get("history", False),
    )


def _snapshot(answer: Mapping[str, Any]) -> Snapshot:
    at = _at(answer["at"])
    assert at is not None
    return Snapshot(
        at=at,
        created_at=_at(answer["created_at"]),
        phase=None if answer["phase"] is None else Phase(answer["phase"]),
        waiting_on=None if answer["waiting_on"] is None else WaitingOn(answer["waiting_on"]),
        ended_at=_at(answer["ended_at"]),
        attributes=answer["attributes"],
        version=answer["version"],
        before=answer["before"],
    )


def _agreed(answer: Mapping[str, Any]) -> AgreedTarget:
    due = _at(answer["due_at"])
    assert due is not None
    return AgreedTarget(
        metric=answer["metric"],
        due_at=due,
        agreed_by=answer["agreed_by"],
        reason=answer["reason"],
        moved_by_pauses=answer["moved_by_pauses"],
    )


def _at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
