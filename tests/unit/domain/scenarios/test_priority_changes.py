"""Raise, lower and relapse, clause by clause: what each vendor's plan makes of a priority that changes.

The plans are the shipped ones; times are Moscow's unless the contract says otherwise. A target counts from the opening
(E7 and its acceptance case) unless the promise of before was kept by the fall itself (B4).
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.build.rulebook import plan, row, rulebook
from tests.build.story import Telling, clock_of, keys

from sla_catalogue import builtin_catalogue
from sla_domain.clock import Clock, ClockState
from sla_domain.diff import new_facts
from sla_domain.event import Actor, EventKind
from sla_domain.fact import FactKind
from sla_domain.incident import RemarkKind
from sla_domain.plan import DowngradeMode, MustAgree, PlanId, PriorityRules, SatisfiedBy
from sla_domain.rulebook import Rulebook

MOSCOW = "Europe/Moscow"
BPM, EXPRESS = "Example bpm Premium", "Example eXpress 24x7"


@pytest.fixture(scope="module")
def shipped() -> Rulebook:
    return builtin_catalogue().rulebook


def told_of(customer: str) -> Telling:
    return Telling(zone=MOSCOW, customer=customer)


def lived(clock: Clock) -> tuple[ClockState, str]:
    return clock.state, clock.priority


Change = tuple[str, str]
"""When, and to which priority."""

# customer, priority at 12:00 on Friday 2026-11-20, the changes, the due instant of the last resolution clock
CASES: dict[str, tuple[str, str, list[Change], str]] = {
    "B3 a raise counts from the opening": (BPM, "P2", [("12:30", "P1")], "2026-11-20 14:00"),
    "B3 a raise from P4 to P3": (BPM, "P4", [("12:30", "P3")], "2026-12-04 12:00"),
    "B4 P1 to P2 restores nothing": (BPM, "P1", [("13:00", "P2")], "2026-11-24 12:00"),
    "B4 P1 to P3: the rest counts from the opening": (BPM, "P1", [("13:00", "P3")], "2026-12-04 12:00"),
    "B4 P2 to P4": (BPM, "P2", [("13:00", "P4")], "2026-12-18 12:00"),
    "B4 a relapse to P1 counts anew": (BPM, "P1", [("13:00", "P3"), ("16:00", "P1")], "2026-11-20 18:00"),
    "B4 a relapse to P2 counts anew": (BPM, "P1", [("13:00", "P3"), ("16:00", "P2")], "2026-11-24 16:00"),
    "B4 a relapse after P2": (BPM, "P1", [("12:30", "P2"), ("13:00", "P3"), ("16:00", "P1")], "2026-11-20 18:00"),
    "B4 a relapse by way of P4": (BPM, "P1", [("13:00", "P3"), ("14:00", "P4"), ("16:00", "P1")], "2026-11-20 18:00"),
    "B4 restored again: the rest still counts from the opening": (
        BPM, "P1", [("13:00", "P3"), ("16:00", "P1"), ("17:00", "P3")], "2026-12-04 12:00"),
    "B4 a second relapse": (
        BPM, "P1", [("13:00", "P3"), ("16:00", "P1"), ("17:00", "P4"), ("20:00", "P1")], "2026-11-20 22:00"),
    "B4 a relapse that falls to P2 is only another target": (
        BPM, "P1", [("13:00", "P3"), ("16:00", "P1"), ("17:00", "P2")], "2026-11-24 16:00"),
    "B4 of a P3 that was never higher nothing was kept before": (BPM, "P3", [("12:30", "P1")], "2026-11-20 14:00"),
    "E7 a raise counts from the opening": (EXPRESS, "P3", [("13:00", "P1")], "2026-11-20 17:00"),
    "E9 staff's fall waits": (EXPRESS, "P1", [("13:00", "P2")], "2026-11-20 17:00"),
    "E9 medium to low is free": (EXPRESS, "P3", [("13:00", "P4")], "2026-11-26 16:00"),
    "E7 up again where no fall meets a target": (EXPRESS, "P3", [("13:00", "P4"), ("14:00", "P3")], "2026-11-21 04:00"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_a_changed_priority_makes_due(case: str, shipped: Rulebook) -> None:
    customer, first, changes, due = CASES[case]
    told = told_of(customer).opened("2026-11-20 12:00", first)
    for at, priority in changes:
        told.priority(f"2026-11-20 {at}", priority)
    clock = told.clock(shipped)
    assert (clock.state, clock.due_at) == (ClockState.RUNNING, told.at(due))


class TestRelapse:
    """B4: service restored in time, and gone again."""

    def story(self) -> Telling:
        return told_of(BPM).opened("2026-11-20 12:00", "P1").priority("2026-11-20 13:00", "P3")

    def test_the_promise_that_was_kept_stays_kept_and_nothing_is_broken(self, shipped: Rulebook) -> None:
        told = self.story().priority("2026-11-20 16:00", "P1")
        incident = told.fold(shipped)
        clocks = [clock_of(incident, "resolution", cycle) for cycle in range(3)]
        assert [lived(clock) for clock in clocks] == [
            (ClockState.MET, "P1"), (ClockState.CANCELLED, "P3"), (ClockState.RUNNING, "P1"),
        ]  # fmt: skip
        assert [mark.kind for clock in clocks for mark in clock.marks if not mark.pending] == []
        assert clocks[2].started_at == clocks[2].counted_from == told.at("2026-11-20 16:00")
        assert clocks[1].why == "priority rose to P1 again: a new clock counts from here"
        said = new_facts(incident, {}, upto=told.at("2026-11-20 17:59"))
        assert FactKind.CLOCK_BREACHED not in {fact.kind for fact in said if fact.metric == "resolution"}

    def test_the_new_promise_can_be_broken_in_its_turn(self, shipped: Rulebook) -> None:
        told = self.story().priority("2026-11-20 16:00", "P1").resolved("2026-11-20 18:01")
        clock = told.clock(shipped)
        assert (clock.cycle, clock.state, keys(clock)[-1]) == (2, ClockState.MISSED, "0/breach")

    def test_a_promise_broken_before_the_fall_stays_broken(self, shipped: Rulebook) -> None:
        told = told_of(BPM).opened("2026-11-20 12:00", "P1").priority("2026-11-20 15:00", "P3")
        told.priority("2026-11-20 16:00", "P1")
        incident = told.fold(shipped)
        assert clock_of(incident, "resolution", 0).state is ClockState.MISSED
        assert clock_of(incident, "resolution", 2).due_at == told.at("2026-11-20 18:00")

    def test_an_incident_that_waits_at_the_relapse_starts_paused(self, shipped: Rulebook) -> None:
        told = self.story().waits("2026-11-20 15:00").priority("2026-11-20 16:00", "P1").resumed("2026-11-20 17:00")
        assert told.clock(shipped).due_at == told.at("2026-11-20 19:00")

    def test_the_pauses_of_the_relapse_are_pauses_of_the_rest(self) -> None:
        rules = rulebook(
            plan(
                row("resolution", "2h", "always", priority="P1", satisfied_by=frozenset({SatisfiedBy.DOWNGRADE}),
                    satisfying_priorities=frozenset({"P3"})),
                row("resolution", "24h", "always"),
            )
        )  # fmt: skip
        told = Telling().opened("Mon 00:00").priority("Mon 01:00", "P3").priority("Mon 02:00", "P1")
        told.waits("Mon 02:10").resumed("Mon 02:40").priority("Mon 03:00", "P3")
        assert told.clock(rules).due_at == told.at("Tue 00:30"), "24 h from the opening, and the half hour of the pause"

    def test_it_is_one_too_where_the_rest_has_no_target(self) -> None:
        rules = rulebook(
            plan(
                row("resolution", "2h", "always", priority="P1", satisfied_by=frozenset({SatisfiedBy.DOWNGRADE}),
                    satisfying_priorities=frozenset({"P3"})),
            )
        )  # fmt: skip
        told = Telling().opened("Mon 12:00").priority("Mon 13:00", "P3").priority("Mon 16:00", "P1")
        incident = told.fold(rules)
        assert [(clock.cycle, clock.state) for clock in incident.clocks] == [
            (0, ClockState.MET), (1, ClockState.RUNNING),
        ]  # fmt: skip
        assert told.clock(rules).due_at == told.at("Mon 18:00")

    def test_a_ticket_reopened_with_its_old_priority_is_a_relapse(self, shipped: Rulebook) -> None:
        told = self.story().resolved("2026-11-20 14:00").reopened("2026-11-20 16:00", priority="P1")
        assert told.clock(shipped).due_at == told.at("2026-11-20 18:00")

    def test_a_late_word_of_the_fall_takes_the_false_breach_back(self, shipped: Rulebook) -> None:
        without = told_of(BPM).opened("2026-11-20 12:00", "P1").priority("2026-11-20 16:00", "P1")
        assert without.resolved("2026-11-20 17:00").clock(shipped).state is ClockState.MISSED
        told = self.story().priority("2026-11-20 16:00", "P1").resolved("2026-11-20 17:00")
        told.events[1], told.events[2] = told.events[2], told.events[1]
        assert told.clock(shipped).state is ClockState.MET


class TestAgreedDates:
    """B5: for priorities 3 and 4, between the parties, in the future."""

    def story(self, priority: str = "P3") -> Telling:
        return told_of(BPM).opened("2026-11-20 12:00", priority)

    def remark(self, told: Telling, rules: Rulebook, kind: RemarkKind = RemarkKind.AGREED_DATE_REFUSED) -> str:
        return next((remark.text for remark in told.fold(rules).remarks if remark.kind is kind), "")

    @pytest.mark.parametrize(
        ("priority", "due", "rule"),
        [
            ("P3", "2020-12-31 12:00", "lies before the opening"),
            ("P3", "2026-11-20 12:00", "lies before the opening"),
            ("P3", "2026-11-20 12:30", "had passed when it was agreed"),
            ("P3", "2026-11-20 13:00", "had passed when it was agreed"),
            ("P1", "2027-11-20 12:00", "for P3, P4 alone (B5), not for P1"),
            ("P2", "2027-11-20 12:00", "for P3, P4 alone (B5), not for P2"),
        ],
    )
    def test_a_date_against_a_rule_has_no_effect_and_says_so(
        self, priority: str, due: str, rule: str, shipped: Rulebook
    ) -> None:
        told = self.story(priority)
        before = told.clock(shipped)
        told.agreed("2026-11-20 13:00", "resolution", due)
        after = told.clock(shipped)
        assert (after.due_at, after.agreed_by, after.generation) == (before.due_at, "", before.generation)
        assert rule in self.remark(told, shipped)
        assert self.remark(told, shipped, RemarkKind.AGREED_WITHOUT_CLOCK) == "", "one reason is enough"

    @pytest.mark.parametrize(
        ("actor", "sender", "by", "counts"),
        [
            (Actor.STAFF, "Petrova", "Petrova", False),
            (Actor.STAFF, "Petrova", " petrova ", False),
            (Actor.STAFF, "", "staff", False),
            (Actor.BOT, "", "bot", False),
            (Actor.STAFF, "Petrova", "Ivanova", True),
            (Actor.STAFF, "Petrova", "both parties", True),
            (Actor.STAFF, "", "Ivanova", False),
            (Actor.UNKNOWN, "", "Anna and Bob", True),
            (Actor.CUSTOMER, "Ivanova", "Ivanova", True),
        ],
    )
    def test_staff_alone_agree_on_nothing(
        self, actor: Actor, sender: str, by: str, counts: bool, shipped: Rulebook
    ) -> None:
        told = self.story().agreed("2026-11-20 13:00", "resolution", "2026-12-18 18:00", by=by)
        told.happened(EventKind.TARGET_AGREED, "2026-11-20 13:00", agreed=told.events.pop().agreed, actor=actor,
                      actor_name=sender)  # fmt: skip
        assert told.clock(shipped).agreed_by == (by if counts else "")
        assert ("staff cannot agree alone" in self.remark(told, shipped)) is not counts

    def test_a_priority_for_which_none_may_be_agreed_ends_the_agreement(self, shipped: Rulebook) -> None:
        told = self.story().agreed("2026-11-20 13:00", "resolution", "2026-12-18 18:00")
        assert told.priority("2026-11-20 14:00", "P4").clock(shipped).due_at == told.at("2026-12-18 18:00")
        clock = told.priority("2026-11-20 15:00", "P2").clock(shipped)
        assert (clock.due_at, clock.agreed_by) == (told.at("2026-11-24 12:00"), "")

    def test_a_plan_may_let_staff_set_a_date_alone(self, shipped: Rulebook) -> None:
        told = self.story().agreed("2026-11-20 13:00", "resolution", "2026-12-18 18:00", by="staff")
        assert told.clock(shipped).agreed_by == ""
        plans = dict(shipped.plans)
        premium = plans[PlanId("bpmonline-premium")]
        plans[premium.id] = replace(premium, agreed_dates=replace(premium.agreed_dates, by=MustAgree.STAFF))
        assert told.clock(replace(shipped, plans=plans)).agreed_by == "staff"

    @pytest.mark.parametrize("customer", [EXPRESS, "Example HPE Polska", "Example Infor Numbers"])
    def test_a_document_that_knows_no_agreed_terms_allows_none(self, customer: str, shipped: Rulebook) -> None:
        told = told_of(customer).opened("2026-11-20 12:00", "P1")
        assert told.fold(shipped).match.reason.name == "CUSTOMER"
        told.agreed("2026-11-20 13:00", "first_response", "2026-12-18 18:00")
        assert "for no priority" in self.remark(told, shipped)


class TestAgreedDowngrade:
    """E9: lowering is by agreement with the customer, and staff are not the customer."""

    def story(self, **fields: object) -> Telling:
        told = told_of(EXPRESS).opened("2026-11-20 12:00", "P1").priority("2026-11-20 13:00", "P2")
        return told.happened(EventKind.DOWNGRADE_AGREED, "2026-11-20 14:00", **fields)

    @pytest.mark.parametrize("fields", [
        {"actor": Actor.STAFF, "actor_name": "Petrov"},
        {"actor": Actor.STAFF, "actor_name": "Petrov", "agreed_by": "Petrov"},
        {"actor": Actor.STAFF, "agreed_by": "staff"},
        {"actor": Actor.BOT},
        {"actor": Actor.UNKNOWN},
    ])  # fmt: skip
    def test_staff_cannot_agree_with_themselves(self, fields: dict[str, object], shipped: Rulebook) -> None:
        incident = self.story(**fields).fold(shipped)
        assert (incident.priority, incident.pending_downgrade is None) == ("P1", False)
        assert RemarkKind.DOWNGRADE_NOT_AGREED in {remark.kind for remark in incident.remarks}

    @pytest.mark.parametrize(("fields", "by"), [
        ({"actor": Actor.CUSTOMER, "actor_name": "Ivanova"}, "Ivanova"),
        ({"actor": Actor.STAFF, "actor_name": "Petrov", "agreed_by": "Ivanova"}, "Ivanova"),
    ])  # fmt: skip
    def test_who_agreed_is_on_record(self, fields: dict[str, object], by: str, shipped: Rulebook) -> None:
        incident = self.story(**fields).fold(shipped)
        assert (incident.priority, incident.priorities[-1].by) == ("P2", by)

    def test_where_staff_may_lower_freely_their_word_is_enough(self) -> None:
        free = rulebook(plan(row("resolution", "2h"), rules=PriorityRules(downgrade=DowngradeMode.FREE)))
        told = Telling().opened("Mon 09:00").happened(EventKind.DOWNGRADE_PROPOSED, "Mon 10:00", priority="P2")
        told.happened(EventKind.DOWNGRADE_AGREED, "Mon 10:10", actor=Actor.STAFF)
        assert told.fold(free).priority == "P2"
