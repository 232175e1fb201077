"""Clauses of docs/clauses.md that concern the fold: B4–B9, E6–E9, H4, H11, I1–I4, I9, and targets left unspecified."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tests.build.rulebook import contract, coverage, plan, row, rulebook
from tests.build.story import Telling, clock_of, instant, keys

from sla_domain.breakdown import clock_breakdown, incident_breakdown
from sla_domain.clock import ClockState
from sla_domain.contract import Person, RoleHolder, Side
from sla_domain.diff import new_facts
from sla_domain.event import Actor, EventKind, WaitingOn
from sla_domain.explain import calendar_of
from sla_domain.fact import FactKind
from sla_domain.incident import PriorityWhy, RemarkKind, Scope
from sla_domain.plan import DowngradeMode, PlanId, PriorityRules, Role, SatisfiedBy
from sla_domain.rulebook import Rulebook
from sla_platform.wire.fact_body import details_of

HOUR = timedelta(hours=1)
MET_BY_DOWNGRADE: dict[str, Any] = {
    "satisfied_by": frozenset({SatisfiedBy.DOWNGRADE}),
    "satisfying_priorities": frozenset({"P3", "P4"}),
}


def remarks(told: Telling, rules: Rulebook) -> dict[RemarkKind, str]:
    return {remark.kind: remark.text for remark in told.fold(rules).remarks}


class TestB4:
    """Resolved, or service restored so that the priority falls to 3 or 4; the rest runs under the new target."""

    rules = rulebook(
        plan(
            row("resolution", "2h", "always", priority="P1", **MET_BY_DOWNGRADE),
            row("resolution", "2 working days", priority="P2", **MET_BY_DOWNGRADE),
            row("resolution", "10 working days", priority="P3"),
        )
    )

    def test_the_downgrade_meets_the_clock_and_the_rest_runs_from_the_start(self) -> None:
        told = Telling().opened("Mon 10:00").priority("Mon 11:30", "P3")
        incident = told.fold(self.rules)
        first, rest = clock_of(incident, "resolution", 0), clock_of(incident, "resolution", 1)
        assert (first.state, first.stopped_at, first.priority) == (ClockState.MET, told.at("Mon 11:30"), "P1")
        assert first.why == "priority fell to P3"
        assert (rest.state, rest.priority) == (ClockState.RUNNING, "P3")
        assert rest.due_at == told.at("2026-11-30 10:00"), "ten working days from Monday the 16th"

    def test_too_late_a_downgrade_is_a_miss(self) -> None:
        told = Telling().opened("Mon 10:00").priority("Mon 12:01", "P4")
        clock = told.clock(self.rules, cycle=0)
        assert (clock.state, keys(clock)) == (ClockState.MISSED, ["0/breach"])

    def test_a_fall_that_is_not_far_enough_is_only_another_target(self) -> None:
        told = Telling().opened("Mon 10:00").priority("Mon 11:00", "P2")
        clock = told.clock(self.rules)
        assert (clock.cycle, clock.generation, clock.state) == (0, 1, ClockState.RUNNING)
        assert clock.due_at == told.at("Wed 10:00")

    @pytest.mark.parametrize("default", ["P3", "P4", None])
    def test_a_priority_taken_away_restores_nothing(self, default: str | None) -> None:
        rows = (*self.rules.plans[PlanId("plan")].targets, row("resolution", "20 working days", priority="P4"))
        rules = rulebook(plan(*rows, rules=PriorityRules(default=default)))
        told = Telling().opened("Mon 10:00").priority("Mon 11:30", "")
        clock = told.clock(rules)
        assert (clock.cycle, clock.state, clock.stopped_at) == (0, ClockState.RUNNING, None)
        assert clock.priority == (default or "P4")
        assert told.fold(rules).priorities[-1].why is PriorityWhy.TAKEN_AWAY

    def test_the_old_priority_stated_again_is_no_relapse_and_a_fall_after_it_restores(self) -> None:
        told = Telling().opened("Mon 10:00").priority("Mon 11:00", "").priority("Mon 11:15", "P1")
        clock = told.clock(self.rules)
        assert (clock.cycle, clock.state, clock.due_at) == (0, ClockState.RUNNING, told.at("Mon 12:00"))
        told.priority("Mon 11:30", "P3")
        assert told.clock(self.rules, cycle=0).state is ClockState.MET
        assert told.clock(self.rules).due_at == told.at("2026-11-30 10:00")

    def test_a_lower_one_stated_after_the_removal_is_only_another_target(self) -> None:
        told = Telling().opened("Mon 10:00").priority("Mon 11:00", "").priority("Mon 11:15", "P3")
        clock = told.clock(self.rules)
        assert (clock.cycle, clock.state, clock.priority) == (0, ClockState.RUNNING, "P3")
        assert clock.due_at == told.at("2026-11-30 10:00")

    def test_another_contract_s_default_restores_nothing(self) -> None:
        first = plan(*self.rules.plans[PlanId("plan")].targets, rules=PriorityRules(default="P1"))
        second = plan(
            row("resolution", "10 working days", priority="P4"), id_="other", rules=PriorityRules(default="P4")
        )
        rules = rulebook([first, second], contract(), contract("umbrella", "other"))
        told = Telling().opened("Mon 10:00", "sev-9")
        told.happened(EventKind.UPDATED, "Mon 11:00", attributes={"customer": "umbrella"})
        assert (told.fold(rules).priority, told.fold(rules).contract.id) == ("P4", "umbrella")
        assert [clock.state for clock in told.fold(rules).clocks if clock.metric == "resolution"] == [
            ClockState.RUNNING
        ]

    def test_the_pauses_before_the_downgrade_count_for_the_rest(self) -> None:
        told = Telling().opened("Mon 10:00").waits("Mon 10:30").resumed("Mon 12:30").priority("Mon 13:00", "P3")
        rest = told.clock(self.rules)
        assert rest.due_at == told.at("2026-11-30 12:00")


class TestB5:
    """A term agreed between the parties: pinned, attributed, the original kept; pauses move it only if said so."""

    rules = rulebook(plan(row("resolution", "8h", priority=["P1", "P3"], warn=[50]), row("resolution", "16h")))

    def agreed(self, **fields: bool) -> Telling:
        return Telling().opened("Mon 09:00").agreed("Mon 10:00", "resolution", "Thu 12:00", **fields)

    def test_it_is_pinned_attributed_and_the_original_is_kept(self) -> None:
        clock = self.agreed().clock(self.rules)
        assert (clock.due_at, clock.original_due_at) == (instant("Thu 12:00"), instant("Mon 17:00"))
        assert (clock.agreed_by, clock.agreed_reason, clock.generation) == ("Anna and Bob", "spare part", 1)

    def test_a_pause_does_not_move_it(self) -> None:
        told = self.agreed().waits("Tue 09:00").resumed("Wed 09:00")
        assert told.clock(self.rules).due_at == told.at("Thu 12:00")

    def test_it_is_due_even_while_the_incident_waits(self) -> None:
        told = self.agreed().waits("Tue 09:00")
        clock = told.clock(self.rules)
        assert (clock.state, clock.due_at) == (ClockState.RUNNING, told.at("Thu 12:00"))
        assert told.resolved("Fri 09:00").clock(self.rules).state is ClockState.MISSED

    def test_a_pause_moves_it_by_its_open_time_where_that_was_agreed(self) -> None:
        told = self.agreed(moved_by_pauses=True).waits("Tue 16:00").resumed("Wed 10:00")
        assert told.clock(self.rules).due_at == told.at("Thu 14:00")

    def test_the_pauses_before_the_agreement_were_known_and_do_not_move_it(self) -> None:
        told = Telling().opened("Mon 09:00").waits("Mon 10:00").resumed("Mon 12:00")
        told.agreed("Mon 13:00", "resolution", "Thu 12:00", moved_by_pauses=True)
        assert told.clock(self.rules).due_at == told.at("Thu 12:00")

    def test_a_changed_priority_does_not_move_it(self) -> None:
        clock = self.agreed().priority("Mon 11:00", "P2").clock(self.rules)
        assert (clock.due_at, clock.generation, clock.priority) == (instant("Thu 12:00"), 1, "P2")

    def test_a_later_agreement_replaces_it(self) -> None:
        told = self.agreed().agreed("Tue 10:00", "resolution", "Fri 10:00", by="Cid")
        clock = told.clock(self.rules)
        assert (clock.due_at, clock.agreed_by, clock.generation) == (told.at("Fri 10:00"), "Cid", 2)

    def test_it_gives_a_number_where_the_plan_gives_none(self) -> None:
        rules = rulebook(plan(row("resolution", "unspecified")))
        told = self.agreed()
        assert Telling().opened("Mon 09:00").fold(rules).clocks == ()
        assert told.clock(rules).due_at == told.at("Thu 12:00")
        told = Telling().opened("Mon 09:00").agreed("Mon 10:00", "workaround", "Thu 12:00")
        assert told.clock(rules, "workaround").due_at == told.at("Thu 12:00"), "not even a row"

    def test_without_an_open_clock_it_is_a_remark(self) -> None:
        told = Telling().opened("Mon 09:00").resolved("Mon 10:00").agreed("Mon 11:00", "resolution", "Thu 12:00")
        assert RemarkKind.AGREED_WITHOUT_CLOCK in remarks(told, self.rules)
        assert told.clock(self.rules).agreed_by == ""


class TestB8:
    """One contact per customer: whoever else reports is told who it is."""

    said = "requests under contract acme come through Anna alone (B8), not from Ben"

    @staticmethod
    def rules(until: date | None = None, *, sole: bool = True) -> Rulebook:
        anna = Person(id="anna", name="Anna", addresses=("email:a@acme.example",), side=Side.CUSTOMER, until=until)
        held = (RoleHolder(role="contact", person="anna"),)
        role = Role(id="contact", sole=sole, clause="B8")
        return rulebook(plan(row("first_response", "1h"), roles=(role,)), contract(people={"anna": anna}, roles=held))

    @pytest.mark.parametrize(
        ("stated", "told"),
        [
            ({"reporter": "Ben"}, said),
            ({"reporter": "Ben", "reporter_id": "42"}, said),
            ({"reporter": "ANNA"}, None),
            ({"reporter": "A@acme.example"}, None),
            ({"reporter": "Annie", "reporter_id": "anna"}, None),
            ({"reporter_id": "42"}, None),  # an account says nobody's name
            ({}, None),
        ],
    )
    def test_whoever_is_not_the_contact_is_told_who_is(self, stated: dict[str, str], told: str | None) -> None:
        opened = Telling().opened("Mon 09:00", "P2", **stated)
        assert remarks(opened, self.rules()).get(RemarkKind.NOT_THE_CONTACT) == told
        assert opened.clock(self.rules(), "first_response").due_at == opened.at("Mon 10:00")

    def test_nobody_is_told_where_there_is_no_such_contact(self) -> None:
        opened = Telling().opened("Mon 09:00", "P2", reporter="Ben")
        left = opened.at("Mon 12:00").date()
        assert remarks(opened, self.rules(left)) == remarks(opened, self.rules(sole=False)) == {}
        assert remarks(opened, self.rules(left + timedelta(days=1))) == {RemarkKind.NOT_THE_CONTACT: self.said}


class TestB6:
    """Channel entitlement: accepted, flagged and answered with advice, never dropped."""

    rules = rulebook(
        plan(
            row("first_response", "1h"),
            channels=frozenset({"mail", "portal"}),
            urgent_channels=frozenset({"portal"}),
        )
    )

    def test_a_channel_out_of_the_plan_is_flagged_with_advice(self) -> None:
        told = Telling().opened("Mon 09:00", "P2", channel="phone")
        assert remarks(told, self.rules) == {
            RemarkKind.CHANNEL_NOT_ENTITLED: "channel phone is not part of plan plan: please use mail, portal"
        }
        assert told.clock(self.rules, "first_response").due_at == told.at("Mon 10:00")

    def test_the_most_urgent_priority_should_use_an_urgent_channel(self) -> None:
        assert RemarkKind.URGENT_CHANNEL in remarks(Telling().opened("Mon 09:00", "P1", channel="mail"), self.rules)
        assert not remarks(Telling().opened("Mon 09:00", "P1", channel="portal"), self.rules)
        assert not remarks(Telling().opened("Mon 09:00", "P2", channel="mail"), self.rules)


def test_b7_escalations_and_ratings_are_recorded() -> None:
    told = Telling().opened("Mon 09:00")
    told.happened(EventKind.ESCALATED, "Mon 10:00", actor_name="Ann", escalated_to="board", reason="too slow")
    told.happened(EventKind.RATED, "Mon 12:00", score=2, actor_name="Ann", reason="slow")
    incident = told.fold(rulebook(plan(row("resolution", "8h"))))
    assert [(e.by, e.to, e.reason) for e in incident.escalations] == [("Ann", "board", "too slow")]
    assert [(rating.score, rating.comment) for rating in incident.ratings] == [(2, "slow")]


def test_b9_time_held_by_each_support_line() -> None:
    told = Telling().opened("Mon 09:00", line="1").happened(EventKind.ESCALATED, "Mon 11:00", line="2")
    incident = told.happened(EventKind.ESCALATED, "Mon 14:00", line="3").fold(rulebook(plan(row("resolution", "8h"))))
    held = incident_breakdown(incident, told.at("Mon 15:00")).by_holder()
    assert {holder.line: sums.wall / HOUR for holder, sums in held.items()} == {"1": 2, "2": 3, "3": 1}


class TestE6:
    """A request without a detailed description gets low priority by default."""

    rules = rulebook(
        plan(
            row("resolution", "2h", priority="P1"),
            row("resolution", "16h"),
            rules=PriorityRules(without_description="P4"),
        )
    )

    def test_it_is_low_and_the_reporter_reads_why(self) -> None:
        told = Telling().opened("Mon 09:00", "P1", description="")
        incident = told.fold(self.rules)
        assert (incident.priority, incident.priorities[-1].why) == ("P4", PriorityWhy.NO_DESCRIPTION)
        assert RemarkKind.MISSING_DESCRIPTION in remarks(told, self.rules)

    def test_the_description_brings_the_stated_priority_into_force(self) -> None:
        told = Telling().opened("Mon 09:00", "P1", description="")
        told.happened(EventKind.DESCRIBED, "Mon 10:00", description="it is broken")
        incident = told.fold(self.rules)
        assert (incident.priority, incident.priorities[-1].why) == ("P1", PriorityWhy.DESCRIBED)
        assert clock_of(incident, "resolution").due_at == told.at("Mon 11:00")

    def test_a_customer_cannot_raise_it_without_a_description_and_staff_can(self) -> None:
        told = Telling().opened("Mon 09:00", "P2", description="")
        assert told.priority("Mon 10:00", "P1", actor=Actor.CUSTOMER).fold(self.rules).priority == "P4"
        assert told.priority("Mon 11:00", "P2", actor=Actor.STAFF).fold(self.rules).priority == "P2"

    def test_a_stated_priority_lower_still_stays(self) -> None:
        rules = rulebook(plan(row("resolution", "2h"), rules=PriorityRules(without_description="P3")))
        assert Telling().opened("Mon 09:00", "P4", description="").fold(rules).priority == "P4"


def test_e7_either_side_may_raise_and_the_clock_is_retargeted() -> None:
    rules = rulebook(plan(row("resolution", "2h", priority="P1"), row("resolution", "16h")))
    for actor in (Actor.CUSTOMER, Actor.STAFF):
        told = Telling().opened("Mon 09:00", "P3").priority("Mon 10:00", "P1", actor=actor)
        assert told.clock(rules).due_at == told.at("Mon 11:00")
        assert told.fold(rules).priorities[-1].why is PriorityWhy.RAISED


def test_e8_a_correction_tells_the_customer_old_new_and_why() -> None:
    rules = rulebook(plan(row("resolution", "8h"), rules=PriorityRules(correction_notice=True)))
    told = Telling().opened("Mon 09:00", "P1", actor=Actor.CUSTOMER)
    told.priority("Mon 10:00", "P3", actor_name="Bob", reason="one user only")
    facts = [f for f in new_facts(told.fold(rules), {}) if f.kind is FactKind.PRIORITY_CORRECTED]
    assert [details_of(f.body) for f in facts] == [{"old": "P1", "new": "P3", "by": "Bob", "reason": "one user only"}]

    by_staff = Telling().opened("Mon 09:00", "P1", actor=Actor.STAFF).priority("Mon 10:00", "P3")
    by_customer = Telling().opened("Mon 09:00", "P1").priority("Mon 10:00", "P3", actor=Actor.CUSTOMER)
    assert by_staff.fold(rules).corrections == by_customer.fold(rules).corrections == ()


class TestE9:
    """Critical to high and high to medium only by agreement; clocks keep the old target until then."""

    rules = rulebook(
        plan(
            row("resolution", "2h", priority="P1"),
            row("resolution", "8h", priority="P2"),
            row("resolution", "40h"),
            rules=PriorityRules(
                downgrade=DowngradeMode.BY_AGREEMENT, downgrade_pairs=frozenset({("P1", "P2"), ("P2", "P3")})
            ),
        )
    )

    def test_it_waits_for_agreement_and_then_counts_from_the_start(self) -> None:
        told = Telling().opened("Mon 09:00", "P1").priority("Mon 10:00", "P2", actor_name="Bob", reason="restored")
        incident = told.fold(self.rules)
        assert incident.priority == "P1"
        assert incident.pending_downgrade is not None
        assert (incident.pending_downgrade.new, incident.pending_downgrade.by) == ("P2", "Bob")
        assert RemarkKind.DOWNGRADE_PENDING in remarks(told, self.rules)
        assert clock_of(incident, "resolution").due_at == told.at("Mon 11:00")

        agreed = told.happened(EventKind.DOWNGRADE_AGREED, "Mon 10:30", actor=Actor.CUSTOMER).fold(self.rules)
        assert (agreed.priority, agreed.pending_downgrade) == ("P2", None)
        assert agreed.priorities[-1].why is PriorityWhy.AGREED
        assert clock_of(agreed, "resolution").due_at == told.at("Mon 17:00")

    def test_a_sender_that_repeats_the_pending_priority_does_not_force_it(self) -> None:
        told = Telling().opened("Mon 09:00", "P1").priority("Mon 10:00", "P2").updated("Mon 10:10", priority="P2")
        assert told.fold(self.rules).priority == "P1"

    @pytest.mark.parametrize(
        ("old", "new", "in_force"), [("P1", "P3", "P1"), ("P1", "P4", "P1"), ("P2", "P3", "P2"), ("P3", "P4", "P4")]
    )
    def test_a_jump_over_an_agreed_pair_needs_agreement_too(self, old: str, new: str, in_force: str) -> None:
        assert Telling().opened("Mon 09:00", old).priority("Mon 10:00", new).fold(self.rules).priority == in_force

    def test_the_customer_may_lower_it_and_a_misjudged_one_is_corrected_at_once(self) -> None:
        customer = Telling().opened("Mon 09:00", "P1").priority("Mon 10:00", "P2", actor=Actor.CUSTOMER)
        wrong = Telling().opened("Mon 09:00", "P1")
        wrong.happened(EventKind.RECLASSIFIED, "Mon 10:00", priority="P3", actor=Actor.STAFF)
        assert customer.fold(self.rules).priority == "P2"
        assert wrong.fold(self.rules).priorities[-1].why is PriorityWhy.CORRECTED

    def test_a_proposal_is_withdrawn_by_going_back(self) -> None:
        told = Telling().opened("Mon 09:00", "P1").priority("Mon 10:00", "P2").priority("Mon 10:10", "P1")
        assert told.fold(self.rules).pending_downgrade is None

    def test_agreeing_to_nothing_is_a_remark(self) -> None:
        told = Telling().opened("Mon 09:00", "P1").happened(EventKind.DOWNGRADE_AGREED, "Mon 10:00")
        assert RemarkKind.NOTHING_TO_AGREE in remarks(told, self.rules)


class TestScope:
    """H4, I9: out of scope the base plan's targets apply, and the reason is visible."""

    rules = rulebook(
        (
            plan(row("first_response", "1h", priority="P1"), row("first_response", "4h"), id_="care"),
            plan(row("first_response", "8h"), id_="base"),
        ),
        contract(
            plan="care",
            base_plan=PlanId("base"),
            products=frozenset({"db", "os"}),
            excluded_products=frozenset({"os"}),
        ),
    )

    @pytest.mark.parametrize(
        ("product", "scope", "plan_id", "due"),
        [
            ("db", Scope.IN_SCOPE, "care", "Mon 10:00"),
            ("", Scope.NO_PRODUCT, "care", "Mon 10:00"),
            ("mail", Scope.OUT_OF_SCOPE, "base", "Mon 17:00"),
            ("os", Scope.EXCLUDED, "base", "Mon 17:00"),
        ],
    )
    def test_the_product_decides_whose_rows_apply(self, product: str, scope: Scope, plan_id: str, due: str) -> None:
        told = Telling().opened("Mon 09:00", product=product)
        incident = told.fold(self.rules)
        assert (incident.scope, incident.plan) == (scope, plan_id)
        assert clock_of(incident, "first_response").due_at == told.at(due)
        assert (RemarkKind.OUT_OF_SCOPE in remarks(told, self.rules)) is (plan_id == "base")

    def test_a_product_corrected_later_moves_the_clock(self) -> None:
        told = Telling().opened("Mon 09:00", product="mail")
        told.happened(EventKind.RECLASSIFIED, "Mon 09:30", product="db")
        assert told.clock(self.rules, "first_response").due_at == told.at("Mon 10:00")

    def test_without_a_base_plan_the_plan_itself_decides_by_the_attribute_scope(self) -> None:
        rules = rulebook(
            plan(row("first_response", "8h", when={"scope": "out"}), row("first_response", "1h")),
            contract(products=frozenset({"db"})),
        )
        told = Telling().opened("Mon 09:00", product="mail")
        assert told.fold(rules).scope is Scope.OUT_OF_SCOPE_NO_BASE
        assert told.clock(rules, "first_response").due_at == told.at("Mon 17:00")

    def test_the_contract_supplies_what_its_base_plan_leaves_open_and_overrides_nothing_else(self) -> None:
        plans = (
            plan(row("first_response", "1h"), id_="care"),
            plan(row("first_response", "6h", priority="P1"), row("first_response", "unspecified"), id_="base"),
        )
        own = contract(
            plan="care", base_plan=PlanId("base"), products=frozenset({"db"}), targets=(row("first_response", "2h"),)
        )
        rules = rulebook(plans, own)
        first = Telling().opened("Mon 09:00", "P1", product="mail").clock(rules, "first_response")
        other = Telling().opened("Mon 09:00", "P2", product="mail").clock(rules, "first_response")
        inside = Telling().opened("Mon 09:00", "P1", product="db").clock(rules, "first_response")
        assert (first.due_at, other.due_at) == (instant("Mon 15:00"), instant("Mon 11:00"))
        assert inside.due_at == instant("Mon 11:00"), "in scope the contract's own row comes first"


def test_h3_coverage_may_depend_on_the_base_plan() -> None:
    rows = (
        row("first_response", "1h", "always", when={"base_plan": "base-24x7"}),
        row("first_response", "1h"),
    )
    plans = (plan(*rows, id_="care"), plan(id_="base-24x7"), plan(id_="base-9x5"))
    for base, due in (("base-24x7", "Mon 21:00"), ("base-9x5", "Tue 10:00")):
        told = Telling().opened("Mon 20:00")
        rules = rulebook(plans, contract(plan="care", base_plan=PlanId(base)))
        assert told.clock(rules, "first_response").due_at == told.at(due)


def test_h11_the_vendor_has_its_own_share_of_the_clock() -> None:
    rules = rulebook(plan(row("resolution", "40h")))
    told = Telling().opened("Mon 09:00").waits("Mon 11:00", WaitingOn.CUSTOMER)
    told.waits("Mon 16:00", WaitingOn.VENDOR).resumed("Tue 10:00").resolved("Tue 12:00")
    incident = told.fold(rules)
    clock = clock_of(incident, "resolution")
    shares = clock_breakdown(clock, incident, calendar_of(clock, incident, rules), told.at("Fri 09:00")).by_party()
    assert {party: sums.within / HOUR for party, sums in shares.items()} == {"own": 4, "customer": 5, "vendor": 2}
    assert {party: sums.counted / HOUR for party, sums in shares.items()} == {"own": 4, "customer": 0, "vendor": 0}
    assert {party: sums.wall / HOUR for party, sums in shares.items()} == {"own": 4, "customer": 5, "vendor": 18}


def test_e15_a_defect_handed_to_the_vendor_has_its_own_share() -> None:
    rules = rulebook(plan(row("resolution", "40h")))
    told = Telling().opened("Mon 09:00").waits("Mon 10:00", WaitingOn.VENDOR)
    told.happened(EventKind.UPDATED, "Mon 12:00", defect="QCCR1E7").happened(EventKind.UPDATED, "Mon 15:00", defect="")
    incident = told.resumed("Mon 16:00").resolved("Tue 10:00").fold(rules)
    clock = clock_of(incident, "resolution")
    shares = clock_breakdown(clock, incident, calendar_of(clock, incident, rules), told.at("Fri 09:00")).by_party()
    assert {party: sums.within / HOUR for party, sums in shares.items()} == {"own": 3, "vendor": 3, "defect": 3}
    life = incident_breakdown(incident, told.at("Fri 09:00")).by_party()
    assert {party: sums.wall / HOUR for party, sums in life.items()} == {"own": 19, "vendor": 3, "defect": 3}
    assert [(wait.defect, wait.start, wait.end) for wait in incident.waits] == [
        ("", told.at("Mon 10:00"), told.at("Mon 12:00")),
        ("QCCR1E7", told.at("Mon 12:00"), told.at("Mon 15:00")),
        ("", told.at("Mon 15:00"), told.at("Mon 16:00")),
    ]


def test_h11_a_wait_on_the_customer_is_no_defect_of_the_vendor() -> None:
    told = Telling().opened("Mon 09:00", defect="QCCR1E7").waits("Mon 10:00", WaitingOn.CUSTOMER).resolved("Mon 12:00")
    incident = told.fold(rulebook(plan(row("resolution", "40h"))))
    life = incident_breakdown(incident, told.at("Mon 12:00")).by_party()
    assert {party: sums.wall / HOUR for party, sums in life.items()} == {"own": 1, "customer": 2}


def test_i1_targets_match_on_any_attribute() -> None:
    rules = rulebook(
        plan(row("first_response", "1h", when={"product": "M3", "region": "it"}), row("first_response", "4h"))
    )
    hit = Telling().opened("Mon 09:00", product="M3", region="it").clock(rules, "first_response")
    miss = Telling().opened("Mon 09:00", product="M3", region="pl").clock(rules, "first_response")
    assert (hit.due_at, miss.due_at) == (instant("Mon 10:00"), instant("Mon 13:00"))


def test_i3_coverage_differs_by_severity_within_one_plan() -> None:
    five_days = coverage("24x5", "mon-fri 00:00-24:00")
    office = coverage("office", "mon-fri 09:00-17:00")
    rules = rulebook(
        plan(
            row("first_response", "2h", "24x5", priority="P1"),
            row("first_response", "2h"),
            coverages=(five_days, office),
        )
    )
    told = Telling().opened("Fri 23:00", "P1")
    assert told.clock(rules, "first_response").due_at == told.at("2026-11-23 01:00")
    assert Telling().opened("Fri 23:00", "P2").clock(rules, "first_response").due_at == told.at("2026-11-23 11:00")


def test_an_unspecified_target_names_what_is_missing_and_starts_no_clock() -> None:
    rules = rulebook(plan(row("resolution", "unspecified", priority="P1"), row("resolution", "8h")))
    told = Telling().opened("Mon 09:00", "P1")
    assert told.fold(rules).clocks == ()
    assert remarks(told, rules) == {
        RemarkKind.UNSPECIFIED_TARGET: "plan plan gives no number for resolution at priority P1: "
        "contract acme must supply it"
    }
    supplied = rulebook(plan(row("resolution", "unspecified")), contract(targets=(row("resolution", "3h"),)))
    assert told.clock(supplied).due_at == told.at("Mon 12:00")
