"""The incident itself while it is being folded: phase, attributes, contract, priority, whose turn it is, who holds it.

The contract is looked up for the instant of each event, so a clock that starts after a renewal starts under the new
contract; a running clock keeps the one it started under unless the customer named on the incident changes. Waiting
ends when somebody resumes, when the customer replies to a wait for the customer, and with the incident.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sla_domain.event import NOTHING, Actor, EventKind, IncidentEvent, IncidentId, TimeQuality, WaitingOn
from sla_domain.fold.branching import branched
from sla_domain.fold.entitlement import Entitlement, entitle
from sla_domain.fold.priority import Priorities
from sla_domain.fold.remarks import Remarks
from sla_domain.incident import ContractPeriod, Escalation, Exemption, Held, Phase, Rating, Remark, RemarkKind, Wait
from sla_domain.rulebook import ContractMatch, MatchReason, Rulebook

ENDS: Mapping[EventKind, Phase] = {
    EventKind.RESOLVED: Phase.RESOLVED,
    EventKind.CLOSED: Phase.CLOSED,
    EventKind.CANCELLED: Phase.CANCELLED,
    EventKind.MERGED: Phase.MERGED,
}
_QUALITY = {quality: rank for rank, quality in enumerate(TimeQuality)}
_HOLDER = frozenset({"assignee", "group", "line"})


class Story:
    """What the events read so far make of the incident; `event` and `at` are the ones being read."""

    __slots__ = (
        "_contract",
        "_holder",
        "_matching",
        "_rulebook",
        "_timeless",
        "at",
        "attributes",
        "customer_changed",
        "ended_at",
        "entitlement",
        "escalations",
        "event",
        "exemptions",
        "holders",
        "live_before",
        "merged_into",
        "periods",
        "phase",
        "priorities",
        "priority_before",
        "quality",
        "ratings",
        "remarks",
        "rematch",
        "reopened",
        "waiting",
        "waiting_before",
        "waits",
    )

    def __init__(
        self, rulebook: Rulebook, opening: IncidentEvent, at: datetime, contract: ContractMatch | None
    ) -> None:
        self._rulebook = rulebook
        self._contract = contract  # a preview asks for one contract, whatever the customer
        self._matching: Mapping[str, str] | None = None
        self._holder: Held | None = None
        self.event, self.at = opening, at
        self.attributes: Mapping[str, str] = NOTHING
        self.phase = Phase.OPEN
        self.ended_at: datetime | None = None
        self.merged_into: IncidentId | None = None
        self.quality = opening.quality
        self.waiting: WaitingOn | None = None
        self.waiting_before: WaitingOn | None = None
        self.waits: list[Wait] = []
        self.holders: list[Held] = []
        self.escalations: list[Escalation] = []
        self.ratings: list[Rating] = []
        self.exemptions: list[Exemption] = []
        self.remarks = Remarks()
        self.periods: list[ContractPeriod] = []
        self.priorities = Priorities(self.remarks)
        self.priority_before = ""
        self.live_before = True
        self.customer_changed = self.rematch = self.reopened = False
        self._open(opening, at)

    def branch(self) -> Story:
        """A story of its own, equal to this one."""
        twin = branched(self)
        twin.remarks = self.remarks.branch()
        twin.priorities = self.priorities.branch(twin.remarks)
        return twin

    # -- what the clocks ask

    @property
    def priority(self) -> str:
        return self.priorities.in_force

    def is_reporter(self, name: str) -> bool:
        stated = self.attributes
        return bool(name) and name in (stated.get("reporter_id"), stated.get("reporter"))

    def matching(self, entitlement: Entitlement) -> Mapping[str, str]:
        """The attributes rows are matched against under this entitlement."""
        if entitlement is not self.entitlement:
            return {**self.attributes, **entitlement.stated, "priority": self.priority}
        if self._matching is None:
            self._matching = {**self.attributes, **entitlement.stated, "priority": self.priority}
        return self._matching

    def entitle(self, match: ContractMatch) -> Entitlement:
        """The entitlement under a contract for the product named now."""
        return entitle(self._rulebook, match, self.attributes.get("product", ""))

    def remark(self, remark: Remark) -> None:
        self.remarks.add(remark)

    # -- reading

    def _open(self, event: IncidentEvent, at: datetime) -> None:
        self.attributes = event.attributes
        self._timeless = self._is_timeless()
        self.entitlement = self.entitle(self._match())
        self._note_period()
        described = bool(event.attributes.get("description"))
        self.priorities.opened(event, at, self.entitlement.plan, described)
        self._remark_contract()
        self._remark_channel()
        self._hold()
        if event.waiting_on is not None:
            self._wait(event.waiting_on)

    def read(self, event: IncidentEvent, at: datetime) -> None:
        """One event after the opening."""
        self.event, self.at = event, at
        self.live_before = self.phase.live
        self.waiting_before = self.waiting
        self.customer_changed = self.rematch = self.reopened = False
        self.priority_before = before = self.priorities.in_force
        if event.quality is not self.quality and _QUALITY[event.quality] > _QUALITY[self.quality]:
            self.quality = event.quality
        if event.unanswered_since is not None and not self.live_before:
            text = "it has ended, so nobody is asked to answer the word that came with the merge"
            self.remark(Remark(RemarkKind.MERGED_IN, text, event.id))
        if event.attributes or not self._timeless:
            self._state_attributes(event)
        if event.kind is EventKind.DESCRIBED or event.attributes.get("description"):
            self.priorities.described(event, at)
        self.priorities.read(event, at, self.entitlement.plan)
        if self.priorities.in_force != before:
            self.rematch = True
        if self.rematch:
            self._matching = None
        turn = _TURNS.get(event.kind)
        if turn is not None:
            turn(self, event)

    def _state_attributes(self, event: IncidentEvent) -> None:
        stated, known = event.attributes, self.attributes
        changed = [name for name, value in stated.items() if known.get(name) != value] if stated else ()
        if changed:
            self.attributes = {**known, **stated}
            self._matching = None
            self.customer_changed = "customer" in changed
            if self.customer_changed:
                self._timeless = self._is_timeless()
        if not self._timeless or (changed and ("product" in changed or self.customer_changed)):
            self._entitle_anew()
        if not changed:
            return
        if not self.entitlement.matched_on.isdisjoint(changed):
            self.rematch = True
        if "channel" in changed:
            self._remark_channel()
        if not _HOLDER.isdisjoint(changed):
            self._hold()

    def _entitle_anew(self) -> None:
        entitlement = self.entitle(self._match())
        if entitlement is self.entitlement:
            if self.customer_changed:
                self._note_period()
            return
        self.entitlement, self._matching = entitlement, None
        self._note_period()
        self.priorities.replanned(self.event, self.at, entitlement.plan)
        self.rematch = True
        self._remark_contract()

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

    # -- phase and turn

    def _opened_again(self, event: IncidentEvent) -> None:
        if not self.phase.live:
            text = "opened again after its end: read as reopened"
            self.remark(Remark(RemarkKind.OPENED_AGAIN, text, event.id))
            self._reopened(event)

    def _reopened(self, event: IncidentEvent) -> None:
        if not self.phase.live:
            self.phase, self.ended_at, self.reopened, self.merged_into = Phase.OPEN, None, True, None

    def _waiting(self, event: IncidentEvent) -> None:
        self._wait(event.waiting_on or WaitingOn.OTHER)

    def _resumed(self, event: IncidentEvent) -> None:
        self._stop_waiting()

    def _customer_replied(self, event: IncidentEvent) -> None:
        if self.waiting is WaitingOn.CUSTOMER:
            self._stop_waiting()

    def _escalated(self, event: IncidentEvent) -> None:
        to = event.attributes.get("escalated_to", "")
        self.escalations.append(Escalation(self.at, self._by(event), to, event.reason, event.id))

    def _rated(self, event: IncidentEvent) -> None:
        self.ratings.append(Rating(event.score, self.at, self._by(event), event.reason, event.id))

    def _exempted(self, event: IncidentEvent) -> None:
        self.exemptions.append(Exemption(event.metrics, self.at, self._by(event), event.reason, event.id))

    def _ended(self, event: IncidentEvent) -> None:
        self._end(ENDS[event.kind], event)

    def _end(self, phase: Phase, event: IncidentEvent) -> None:
        """A cancelled or merged incident that is closed afterwards stays cancelled or merged."""
        if self.phase in (Phase.CANCELLED, Phase.MERGED) or (self.phase is Phase.CLOSED and phase is Phase.RESOLVED):
            return
        self._stop_waiting()
        if self.phase.live:
            self.ended_at = self.at
        self.phase = phase
        if phase is Phase.MERGED:
            self.merged_into = event.merged_into

    def _wait(self, on: WaitingOn) -> None:
        if not self.phase.live:
            return
        if self.waiting is not None:
            self._end_wait()
        self.phase, self.waiting = Phase.WAITING, on
        self.waits.append(Wait(on, self.at, None, self.event.reason, self.event.id))

    def _stop_waiting(self) -> None:
        if self.waiting is not None:
            self._end_wait()
            self.waiting, self.phase = None, Phase.OPEN

    def _end_wait(self) -> None:
        last = self.waits.pop()
        if last.start < self.at:
            self.waits.append(Wait(last.on, last.start, self.at, last.reason, last.event))

    # -- holders, remarks

    def _hold(self) -> None:
        stated, before = self.attributes, self._holder
        if before is not None and before.start < self.at:
            self.holders.append(Held(before.assignee, before.group, before.line, before.start, self.at))
        self._holder = Held(stated.get("assignee", ""), stated.get("group", ""), stated.get("line", ""), self.at, None)

    def held(self) -> tuple[Held, ...]:
        return (*self.holders, self._holder) if self._holder is not None else tuple(self.holders)

    def _remark_contract(self) -> None:
        match, stated = self.entitlement.match, self.entitlement.stated
        if match.reason is not MatchReason.CUSTOMER:
            self.remark(Remark(RemarkKind.DEFAULT_CONTRACT, match.reason.value))
        if stated["scope"] != "in":
            self.remark(Remark(RemarkKind.OUT_OF_SCOPE, self.entitlement.scope.value))
        if not match.contract.people:
            text = f"contract {match.contract.id} names nobody to tell: add people to it"
            self.remark(Remark(RemarkKind.NOBODY_TO_TELL, text))

    def _remark_channel(self) -> None:
        """B6: accepted and flagged with advice, never dropped."""
        plan, channel = self.entitlement.plan, self.attributes.get("channel")
        if not channel:
            return
        if plan.channels and channel not in plan.channels:
            text = f"channel {channel} is not part of plan {plan.id}: please use {', '.join(sorted(plan.channels))}"
            self.remark(Remark(RemarkKind.CHANNEL_NOT_ENTITLED, text))
        urgent, known = plan.urgent_channels, plan.priority(self.priority)
        if urgent and channel not in urgent and known is not None and known.rank == 1:
            text = f"priority {known.id} should come through {', '.join(sorted(urgent))}"
            self.remark(Remark(RemarkKind.URGENT_CHANNEL, text))

    def _by(self, event: IncidentEvent) -> str:
        return event.actor_name or (event.actor.value if event.actor is not Actor.UNKNOWN else "")


# What an event of a kind does to the incident's phase and turn, and to what is kept of it. Other kinds do nothing here.
_TURNS: Mapping[EventKind, Callable[[Story, IncidentEvent], None]] = {
    EventKind.OPENED: Story._opened_again,
    EventKind.REOPENED: Story._reopened,
    EventKind.WAITING: Story._waiting,
    EventKind.RESUMED: Story._resumed,
    EventKind.CUSTOMER_REPLIED: Story._customer_replied,
    EventKind.ESCALATED: Story._escalated,
    EventKind.RATED: Story._rated,
    EventKind.EXEMPTED: Story._exempted,
    **dict.fromkeys(ENDS, Story._ended),
}
