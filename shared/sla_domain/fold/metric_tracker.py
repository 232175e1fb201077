"""One metric through all events of an incident: its six conditions against each, and the clocks (cycles) they make.

For one event, in the published order: stop > reset > cancel > pause > resume, the first that applies to the open clock
and no other; then a changed priority, contract or attribute finds the row anew; then start. So an event that stops a
clock stops it under the target in force before the event, and an event may stop one cycle and start the next.

Decided here:
* A comment carried from a merged incident has waited since it was written: the clock it starts counts from then, and
  one that runs already counts from the earlier of the two.
* A start counts only if the incident had not ended before the event: a courtesy after the resolution starts nothing.
* `closed` stops and `cancelled`, `merged` cancel whatever is still open, even when the metric does not say so.
* A clock that starts while the incident waits in a way that pauses it starts paused.
* A wait that is no pause for the metric ends the pause of an earlier wait.
* A target that is met by a downgrade (clause B4) stops the clock; the rest runs as the next cycle under the new
  priority's row, counted from the first clock's start (retarget) or from the change (restart).
* An agreed date outlives changes of priority; only another agreement, a reset or a new cycle ends it.
* A reopening of an incident that has not ended changes nothing. Otherwise it undoes the resolution: mode resume
  continues a clock that the resolution (or closing) stopped; one that something else stopped, say a response, stays
  stopped.
* A cancelled clock of a reopened incident resumes, unless the metric starts a new cycle.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from sla_domain.calendar import Calendar
from sla_domain.clock import ClockState
from sla_domain.errors import CalendarError
from sla_domain.event import WORDS, EventKind, IncidentEvent, WaitingOn
from sla_domain.fold.agreement import agreed_date_refusal
from sla_domain.fold.branching import branch_of
from sla_domain.fold.clock_builder import ClockBuilder
from sla_domain.fold.entitlement import Entitlement, row_for
from sla_domain.fold.incident_state import IncidentState, PossibleEnd
from sla_domain.fold.meter import DateMeter, Meter, meter_for
from sla_domain.incident import Remark, RemarkKind
from sla_domain.phase_state import END_PHASES
from sla_domain.plan import (
    Coverage,
    Metric,
    PriorityChangeMode,
    Reactions,
    ReopenMode,
    SatisfiedBy,
    Target,
    Trigger,
    Unspecified,
)
from sla_domain.rulebook import Calendars
from sla_domain.sentence import Sentence
from sla_domain.window import windows_for

# kinds of events that every open clock is checked for, whatever its metric
STRUCTURAL = frozenset(
    {
        EventKind.CLOSED,
        EventKind.CANCELLED,
        EventKind.MERGED,
        EventKind.REOPENED,
        EventKind.OPENED,
        EventKind.WAITING,
        EventKind.TARGET_AGREED,
    }
)

_ENDS_CLOCKS = frozenset({EventKind.CLOSED, EventKind.CANCELLED, EventKind.MERGED})
_ENDS_INCIDENT = frozenset({EventKind.RESOLVED, EventKind.CLOSED})
_OPENINGS = frozenset({EventKind.OPENED, EventKind.REOPENED})


def any_trigger_accepts(triggers: tuple[Trigger, ...], event: IncidentEvent, waiting: WaitingOn | None) -> bool:
    """Return whether one of the triggers (events that a metric reacts to) accepts the event.

    A trigger with `actors` accepts only events of these actors. A trigger without `actors` accepts all events but
    comments and replies of bots. A trigger with `waiting_on` accepts an event only while the incident waits on one of
    these parties.

    Args:
        triggers: Triggers for the kind of `event`.
        waiting: Whom the incident waits on. None means nobody.
    """
    anybody = not event.automatic
    for trigger in triggers:
        if (event.actor in trigger.actors if trigger.actors else anybody) and (
            not trigger.waiting_on or waiting in trigger.waiting_on
        ):
            return True
    return False


class MetricTracker:
    """One metric of an incident with its clocks so far, while the incident's events are read.

    `builders` has the clocks under construction, in order. `current` is the last of `builders`, or None before the
    first clock.

    Args:
        state: The incident's state. Let it read each event before the tracker does.
        calendars: Makes the calendars in whose hours targets count time.
    """

    __slots__ = ("_calendars", "_state", "builders", "current", "metric")

    def __init__(self, metric: Metric, state: IncidentState, calendars: Calendars) -> None:
        self.metric = metric
        self.builders: list[ClockBuilder] = []
        self.current: ClockBuilder | None = None
        self._state = state
        self._calendars = calendars

    def branch(self, state: IncidentState) -> MetricTracker:
        """Return an independent copy of the tracker.

        Args:
            state: A copy of the incident's state, for the new tracker.
        """
        twin = branch_of(self)
        twin._state = state
        if self.current is not None:
            twin.builders[-1] = twin.current = self.current.branch()
        return twin

    @property
    def has_stopped(self) -> bool:
        """Return whether the metric's last clock was met or missed.

        The result is False without a clock. Metrics that name this metric in `after` start clocks only while the result
        is True. Metrics that name it in `until` start clocks only while the result is False.
        """
        return self.current is not None and self.current.state in (ClockState.MET, ClockState.MISSED)

    def read(self, trackers: dict[str, MetricTracker]) -> None:
        """Apply the event that the incident's state read last to the clocks of this metric.

        First, the event may stop, reset, cancel, pause or resume the open clock. If the clock stays open, its target is
        selected anew after a change of priority, contract or attributes, and an agreed date takes effect. Last, the
        event may start or reopen a clock.

        Args:
            trackers: All metrics of the incident, by id.
        """
        state, builder = self._state, self.current
        event = state.event
        kind = event.kind
        reaction = self.metric.reactions.get(kind)
        if builder is not None:
            builder.reading_at = event.received_at
        if builder is not None and builder.stopped_at is None:
            if reaction is not None or kind in STRUCTURAL:
                self._transition(builder, event, reaction)
            if state.rematch and builder.stopped_at is None:
                self._rematch(builder)
            if event.agreed is not None:
                self._agree(event)
        if state.reopened:
            self._reopen(event, trackers)
        elif reaction is not None and reaction.start and state.live_before and kind not in _OPENINGS:
            self._start_if_asked(reaction, event, trackers)

    def open(self, event: IncidentEvent) -> None:
        """Start the metric's first clock, if the incident's opening meets the start condition.

        Args:
            event: The opening.
        """
        reaction = self.metric.reactions.get(EventKind.OPENED)
        if reaction is not None and any_trigger_accepts(reaction.start, event, None):
            self._start(event)

    def start_now(self, event: IncidentEvent) -> ClockBuilder:
        """Start a clock even if the metric's start condition is not met, and return the clock.

        Previews use this for clocks that a later event would start.

        Args:
            event: Recorded as the event that started the clock.
        """
        return self._start(event)

    def matching_row(self) -> Target | None:
        """Return the metric's target that applies to the incident now, or None if no target applies.

        The target may lack an allowed time (`Unspecified`).
        """
        entitlement = self._state.entitlement
        return row_for(entitlement, self.metric.id, self._state.matching(entitlement))

    def why_no_clock(self) -> str | None:
        """Return in words why the metric has no clock although a target applies to the incident.

        Either the target has no allowed time, or its due instant cannot be computed. The result is None if no target
        applies. Call this only if `build_clock` returned None for the metric's clock.
        """
        row, entitlement = self.matching_row(), self._state.entitlement
        if row is None:
            return None
        if isinstance(row.allowed, Unspecified):
            return self._unspecified(entitlement)
        return Sentence.NOT_REACHED.value

    # -- the conditions

    def _transition(self, builder: ClockBuilder, event: IncidentEvent, reaction: Reactions | None) -> None:
        state, kind = self._state, event.kind
        waiting = (event.waiting_on or WaitingOn.OTHER) if kind is EventKind.WAITING else state.waiting_before
        at = state.at
        if state.ending is not None and kind in END_PHASES:
            settled = self._ended(builder, state.ending)
            if settled is None:
                return
            at = settled
        if reaction is not None:
            if reaction.stop and any_trigger_accepts(reaction.stop, event, waiting):
                builder.stop(at, event.id, kind.value, kind)
                return
            if reaction.reset and any_trigger_accepts(reaction.reset, event, waiting):
                self._reset(builder, at)
                return
            if reaction.cancel and any_trigger_accepts(reaction.cancel, event, waiting):
                builder.cancel(at, event.id, event.reason or kind.value)
                return
        if kind in _ENDS_CLOCKS:
            if kind is EventKind.CLOSED:
                builder.stop(at, event.id, kind.value, kind)
            else:
                builder.cancel(at, event.id, event.reason or kind.value)
        elif builder.has_fixed_date:
            return
        elif reaction is not None and any_trigger_accepts(reaction.pause, event, waiting):
            if state.live_before:
                builder.pause(at, event.id, _why(event, waiting), waiting)
        elif builder.state is ClockState.PAUSED and (
            kind is EventKind.WAITING or (reaction is not None and any_trigger_accepts(reaction.resume, event, waiting))
        ):
            builder.resume(at, event.id)

    def _ended(self, builder: ClockBuilder, ending: PossibleEnd) -> datetime | None:
        """Return at which instant an end counts that is read later; None if the clock ends without a verdict.

        If nobody states the instant, there is a verdict only if it is the same for every possible instant. An end
        before the clock's start does not show whether there was an answer.
        """
        state = self._state
        earliest = max(ending.earliest, builder.changed_at)
        if ending.dated:
            if ending.earliest >= builder.started_at or not self._answered_by_words():
                return earliest
            why = Sentence.END_BEFORE_CLOCK.value
        else:
            due = builder.due_now()
            if builder.breached_at is not None or due is None or not earliest <= due < state.at:
                return state.at
            why = Sentence.END_NOT_DATED.value
        state.remark(
            Remark(
                RemarkKind.BEFORE_OPENING if ending.dated else RemarkKind.RECONCILED,
                Sentence.NO_VERDICT.filled(metric=self.metric.id, why=why),
                state.event.id,
            )
        )
        builder.cancel(earliest, state.event.id, why)
        return None

    def _answered_by_words(self) -> bool:
        return any(reaction.stop for kind, reaction in self.metric.reactions.items() if kind in WORDS)

    def _start_if_asked(self, reaction: Reactions, event: IncidentEvent, trackers: dict[str, MetricTracker]) -> None:
        if self.current is not None and self.current.open:
            since = event.unanswered_since
            if since is not None and any_trigger_accepts(reaction.start, event, self._state.waiting_before):
                self._backdate(self.current, since)
            return
        if self._armed(trackers) and any_trigger_accepts(reaction.start, event, self._state.waiting_before):
            self._start(event)

    def _armed(self, trackers: dict[str, MetricTracker]) -> bool:
        after = trackers.get(self.metric.after) if self.metric.after is not None else None
        until = trackers.get(self.metric.until) if self.metric.until is not None else None
        return (after is None or after.has_stopped) and (until is None or not until.has_stopped)

    def _reopen(self, event: IncidentEvent, trackers: dict[str, MetricTracker]) -> None:
        """What a reopening does to the last clock; where it does nothing, a start condition may."""
        builder, mode = self.current, self.metric.on_reopen
        if builder is not None and not builder.open:
            cancelled = builder.state is ClockState.CANCELLED
            match mode:
                case ReopenMode.NEW_CYCLE:
                    self._start(event)
                case ReopenMode.IGNORE | ReopenMode.RESUME:
                    if cancelled or (mode is ReopenMode.RESUME and builder.ended_with in _ENDS_INCIDENT):
                        builder.reopen(self._state.at, event.id, builder.why)
                        self._rematch(builder)
                case _:
                    assert_never(mode)
        reaction = self.metric.reactions.get(EventKind.REOPENED)
        if reaction is not None and reaction.start:
            self._start_if_asked(reaction, event, trackers)

    # -- starting

    def _start(self, event: IncidentEvent) -> ClockBuilder:
        builder = self._new(event)
        self._pause_if_waiting(builder)
        self._rematch(builder)
        return builder

    def _pause_if_waiting(self, builder: ClockBuilder) -> None:
        state = self._state
        if state.waiting is not None and builder.state is ClockState.RUNNING and self._pauses_on(state.waiting):
            wait = state.waits[-1]
            builder.pause(state.at, state.event.id, _words(state.waiting, wait.reason), state.waiting)

    def _new(self, event: IncidentEvent) -> ClockBuilder:
        at = min(self._state.at, event.unanswered_since or self._state.at)
        builder = ClockBuilder(self.metric.id, len(self.builders), at, event.id, event.kind, event.received_at)
        self.builders.append(builder)
        self.current = builder
        return builder

    def _backdate(self, builder: ClockBuilder, since: datetime) -> None:
        if since >= builder.started_at:
            return
        builder.backdate(self._state.at, since)
        if (
            builder.agreed is None
            and builder.attached
            and builder.target is not None
            and builder.entitlement is not None
        ):
            self._attach(builder, builder.target, builder.entitlement)

    def _pauses_on(self, waiting: WaitingOn) -> bool:
        reaction = self.metric.reactions.get(EventKind.WAITING)
        return reaction is not None and any(not t.waiting_on or waiting in t.waiting_on for t in reaction.pause)

    # -- the row

    def _rematch(self, builder: ClockBuilder) -> None:
        """Find the row for what is in force now; another row is another generation."""
        state = self._state
        known = builder.entitlement
        entitlement = state.entitlement
        follows = state.customer_changed or state.contract_changed
        if known is not None and known.contract is not entitlement.contract and not follows:
            entitlement = state.entitle(known.match)
        attributes = state.matching(entitlement)
        row = row_for(entitlement, self.metric.id, attributes)
        if builder.attached and self._satisfied(builder):
            self._satisfy(builder)
            return
        if self._relapsed(builder, row):
            self._relapse(builder)
            return
        builder.priority = state.priority
        lapsed = builder.agreed is not None and not entitlement.plan.agreed_dates.allows(state.priority)
        if lapsed:  # the date was agreed for another priority: the plan's own target counts again
            builder.agreed = None
            self._pause_if_waiting(builder)
        if builder.agreed is not None:
            return
        if row is None or isinstance(row.allowed, Unspecified):
            self._without_target(builder, row, entitlement)
        elif not lapsed and builder.attached and known is not None and _same(row, entitlement, builder.target, known):
            builder.entitlement, builder.attributes = entitlement, attributes
            state.remarks.drop(("metric", self.metric.id))
        else:
            if builder.counted_from < state.at and self._mode() is PriorityChangeMode.RESTART:
                builder.restart(state.at)
            self._attach(builder, row, entitlement)

    def _mode(self) -> PriorityChangeMode:
        """Restart and retarget are for priorities; any other change of row recounts from the start."""
        state, metric = self._state, self.metric
        if state.priority == state.priority_before:
            return PriorityChangeMode.RETARGET
        plan = state.entitlement.plan
        new, old = plan.priority(state.priority), plan.priority(state.priority_before)
        lowered = new is not None and old is not None and new.rank > old.rank
        if lowered and metric.on_priority_lowered is not None:
            return metric.on_priority_lowered
        return metric.on_priority_change

    def _attach(self, builder: ClockBuilder, row: Target, entitlement: Entitlement) -> None:
        coverage = entitlement.plan.coverages.get(row.coverage)
        if coverage is None:
            named, plan = row.line or row.clause or row.metric, entitlement.plan.id
            text = Sentence.NO_COVERAGE.filled(row=named, coverage=repr(row.coverage), plan=plan)
            self._hold_remark(RemarkKind.NO_COVERAGE, text)
            return
        calendar = self._calendar(entitlement, coverage)
        try:
            meter = meter_for(row, calendar, builder.counted_from, entitlement.at_close)
        except CalendarError as error:
            self._unreachable(error)
            return
        builder.calendar, builder.attributes = calendar, self._state.matching(entitlement)
        builder.attach(self._state.at, row, entitlement, meter, self._state.event.id)
        self._state.remarks.drop(("metric", self.metric.id))

    def _calendar(self, entitlement: Entitlement, coverage: Coverage) -> Calendar:
        """The hours of a coverage, with the booked windows that count for this incident."""
        contract, state = entitlement.contract, self._state
        if not contract.windows:
            return self._calendars.calendar(contract, coverage)
        booked = windows_for(contract.windows, state.priority, state.attributes.get("product", ""))
        return self._calendars.calendar(contract, coverage, booked)

    def _without_target(self, builder: ClockBuilder, row: Target | None, entitlement: Entitlement) -> None:
        state = self._state
        if row is None:
            state.remarks.drop(("metric", self.metric.id))
        else:
            self._hold_remark(RemarkKind.UNSPECIFIED_TARGET, self._unspecified(entitlement))
        if builder.attached:
            builder.detach(state.at, state.event.id, Sentence.NO_TARGET.filled(priority=state.priority or "none"))

    def _unspecified(self, entitlement: Entitlement) -> str:
        return Sentence.NO_NUMBER.filled(
            plan=entitlement.plan.id,
            metric=self.metric.id,
            priority=self._state.priority or "none",
            contract=entitlement.contract.id,
        )

    def _unreachable(self, error: CalendarError) -> None:
        self._hold_remark(RemarkKind.UNREACHABLE_TARGET, f"{self.metric.id}: {error}")

    def _hold_remark(self, kind: RemarkKind, text: str) -> None:
        """Hold the remark why the metric has no due instant, until it has one."""
        self._state.remarks.hold(("metric", self.metric.id), Remark(kind, text))

    # -- reset, downgrade, agreement

    def _reset(self, builder: ClockBuilder, at: datetime) -> None:
        builder.restart(at)
        if builder.attached and builder.target is not None and builder.entitlement is not None:
            if isinstance(builder.target.allowed, Unspecified):
                builder.detach(at, self._state.event.id, Sentence.DATE_ENDED.value)
            else:
                self._attach(builder, builder.target, builder.entitlement)

    def _satisfied(self, builder: ClockBuilder) -> bool:
        """Whether the priority has just fallen to one that meets the target (clause B4).

        A default for want of a priority says nothing of the service, so it meets nothing.
        """
        state, target = self._state, builder.target
        return (
            target is not None
            and SatisfiedBy.DOWNGRADE in target.satisfied_by
            and state.priority in target.satisfying_priorities
            and builder.priority not in target.satisfying_priorities
            and state.priorities.was_stated
        )

    def _satisfy(self, builder: ClockBuilder) -> None:
        state, event = self._state, self._state.event
        builder.stop(state.at, event.id, Sentence.PRIORITY_FELL.filled(priority=state.priority), event.kind)
        rest = self._new(event)
        rest.restored = True
        if self._mode() is PriorityChangeMode.RETARGET:
            rest.inherit(builder)
        self._pause_if_waiting(rest)
        self._rematch(rest)

    def _relapsed(self, builder: ClockBuilder, row: Target | None) -> bool:
        """Whether the priority has risen again after it had fallen far enough to meet a target (clause B4)."""
        priority = self._state.priority
        return (
            builder.restored
            and priority != builder.priority
            and row is not None
            and SatisfiedBy.DOWNGRADE in row.satisfied_by
            and priority not in row.satisfying_priorities
        )

    def _relapse(self, builder: ClockBuilder) -> None:
        """Start a new clock here: the target before was met, and the service has failed again."""
        state, event = self._state, self._state.event
        builder.cancel(state.at, event.id, Sentence.PRIORITY_ROSE.filled(priority=state.priority))
        if builder.target is None:  # the rest had no target of its own: there is no clock to show
            self.builders.pop()
        again = self._new(event)
        again.behind = builder
        self._pause_if_waiting(again)
        self._rematch(again)

    def _agree(self, event: IncidentEvent) -> None:
        """Make the clock due at the agreed date from now on (clause B5, docs/clauses.md)."""
        agreed, builder, state = event.agreed, self.current, self._state
        if agreed is None or agreed.metric != self.metric.id or builder is None or not builder.open:
            return
        entitlement = builder.entitlement or state.entitlement
        row = builder.target or row_for(entitlement, self.metric.id, state.matching(entitlement))
        refused = agreed_date_refusal(agreed, event, state.at, state.opened_at, entitlement.plan, state.priority)
        if refused:
            text = Sentence.AGREED_DATE_REFUSED.filled(metric=self.metric.id, why=refused)
            state.remark(Remark(RemarkKind.AGREED_DATE_REFUSED, text, event.id))
            return
        if row is None:
            row = Target(metric=self.metric.id, allowed=Unspecified(), coverage="")
        coverage = entitlement.plan.coverages.get(row.coverage)
        calendar = self._calendar(entitlement, coverage) if coverage is not None else None
        builder.agree(state.at, agreed, event.id)
        try:
            meter: Meter = DateMeter(
                calendar, builder.counted_from, agreed.due_at, entitlement.at_close, agreed.moved_by_pauses
            )
        except CalendarError as error:
            self._unreachable(error)
            return
        builder.calendar, builder.attributes = calendar, state.matching(entitlement)
        builder.attach(state.at, row, entitlement, meter, event.id)
        state.remarks.drop(("metric", self.metric.id))


def _same(row: Target, entitlement: Entitlement, old: Target | None, known: Entitlement) -> bool:
    """The same row of the same plan under the same contract: nothing was promised anew."""
    return (
        (row is old or row == old)
        and entitlement.plan.id == known.plan.id
        and entitlement.contract.id == known.contract.id
    )


def _why(event: IncidentEvent, waiting: WaitingOn | None) -> str:
    return _words(waiting, event.reason) or event.kind.value


def _words(waiting: WaitingOn | None, reason: str) -> str:
    whom = waiting.value if waiting is not None else ""
    return f"{whom}: {reason}" if whom and reason else whom or reason
