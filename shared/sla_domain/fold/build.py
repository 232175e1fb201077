"""From the draft of a clock to its value: segments that tile the clock's time, and the marks still ahead of it."""

from __future__ import annotations

from datetime import datetime

from sla_domain.clock import BREACH, Clock, ClockState, Mark, Segment, clock_id
from sla_domain.event import IncidentId
from sla_domain.fold.clock_builder import ClockBuilder, DraftSegment, in_time_order
from sla_domain.incident import Exemption


def build_clock(builder: ClockBuilder, incident: IncidentId, until: datetime, exempt: Exemption | None) -> Clock | None:
    """Return an immutable `Clock` with what `builder` has computed, or None if the clock never had a target.

    A clock that lost its target (`ClockBuilder.detach`) is cancelled at the instant of the loss.

    Args:
        until: The instant of the incident's last event.
        exempt: The exemption that applies to the clock. None means no exemption.
    """
    target, entitlement = builder.target, builder.entitlement
    if target is None or entitlement is None:
        return None
    gone = builder.detached_at
    stopped = builder.stopped_at if gone is None else gone
    running = stopped is None and builder.state is ClockState.RUNNING
    due = builder.due_now() if running else builder.due
    breached = builder.breached_at
    if breached is None and running and due is not None and due < until:
        breached = due
    agreed = builder.agreed
    return Clock(
        id=clock_id(incident, builder.metric, builder.cycle),
        incident=incident,
        metric=builder.metric,
        cycle=builder.cycle,
        state=builder.state if gone is None else ClockState.CANCELLED,
        priority=builder.priority,
        target=target,
        coverage=target.coverage,
        generation=builder.generation,
        started_at=builder.started_at,
        due_at=due,
        original_due_at=builder.first_due,
        stopped_at=stopped,
        breached_at=breached,
        consumed=builder.consumed(until),
        segments=_segments(builder, stopped),
        marks=_marks(builder, due) if running else tuple(builder.marks),
        exempt="" if exempt is None else exempt.reason or "exempt",
        exempt_by="" if exempt is None else exempt.by,
        agreed_by="" if agreed is None else agreed.agreed_by,
        agreed_reason="" if agreed is None else agreed.reason,
        contract=entitlement.match.contract.id,
        plan=entitlement.plan.id,
        counted_from=builder.counted_from,
        generation_at=builder.generation_at,
        started_by=builder.started_by,
        start_event=builder.start_event,
        target_event=builder.target_event,
        cause=builder.cause,
        why=builder.why,
        undone=builder.undone,
        withdrawn_at=gone,
        matched=builder.attributes,
    )


_MANY = 8  # number of stretches from which their segments are cached


def _segments(builder: ClockBuilder, stopped: datetime | None) -> tuple[Segment, ...]:
    """The stretches that have a length; an instant between two is no segment, unless it is the only one.

    A stretch that another one follows is over: its segment is built once. Without a target the clock ends before them.
    """
    over = len(builder.stretches) - 1
    if over < _MANY or builder.detached_at is not None:
        return tuple(_stretched(builder, 0, stopped))
    if builder.built is None:
        builder.built = []
    if builder.built_through < over:
        built = builder.stretches[builder.built_through : over]
        builder.built += [_segment(stretch, stretch.end) for stretch in built if stretch.start != stretch.end]
        builder.built_through = over
    return (*builder.built, *_stretched(builder, over, stopped, alone=not builder.built))


def _stretched(builder: ClockBuilder, first: int, stopped: datetime | None, alone: bool = True) -> list[Segment]:
    segments: list[Segment] = []
    last = builder.stretches[-1]
    for stretch in builder.stretches[first:]:
        start, end = stretch.start, stretch.end
        if stopped is not None and (end is None or end > stopped):
            end = stopped
        if end is None or start < end or (stretch is last and alone and not segments):
            segments.append(_segment(stretch, end))
    return segments


def _segment(stretch: DraftSegment, end: datetime | None) -> Segment:
    return Segment(stretch.start, end, stretch.running, stretch.why, stretch.waiting_on, stretch.event)


def _marks(builder: ClockBuilder, due: datetime | None) -> tuple[Mark, ...]:
    """What is behind the clock, then what is ahead of it in the running segment."""
    ahead = []
    since = builder.since
    if due is not None and since is not None:
        for warning in builder.unreached:
            instant = builder.warning_at(warning, since, due)
            if instant is not None and instant >= since:
                ahead.append(
                    Mark(warning.key, builder.generation, instant, True, builder.target_event, builder.known_since)
                )
        if builder.breached_at is None:
            ahead.append(Mark(BREACH, builder.generation, due, True, builder.target_event, builder.known_since))
    return (*builder.marks, *in_time_order(ahead))
