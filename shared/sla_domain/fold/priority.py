"""Which priority is in force, and why (clauses E6 to E9, docs/clauses.md).

* Not stated, or unknown: the plan's default, else its least urgent.
* Without a description (E6): the plan's priority for that, unless the stated one is lower still; the description
  brings the stated one into force. Staff may set any priority meanwhile.
* Up (E7): by either side, at once.
* Down, where the plan wants agreement (E9): pending until `downgrade_agreed` by the customer, or one that names who
  of the customer agreed (`agreed_by`), or until the customer lowers it himself. A jump over several levels needs
  agreement when it crosses a pair that does.
* What waits while the ticket moves to another contract is proposed anew: the customer who was asked before cannot agree
  for the other one.
* `downgrade_declined` ends the waiting, whoever says it: what applies goes on to apply.
* `reclassified` corrects a priority that never matched reality (E8): at once, without agreement.
* A sender that repeats a value with every update does not ask again.
* A repeated opening, and another ticket under this one's name, can raise the priority and never lower it: the other
  ticket states its own priority, not this one's.
* Taken away (the stated priority becomes empty): the plan's default, at once. Nothing lower was proposed that the
  customer could agree to; where the plan wants it, the customer is notified of the correction (E8). While something
  lower waits for the customer's agreement, the default waits for it in its place. Such a fall restores no service
  (`was_stated`), see docs/decisions/0032-a-priority-taken-away-restores-nothing.md.
* Unknown to the plan: the priority in force stays, and what had waited for agreement does not wait any more, since
  the ticket does not ask for it.
"""

from __future__ import annotations

from datetime import datetime

from sla_domain.event import Actor, EventId, EventKind, IncidentEvent
from sla_domain.fold.agreement import customer_agreed
from sla_domain.fold.branching import branch_of
from sla_domain.fold.remarks import Remarks
from sla_domain.incident import Correction, PendingDowngrade, PriorityPeriod, PriorityWhy, Remark, RemarkKind
from sla_domain.plan import DowngradeMode, Plan, Priority
from sla_domain.sentence import Sentence

# Why a priority is in force that was not stated.
_BY_DEFAULT = frozenset({PriorityWhy.DEFAULT, PriorityWhy.UNKNOWN, PriorityWhy.TAKEN_AWAY, PriorityWhy.CONTRACT})
# For these reasons nobody stated the priority that is in force.
_NOT_SAID = _BY_DEFAULT | {PriorityWhy.NO_DESCRIPTION}
_ASKS = frozenset({EventKind.PRIORITY_CHANGED, EventKind.RECLASSIFIED, EventKind.DOWNGRADE_PROPOSED})


class Priorities:
    """The priority of one incident and its history, while the incident's events are read in order.

    These attributes hold the state so far:

    - `in_force`: id of the current priority
    - `pending`: a lower priority that waits for the customer's agreement, or None
    - `proposed`: whether the pending priority was only proposed, so that the ticket keeps the old one
    - `periods`: the earlier priorities, with when each applied; `history` adds the current one
    - `corrections`: corrected priorities of which the customer is to be notified (clause E8); empty if the plan asks
      for no notice

    Args:
        remarks: The incident's remarks, to which those on the priority are added.
    """

    __slots__ = (
        "_about",
        "_held_back",
        "_low",
        "_open",
        "_remarks",
        "_set_by",
        "_stated",
        "corrections",
        "in_force",
        "pending",
        "periods",
        "proposed",
    )

    def __init__(self, remarks: Remarks) -> None:
        self.in_force = ""
        self.pending: PendingDowngrade | None = None
        self.proposed = False  # the pending one was only proposed: the ticket itself keeps the old priority
        self.periods: list[PriorityPeriod] = []  # those that have ended
        self.corrections: list[Correction] = []
        self._remarks = remarks
        self._stated: str | None = None  # as the sender last put it
        self._held_back = ""  # what was stated without a description
        self._low = ""  # the priority without a description, until one comes
        self._about: tuple[RemarkKind, str, EventId] | None = None  # the remarks on the stated priority
        self._set_by = Actor.UNKNOWN
        self._open: PriorityPeriod | None = None

    def branch(self, remarks: Remarks) -> Priorities:
        """Return an independent copy, which adds its remarks to `remarks`.

        Args:
            remarks: A copy of the incident's remarks.
        """
        twin = branch_of(self)
        twin._remarks = remarks
        return twin

    def history(self) -> tuple[PriorityPeriod, ...]:
        """Return the incident's priorities, with when each applied, in order of time.

        The last period has no end.
        """
        return (*self.periods, self._open) if self._open is not None else tuple(self.periods)

    @property
    def was_stated(self) -> bool:
        """Return whether somebody set the current priority.

        The result is False for a default, for a priority that replaces a missing description, and for one that came
        with another contract.
        """
        return self._open is not None and self._open.why not in _NOT_SAID

    # -- what happens

    def read_opening(self, event: IncidentEvent, at: datetime, plan: Plan, described: bool) -> None:
        """Set the first priority: the one that the opening states, else the plan's default.

        For an incident without a description, the plan may name a lower priority, which applies until a description
        comes (clause E6, docs/clauses.md).

        Args:
            at: The instant of the opening.
            described: Whether the incident has a description.
        """
        stated = event.attributes.get("priority", "")
        self._stated, self._set_by = stated, event.actor
        known = plan.priority(stated)
        if known is not None:
            chosen, why = known.id, PriorityWhy.STATED
        else:
            chosen = default_priority(plan)
            why = PriorityWhy.UNKNOWN if stated else PriorityWhy.DEFAULT
            if stated:
                self._about = (RemarkKind.UNKNOWN_PRIORITY, stated, event.id)
        low = plan.rules.without_description
        if low is not None and not described:
            self._low = low
            if _rank(plan, low) > _rank(plan, chosen):
                self._held_back, chosen, why = chosen, low, PriorityWhy.NO_DESCRIPTION
        self._set(chosen, event, at, why)

    def read_description(self, event: IncidentEvent, at: datetime) -> None:
        """Set the priority that was stated but not applied because the description was missing (clause E6).

        Otherwise the current priority stays. The remark on the missing description is removed.

        Args:
            event: The event that brings the description.
            at: The instant at which the event is read.
        """
        self._low = ""
        self._remarks.drop("description")
        if self._held_back:
            held, self._held_back = self._held_back, ""
            self._set(held, event, at, PriorityWhy.DESCRIBED)

    def read(self, event: IncidentEvent, at: datetime, plan: Plan, of_another: bool = False) -> None:
        """Apply an event after the opening, which may state a priority or agree to a lower one.

        If the ticket only repeats the priority that it stated last, nothing changes.

        Args:
            at: The instant at which the event is read.
            plan: The current plan.
            of_another: Whether the event's attributes come from another ticket that turned out to be this incident.
                Such attributes cannot lower the priority.
        """
        if event.kind is EventKind.DOWNGRADE_AGREED:
            self._agreed(event, at, plan)
            return
        if event.kind is EventKind.DOWNGRADE_DECLINED:
            self.pending = None  # what the ticket states stays stated, so that repeating it does not ask again
            return
        stated = event.attributes.get("priority")
        if stated is None or (stated == self._stated and event.kind not in _ASKS):
            return
        if of_another and _rank(plan, stated) > _rank(plan, self.in_force):
            self._stated = stated
            text = Sentence.ANOTHER_TICKET.filled(stated=stated or "none", priority=self.in_force)
            self._remark(Remark(RemarkKind.OPENED_AGAIN, text, event.id))
            return
        if not stated:
            if self._stated:
                self._taken_away(event, at, plan)
            return
        self._stated = stated
        known = plan.priority(stated)
        self._about = None if known is not None else (RemarkKind.UNKNOWN_PRIORITY, stated, event.id)
        if known is None and not self.proposed:
            self.pending = None
        self._update_remarks()
        if known is None:
            return
        if self._held_back and event.actor is Actor.CUSTOMER:
            self._held_back = known.id
        else:
            self._asked(known, event, at, plan)

    def change_plan(self, event: IncidentEvent, at: datetime, plan: Plan, *, moved: bool = False) -> None:
        """Choose the incident's priority anew, because another plan or another version of it applies from `at` on.

        The first of these that `plan` has is chosen:

        1. The current priority, unless it was only the default of the old plan.
        2. The priority that the sender stated.
        3. The default of `plan`.

        A lower priority that waits for the customer's agreement keeps waiting if `plan` has it and the current priority
        stays.

        Args:
            event: The event that brings the other plan.
            plan: The plan that applies from `at` on.
            moved: Whether the plan belongs to another contract. If so, a lower priority that keeps waiting for
                agreement is recorded as proposed by `event`.
        """
        stated, known = plan.priority(self._stated or ""), plan.priority(self.in_force)
        if self.pending is not None and plan.priority(self.pending.new) is None:
            self.pending = None
        by_default = (not self._stated or self._about is not None) and (
            self._open is None or self._open.why in _BY_DEFAULT
        )
        if self._about is not None and stated is not None:
            self._about = None
        self._low = self._low and (plan.rules.without_description or "")
        if self._held_back and not self._low:
            known, self._held_back = plan.priority(self._held_back), ""
        chosen = stated if by_default or known is None else known
        wanted = chosen.id if chosen is not None else default_priority(plan)
        if wanted != self.in_force:
            self._set(wanted, event, at, PriorityWhy.CONTRACT)
            return
        if moved and self.pending is not None:
            by = event.actor_name or event.actor.value  # the earlier reason was for the earlier customer
            wanted, heard = self.pending.new, event.received_at
            self.pending = PendingDowngrade(self.in_force, wanted, at, by, event.reason, event.id, heard)
        self._update_remarks()

    # -- the rules

    def _asked(self, wanted: Priority, event: IncidentEvent, at: datetime, plan: Plan) -> None:
        if wanted.id == self.in_force:
            self.pending = None  # a proposal withdrawn
            return
        if wanted.rank <= _rank(plan, self.in_force):
            self._correct(wanted.id, event, at, plan)
            why = PriorityWhy.CORRECTED if event.kind is EventKind.RECLASSIFIED else PriorityWhy.RAISED
            self._set(wanted.id, event, at, why)
        elif event.kind is EventKind.DOWNGRADE_PROPOSED or self._needs_agreement(wanted, event, plan):
            self._propose(wanted.id, event, at)
        else:
            self._correct(wanted.id, event, at, plan)
            why = PriorityWhy.CORRECTED if event.kind is EventKind.RECLASSIFIED else PriorityWhy.LOWERED
            self._set(wanted.id, event, at, why)

    def _propose(self, wanted: str, event: IncidentEvent, at: datetime) -> None:
        """A lower priority, from now on waiting for the customer's agreement."""
        self.proposed = event.kind is EventKind.DOWNGRADE_PROPOSED
        by = event.actor_name or event.actor.value
        self.pending = PendingDowngrade(self.in_force, wanted, at, by, event.reason, event.id, event.received_at)

    def _agreed(self, event: IncidentEvent, at: datetime, plan: Plan) -> None:
        wanted = plan.priority(event.attributes.get("priority", "") or (self.pending.new if self.pending else ""))
        if wanted is None:
            self._remark(Remark(RemarkKind.NOTHING_TO_AGREE, Sentence.NOTHING_TO_AGREE.value, event.id))
            return
        if wanted.id == self.in_force:
            self.pending = None
            return
        named = event.attributes.get("agreed_by", "")
        lowered = wanted.rank > _rank(plan, self.in_force)
        if lowered and self._needs_agreement(wanted, event, plan) and not customer_agreed(event, named):
            text = Sentence.DOWNGRADE_NOT_AGREED.filled(wanted=wanted.id, priority=self.in_force)
            self._remark(Remark(RemarkKind.DOWNGRADE_NOT_AGREED, text, event.id))
            return
        self.pending = None
        self._correct(wanted.id, event, at, plan)
        self._set(wanted.id, event, at, PriorityWhy.AGREED, named)

    def _taken_away(self, event: IncidentEvent, at: datetime, plan: Plan) -> None:
        pending = self.pending
        was = pending.old if pending is not None and self.proposed else self._stated or ""
        self._about = (RemarkKind.TAKEN_AWAY, was, event.id)
        self._stated = ""
        chosen, why = default_priority(plan), PriorityWhy.TAKEN_AWAY
        lower = plan.priority(chosen) if _rank(plan, chosen) > _rank(plan, self.in_force) else None
        if pending is not None and lower is not None and self._needs_agreement(lower, event, plan):
            self._propose(chosen, event, at)
            self._update_remarks()
            return
        if self._low and _rank(plan, self._low) > _rank(plan, chosen):
            self._held_back, chosen, why = chosen, self._low, PriorityWhy.NO_DESCRIPTION
        if chosen == self.in_force:
            self.pending = None
            self._update_remarks()
            return
        self._correct(chosen, event, at, plan)
        self._set(chosen, event, at, why)

    def _needs_agreement(self, wanted: Priority, event: IncidentEvent, plan: Plan) -> bool:
        rules = plan.rules
        if rules.downgrade is DowngradeMode.FREE or event.actor is Actor.CUSTOMER:
            return False
        if event.kind is EventKind.RECLASSIFIED:
            return False
        if not rules.downgrade_pairs:
            return True
        now = _rank(plan, self.in_force)
        return any(now <= _rank(plan, a) and _rank(plan, b) <= wanted.rank for a, b in rules.downgrade_pairs)

    def _correct(self, new: str, event: IncidentEvent, at: datetime, plan: Plan) -> None:
        """Record that staff change what the customer had set (clause E8, docs/clauses.md)."""
        if not plan.rules.correction_notice or event.actor is Actor.CUSTOMER or self._set_by is Actor.STAFF:
            return
        by = event.actor_name or event.actor.value
        self.corrections.append(Correction(self.in_force, new, at, by, event.reason, event.id, event.received_at))

    def _set(self, priority: str, event: IncidentEvent, at: datetime, why: PriorityWhy, by: str = "") -> None:
        before = self._open
        if before is not None:
            self._set_by = event.actor if why is not PriorityWhy.DESCRIBED else self._set_by
            if before.start < at:
                self.periods.append(
                    PriorityPeriod(
                        before.priority, before.start, at, before.by, before.why, before.reason, before.event
                    )
                )
        self.in_force, self.pending = priority, None
        if why is not PriorityWhy.NO_DESCRIPTION:
            self._held_back = ""
        if self._low or self._about is not None:
            self._update_remarks()
        by = by or event.actor_name or event.actor.value
        self._open = PriorityPeriod(priority, at, None, by, why, event.reason, event.id)

    def _remark(self, remark: Remark) -> None:
        self._remarks.add(remark)

    def _update_remarks(self) -> None:
        """Update the remarks on the priority in force."""
        if self._low and self.in_force == self._low:
            text = Sentence.NO_DESCRIPTION.filled(priority=self._low)
            self._remarks.hold("description", Remark(RemarkKind.MISSING_DESCRIPTION, text))
        else:
            self._remarks.drop("description")
        if self._about is None:
            self._remarks.drop("priority")
            return
        kind, stated, event = self._about
        gone = kind is RemarkKind.TAKEN_AWAY
        said = Sentence.PRIORITY_TAKEN_AWAY if gone else Sentence.PRIORITY_UNKNOWN
        text = said.filled(stated=stated if gone else repr(stated), priority=self.in_force or "none")
        self._remarks.hold("priority", Remark(kind, text, event))


def default_priority(plan: Plan) -> str:
    """Return the id of the plan's default priority.

    If the plan names no default, it is the least urgent priority. The result is "" for a plan without priorities.
    """
    named = plan.priority(plan.rules.default) if plan.rules.default is not None else None
    if named is not None:
        return named.id
    return max(plan.priorities, key=lambda p: p.rank).id if plan.priorities else ""


def _rank(plan: Plan, priority: str) -> int:
    """The rank, 1 the most urgent; a priority the plan does not know is the least urgent."""
    known = plan.priority(priority)
    return known.rank if known is not None else 1_000_000
