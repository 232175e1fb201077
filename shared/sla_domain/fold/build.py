"""From the draft to the value: segments that tile the clock's life, and the marks still ahead of it."""

from __future__ import annotations

from datetime import datetime

from sla_domain.clock import BREACH, Clock, ClockState, Mark, Segment, clock_id
from sla_domain.event import IncidentId
from sla_domain.fold.clock_builder import ClockBuilder, DraftSegment, in_time_order
from sla_domain.incident import Exemption


def build_clock(tally: ClockBuilder, incident: IncidentId, until: datetime, exempt: Exemption | None) -> Clock | None:
    """Return the clock as of the last event, at `until`; None when no row ever matched."""
    target, entitlement = tally.target, tally.entitlement
    if target is None or entitlement is None:
        return None
    gone = tally.detached_at
    stopped = tally.stopped_at if gone is None else gone
    running = stopped is None and tally.state is ClockState.RUNNING
    due = tally.due_now() if running else tally.due
    breached = tally.breached_at
    if breached is None and running and due is not None and due < until:
        breached = due
    agreed = tally.agreed
    return Clock(
        id=clock_id(incident, tally.metric, tally.cycle),
        incident=incident,
        metric=tally.metric,
        cycle=tally.cycle,
        state=tally.state if gone is None else ClockState.CANCELLED,
        priority=tally.priority,
        target=target,
        coverage=target.coverage,
        generation=tally.generation,
        started_at=tally.started_at,
        due_at=due,
        original_due_at=tally.first_due,
        stopped_at=stopped,
        breached_at=breached,
        consumed=tally.consumed(until),
        segments=_segments(tally, stopped),
        marks=_marks(tally, due) if running else tuple(tally.marks),
        exempt="" if exempt is None else exempt.reason or "exempt",
        exempt_by="" if exempt is None else exempt.by,
        agreed_by="" if agreed is None else agreed.agreed_by,
        agreed_reason="" if agreed is None else agreed.reason,
        contract=entitlement.match.contract.id,
        plan=entitlement.plan.id,
        counted_from=tally.counted_from,
        generation_at=tally.generation_at,
        started_by=tally.started_by,
        start_event=tally.start_event,
        target_event=tally.target_event,
        cause=tally.cause,
        why=tally.why,
        undone=tally.undone,
        withdrawn_at=gone,
        matched=tally.attributes,
    )


_MANY = 8  # stretches from which on it pays to keep their segments


def _segments(tally: ClockBuilder, stopped: datetime | None) -> tuple[Segment, ...]:
    """The stretches that have a length; an instant between two is no segment, unless there is nothing else.

    A stretch that another one follows is over: its segment is built once. Without a target the clock ends before them.
    """
    over = len(tally.stretches) - 1
    if over < _MANY or tally.detached_at is not None:
        return tuple(_stretched(tally, 0, stopped))
    if tally.built is None:
        tally.built = []
    if tally.built_through < over:
        built = tally.stretches[tally.built_through : over]
        tally.built += [_segment(stretch, stretch.end) for stretch in built if stretch.start != stretch.end]
        tally.built_through = over
    return (*tally.built, *_stretched(tally, over, stopped, alone=not tally.built))


def _stretched(tally: ClockBuilder, first: int, stopped: datetime | None, alone: bool = True) -> list[Segment]:
    segments: list[Segment] = []
    last = tally.stretches[-1]
    for stretch in tally.stretches[first:]:
        start, end = stretch.start, stretch.end
        if stopped is not None and (end is None or end > stopped):
            end = stopped
        if end is None or start < end or (stretch is last and alone and not segments):
            segments.append(_segment(stretch, end))
    return segments


def _segment(stretch: DraftSegment, end: datetime | None) -> Segment:
    return Segment(stretch.start, end, stretch.running, stretch.why, stretch.waiting_on, stretch.event)


def _marks(tally: ClockBuilder, due: datetime | None) -> tuple[Mark, ...]:
    """What is behind the clock, then what is ahead of it in the running segment."""
    ahead = []
    since = tally.since
    if due is not None and since is not None:
        for warning in tally.unreached:
            instant = tally.warning_at(warning, since, due)
            if instant is not None and instant >= since:
                ahead.append(Mark(warning.key, tally.generation, instant, True, tally.target_event, tally.heard_at))
        if tally.breached_at is None:
            ahead.append(Mark(BREACH, tally.generation, due, True, tally.target_event, tally.heard_at))
    return (*tally.marks, *in_time_order(ahead))
