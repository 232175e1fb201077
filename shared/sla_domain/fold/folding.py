"""A fold under way: the state after some events of an incident, which can go on with later ones (docs/architecture.md).

`Folding` reads events in their order and gives the incident at any point. The result is equal to a fold of the same
events from the first one; `tests/property/fold/test_carried_on.py` checks that. So a caller that keeps a `Folding`
reads only what came after it. An event that lies before what has been read needs an older state: a `branch` that was
kept, or a new start. `unfit` decides which.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sla_domain.clock import Clock
from sla_domain.event import LINKING, EventId, EventKind, IncidentEvent, IncidentId, Order
from sla_domain.fold.build import build_clock
from sla_domain.fold.clock_builder import ClockBuilder
from sla_domain.fold.incident_state import PHASE_KINDS, IncidentState, PossibleEnd
from sla_domain.fold.metric_tracker import STRUCTURAL, MetricTracker
from sla_domain.fold.order import Position, Timeline, position, remarks_on_event
from sla_domain.fold.reconcile import (
    ReconcilingEvent,
    end_before,
    reconciling_events,
    remark_on_reconciled,
    snapshot_differs,
    stated_phase,
    unobserved_end,
)
from sla_domain.fold.remarks import Remarks
from sla_domain.fold.same_instant import has_state_before
from sla_domain.fold.ticket_state import TicketState
from sla_domain.incident import Exemption, Incident, Remark, RemarkKind
from sla_domain.phase_state import END_PHASES, with_author_decided
from sla_domain.plan import MetricId
from sla_domain.rulebook import ContractBoundary, ContractMatch, Rulebook
from sla_domain.sentence import Sentence


class Unfit(StrEnum):
    """Why the computation of an incident (`Folding`) cannot go on with some events.

    The caller then starts again: from an older copy (`branch`) of the folding, or from all events. The value is the
    reason in words.
    """

    LATE = "an event lies before what has been read"
    """An event belongs, or may belong, before what was read."""
    OPENING = "the opening, or the first that tells of it, comes after an event that had to stand in for it"
    """Another event was used as the opening, and now the opening or its date becomes known."""
    CARRIED = "what was said on a merged incident is read together with all the rest"
    """A copy from a merged incident, or another name of the incident, requires that all events are put in order anew.
    """
    LINKED = "what was said on linked tickets is put in order together with all the rest"
    """The event links or unlinks tickets, or the incident consists of several: all is put in order anew."""
    AGREED = "a date is agreed for a metric that was not followed from the opening on"
    """A date is agreed for a metric that was not tracked from the opening on."""


@dataclass(slots=True)
class _Ended:
    """Clocks of a metric that will not change any more, as they were built, and what there is to remark on them."""

    exempt: Exemption | None
    clocks: list[Clock] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    through: int = 0  # how many of the metric's clocks have been looked at

    def branch(self) -> _Ended:
        return _Ended(self.exempt, self.clocks.copy(), self.remarks.copy(), self.through)


class Folding:
    """The computation of an incident from its events, kept in memory so that later events can be added.

    Use it in these steps:
    - Create it from `line`, the `Timeline` of the events so far. This reads the opening.
    - Call `read_timeline` with `line.following`.
    - For a later event, call `unfit` to check whether the event can be added, then `read_next`.
    - Read the incident from the method `incident`. It equals the result of `fold` over all events.

    Args:
        contract: The contract to use in place of the customer's, for previews. None for the customer's.
    """

    __slots__ = (
        "_agreed",
        "_assumed",
        "_borrowed",
        "_causal",
        "_dated",
        "_ended",
        "_entitlement",
        "_latest",
        "_line_remarks",
        "_linked",
        "_looked",
        "_looks",
        "_odd",
        "_opened_at",
        "_opening",
        "_rulebook",
        "_state",
        "_tickets",
        "_trackers",
        "count",
    )

    def __init__(self, line: Timeline, rulebook: Rulebook, contract: ContractMatch | None = None) -> None:
        """Read the opening of a timeline.

        The caller then passes `line.following` to `read_timeline`, in parts or at once.

        Args:
            contract: The contract to use in place of the customer's, for previews. None means the customer's.
        """
        self._linked = line.linked
        self._opening = line.opening if line.linked is None else line.linked.opening(line.opening)
        self._opened_at = line.opened_at
        self._line_remarks, self._assumed, self._dated = line.remarks, line.assumed, line.dated
        self._borrowed = line.borrowed
        self._agreed = frozenset([event.agreed.metric for event, _ in line.following if event.agreed is not None])
        self._rulebook = rulebook
        self._state, self._trackers = open_incident(self._opening, rulebook, contract, line.opened_at, self._agreed)
        self._tickets: dict[IncidentId | None, TicketState] = {}  # of several, how each stands
        if line.linked is not None:
            self._ticket(line.opening, line.opened_at).read(line.opening, line.opened_at)
        self._entitlement = self._state.entitlement
        self._looks: list[tuple[Order, IncidentEvent]] = []  # snapshots to be read, each in its place
        # What is read next lies behind this: the event that showed the opening, the last snapshot that was read.
        self._looked: Position | None = None if line.shown is None else position(line.shown)
        self._odd = Remarks()
        if not line.assumed:
            self._note(line.opening)
        self._ended: dict[MetricId, _Ended] = {}
        self.count = 0 if line.assumed else 1  # events read
        self._latest = line.opening  # the last that was read
        self._causal = has_state_before(line.opening)  # whether an event of its instant says what was before
        if line.opening.snapshot is not None:
            self._look_later(line.opening)
        if line.ended_before:
            self._apply(unobserved_end(line.opening), line.opened_at)

    def branch(self) -> Folding:
        """Return an independent copy: events that the copy reads leave this folding unchanged, and vice versa."""
        twin = copy(self)
        twin._state = self._state.branch()
        twin._trackers = {name: tracker.branch(twin._state) for name, tracker in self._trackers.items()}
        twin._tickets = {name: ticket.branch(twin._state) for name, ticket in self._tickets.items()}
        twin._odd = self._odd.branch()
        twin._looks = self._looks.copy()
        twin._ended = {name: ended.branch() for name, ended in self._ended.items()}
        return twin

    @property
    def last(self) -> Position:
        """Return the sort key (see `position`) of the event or snapshot (state of the whole ticket) that was read last.

        Events with an earlier key cannot be read next.
        """
        last = max(position(self._opening), position(self._latest))
        return last if self._looked is None else max(last, self._looked)

    @property
    def assumed(self) -> bool:
        """Return whether the opening is missing and another event was read in its place."""
        return self._assumed

    @property
    def state(self) -> IncidentState:
        """Return the incident's state after the events read so far.

        Callers must not change it.
        """
        return self._state

    @property
    def trackers(self) -> Iterable[MetricTracker]:
        """Return the incident's metrics, each with its clocks so far.

        Callers must not change them.
        """
        return self._trackers.values()

    # -- reading

    def unfit(self, events: Iterable[IncidentEvent]) -> Unfit | None:
        """Return the first reason why these events cannot be read next, or None if they can.

        If there is a reason, compute the incident anew: from an older copy (`branch`), or from all its events.

        Args:
            events: Events in reading order, none of them read before.
        """
        last, before, causal = self.last, self._latest.occurred_at, self._causal
        for event in events:
            if self._linked is not None or event.said_as is not None or event.kind in LINKING:
                return Unfit.LINKED
            # Deliveries of one instant are put in order together, by what any of them says was before.
            causal = has_state_before(event) or (causal and event.occurred_at == before)
            if position(event) <= last or (causal and event.occurred_at == before):
                return Unfit.LATE
            before = event.occurred_at
            if self._borrowed or event.carried_from is not None or (event.known_as and event.kind is EventKind.MERGED):
                return Unfit.CARRIED
            if self._assumed and (event.kind is EventKind.OPENED or self._dates_otherwise(event)):
                return Unfit.OPENING
            if event.agreed is not None and event.agreed.metric not in self._agreed:
                return Unfit.AGREED
        return None

    def _dates_otherwise(self, event: IncidentEvent) -> bool:
        """Whether the event's snapshot dates the opening earlier than assumed, or for the first time."""
        shown = event.snapshot
        if shown is None:
            return False
        return not self._dated or (shown.created_at is not None and shown.created_at < self._opened_at)

    def read_next(self, events: Sequence[IncidentEvent]) -> None:
        """Read further events of the incident, given in reading order.

        Before this call, `unfit` must have returned None for the events.
        """
        opened_at = self._opened_at
        self.read_timeline([(event, max(event.occurred_at, opened_at)) for event in events])

    def read_timeline(self, following: Sequence[tuple[IncidentEvent, datetime]]) -> None:
        """Read the next events of a timeline.

        Args:
            following: Pairs of an event and the instant at which the event takes effect, in order.
        """
        for event, at in following:
            self._read(event, at)
            same = self._causal and event.occurred_at == self._latest.occurred_at
            self._causal, self._latest = same or has_state_before(event), event
        if following:
            self.count += len(following)

    def snapshot_differs(self, event: IncidentEvent) -> bool:
        """Return whether the event's snapshot (state of the whole ticket) differs from the incident so far.

        The result is False without a snapshot. Before this call, `unfit` must have returned None for the event. As a
        side effect, all snapshots are read that were put off because they are dated later than their event. Afterwards,
        no event can be read that lies before one of these snapshots.
        """
        self._look_all()
        return snapshot_differs(self._shown_of(event, event.occurred_at), event)

    def _read(self, event: IncidentEvent, at: datetime) -> None:
        if self._looks:
            self._look_until(event.order)
        if self._rulebook.recorded is not None:
            self._cross_boundaries(at)
        if event.warnings or event.occurred_at > event.received_at:
            self._note(event)
        shown_of = self._shown_of(event, at)
        event = with_author_decided(event, shown_of.attributes)
        if event.snapshot is not None:
            before = end_before(shown_of, event, at)
            if before is not None:
                self._reconcile(before)
            self._apply(event, at)
            if event.kind in END_PHASES:
                # A ticket that is shown open behind its end was reopened, as before the end or not.
                shown_of.stated = None
            self._look_later(event)
            return
        self._apply(event, at)
        if event.kind in PHASE_KINDS:
            shown_of.stated = None

    def _shown_of(self, event: IncidentEvent, at: datetime) -> IncidentState | TicketState:
        """What a snapshot of the event shows: the incident, or the one of its tickets on which it was said."""
        return self._state if self._linked is None else self._ticket(event, at)

    def _ticket(self, event: IncidentEvent, at: datetime) -> TicketState:
        ticket = self._tickets.get(event.said_as)
        if ticket is None:
            ticket = self._tickets[event.said_as] = TicketState(self._state, at)
        return ticket

    def _apply(self, event: IncidentEvent, at: datetime, ending: PossibleEnd | None = None) -> None:
        state, trackers = self._state, self._trackers
        if self._linked is not None:
            earliest = None if ending is None or not ending.dated else ending.earliest
            self._ticket(event, at).read(event, at, earliest)
            event = self._linked.of_the_incident(event)
        state.read(event, at, ending)
        if state.entitlement is not self._entitlement:
            self._entitlement = state.entitlement
            _ensure_trackers(trackers, state, self._rulebook, self._agreed)
        kind = event.kind
        concerns_all = state.rematch or kind in STRUCTURAL
        for tracker in trackers.values():
            if concerns_all or kind in tracker.metric.reactions:
                tracker.read(trackers)
        if kind is EventKind.TARGET_AGREED:
            _remark_agreed(event, state, trackers)

    # -- versions of contracts

    def _cross_boundaries(self, until: datetime | None) -> None:
        """Put in force the versions of contracts that take effect up to `until`; None: all that have taken effect."""
        state = self._state
        for boundary in state.boundaries(state.at):
            if until is not None and boundary.at > until:
                return
            if state.phase.live:
                self._cross(boundary)

    def _cross(self, boundary: ContractBoundary) -> None:
        state, trackers = self._state, self._trackers
        event = boundary_event(self._opening.incident, boundary)
        state.change_contract(event, boundary.at)
        if state.entitlement is not self._entitlement:
            self._entitlement = state.entitlement
            _ensure_trackers(trackers, state, self._rulebook, self._agreed)
        if state.rematch:
            for tracker in trackers.values():
                tracker.read(trackers)

    # -- snapshots

    def _look_later(self, event: IncidentEvent) -> None:
        insort(self._looks, (event.snapshot_order, event), key=_place)

    def _look_until(self, order: Order) -> None:
        """Read the snapshots that hold before this place."""
        while self._looks and self._looks[0][0] < order:
            self._look(*self._looks.pop(0))

    def _look_all(self) -> None:
        """Read all that are left: from now on nothing before them can be read."""
        while self._looks:
            order, event = self._looks.pop(0)
            self._look(order, event)
            place = (order, event.received_at)
            self._looked = place if self._looked is None else max(place, self._looked)

    def _look(self, order: Order, event: IncidentEvent) -> None:
        state, shown = self._state, event.snapshot
        assert shown is not None
        if self._rulebook.recorded is not None:
            self._cross_boundaries(order[0])
        shown_of = self._shown_of(event, order[0])
        for reconciling in tuple(reconciling_events(shown_of, event, max(order[0], state.at))):
            self._reconcile(reconciling)
        shown_of.stated = stated_phase(shown) or shown_of.stated
        if shown.phase is not None and shown.phase.live and order[0] > shown_of.known_open_at:
            shown_of.known_open_at = order[0]

    def _reconcile(self, reconciling: ReconcilingEvent) -> None:
        self._state.remark(remark_on_reconciled(reconciling.event, reconciling.ending))
        self._apply(*reconciling)

    # -- what it comes to

    def build_ended(self) -> None:
        """Build the final `Clock` of each clock that can no longer change, and keep it for `incident`.

        The result of `incident` stays the same, but later takes less work. Call this after each batch when reading very
        many events in batches.
        """
        for tracker in self._trackers.values():
            if len(tracker.builders) > 1:
                self._ended_of(tracker, self._exempt(tracker))

    def incident(self) -> Incident:
        """Return the incident after the events read so far, with its clocks and remarks.

        As a side effect, all snapshots (states of the whole ticket) are read that were put off because they are dated
        later than their event. Afterwards, no event can be read that lies before one of these snapshots.
        """
        self._look_all()
        if self._state.phase.live and self._state.boundaries(self._state.at):
            # On a copy, because a later arrival may have occurred before these instants.
            later = self.branch()
            later._cross_boundaries(None)
            return later._incident()
        return self._incident()

    def _incident(self) -> Incident:
        opening, state = self._opening, self._state
        remarks = self._remarks()
        clocks: list[Clock] = []
        for tracker in self._trackers.values():
            if tracker.current is not None:
                self._finish(tracker, tracker.current, clocks, remarks)
        pending = state.priorities.pending if state.phase.live else None
        if pending is not None:
            text = Sentence.DOWNGRADE_PENDING.filled(old=pending.old, new=pending.new)
            remarks[Remark(RemarkKind.DOWNGRADE_PENDING, text, pending.event)] = None
        if left_out := state.remarks.left_out + self._odd.left_out:
            remarks[Remark(RemarkKind.LEFT_OUT, Sentence.LEFT_OUT.filled(count=left_out))] = None
        return Incident(
            id=opening.incident,
            phase=state.phase,
            attributes=state.attributes,
            match=state.entitlement.match,
            plan=state.entitlement.plan.id,
            scope=state.entitlement.scope,
            opened_at=self._opened_at,
            opened_quality=opening.quality,
            opened_by=opening.actor,
            changed_at=state.at,
            ended_at=state.ended_at,
            priority=state.priority,
            priorities=state.priorities.history(),
            periods=tuple(state.periods),
            quality=state.quality,
            pending_downgrade=pending,
            corrections=tuple(state.priorities.corrections),
            holders=state.holder_spans(),
            waits=tuple(state.waits),
            escalations=tuple(state.escalations),
            ratings=tuple(state.ratings),
            exemptions=tuple(state.exemptions),
            merged_into=state.merged_into,
            imported_through=state.imported_through,
            remarks=tuple(remarks),
            clocks=tuple(clocks),
            entitlement=state.entitlement.id,
            ended_spans=tuple(state.ended_spans),
        )

    def _note(self, event: IncidentEvent) -> None:
        for remark in remarks_on_event(event):
            self._odd.add(remark)

    def _remarks(self) -> dict[Remark, None]:
        """Those that hold now, then those on the opening and single events, then those on what the events did."""
        state = self._state.remarks
        return dict.fromkeys((*state.current, *self._line_remarks, *self._odd, *state.permanent))

    def _finish(
        self, tracker: MetricTracker, current: ClockBuilder, clocks: list[Clock], remarks: dict[Remark, None]
    ) -> None:
        """The clocks of a metric. All but its current one have ended for good and are built once."""
        state, incident = self._state, self._opening.incident
        exempt = self._exempt(tracker)
        if len(tracker.builders) > 1:
            ended = self._ended_of(tracker, exempt)
            clocks += ended.clocks
            remarks |= dict.fromkeys(ended.remarks)
        # A running clock may reach the end of its calendar here; a later event may make that irrelevant.
        trouble = current.trouble
        clock = build_clock(current, incident, state.at, exempt)
        if clock is not None:
            clocks.append(clock)
        if current.trouble is not None:
            remarks[_trouble(tracker, current)] = None
            current.trouble = trouble

    def _exempt(self, tracker: MetricTracker) -> Exemption | None:
        return _exemption(self._state, tracker.metric.id) if self._state.exemptions else None

    def _ended_of(self, tracker: MetricTracker, exempt: Exemption | None) -> _Ended:
        ended = self._ended.get(tracker.metric.id)
        if ended is None or ended.exempt is not exempt:
            ended = self._ended[tracker.metric.id] = _Ended(exempt)
        for builder in tracker.builders[ended.through : -1]:
            clock = build_clock(builder, self._opening.incident, self._state.at, exempt)
            if clock is not None:
                ended.clocks.append(clock)
            if builder.trouble is not None:
                ended.remarks.append(_trouble(tracker, builder))
        ended.through = len(tracker.builders) - 1
        return ended


def boundary_event(incident: IncidentId, boundary: ContractBoundary) -> IncidentEvent:
    """Return an artificial event for the instant at which a contract version takes effect.

    The event makes the computation of the incident look up again at this instant what the contract promises.

    Args:
        incident: The incident of the event.
        boundary: The instant, the contract and the version.
    """
    return IncidentEvent(
        id=EventId(f"contract/{boundary.contract}/version/{boundary.version}"),
        incident=incident,
        kind=EventKind.OBSERVED,
        occurred_at=boundary.at,
        received_at=max(boundary.at, boundary.known_at),
        source="",
    )


def _place(look: tuple[Order, IncidentEvent]) -> Order:
    return look[0]


def open_incident(
    opening: IncidentEvent,
    rulebook: Rulebook,
    contract: ContractMatch | None = None,
    at: datetime | None = None,
    agreed: frozenset[str] = frozenset(),
) -> tuple[IncidentState, dict[str, MetricTracker]]:
    """Return the state of an incident just opened, and its metrics by id.

    Each metric has the clock that the opening starts, if any.

    Args:
        contract: The contract to use in place of the customer's, for previews. None means the customer's.
        at: The instant of the opening. None means the event's own instant.
        agreed: Ids of metrics for which a later event agrees on a date. They are in the result even without a target.
    """
    state = IncidentState(rulebook, opening, at or opening.occurred_at, contract)
    trackers: dict[str, MetricTracker] = {}
    _ensure_trackers(trackers, state, rulebook, agreed)
    for tracker in trackers.values():
        tracker.open(opening)
    return state, trackers


def _ensure_trackers(
    trackers: dict[str, MetricTracker], state: IncidentState, rulebook: Rulebook, agreed: frozenset[str]
) -> None:
    """Add a tracker for each metric of the plan in force, those first that others wait for."""
    timed = state.entitlement.metrics
    for metric in state.entitlement.plan.reading_order if agreed else timed:
        if agreed and metric not in timed and metric.id not in agreed:
            continue
        tracker = trackers.get(metric.id)
        if tracker is None:
            trackers[metric.id] = MetricTracker(metric, state, rulebook.calendars)
        else:
            tracker.metric = metric


def _remark_agreed(event: IncidentEvent, state: IncidentState, trackers: dict[str, MetricTracker]) -> None:
    agreed = event.agreed
    metric = agreed.metric if agreed is not None else ""
    tracker = trackers.get(metric)
    if any(remark.kind is RemarkKind.AGREED_DATE_REFUSED and remark.event == event.id for remark in state.remarks):
        return
    if agreed is None or tracker is None or tracker.current is None or tracker.current.agreed is not agreed:
        text = Sentence.AGREED_WITHOUT_CLOCK.filled(metric=metric or "no metric")
        state.remark(Remark(RemarkKind.AGREED_WITHOUT_CLOCK, text, event.id))


def _exemption(state: IncidentState, metric: str) -> Exemption | None:
    """The last exemption of this metric, or of all metrics."""
    return next((e for e in reversed(state.exemptions) if not e.metrics or metric in e.metrics), None)


def _trouble(tracker: MetricTracker, builder: ClockBuilder) -> Remark:
    return Remark(RemarkKind.UNREACHABLE_TARGET, f"{tracker.metric.id}: {builder.trouble}")
