"""A priority that is taken away, unknown or another ticket's, while a lower one waits for agreement."""

from __future__ import annotations

import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import Telling, clock_of

from sla_domain.event import Actor, EventKind
from sla_domain.fact import FactKind
from sla_domain.happened import happened_facts
from sla_domain.incident import Incident, RemarkKind
from sla_domain.plan import DowngradeMode, PriorityRules

AGREED = rulebook(
    plan(
        row("resolution", "4h", "always", priority="P1"),
        row("resolution", "24h", "always", priority="P3"),
        row("resolution", "72h", "always", priority="P4"),
        rules=PriorityRules(downgrade=DowngradeMode.BY_AGREEMENT, default="P4"),
    )
)
FREE = rulebook(
    plan(row("resolution", "4h", "always", priority="P1"), row("resolution", "72h", "always", priority="P4"))
)


def pending() -> Telling:
    return Telling().opened("Mon 09:00", "P1").priority("Mon 09:30", "P3")


def words(incident: Incident, kind: RemarkKind) -> list[str]:
    return [remark.text for remark in incident.remarks if remark.kind is kind]


def waits_for(incident: Incident) -> tuple[str, str] | None:
    found = incident.pending_downgrade
    return None if found is None else (found.old, found.new)


def test_a_priority_taken_away_while_a_lower_one_waits_does_not_lower_it_without_agreement() -> None:
    told = pending().priority("Mon 10:00", "")
    incident = told.fold(AGREED)
    assert (incident.priority, waits_for(incident)) == ("P1", ("P1", "P4"))
    assert words(incident, RemarkKind.TAKEN_AWAY) == ["priority P3 was taken away: P1 is in force"]
    assert words(incident, RemarkKind.DOWNGRADE_PENDING) == ["P1 to P4 waits for the customer's agreement"]
    clock = clock_of(incident, "resolution")
    assert (clock.due_at, clock.generation) == (told.at("Mon 13:00"), 0)

    told.happened(EventKind.DOWNGRADE_AGREED, "Mon 11:00", actor=Actor.CUSTOMER)
    agreed = told.fold(AGREED)
    assert (agreed.priority, waits_for(agreed)) == ("P4", None)
    assert clock_of(agreed, "resolution").due_at == told.at("Thu 09:00")


def test_a_priority_that_the_plan_does_not_know_is_no_proposal_and_ends_the_one_before() -> None:
    told = pending().priority("Mon 10:00", "P7")
    incident = told.fold(AGREED)
    assert (incident.priority, waits_for(incident)) == ("P1", None)
    assert words(incident, RemarkKind.UNKNOWN_PRIORITY) == ["priority 'P7' is not one of the plan's: P1 is in force"]
    assert words(incident, RemarkKind.DOWNGRADE_PENDING) == []
    told.happened(EventKind.DOWNGRADE_AGREED, "Mon 11:00", actor=Actor.CUSTOMER)
    after = told.fold(AGREED)
    assert after.priority == "P1"
    assert words(after, RemarkKind.NOTHING_TO_AGREE) == ["a downgrade was agreed but none was proposed"]


def test_what_was_proposed_by_itself_still_waits_when_the_ticket_states_something_odd() -> None:
    told = Telling().opened("Mon 09:00", "P1")
    told.happened(EventKind.DOWNGRADE_PROPOSED, "Mon 09:30", priority="P3", actor=Actor.STAFF)
    assert waits_for(told.priority("Mon 10:00", "P7").fold(AGREED)) == ("P1", "P3")
    gone = told.priority("Mon 10:30", "").fold(AGREED)
    assert (gone.priority, waits_for(gone)) == ("P1", ("P1", "P4"))


def test_the_customer_s_own_word_takes_it_away_at_once_as_without_a_proposal() -> None:
    own = pending().priority("Mon 10:00", "", actor=Actor.CUSTOMER).fold(AGREED)
    assert (own.priority, waits_for(own)) == ("P4", None)
    plain = Telling().opened("Mon 09:00", "P1").priority("Mon 10:00", "").fold(AGREED)
    assert (plain.priority, waits_for(plain)) == ("P4", None)
    assert words(plain, RemarkKind.TAKEN_AWAY) == ["priority P1 was taken away: P4 is in force"]


def test_a_value_that_comes_back_takes_the_word_of_it_with_it() -> None:
    told = pending().priority("Mon 10:00", "").priority("Mon 10:30", "P1")
    incident = told.fold(AGREED)
    assert (incident.priority, waits_for(incident)) == ("P1", None)
    assert words(incident, RemarkKind.TAKEN_AWAY) == []


@pytest.mark.parametrize("stated", ["P4", "", "P7"])
@pytest.mark.parametrize("kind", [EventKind.OPENED, EventKind.RENAMED])
def test_a_ticket_that_takes_the_name_of_a_live_one_does_not_lower_its_priority(kind: EventKind, stated: str) -> None:
    """M2: a P4 ticket that was renamed to a live P1's name reset the P1's clocks."""
    told = Telling().opened("Mon 09:00", "P1").happened(kind, "Mon 10:00", attributes={"priority": stated})
    incident = told.fold(FREE)
    assert incident.priority == "P1"
    assert clock_of(incident, "resolution").due_at == told.at("Mon 13:00")
    assert words(incident, RemarkKind.OPENED_AGAIN) == [
        f"another ticket that states priority {stated or 'none'} took the name: P1 stays in force"
    ]
    lowered = told.priority("Mon 11:00", "P4").fold(FREE)
    assert lowered.priority == "P4"


def test_it_may_raise_the_priority_and_after_the_end_it_is_a_new_life() -> None:
    raised = Telling().opened("Mon 09:00", "P4").happened(EventKind.OPENED, "Mon 10:00", priority="P1")
    assert raised.fold(FREE).priority == "P1"
    again = Telling().opened("Mon 09:00", "P1").resolved("Mon 10:00")
    again.happened(EventKind.OPENED, "Mon 11:00", priority="P4")
    assert again.fold(FREE).priority == "P4"


def test_what_waits_when_a_ticket_moves_to_another_customer_is_proposed_anew() -> None:
    """Whoever was asked before must not agree for the other customer, nor read what was said to it."""
    rules = PriorityRules(downgrade=DowngradeMode.BY_AGREEMENT, default="P4")
    both = rulebook(
        plan(row("resolution", "4h", "always", priority="P1"), row("resolution", "24h", "always"), rules=rules),
        contract("acme"),
        contract("beta"),
    )
    told = Telling().opened("Mon 09:00", "P1").priority("Mon 09:30", "P3", actor_name="Bob", reason="said to acme")
    before = told.fold(both)
    asked = {fact.key for fact in happened_facts(before, ()) if fact.kind is FactKind.DOWNGRADE_PROPOSED}
    moved = told.updated("Mon 10:00", customer="beta", actor_name="Eve").fold(both)
    found = moved.pending_downgrade
    assert found is not None
    assert (found.old, found.new, found.by, found.reason, found.at) == ("P1", "P3", "Eve", "", told.at("Mon 10:00"))
    facts = happened_facts(moved, asked)
    assert [fact.kind for fact in facts] == [FactKind.DOWNGRADE_PROPOSED, FactKind.DOWNGRADE_SETTLED]
    assert not {fact.key for fact in facts} & asked


def test_a_ticket_that_stays_with_its_customer_asks_no_second_time() -> None:
    told = pending()
    asked = told.fold(AGREED).pending_downgrade
    assert told.updated("Mon 10:00", title="another", product="shop").fold(AGREED).pending_downgrade == asked
