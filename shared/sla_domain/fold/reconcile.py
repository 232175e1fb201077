"""The differences between a snapshot of the ticket and the events before it, as events that make up for them.

Each is an ordinary event of the incident, so that clocks, priorities and contracts react as if it had come, and has the
id of the event that carried the snapshot. Attributes are compared with those that were stated, never with the priority
in force, which rules of the plan may hold apart (clauses E6, E8 and E9, docs/clauses.md). The phase counts only if it
differs from that of the snapshot before: a label "waiting" stays on a ticket whose customer has replied, and a snapshot
that repeats it is no change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sla_domain.event import (
    NOTHING,
    WORDS,
    Actor,
    EventKind,
    IncidentEvent,
    Snapshot,
    TimeQuality,
    WaitingOn,
)
from sla_domain.fold.incident_state import HOLDER_ATTRIBUTES, NAME_TAKING_KINDS, PossibleEnd
from sla_domain.fold.ticket_state import KnownState, StatedPhase
from sla_domain.incident import Remark, RemarkKind
from sla_domain.phase import Phase
from sla_domain.phase_state import END_PHASES
from sla_domain.sentence import Sentence

_END_OF: Mapping[Phase, EventKind] = {phase: kind for kind, phase in END_PHASES.items()}
_FACTS = frozenset({"title", "url", "description", "reporter", "reporter_id", "language"})
_REASON = "as the ticket stands"
_TOUCHED = timedelta(seconds=5)  # by then a ticket has the date of what was said on it


class ReconcilingEvent(NamedTuple):
    """An event that slad creates itself for a change that no delivered event reported.

    The change is seen in a snapshot (state of the whole ticket).
    """

    event: IncidentEvent
    at: datetime
    """The instant at which the event is read."""
    ending: PossibleEnd | None = None
    """For an event that ends the incident, when the end may have happened. None means `at`."""


def stated_phase(shown: Snapshot) -> StatedPhase | None:
    """Return the phase that a snapshot (state of the whole ticket) shows, or None if it shows none.

    The result is (phase, whom the ticket waits on, when the ticket ended). The second item is None unless the ticket
    waits. The third item is None if the snapshot does not state when the ticket ended.
    """
    return None if shown.phase is None else (shown.phase, _waits_on(shown), shown.ended_at)


def snapshot_differs(state: KnownState, event: IncidentEvent) -> bool:
    """Return whether the event's snapshot (state of the whole ticket) differs from `state`.

    The result is False for an event without a snapshot.

    Args:
        state: The incident after the events read so far. For an incident of several linked tickets, the ticket that the
            snapshot shows.
    """
    shown = event.snapshot
    if shown is None:
        return False
    where = stated_phase(shown)
    return (where is not None and where != state.stated) or next(
        reconciling_events(state, event, event.occurred_at), None
    ) is not None


def end_before(state: KnownState, event: IncidentEvent, at: datetime) -> ReconcilingEvent | None:
    """Return an event that ends the incident before `event`, if the snapshot of `event` shows such an end.

    The result is None unless all of these hold:

    1. The incident is open or waiting, and `event` itself does not end it.
    2. The snapshot (state of the whole ticket) shows an end that is no merge.
    3. The phase or the date of the end differs from the last snapshot.
    4. The snapshot dates the end before `event`. Or the snapshot gives no date, but `event` is a comment or reply, and
       the snapshot is at most five seconds later than `event`.

    Args:
        state: The incident before `event`, or its linked ticket.
        at: The instant at which `event` is read.
    """
    shown = event.snapshot
    if shown is None or shown.phase is None or shown.phase.live or not state.phase.live or event.kind in END_PHASES:
        return None
    if shown.phase is Phase.MERGED or stated_phase(shown) == state.stated:
        return None
    if shown.ended_at is None:
        # No date is known. A comment on a ticket that has ended does not wait for an answer.
        as_of_then = shown.at <= event.occurred_at + _TOUCHED
        return _end(state, event, shown, at) if event.kind in WORDS and as_of_then else None
    if shown.ended_at >= event.occurred_at:
        return None
    return _end(state, event, shown, at)


def reconciling_events(state: KnownState, event: IncidentEvent, at: datetime) -> Iterator[ReconcilingEvent]:
    """Yield an event for each change that the event's snapshot shows and no event reported.

    A snapshot is the state of the whole ticket, as one delivery shows it; `event` must have one. The result is in
    reading order.

    Args:
        state: The incident after the events read before, or its linked ticket.
        at: The instant at which the snapshot is read.
    """
    shown = event.snapshot
    assert shown is not None
    moves = tuple(_moves(state, event, shown, at))
    yield from (move for move in moves if move.event.kind in END_PHASES and len(moves) == 1)
    yield from (ReconcilingEvent(reconciling, at) for reconciling in _attributes(state, event, shown))
    yield from (move for move in moves if move.event.kind not in END_PHASES or len(moves) > 1)


def unobserved_end(opening: IncidentEvent) -> IncidentEvent:
    """Return an artificial event that ends the ticket before it is reopened by `opening`.

    It is needed if the first event that slad receives about a ticket is a reopening, so that the end was not seen. The
    artificial event is a cancellation, which gives no verdict (met, missed), because it is not known when the ticket
    ended.
    """
    return replace(_reconciling(opening, EventKind.CANCELLED), reason=Sentence.END_UNHEARD.value)


def remark_on_reconciled(event: IncidentEvent, ending: PossibleEnd | None) -> Remark:
    """Return the remark on a change that only the ticket's snapshot shows.

    A snapshot is the state of the whole ticket, as one delivery shows it. If `ending.dated` is False, the remark says
    that the ticket gives no date.

    Args:
        event: The event that slad made for the change.
        ending: When the incident may have ended, if `event` ends it at an uncertain instant. None otherwise.
    """
    if event.attributes:
        named = sorted(event.attributes.items())
        words = ", ".join(f"{name} {value or 'none'}" if len(value) <= 60 else name for name, value in named)
    else:
        words = "waiting" if event.kind is EventKind.WAITING else event.kind.value
    said = Sentence.RECONCILED if ending is None or ending.dated else Sentence.RECONCILED_UNDATED
    return Remark(RemarkKind.RECONCILED, said.filled(words=words), event.id)


def _moves(state: KnownState, event: IncidentEvent, shown: Snapshot, at: datetime) -> Iterator[ReconcilingEvent]:
    phase, known = shown.phase, state.phase
    if phase is None or phase is Phase.MERGED or known is Phase.MERGED or stated_phase(shown) == state.stated:
        return
    if phase.live:
        if not known.live:
            yield ReconcilingEvent(_reconciling(event, EventKind.REOPENED), at)
        if phase is Phase.WAITING:
            on = _waits_on(shown)
            if state.waiting is not on:
                yield ReconcilingEvent(_reconciling(event, EventKind.WAITING, waiting_on=on), at)
        elif state.waiting is not None:
            yield ReconcilingEvent(_reconciling(event, EventKind.RESUMED), at)
        return
    end = _end(state, event, shown, at)
    if known.live or _goes_further(known, phase):
        yield end
    elif known is Phase.CANCELLED and phase is not known and _ended_anew(shown, state.ended_at):
        yield ReconcilingEvent(_reconciling(event, EventKind.REOPENED), end.at)
        yield end


def _end(state: KnownState, event: IncidentEvent, shown: Snapshot, at: datetime) -> ReconcilingEvent:
    """The end that the snapshot shows: not before the incident was last known to be open, and not after `at`.

    It is read behind all that was read, and counts from when it was.
    """
    assert shown.phase is not None
    end = _reconciling(event, _END_OF[shown.phase])
    if shown.ended_at is None:
        return ReconcilingEvent(end, at, PossibleEnd(min(state.known_open_at, at), dated=False))
    ended_at = min(max(shown.ended_at, state.known_open_at), at)
    read_at = max(ended_at, state.at)
    return ReconcilingEvent(end, read_at, PossibleEnd(ended_at) if ended_at < read_at else None)


def _goes_further(known: Phase, phase: Phase) -> bool:
    """From resolved to closed, and from either to cancelled."""
    if known is Phase.RESOLVED:
        return phase in (Phase.CLOSED, Phase.CANCELLED)
    return known is Phase.CLOSED and phase is Phase.CANCELLED


def _ended_anew(shown: Snapshot, known: datetime | None) -> bool:
    """Whether a cancelled ticket is shown resolved after all. One that is closed when it was cancelled is put away."""
    at = shown.ended_at
    if at is None or known is None:
        return False
    return at > known if shown.phase is Phase.CLOSED else at >= known


def _attributes(state: KnownState, event: IncidentEvent, shown: Snapshot) -> Iterator[IncidentEvent]:
    known = state.attributes
    changed = {name: value for name, value in shown.attributes.items() if known.get(name, "") != value}
    pending = state.priorities.pending
    kept = () if pending is None else (pending.old, pending.new) if state.priorities.proposed else (pending.new,)
    if known.get("priority") and changed.get("priority") in kept:
        del changed["priority"]  # a proposal states what the ticket does not have yet; a change taken back is news
    if not changed:
        return
    held = {name: changed.pop(name) for name in HOLDER_ATTRIBUTES & changed.keys()}
    if changed:
        kind = EventKind.RECLASSIFIED if changed.keys() - _FACTS else EventKind.OBSERVED
        kind = EventKind.PRIORITY_CHANGED if "priority" in changed else kind
        if event.kind in NAME_TAKING_KINDS and event.id != state.opening_id:
            kind = EventKind.RENAMED  # of another ticket: it can raise the priority, and not lower it
        yield _reconciling(event, kind, attributes=changed)
    if held:
        yield _reconciling(event, EventKind.ASSIGNED, attributes=held)


def _waits_on(shown: Snapshot) -> WaitingOn | None:
    return (shown.waiting_on or WaitingOn.OTHER) if shown.phase is Phase.WAITING else None


def _reconciling(
    event: IncidentEvent,
    kind: EventKind,
    *,
    attributes: Mapping[str, str] = NOTHING,
    waiting_on: WaitingOn | None = None,
) -> IncidentEvent:
    return replace(
        event,
        kind=kind,
        quality=TimeQuality.OBJECT_UPDATED,
        actor=Actor.UNKNOWN,
        actor_name="",
        actor_id="",
        attributes=attributes,
        waiting_on=waiting_on,
        agreed=None,
        merged_into=None,
        metrics=(),
        score=None,
        reason=_REASON,
        warnings=(),
        snapshot=None,
    )
