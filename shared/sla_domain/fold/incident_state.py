"""The incident itself while it is being folded: phase, attributes, contract, priority, on whom it waits, who holds it.

The contract is looked up for the instant of each event, so a clock that starts after a renewal starts under the new
contract; a running clock keeps the one it started under unless the customer named on the incident changes. How an event
changes the phase is in `sla_domain.phase_state`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sla_domain.event import NOTHING, Actor, EventKind, IncidentEvent, IncidentId, TimeQuality, WaitingOn
from sla_domain.fold.advice import channel_advice, contact_advice, request_advice, vendor_advice
from sla_domain.fold.branching import branch_of
from sla_domain.fold.entitlement import Entitlement, entitle
from sla_domain.fold.priority import Priorities
from sla_domain.fold.remarks import Remarks
from sla_domain.fold.ticket_state import SHOWS_LIFE, StatedPhase
from sla_domain.incident import (
    ContractPeriod,
    EndedSpan,
    Escalation,
    Exemption,
    HolderSpan,
    Phase,
    Rating,
    Remark,
    RemarkKind,
    WaitSpan,
)
from sla_domain.normal import normal, normals
from sla_domain.phase_state import END_PHASES, REPORTER_ATTRIBUTES, PhaseState, phase_state_after
from sla_domain.rulebook import ContractBoundary, ContractMatch, MatchReason, Rulebook
from sla_domain.sentence import Sentence

_QUALITY = {quality: rank for rank, quality in enumerate(TimeQuality)}
HOLDER_ATTRIBUTES = frozenset({"assignee", "group", "line"})
# Attributes whose removal gets a remark; for the priority see `fold.priority`.
_REMARKED_WHEN_REMOVED = frozenset({"customer", "product", "assignee", "group"})

_ENTITLING = frozenset({"customer", "product", "type"})  # by these the entitlement is found

# Kinds that change the phase, whatever an earlier snapshot showed.
PHASE_KINDS = frozenset({*END_PHASES, *SHOWS_LIFE})

# Kinds whose attributes may be those of another ticket, which is the same incident from then on.
NAME_TAKING_KINDS = frozenset({EventKind.OPENED, EventKind.RENAMED})


@dataclass(frozen=True, slots=True)
class PossibleEnd:
    """The earliest instant at which an incident may have ended.

    It is used if slad notices the end only later, from a snapshot (state of the whole ticket).
    """

    earliest: datetime
    """The instant. If `dated` is False, the last instant at which the incident is known to have been open."""
    dated: bool = True
    """Whether the sender states the instant."""


class IncidentState:
    """The state of an incident after the events read so far: phase, attributes, contract, priority.

    The state begins with the event `opening`, read at the instant `at`. `read` applies each later event. The attribute
    `event` is the event read last, and `at` is the instant at which it takes effect.

    Args:
        contract: The contract to use in place of the customer's, for previews. None means the customer's.
    """

    __slots__ = (
        "_contract",
        "_first_live_receipt",
        "_holder",
        "_imported",
        "_matching",
        "_rulebook",
        "_timeless",
        "at",
        "attributes",
        "contract_changed",
        "customer_changed",
        "ended_at",
        "ended_spans",
        "ending",
        "entitlement",
        "escalations",
        "event",
        "exemptions",
        "holders",
        "known_open_at",
        "live_before",
        "merged_into",
        "opened_at",
        "opening_id",
        "periods",
        "phase",
        "priorities",
        "priority_before",
        "quality",
        "ratings",
        "remarks",
        "rematch",
        "reopened",
        "stated",
        "waiting",
        "waiting_before",
        "waits",
    )

    def __init__(
        self, rulebook: Rulebook, opening: IncidentEvent, at: datetime, contract: ContractMatch | None
    ) -> None:
        self._rulebook = rulebook
        self._contract = contract  # of a preview: the contract, whatever the customer
        self._matching: Mapping[str, str] | None = None
        self._holder: HolderSpan | None = None
        self.event, self.at, self.opened_at, self.opening_id = opening, at, at, opening.id
        self.attributes: Mapping[str, str] = NOTHING
        self.phase = Phase.OPEN
        self.ended_at: datetime | None = None
        self.ended_spans: list[EndedSpan] = []
        self.ending: PossibleEnd | None = None  # of the event being read
        self.known_open_at = at  # the last instant for which an event or a snapshot shows it open
        self.merged_into: IncidentId | None = None
        self.quality = opening.quality
        self._imported: tuple[datetime, datetime] | None = None  # when the first and the last of an import came
        self._first_live_receipt: datetime | None = None  # when the first event of another kind came
        self._note_receipt(opening)
        self.waiting: WaitingOn | None = None
        self.waiting_before: WaitingOn | None = None
        self.waits: list[WaitSpan] = []
        self.holders: list[HolderSpan] = []
        self.escalations: list[Escalation] = []
        self.ratings: list[Rating] = []
        self.exemptions: list[Exemption] = []
        self.remarks = Remarks()
        self.periods: list[ContractPeriod] = []
        self.priorities = Priorities(self.remarks)
        self.priority_before = ""
        self.live_before = True
        self.stated: StatedPhase | None = None  # where the ticket's latest snapshot says it stands, and since when
        self.customer_changed = self.rematch = self.reopened = self.contract_changed = False
        self._open(opening, at)

    def branch(self) -> IncidentState:
        """Return an independent copy: changes of the copy leave this state unchanged, and vice versa."""
        twin = branch_of(self)
        twin.remarks = self.remarks.branch()
        twin.priorities = self.priorities.branch(twin.remarks)
        return twin

    def _note_receipt(self, event: IncidentEvent) -> None:
        at = event.received_at
        if event.history:
            first, last = self._imported or (at, at)
            self._imported = (min(first, at), max(last, at))
        elif self._first_live_receipt is None or at < self._first_live_receipt:
            self._first_live_receipt = at

    @property
    def imported_through(self) -> datetime | None:
        """Return the instant up to which the incident is history from an import, or None if it was not imported.

        People are not notified of anything that became true up to this instant. The instant depends on when slad
        received the first event from the sender itself:

        1. Before the import: the result is None.
        2. During the import: the result is the time at which that event was received.
        3. Later or never: the result is the time at which the import's last event was received.
        """
        live = self._first_live_receipt
        if self._imported is None or (live is not None and live < self._imported[0]):
            return None
        return self._imported[1] if live is None else min(self._imported[1], live)

    # -- what the clocks ask

    @property
    def priority(self) -> str:
        """Return the id of the incident's current priority, or "" for a plan without priorities."""
        return self.priorities.in_force

    def matching(self, entitlement: Entitlement) -> Mapping[str, str]:
        """Return the attributes (name -> value) by which targets are selected for the incident.

        They are the incident's own, those that slad adds under `entitlement` (such as `plan`), and the current
        priority.
        """
        if entitlement is not self.entitlement:
            return {**self.attributes, **entitlement.stated, "priority": self.priority}
        if self._matching is None:
            self._matching = {**self.attributes, **entitlement.stated, "priority": self.priority}
        return self._matching

    def entitle(self, match: ContractMatch) -> Entitlement:
        """Return what a contract promises for the incident, by its present attributes.

        Args:
            match: The contract, with the reason why it applies.
        """
        return entitle(self._rulebook, match, self.attributes, self.opened_at)

    def remark(self, remark: Remark) -> None:
        """Add a remark about a single event. A remark is something odd that people should see.

        An equal remark is added only once. An incident keeps at most 200 such remarks. After that, new remarks are left
        out and counted (`Remarks.left_out`).
        """
        self.remarks.add(remark)

    # -- reading

    def _open(self, event: IncidentEvent, at: datetime) -> None:
        self.attributes = event.attributes
        self._timeless = self._is_timeless()
        self.entitlement = self.entitle(self._match())
        self._note_period()
        described = bool(event.attributes.get("description"))
        self.priorities.read_opening(event, at, self.entitlement.plan, described)
        self._remark_contract()
        self._remark_channel(used_at=at)
        self._remark_request()
        self._remark_reporter()
        self._hold()
        if event.waiting_on is not None:
            self.phase, self.waiting = Phase.WAITING, event.waiting_on
            self.waits.append(WaitSpan(event.waiting_on, at, None, event.reason, event.id, self._defect()))
            self._remark_vendor(event)

    def read(self, event: IncidentEvent, at: datetime, ending: PossibleEnd | None = None) -> None:
        """Apply one event after the opening to the state.

        Args:
            at: The instant at which the event is read.
            ending: For an event that ends the incident, the earliest possible instant of the end. None means `at`.
        """
        self.event, self.at = event, at
        kind = event.kind
        if kind in SHOWS_LIFE:
            self.known_open_at = at
        elif ending is None and kind in END_PHASES and event.occurred_at < self.opened_at:
            ending = PossibleEnd(event.occurred_at)
        self.ending = ending
        self.live_before = self.phase.live
        self.waiting_before = self.waiting
        self.customer_changed = self.rematch = self.reopened = self.contract_changed = False
        self.priority_before = before = self.priorities.in_force
        self._note_receipt(event)
        quality = event.quality
        if at != event.occurred_at and quality is TimeQuality.EXACT:
            quality = TimeQuality.DOUBTFUL  # it claims to precede the opening: one of the two instants is wrong
        if quality is not self.quality and _QUALITY[quality] > _QUALITY[self.quality]:
            self.quality = quality
        if event.unanswered_since is not None and not self.live_before:
            self.remark(Remark(RemarkKind.MERGED_IN, Sentence.ENDED_WITH_MERGE.value, event.id))
        if event.attributes or not self._timeless:
            self._state_attributes(event)
        if event.attributes.get("description") or (event.kind is EventKind.DESCRIBED and not event.attributes):
            self.priorities.read_description(event, at)
        self.priorities.read(event, at, self.entitlement.plan, kind in NAME_TAKING_KINDS and self.live_before)
        if self.priorities.in_force != before:
            self.rematch = True
            self._remark_channel()
        if self.rematch:
            self._matching = None
        effect = _EFFECTS.get(kind)
        if effect is not None:
            effect(self, event)

    def boundaries(self, after: datetime) -> tuple[ContractBoundary, ...]:
        """Return the later instants at which versions of the customer's contracts take effect, in order.

        The result is empty for previews, and if no contract of the customer changes over time.

        Args:
            after: Only instants later than this one are returned.
        """
        if self._timeless:
            return ()
        known = self._rulebook.boundaries(self.attributes.get("customer", ""))
        return tuple(one for one in known if one.at > after)

    def change_contract(self, event: IncidentEvent, at: datetime) -> None:
        """Look up again which contract applies and what it promises, as a contract version takes effect.

        If the promise changed, `rematch` becomes True: the open clocks must select their targets anew.

        Args:
            event: The artificial event for this instant, from `boundary_event`.
            at: The instant at which the version takes effect.
        """
        self.event, self.at = event, at
        self.ending = None
        self.live_before, self.waiting_before = self.phase.live, self.waiting
        self.customer_changed = self.rematch = self.reopened = False
        self.contract_changed = True
        self.priority_before = self.priorities.in_force
        self._entitle_anew()
        if self.rematch:
            self._matching = None

    def _state_attributes(self, event: IncidentEvent) -> None:
        stated, known = event.attributes, self.attributes
        changed = [name for name, value in stated.items() if known.get(name) != value] if stated else ()
        if changed:
            self.attributes = {**known, **stated}
            self._matching = None
            self.customer_changed = "customer" in changed
            if self.customer_changed:
                self._timeless = self._is_timeless()
        if not self._timeless or not _ENTITLING.isdisjoint(changed):
            self._entitle_anew()
        if not changed:
            return
        if not self.entitlement.matched_on.isdisjoint(changed):
            self.rematch = True
        if "channel" in changed:
            self._remark_channel(used_at=self.at)
        if "type" in changed:
            self._remark_request()
        if not REPORTER_ATTRIBUTES.isdisjoint(changed):
            self._remark_reporter()
        if not _REMARKED_WHEN_REMOVED.isdisjoint(changed):
            self._remark_removed(known)
        if not HOLDER_ATTRIBUTES.isdisjoint(changed):
            self._hold()
        if "defect" in changed and self.waiting is not None:
            self._name_defect()

    def _entitle_anew(self) -> None:
        entitlement = self.entitle(self._match())
        if entitlement is self.entitlement:
            if self.customer_changed:
                self._note_period()
            return
        moved = entitlement.match.contract.id != self.entitlement.match.contract.id
        self.entitlement, self._matching = entitlement, None
        self._note_period()
        self.priorities.change_plan(self.event, self.at, entitlement.plan, moved=moved)
        self.rematch = True
        self._remark_contract()
        self._remark_channel()
        self._remark_request()
        self._remark_reporter()

    def _note_period(self) -> None:
        """Another contract, or another customer under the same one."""
        match, customer = self.entitlement.match, self.attributes.get("customer", "")
        named = match.reason is MatchReason.CUSTOMER
        last = self.periods[-1] if self.periods else None
        if last is None or (last.contract, last.customer, last.named) != (match.contract.id, customer, named):
            self.periods.append(ContractPeriod(match.contract.id, customer, self.at, self.event.id, named))

    def _is_timeless(self) -> bool:
        return self._contract is not None or self._rulebook.is_timeless(self.attributes.get("customer", ""))

    def _match(self) -> ContractMatch:
        if self._contract is not None:
            return self._contract
        return self._rulebook.contract_for(self.attributes.get("customer", ""), self.at)

    # -- phase

    def _change_phase(self, event: IncidentEvent) -> None:
        """Change the phase by the event (`sla_domain.phase_state`), and what follows from the phase."""
        before = PhaseState(self.phase, self.waiting)
        after = phase_state_after(before, event.kind, event.waiting_on, automatic=event.automatic)
        if after is before:
            return
        if before.waiting is not None:
            self._end_wait()
        self.phase, self.waiting = after.phase, after.waiting
        if after.waiting is not None:
            self.waits.append(WaitSpan(after.waiting, self.at, None, event.reason, event.id, self._defect()))
            self._remark_vendor(event)
        if before.phase.live and not after.phase.live:
            ending = self.ending
            self.ended_at = self.at if ending is None or not ending.dated else max(ending.earliest, self.opened_at)
        elif after.phase.live and not before.phase.live:
            self._reopen(event)
        if after.phase is Phase.MERGED:
            self.merged_into = event.merged_into

    def _reopen(self, event: IncidentEvent) -> None:
        if self.ended_at is not None and self.ended_at < self.at:
            self.ended_spans.append(EndedSpan(self.ended_at, self.at))
        self.ended_at, self.reopened, self.merged_into = None, True, None
        if event.kind is EventKind.OPENED:
            self.remark(Remark(RemarkKind.OPENED_AGAIN, Sentence.OPENED_AGAIN.value, event.id))

    def _commented(self, event: IncidentEvent) -> None:
        if event.actor is Actor.UNKNOWN:
            text = Sentence.SPEAKER_UNKNOWN.filled(who=event.actor_name or "somebody")
            if event.source:
                text = f"{text}; {Sentence.SPEAKER_HINT.filled(source=event.source)}"
            self.remark(Remark(RemarkKind.SPEAKER_UNKNOWN, text, event.id))

    def _escalated(self, event: IncidentEvent) -> None:
        to = event.attributes.get("escalated_to", "")
        by, heard = self._by(event), event.received_at
        self.escalations.append(Escalation(self.at, by, to, event.reason, event.id, event.actor, heard))

    def _rated(self, event: IncidentEvent) -> None:
        by = self._by(event)
        self.ratings.append(Rating(event.score, self.at, by, event.reason, event.id, event.received_at))

    def _exempted(self, event: IncidentEvent) -> None:
        self.exemptions.append(Exemption(event.metrics, self.at, self._by(event), event.reason, event.id))

    def _end_wait(self) -> None:
        last = self.waits.pop()
        if last.start < self.at:
            self.waits.append(replace(last, end=self.at))

    def _defect(self) -> str:
        return self.attributes.get("defect", "")

    def _name_defect(self) -> None:
        """While it waits: from now on for this defect, or for none."""
        wait = self.waits[-1]
        self._end_wait()
        self.waits.append(replace(wait, start=self.at, defect=self._defect()))

    # -- holders, remarks

    def _hold(self) -> None:
        stated, before = self.attributes, self._holder
        if before is not None and before.start < self.at:
            self.holders.append(HolderSpan(before.assignee, before.group, before.line, before.start, self.at))
        self._holder = HolderSpan(
            stated.get("assignee", ""), stated.get("group", ""), stated.get("line", ""), self.at, None
        )

    def holder_spans(self) -> tuple[HolderSpan, ...]:
        """Return who had the incident (assignee, group, support line) from when to when, in order of time.

        The last span has no end.
        """
        return (*self.holders, self._holder) if self._holder is not None else tuple(self.holders)

    def _remark_contract(self) -> None:
        match, stated = self.entitlement.match, self.entitlement.stated
        default = "" if match.reason is MatchReason.CUSTOMER else match.reason.value
        self._hold_remark(RemarkKind.DEFAULT_CONTRACT, default)
        self._hold_remark(RemarkKind.OUT_OF_SCOPE, "" if stated["scope"] == "in" else self.entitlement.scope.value)
        text = "" if match.contract.people else Sentence.NOBODY_TO_TELL.filled(contract=match.contract.id)
        self._hold_remark(RemarkKind.NOBODY_TO_TELL, text)

    def _remark_channel(self, used_at: datetime | None = None) -> None:
        """Accept any channel, and remark with advice on one outside the plan (clause B6, docs/clauses.md).

        `used_at`: when the channel was used, if that is new.
        """
        plan, channel = self.entitlement.plan, self.attributes.get("channel", "")
        used = normal(channel)
        text = advice = ""
        if not used:
            self.remarks.drop(RemarkKind.CHANNEL_NOT_ENTITLED)
            self.remarks.drop(RemarkKind.URGENT_CHANNEL)
            self.remarks.drop(RemarkKind.CHANNEL_OUT_OF_HOURS)
            return
        if used_at is not None:
            self._hold_remark(
                RemarkKind.CHANNEL_OUT_OF_HOURS, channel_advice(self._rulebook, self.entitlement, channel, used_at)
            )
        if plan.channels and used not in normals(plan.channels):
            usable = ", ".join(sorted(plan.channels))
            text = Sentence.CHANNEL_NOT_ENTITLED.filled(channel=channel, plan=plan.id, channels=usable)
        urgent, known = plan.urgent_channels, plan.priority(self.priority)
        if urgent and used not in normals(urgent) and known is not None and known.rank == 1:
            advice = Sentence.URGENT_CHANNEL.filled(priority=known.id, channels=", ".join(sorted(urgent)))
        self._hold_remark(RemarkKind.CHANNEL_NOT_ENTITLED, text)
        self._hold_remark(RemarkKind.URGENT_CHANNEL, advice)

    def _remark_request(self) -> None:
        """Accept a request of any type, and remark with advice on one that the plan does not cover."""
        text = request_advice(self.entitlement, self.attributes.get("type", ""))
        self._hold_remark(RemarkKind.REQUEST_NOT_COVERED, text)

    def _remark_reporter(self) -> None:
        """Accept a request of anybody, and name the customer's one contact to whoever else reports."""
        self._hold_remark(RemarkKind.NOT_THE_CONTACT, contact_advice(self.entitlement, self.attributes, self.at))

    def _remark_vendor(self, event: IncidentEvent) -> None:
        """Accept a wait on any vendor, and remark on one with whom the customer has no valid contract."""
        if self.waiting is WaitingOn.VENDOR:
            text = vendor_advice(self.entitlement.contract, self.attributes.get("vendor", ""), self.at)
            if text:
                self.remark(Remark(RemarkKind.VENDOR_NOT_LISTED, text, event.id))

    def _remark_removed(self, before: Mapping[str, str]) -> None:
        """A value that the ticket had is gone: `before` are the attributes until now."""
        for name in _REMARKED_WHEN_REMOVED & self.event.attributes.keys():
            if self.attributes[name]:
                self.remarks.drop((RemarkKind.TAKEN_AWAY, name))
            elif was := before.get(name):
                text = Sentence.TAKEN_AWAY.filled(name=name, value=was)
                self.remarks.hold((RemarkKind.TAKEN_AWAY, name), Remark(RemarkKind.TAKEN_AWAY, text, self.event.id))

    def _hold_remark(self, kind: RemarkKind, text: str) -> None:
        if text:
            self.remarks.hold(kind, Remark(kind, text))
        else:
            self.remarks.drop(kind)

    def _by(self, event: IncidentEvent) -> str:
        return event.actor_name or (event.actor.value if event.actor is not Actor.UNKNOWN else "")


# What an event of a kind does to the incident's phase, and to what is kept of it. Other kinds do nothing here.
_EFFECTS: Mapping[EventKind, Callable[[IncidentState, IncidentEvent], None]] = {
    EventKind.OPENED: IncidentState._change_phase,
    EventKind.REOPENED: IncidentState._change_phase,
    EventKind.WAITING: IncidentState._change_phase,
    EventKind.RESUMED: IncidentState._change_phase,
    EventKind.CUSTOMER_REPLIED: IncidentState._change_phase,
    EventKind.COMMENTED: IncidentState._commented,
    EventKind.ESCALATED: IncidentState._escalated,
    EventKind.RATED: IncidentState._rated,
    EventKind.EXEMPTED: IncidentState._exempted,
    **dict.fromkeys(END_PHASES, IncidentState._change_phase),
}
