"""One metric through an incident's life: its six conditions against each event, and the clocks (cycles) they make.

For one event, in the published order: stop > reset > cancel > pause > resume, the first that applies to the open clock
and no other; then a changed priority, contract or attribute finds the row anew; then start. So an event that stops a
clock stops it under the target in force before the event, and an event may stop one cycle and start the next.

Decided here:
* A word carried from a merged incident has waited since it was said: the clock it starts counts from then, and one
  that runs already counts from the earlier of the two.
* A start counts only while the incident lived before the event: a courtesy after the resolution arms nothing.
* `closed` stops and `cancelled`, `merged` cancel whatever is still open, even when the metric does not say so.
* A clock that starts while the incident waits in a way that pauses it starts paused.
* A wait that is no pause for the metric ends the pause of an earlier wait.
* A row that is met by a downgrade (clause B4) stops the clock; the rest runs as the next cycle under the new
  priority's row, counted from the first clock's start (retarget) or from the change (restart).
* An agreed date outlives changes of priority; only another agreement, a reset or a new cycle ends it.
* A reopening of an incident that lives is nothing. Otherwise it undoes the resolution: mode resume continues a clock
  that the resolution (or closing) stopped; one that was stopped by something else, say a response, stays stopped.
* A cancelled clock of a reopened incident resumes, unless the metric starts a new cycle.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from sla_domain.clock import ClockState
from sla_domain.errors import CalendarError
from sla_domain.event import WORDS, EventKind, IncidentEvent, WaitingOn
from sla_domain.fold.agreement import why_not
from sla_domain.fold.branching import branched
from sla_domain.fold.clock_builder import ClockBuilder
from sla_domain.fold.entitlement import Entitlement, row_for
from sla_domain.fold.incident_state import IncidentState, PossibleEnd
from sla_domain.fold.meter import DateMeter, Meter, meter_for
from sla_domain.incident import Remark, RemarkKind
from sla_domain.phase_state import END_PHASES
from sla_domain.plan import Metric, PriorityChangeMode, Reactions, ReopenMode, SatisfiedBy, Target, Trigger, Unspecified
from sla_domain.rulebook import Calendars

# kinds every open clock must look at, whatever its metric says
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


def fires(triggers: tuple[Trigger, ...], event: IncidentEvent, waiting: WaitingOn | None) -> bool:
    """Return whether one of the triggers, all of the event's kind, accepts who did it and on whom the incident waits.

    Without a word on who, anybody is accepted, but of a bot only what is no word of its own.
    """
    anybody = not event.automatic
    for trigger in triggers:
        if (event.actor in trigger.actors if trigger.actors else anybody) and (
            not trigger.waiting_on or waiting in trigger.waiting_on
        ):
            return True
    return False


class MetricTracker:
    """The clocks of one metric."""

    __slots__ = ("_calendars", "_story", "current", "metric", "tallies")

    def __init__(self, metric: Metric, story: IncidentState, calendars: Calendars) -> None:
        self.metric = metric
        self.tallies: list[ClockBuilder] = []
        self.current: ClockBuilder | None = None
        self._story = story
        self._calendars = calendars

    def branch(self, story: IncidentState) -> MetricTracker:
        """Return a track of its own in another story. Clocks but the current one never change and are shared."""
        twin = branched(self)
        twin._story = story
        if self.current is not None:
            twin.tallies[-1] = twin.current = self.current.branch()
        return twin

    @property
    def done(self) -> bool:
        """Return whether the latest clock has stopped: what `after` and `until` of other metrics wait for."""
        return self.current is not None and self.current.state in (ClockState.MET, ClockState.MISSED)

    def read(self, tracks: dict[str, MetricTracker]) -> None:
        """One event: the conditions on the open clock, then the row, then start."""
        story, tally = self._story, self.current
        event = story.event
        kind = event.kind
        reaction = self.metric.reactions.get(kind)
        if tally is not None:
            tally.reading_at = event.received_at
        if tally is not None and tally.stopped_at is None:
            if reaction is not None or kind in STRUCTURAL:
                self._transition(tally, event, reaction)
            if story.rematch and tally.stopped_at is None:
                self._rematch(tally)
            if event.agreed is not None:
                self._agree(event)
        if story.reopened:
            self._reopen(event, tracks)
        elif reaction is not None and reaction.start and story.live_before and kind not in _OPENINGS:
            self._start_if_asked(reaction, event, tracks)

    def open(self, event: IncidentEvent) -> None:
        """The opening: the first start."""
        reaction = self.metric.reactions.get(EventKind.OPENED)
        if reaction is not None and fires(reaction.start, event, None):
            self._start(event)

    def begin(self, event: IncidentEvent) -> ClockBuilder:
        """Start now, whatever the conditions say: previews ask what a later start would give."""
        return self._start(event)

    def row(self) -> Target | None:
        """Return the row that matches now, with or without a number."""
        entitlement = self._story.entitlement
        return row_for(entitlement, self.metric.id, self._story.matching(entitlement))

    def missing(self) -> str | None:
        """Return why there is no clock although the plan has a row for it; None when it has none."""
        row, entitlement = self.row(), self._story.entitlement
        if row is None:
            return None
        if isinstance(row.allowed, Unspecified):
            return self._unspecified(entitlement)
        return "the target cannot be reached: see the remarks"

    # -- the conditions

    def _transition(self, tally: ClockBuilder, event: IncidentEvent, reaction: Reactions | None) -> None:
        story, kind = self._story, event.kind
        waiting = (event.waiting_on or WaitingOn.OTHER) if kind is EventKind.WAITING else story.waiting_before
        at = story.at
        if story.ending is not None and kind in END_PHASES:
            settled = self._ended(tally, story.ending)
            if settled is None:
                return
            at = settled
        if reaction is not None:
            if reaction.stop and fires(reaction.stop, event, waiting):
                tally.stop(at, event.id, kind.value, kind)
                return
            if reaction.reset and fires(reaction.reset, event, waiting):
                self._reset(tally, at)
                return
            if reaction.cancel and fires(reaction.cancel, event, waiting):
                tally.cancel(at, event.id, event.reason or kind.value)
                return
        if kind in _ENDS_CLOCKS:
            if kind is EventKind.CLOSED:
                tally.stop(at, event.id, kind.value, kind)
            else:
                tally.cancel(at, event.id, event.reason or kind.value)
        elif tally.pinned:
            return
        elif reaction is not None and fires(reaction.pause, event, waiting):
            if story.live_before:
                tally.pause(at, event.id, _why(event, waiting), waiting)
        elif tally.state is ClockState.PAUSED and (
            kind is EventKind.WAITING or (reaction is not None and fires(reaction.resume, event, waiting))
        ):
            tally.resume(at, event.id)

    def _ended(self, tally: ClockBuilder, ending: PossibleEnd) -> datetime | None:
        """When an end that is read later than it was counts for the clock; None when the clock ends without a verdict.

        Where nobody said when it was, the verdict stands only if it is the same for every instant at which it may have
        been. An end that lies before the clock's start says nothing of an answer.
        """
        story = self._story
        earliest = max(ending.earliest, tally.changed_at)
        if ending.dated:
            if ending.earliest >= tally.started_at or not self._answered_by_words():
                return earliest
            text = f"{self.metric.id}: it ended before the clock began, which says nothing of an answer"
        else:
            due = tally.due_now()
            if tally.breached_at is not None or due is None or not earliest <= due < story.at:
                return story.at
            text = f"{self.metric.id}: nobody said when it ended, and that may have been in time"
        story.remark(
            Remark(
                RemarkKind.BEFORE_OPENING if ending.dated else RemarkKind.RECONCILED,
                f"{text}: no verdict",
                story.event.id,
            )
        )
        tally.cancel(earliest, story.event.id, text.partition(": ")[2])
        return None

    def _answered_by_words(self) -> bool:
        return any(reaction.stop for kind, reaction in self.metric.reactions.items() if kind in WORDS)

    def _start_if_asked(self, reaction: Reactions, event: IncidentEvent, tracks: dict[str, MetricTracker]) -> None:
        if self.current is not None and self.current.open:
            since = event.unanswered_since
            if since is not None and fires(reaction.start, event, self._story.waiting_before):
                self._backdate(self.current, since)
            return
        if self._armed(tracks) and fires(reaction.start, event, self._story.waiting_before):
            self._start(event)

    def _armed(self, tracks: dict[str, MetricTracker]) -> bool:
        after = tracks.get(self.metric.after) if self.metric.after is not None else None
        until = tracks.get(self.metric.until) if self.metric.until is not None else None
        return (after is None or after.done) and (until is None or not until.done)

    def _reopen(self, event: IncidentEvent, tracks: dict[str, MetricTracker]) -> None:
        """What a reopening does to the last clock; where it does nothing, a start condition may."""
        tally, mode = self.current, self.metric.on_reopen
        if tally is not None and not tally.open:
            cancelled = tally.state is ClockState.CANCELLED
            match mode:
                case ReopenMode.NEW_CYCLE:
                    self._start(event)
                case ReopenMode.IGNORE | ReopenMode.RESUME:
                    if cancelled or (mode is ReopenMode.RESUME and tally.ended_with in _ENDS_INCIDENT):
                        tally.reopen(self._story.at, event.id, tally.why)
                        self._rematch(tally)
                case _:
                    assert_never(mode)
        reaction = self.metric.reactions.get(EventKind.REOPENED)
        if reaction is not None and reaction.start:
            self._start_if_asked(reaction, event, tracks)

    # -- starting

    def _start(self, event: IncidentEvent) -> ClockBuilder:
        tally = self._new(event)
        self._pause_if_waiting(tally)
        self._rematch(tally)
        return tally

    def _pause_if_waiting(self, tally: ClockBuilder) -> None:
        story = self._story
        if story.waiting is not None and tally.state is ClockState.RUNNING and self._pauses_on(story.waiting):
            wait = story.waits[-1]
            tally.pause(story.at, story.event.id, _words(story.waiting, wait.reason), story.waiting)

    def _new(self, event: IncidentEvent) -> ClockBuilder:
        at = min(self._story.at, event.unanswered_since or self._story.at)
        tally = ClockBuilder(self.metric.id, len(self.tallies), at, event.id, event.kind, event.received_at)
        self.tallies.append(tally)
        self.current = tally
        return tally

    def _backdate(self, tally: ClockBuilder, since: datetime) -> None:
        if since >= tally.started_at:
            return
        tally.backdate(self._story.at, since)
        if tally.agreed is None and tally.attached and tally.target is not None and tally.entitlement is not None:
            self._attach(tally, tally.target, tally.entitlement)

    def _pauses_on(self, waiting: WaitingOn) -> bool:
        reaction = self.metric.reactions.get(EventKind.WAITING)
        return reaction is not None and any(not t.waiting_on or waiting in t.waiting_on for t in reaction.pause)

    # -- the row

    def _rematch(self, tally: ClockBuilder) -> None:
        """Find the row for what is in force now; another row is another generation."""
        story = self._story
        known = tally.entitlement
        entitlement = story.entitlement
        if known is not None and known.contract is not entitlement.contract and not story.customer_changed:
            entitlement = story.entitle(known.match)
        attributes = story.matching(entitlement)
        row = row_for(entitlement, self.metric.id, attributes)
        if tally.attached and self._satisfied(tally):
            self._satisfy(tally)
            return
        if self._relapsed(tally, row):
            self._relapse(tally)
            return
        tally.priority = story.priority
        lapsed = tally.agreed is not None and not entitlement.plan.agreed_dates.allows(story.priority)
        if lapsed:  # the date was agreed for another priority: the plan's own target counts again
            tally.agreed = None
            self._pause_if_waiting(tally)
        if tally.agreed is not None:
            return
        if row is None or isinstance(row.allowed, Unspecified):
            self._without_target(tally, row, entitlement)
        elif not lapsed and tally.attached and known is not None and _same(row, entitlement, tally.target, known):
            tally.entitlement, tally.attributes = entitlement, attributes
            story.remarks.drop(("metric", self.metric.id))
        else:
            if tally.counted_from < story.at and self._mode() is PriorityChangeMode.RESTART:
                tally.restart(story.at)
            self._attach(tally, row, entitlement)

    def _mode(self) -> PriorityChangeMode:
        """Restart and retarget are for priorities; any other change of row recounts from the start."""
        story, metric = self._story, self.metric
        if story.priority == story.priority_before:
            return PriorityChangeMode.RETARGET
        plan = story.entitlement.plan
        new, old = plan.priority(story.priority), plan.priority(story.priority_before)
        lowered = new is not None and old is not None and new.rank > old.rank
        if lowered and metric.on_priority_lowered is not None:
            return metric.on_priority_lowered
        return metric.on_priority_change

    def _attach(self, tally: ClockBuilder, row: Target, entitlement: Entitlement) -> None:
        coverage = entitlement.plan.coverages.get(row.coverage)
        if coverage is None:
            text = f"row {row.line or row.clause or row.metric} names coverage {row.coverage!r}, which plan "
            self._say(RemarkKind.NO_COVERAGE, f"{text}{entitlement.plan.id} does not have")
            return
        calendar = self._calendars.calendar(entitlement.contract, coverage)
        try:
            meter = meter_for(row, calendar, tally.counted_from, entitlement.at_close)
        except CalendarError as error:
            self._unreachable(error)
            return
        tally.calendar, tally.attributes = calendar, self._story.matching(entitlement)
        tally.attach(self._story.at, row, entitlement, meter, self._story.event.id)
        self._story.remarks.drop(("metric", self.metric.id))

    def _without_target(self, tally: ClockBuilder, row: Target | None, entitlement: Entitlement) -> None:
        story = self._story
        if row is None:
            story.remarks.drop(("metric", self.metric.id))
        else:
            self._say(RemarkKind.UNSPECIFIED_TARGET, self._unspecified(entitlement))
        if tally.attached:
            tally.detach(story.at, story.event.id, f"no target for priority {story.priority or 'none'}")

    def _unspecified(self, entitlement: Entitlement) -> str:
        priority = self._story.priority or "none"
        return (
            f"plan {entitlement.plan.id} gives no number for {self.metric.id} at priority {priority}: "
            f"contract {entitlement.contract.id} must supply it"
        )

    def _unreachable(self, error: CalendarError) -> None:
        self._say(RemarkKind.UNREACHABLE_TARGET, f"{self.metric.id}: {error}")

    def _say(self, kind: RemarkKind, text: str) -> None:
        """Why the metric has no due instant, until it has one."""
        self._story.remarks.hold(("metric", self.metric.id), Remark(kind, text))

    # -- reset, downgrade, agreement

    def _reset(self, tally: ClockBuilder, at: datetime) -> None:
        tally.restart(at)
        if tally.attached and tally.target is not None and tally.entitlement is not None:
            if isinstance(tally.target.allowed, Unspecified):
                tally.detach(at, self._story.event.id, "the agreed date ended with the reset")
            else:
                self._attach(tally, tally.target, tally.entitlement)

    def _satisfied(self, tally: ClockBuilder) -> bool:
        """Whether the priority has just fallen to one that meets the target (clause B4)."""
        story, target = self._story, tally.target
        return (
            target is not None
            and SatisfiedBy.DOWNGRADE in target.satisfied_by
            and story.priority in target.satisfying_priorities
            and tally.priority not in target.satisfying_priorities
        )

    def _satisfy(self, tally: ClockBuilder) -> None:
        story, event = self._story, self._story.event
        tally.stop(story.at, event.id, f"priority fell to {story.priority}", event.kind)
        rest = self._new(event)
        rest.restored = True
        if self._mode() is PriorityChangeMode.RETARGET:
            rest.inherit(tally)
        self._pause_if_waiting(rest)
        self._rematch(rest)

    def _relapsed(self, tally: ClockBuilder, row: Target | None) -> bool:
        """Whether the priority has risen again after it had fallen far enough to meet a target (clause B4)."""
        priority = self._story.priority
        return (
            tally.restored
            and priority != tally.priority
            and row is not None
            and SatisfiedBy.DOWNGRADE in row.satisfied_by
            and priority not in row.satisfying_priorities
        )

    def _relapse(self, tally: ClockBuilder) -> None:
        """The promise of before was kept; the service has failed anew, and a new one counts from here."""
        story, event = self._story, self._story.event
        tally.cancel(story.at, event.id, f"priority rose to {story.priority} again: a new clock counts from here")
        if tally.target is None:  # the rest had no target of its own: there is no clock to show
            self.tallies.pop()
        again = self._new(event)
        again.behind = tally
        self._pause_if_waiting(again)
        self._rematch(again)

    def _agree(self, event: IncidentEvent) -> None:
        """clause B5: due at the agreed date, from now on."""
        agreed, tally, story = event.agreed, self.current, self._story
        if agreed is None or agreed.metric != self.metric.id or tally is None or not tally.open:
            return
        entitlement = tally.entitlement or story.entitlement
        row = tally.target or row_for(entitlement, self.metric.id, story.matching(entitlement))
        refused = why_not(agreed, event, story.at, story.opened_at, entitlement.plan, story.priority)
        if refused:
            text = f"the date agreed for {self.metric.id} has no effect: {refused}"
            story.remark(Remark(RemarkKind.AGREED_DATE_REFUSED, text, event.id))
            return
        if row is None:
            row = Target(metric=self.metric.id, allowed=Unspecified(), coverage="")
        coverage = entitlement.plan.coverages.get(row.coverage)
        calendar = self._calendars.calendar(entitlement.contract, coverage) if coverage is not None else None
        tally.agree(story.at, agreed, event.id)
        try:
            meter: Meter = DateMeter(
                calendar, tally.counted_from, agreed.due_at, entitlement.at_close, agreed.moved_by_pauses
            )
        except CalendarError as error:
            self._unreachable(error)
            return
        tally.calendar, tally.attributes = calendar, story.matching(entitlement)
        tally.attach(story.at, row, entitlement, meter, event.id)
        story.remarks.drop(("metric", self.metric.id))


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
