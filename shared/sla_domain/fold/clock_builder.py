"""One clock while it is being folded: its stretches of time, and the account of the target in force.

The two are separate. Stretches (running, paused) follow from the incident's events and outlive every target; the
account says, for the target in force, what was consumed, what is due and which marks were passed. A new target recounts
the same stretches in its own time, from the clock's start (retarget) or from the change (restart): what a clock keeps
is consumed time, never a shifted start, and pauses survive a change of target.

A clock without a matching row keeps its stretches too ("detached"): when a row matches later, it is recounted from the
start; if it had a row before, it shows as cancelled meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sla_domain.calendar import AtClose, Calendar
from sla_domain.clock import BREACH, ClockState, Mark, Segment
from sla_domain.errors import CalendarError
from sla_domain.event import NO_EVENT, AgreedTarget, EventId, EventKind, WaitingOn
from sla_domain.fold.branching import branch_of
from sla_domain.fold.entitlement import Entitlement
from sla_domain.fold.meter import ZERO, Meter
from sla_domain.plan import MetricId, Target, Warning_


@dataclass(slots=True)
class DraftSegment:
    """A span of time in which a clock under construction runs (`running`) or is paused."""

    start: datetime
    running: bool
    event: EventId
    """Id of the event that began the span."""
    why: str = ""
    """The reason of a pause. "" while the clock runs."""
    waiting_on: WaitingOn | None = None
    """Whom the incident waits on during a pause. None while the clock runs."""
    end: datetime | None = None
    """When the span ended. None for the current span."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the pauses among the first `stretches` took, in the account of one target."""

    account: tuple[Meter, AgreedTarget | None, datetime, datetime]
    stretches: int
    lost: timedelta


@dataclass(frozen=True, slots=True)
class _Recounted:
    """What a target counts in the first `stretches`, all of them over. Keeps alive the objects in its key."""

    stretches: int
    spent: timedelta
    lost: timedelta
    breached_at: datetime | None
    unreached: tuple[Warning_, ...]
    trouble: CalendarError | None
    target: Target
    calendar: Calendar | None


_MANY = 8  # number of stretches from which their sums are cached


def in_time_order(marks: list[Mark]) -> list[Mark]:
    """Return the marks (warnings, breaches) sorted by instant.

    At the same instant, warnings come before the breach.
    """
    return sorted(marks, key=lambda mark: (mark.at, mark.kind == BREACH)) if len(marks) > 1 else marks


class ClockBuilder:
    """One clock of an incident under construction, while the incident's events are read.

    Call the methods in order of time (`at`). Afterwards `build_clock` makes an immutable `Clock` of the builder. These
    attributes hold the state so far:

    - `stretches`: the spans in which the clock runs or is paused
    - `target`: the current target, or None before the first `attach`
    - `spent`, `lost`: consumed time and time of pauses, for the current target
    - `due`, `breached_at`: due instant and breach of the current target
    - `marks`: the past warnings and breaches of all targets

    Args:
        cycle: Number of the clock among those of its metric on this incident, from 0.
        at: When the clock starts.
        event, kind, known_since: Id, kind and time of receipt of the event that starts the clock.
    """

    __slots__ = (
        "_counted",
        "_recounted",
        "agreed",
        "attributes",
        "behind",
        "breached_at",
        "built",
        "built_through",
        "calendar",
        "cause",
        "counted_from",
        "cycle",
        "detached_at",
        "due",
        "ended_with",
        "entitlement",
        "first_due",
        "generation",
        "generation_at",
        "known_since",
        "lost",
        "marks",
        "meter",
        "metric",
        "priority",
        "reading_at",
        "restored",
        "since",
        "spent",
        "start_event",
        "started_at",
        "started_by",
        "state",
        "stopped_at",
        "stretches",
        "target",
        "target_event",
        "trouble",
        "undone",
        "unreached",
        "why",
    )

    def __init__(
        self, metric: MetricId, cycle: int, at: datetime, event: EventId, kind: EventKind, known_since: datetime
    ) -> None:
        self.metric = metric
        self.cycle = cycle
        self.started_at = self.counted_from = self.generation_at = at
        self.state = ClockState.RUNNING
        self.started_by, self.start_event = kind, event
        self.reading_at = known_since  # when the event being read was received
        self.known_since = known_since  # when the last of the events was received that made the clock what it is
        self.stretches = [DraftSegment(at, True, event)]
        self.cause = event
        self.why = ""
        self.ended_with: EventKind | None = None  # the kind of event that stopped it
        self.stopped_at: datetime | None = None
        self.undone: tuple[EventId, ...] = ()
        self.detached_at: datetime | None = None  # since when no row matches, after one did
        self.restored = False  # the rest, after the priority had fallen far enough to meet the target before (B4)
        self.behind: ClockBuilder | None = None  # the rest that a relapse has ended
        # the account of the target in force
        self.generation = -1
        self.target_event = NO_EVENT
        self.target: Target | None = None
        self.entitlement: Entitlement | None = None
        self.calendar: Calendar | None = None
        self.meter: Meter | None = None
        self.agreed: AgreedTarget | None = None
        self.attributes: Mapping[str, str] = {}
        self.priority = ""
        self.spent = self.lost = ZERO
        self.since: datetime | None = None  # from where the running stretch counts in this account
        self.due: datetime | None = None  # projected from `since`, computed when first asked for
        self.first_due: datetime | None = None
        self.breached_at: datetime | None = None
        self.unreached: list[Warning_] = []
        self.marks: list[Mark] = []
        self.trouble: CalendarError | None = None
        # kept so that nothing is counted or built twice, however many stretches there are
        self._counted: _Counted | None = None
        self._recounted: dict[tuple[int, int, AtClose, datetime], _Recounted] | None = None
        self.built: list[Segment] | None = None
        self.built_through = 0

    def branch(self) -> ClockBuilder:
        """Return an independent copy: changes of the copy leave this clock unchanged, and vice versa."""
        twin = branch_of(self)
        twin.stretches[-1] = replace(self.stretches[-1])
        return twin

    # -- life

    @property
    def open(self) -> bool:
        """Return whether the clock has not ended: it runs or is paused."""
        return self.stopped_at is None

    @property
    def attached(self) -> bool:
        """Return whether the clock has a target.

        The result is False before the first `attach`, and after a `detach`.
        """
        return self.meter is not None

    @property
    def has_fixed_date(self) -> bool:
        """Return whether the clock is due at an agreed date that pauses do not move.

        Such a clock runs on while the incident waits.
        """
        return self.agreed is not None and not self.agreed.moved_by_pauses

    @property
    def changed_at(self) -> datetime:
        """Return the last instant at which the clock started, paused or resumed, or at which its target changed."""
        return max(self.stretches[-1].start, self.generation_at)

    def pause(self, at: datetime, event: EventId, why: str, waiting_on: WaitingOn | None) -> None:
        """Pause the clock at `at`.

        If the clock is paused already, a new pause begins.

        Args:
            event: Id of the event that causes the pause.
            why: The reason in words.
            waiting_on: Whom the incident waits on. None if not known.
        """
        self._settle(at)
        self._next_stretch(DraftSegment(at, False, event, why, waiting_on))
        self.state, self.cause, self.due = ClockState.PAUSED, event, None

    def resume(self, at: datetime, event: EventId) -> None:
        """End the pause at `at`: the clock runs again.

        Without a target, the clock consumes no time.

        Args:
            event: Id of the event that ends the pause.
        """
        self._next_stretch(DraftSegment(at, True, event))
        self._recount_lost(at)
        self.state, self.cause, self.since, self.due = ClockState.RUNNING, event, at, None

    def stop(self, at: datetime, event: EventId, why: str, kind: EventKind) -> None:
        """End the clock at `at` with a verdict: missed if its due instant lies before `at`, else met.

        A paused clock is met unless its due instant passed before the pause.

        Args:
            event, kind: Id and kind of the event that stops the clock.
            why: The reason in words.
        """
        due = self._final_due(at)
        self._settle(at)
        self.due, self.ended_with = due, kind
        self._end(at, event, why, ClockState.MET if self.breached_at is None else ClockState.MISSED)

    def cancel(self, at: datetime, event: EventId, why: str) -> None:
        """End the clock at `at` without a verdict.

        A breach before `at` stays recorded.

        Args:
            event: Id of the event that ends the clock.
            why: The reason in words.
        """
        self._settle(at)
        self.due = None
        self._end(at, event, why, ClockState.CANCELLED)

    def reopen(self, at: datetime, event: EventId, gap: str) -> None:
        """Let an ended clock run again from `at`, with the time consumed so far.

        The time from the clock's end to `at` becomes a pause.

        Args:
            event: Id of the event that reopens the clock.
            gap: The reason of the pause in words.
        """
        assert self.stopped_at is not None
        self.stretches.append(DraftSegment(self.stopped_at, False, self.cause, gap))
        self.undone = (*self.undone, self.cause)
        self.stopped_at, self.why = None, ""
        self.resume(at, event)

    def _end(self, at: datetime, event: EventId, why: str, state: ClockState) -> None:
        self.stretches[-1].end = self.stopped_at = at
        self.state = state
        if self.detached_at is None:
            self.cause, self.why = event, why

    def _next_stretch(self, stretch: DraftSegment) -> None:
        self.stretches[-1].end = stretch.start
        self.stretches.append(stretch)
        self.known_since = max(self.known_since, self.reading_at)

    # -- the account

    def attach(self, at: datetime, target: Target, entitlement: Entitlement, meter: Meter, event: EventId) -> None:
        """Give the clock a target from `at` on, and recompute the consumed time for that target.

        The time is counted from the clock's start, or from its last restart. If the new target was breached before
        `at`, the breach is recorded. Warnings before `at` are dropped. `generation`, the number of the target, goes up
        by one.

        Args:
            entitlement: The plan and contract that promise the target.
            meter: How the target counts time.
            event: Id of the event that changed the target.
        """
        self._settle(at)
        self.known_since = max(self.known_since, self.reading_at)
        self.generation += 1
        self.target_event = event if event != self.start_event else NO_EVENT
        self.generation_at = at
        self.target, self.entitlement, self.meter = target, entitlement, meter
        self.detached_at = None
        self.unreached = list(target.warnings)
        self.spent = self.lost = ZERO
        self.breached_at = self.trouble = None
        if self.counted_from < at:
            self._recount(at)
        self.since = at if self.state is ClockState.RUNNING else None
        self.due = None
        if self.first_due is None:
            self.first_due = self.due_now()

    def detach(self, at: datetime, event: EventId, why: str) -> None:
        """Take the clock's target away at `at`.

        Until the next `attach` the clock consumes no time and has no due instant. It can still pause, resume and end.

        Args:
            event: Id of the event that caused the loss.
            why: The reason in words.
        """
        self._settle(at)
        self.meter = self.due = None
        self.detached_at, self.cause, self.why = at, event, why

    def due_now(self) -> datetime | None:
        """Return the due instant of the running clock, future or past.

        The result is None while the clock is paused or has no target. The result is also None if the due instant lies
        beyond the calendar's years; in this case the error is in the attribute `trouble`.
        """
        if self.since is None or self.meter is None:
            return None
        if self.breached_at is not None:
            return self.breached_at
        if self.due is None:
            self.due = self._ask_due(self.since)
        return self.due

    def _final_due(self, at: datetime) -> datetime | None:
        """The due instant at the end; of a paused clock, the one it would have if resumed then."""
        if self.meter is None:
            return None
        if self.breached_at is not None:
            return self.breached_at
        if self.since is None:
            self._recount_lost(at)
            return self._ask_due(at)
        return self.due_now()

    def _ask_due(self, since: datetime) -> datetime | None:
        assert self.meter is not None
        try:
            return self.meter.due(since, self.spent, self.lost)
        except CalendarError as error:
            self.trouble = error
            return None

    def _settle(self, at: datetime) -> None:
        """Close the account of the running stretch at `at`: marks passed before it, time consumed."""
        since, meter = self.since, self.meter
        if since is None or meter is None:
            return
        if since < at:
            due = self.due_now()
            used = self._between(since, at)
            passed = self._pass_warnings(since, at, self.spent + used, due)
            if due is not None and due < at and self.breached_at is None:
                self.breached_at = due
                passed.append(Mark(BREACH, self.generation, due, False, self.target_event, self.known_since))
            self.marks += in_time_order(passed)
            self.spent += used
        self.since = None

    def _pass_warnings(self, since: datetime, at: datetime, spent: timedelta, due: datetime | None) -> list[Mark]:
        """The warnings whose instant lies in `[since, at)`; `spent` is the consumption at `at`."""
        passed: list[Mark] = []
        if not self.unreached or due is None:
            return passed
        ahead = []
        for warning in self.unreached:
            level = self.meter.warning_span(warning) if self.meter is not None else None
            instant = None if level is not None and level > spent else self.warning_at(warning, since, due)
            if instant is None or instant >= at:
                ahead.append(warning)
            elif instant >= since:
                passed.append(Mark(warning.key, self.generation, instant, False, self.target_event, self.known_since))
        self.unreached = ahead
        return passed

    def warning_at(self, warning: Warning_, since: datetime, due: datetime) -> datetime | None:
        """Return the instant of a warning, for a clock that runs from `since` and is due at `due`.

        A warning that comes a fixed time before `due` may lie before `since`. The result is None if a warning at a
        percentage of the allowed time would lie before `since`. If the instant lies beyond the calendar's years, the
        result is None too, and the error is in the attribute `trouble`.
        """
        assert self.meter is not None
        try:
            return self.meter.warning(warning, since, self.spent, due)
        except CalendarError as error:
            self.trouble = error
            return None

    def _recount(self, until: datetime) -> None:
        """Count the stretches before the new target: a breach in them becomes a mark, its warnings do not.

        The same target in the same calendar makes the same of the same stretches: it goes on where it was left.
        """
        over = len(self.stretches) - 1
        key = self._account() if over >= _MANY and self.agreed is None else None
        first = self._go_on(key) if key is not None else 0
        for stretch in self.stretches[first:over]:
            assert stretch.end is not None
            self._recount_one(stretch.start, min(stretch.end, until), stretch.running)
        if key is not None:
            self._leave_off(key, over)
        last = self.stretches[over]
        self._recount_one(last.start, until if last.end is None else min(last.end, until), last.running)

    def _account(self) -> tuple[int, int, AtClose, datetime]:
        assert self.entitlement is not None
        return (id(self.target), id(self.calendar), self.entitlement.at_close, self.counted_from)

    def _go_on(self, key: tuple[int, int, AtClose, datetime]) -> int:
        """Continue this account where it was left. Return how many stretches it has counted."""
        known = self._recounted.get(key) if self._recounted is not None else None
        if known is None:
            return 0
        self.spent, self.lost, self.trouble = known.spent, known.lost, known.trouble
        self.unreached = list(known.unreached)
        if known.breached_at is not None:
            self._breach_found(known.breached_at)
        return known.stretches

    def _leave_off(self, key: tuple[int, int, AtClose, datetime], over: int) -> None:
        assert self.target is not None
        assert self.meter is not None
        unreached = tuple(self.unreached)
        left = _Recounted(
            over, self.spent, self.lost, self.breached_at, unreached, self.trouble, self.target, self.calendar
        )
        self._recounted = {**(self._recounted or {}), key: left}
        self._counted = _Counted((self.meter, self.agreed, self.generation_at, self.counted_from), over, self.lost)

    def _recount_one(self, start: datetime, end: datetime, running: bool) -> None:
        start = max(start, self.counted_from)
        if start >= end:
            return
        if not running:
            self.lost += self._lost_in(start, end)
            return
        used = self._between(start, end)
        self._skip_passed(start, end, self.spent + used)
        self.spent += used

    def _breach_found(self, due: datetime) -> None:
        self.breached_at = due
        self.marks.append(Mark(BREACH, self.generation, due, False, self.target_event, self.known_since))

    def _skip_passed(self, start: datetime, end: datetime, spent: timedelta) -> None:
        """Note a breach in `[start, end)` and forget the warnings that lie before `end`; `spent` is as of `end`."""
        assert self.meter is not None
        span = self.meter.needed_span
        if (span is not None and spent < span) and not any(self._may_have_come(w, spent) for w in self.unreached):
            return
        due = self.breached_at or self._ask_due(start)
        if due is None:
            return
        if due < end and self.breached_at is None:
            self._breach_found(due)
        self.unreached = [w for w in self.unreached if not self._lies_before(w, start, end, due)]

    def _may_have_come(self, warning: Warning_, spent: timedelta) -> bool:
        level = self.meter.warning_span(warning) if self.meter is not None else None
        return level is None or level <= spent

    def _lies_before(self, warning: Warning_, start: datetime, end: datetime, due: datetime) -> bool:
        instant = self.warning_at(warning, start, due)
        return instant is None or instant < end

    def _recount_lost(self, at: datetime) -> None:
        """What pauses took since the account began, where the meter asks for it."""
        if self.meter is None or not self.meter.moved_by_pauses:
            return
        first = self.counted_from if self.agreed is None else self.generation_at
        account = (self.meter, self.agreed, self.generation_at, first)
        known = self._counted
        if known is None or known.account != account:
            known = _Counted(account, 0, ZERO)
        lost, over = known.lost, len(self.stretches) - 1
        for stretch in self.stretches[known.stretches : over]:
            if not stretch.running:
                assert stretch.end is not None
                lost += self._lost_since(first, stretch.start, stretch.end)
        self._counted = _Counted(account, over, lost)
        last = self.stretches[over]
        if not last.running:
            lost += self._lost_since(first, last.start, at if last.end is None else min(last.end, at))
        self.lost = lost

    def _lost_since(self, first: datetime, start: datetime, end: datetime) -> timedelta:
        start = max(start, first)
        return self._lost_in(start, end) if start < end else ZERO

    def _lost_in(self, start: datetime, end: datetime) -> timedelta:
        """An agreed date was agreed in knowledge of the pauses before it: only later ones move it."""
        assert self.meter is not None
        if not self.meter.moved_by_pauses or (self.agreed is not None and end <= self.generation_at):
            return ZERO
        return self._between(start, end)

    def _between(self, start: datetime, end: datetime) -> timedelta:
        assert self.meter is not None
        try:
            return self.meter.between(start, end)
        except CalendarError as error:
            self.trouble = error
            return ZERO

    def consumed(self, until: datetime) -> timedelta:
        """Return the time that the clock has consumed up to `until`.

        The target decides whether open time or wall-clock time is counted. Time beyond the calendar's years is left
        out, and the error is in the attribute `trouble`.
        """
        if self.since is None or self.meter is None or self.since >= until:
            return self.spent
        return self.spent + self._between(self.since, until)

    # -- changes of the account

    def restart(self, at: datetime) -> None:
        """Restart the clock at `at`: the time counted before and an agreed date no longer apply.

        Call `attach` next, with the current target.
        """
        self._settle(at)
        self.counted_from = at
        self.agreed = self._recounted = None

    def backdate(self, at: datetime, since: datetime) -> None:
        """Move the start of the clock back to `since`, the instant from which a customer has waited for an answer.

        Call `attach` next with the same `at`, so that time is counted from `since`.

        Args:
            at: The instant of the event being read.
        """
        self._settle(at)
        self.started_at = self.counted_from = since
        self.stretches[0] = replace(self.stretches[0], start=since)
        self._counted, self._recounted, self.built, self.built_through = None, None, None, 0

    def agree(self, at: datetime, agreed: AgreedTarget, event: EventId) -> None:
        """Set an agreed due date from `at` on (clause B5, docs/clauses.md).

        A paused clock resumes if pauses do not move the date. Call `attach` next, with a meter for the date.

        Args:
            event: Id of the event that states the agreement.
        """
        self._settle(at)
        self.agreed = agreed
        if self.has_fixed_date and self.state is ClockState.PAUSED:
            self.resume(at, event)

    def inherit(self, other: ClockBuilder) -> None:
        """Take over the start and the segments of an earlier clock of the metric, so that this clock continues it.

        The earlier clock ended as met when the priority fell, because the fall counts as meeting its target (clause B4,
        docs/clauses.md). This clock goes on at the lower priority.

        Args:
            other: The earlier clock. If a lowered priority rose again, it has itself replaced a clock, `other.behind`.
                Then the start is that of `other.behind`, and the segments of both are taken over.
        """
        first = other.behind or other
        self.started_at, self.counted_from = first.started_at, first.counted_from
        here = self.stretches[-1]
        earlier = other.behind.stretches if other.behind is not None else []
        self.stretches = [replace(stretch) for stretch in (*earlier, *other.stretches)]
        self._counted, self._recounted, self.built, self.built_through = None, None, None, 0
        self._next_stretch(here)
