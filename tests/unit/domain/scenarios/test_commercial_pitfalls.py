"""What users of commercial engines complain about, where it concerns a clock."""

from __future__ import annotations

from datetime import timedelta

from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import Telling, clock_of, instant, keys

from sla_domain.clock import ClockState
from sla_domain.diff import new_facts
from sla_domain.event import EventKind
from sla_domain.fact import FactKind
from sla_domain.metrics import resolution
from sla_domain.plan import Metric, ReopenMode
from sla_domain.published import after_publishing, keys_after
from sla_platform.wire.fact_body import details_of


def test_99_995_percent_is_not_a_breach() -> None:
    """ServiceNow rounds percentages and marks a breach half a second early."""
    clock = (
        Telling().opened("Mon 09:00").resolved("Mon 11:46:39.500000").clock(rulebook(plan(row("resolution", "10000s"))))
    )
    assert clock.state is ClockState.MET


def test_one_working_day_is_a_day_and_not_24_hours_of_schedule() -> None:
    told = Telling().opened("Mon 10:00")
    assert told.clock(rulebook(plan(row("resolution", "1 working days")))).due_at == told.at("Tue 10:00")
    assert told.clock(rulebook(plan(row("resolution", "24h")))).due_at == told.at("Thu 10:00")


def test_a_raise_to_a_spent_target_tells_one_breach_and_no_flood() -> None:
    rules = rulebook(plan(row("resolution", "1h", priority="P1", warn=[25, 50, 75]), row("resolution", "40h")))
    told = Telling().opened("Mon 09:00", "P3").priority("Tue 09:00", "P1")
    marks = [f for f in new_facts(told.fold(rules), {}) if f.kind in (FactKind.CLOCK_WARNED, FactKind.CLOCK_BREACHED)]
    assert [(fact.key, fact.at) for fact in marks] == [("1/breach", told.at("Mon 10:00"))]


def test_working_day_targets_can_be_paused() -> None:
    """ServiceNow's relative durations cannot."""
    told = Telling().opened("Mon 10:00").waits("Mon 15:00").resumed("Tue 10:00")
    assert told.clock(rulebook(plan(row("resolution", "1 working days close")))).due_at == told.at("Wed 12:00")


def test_verdicts_use_the_priority_of_the_time_never_todays() -> None:
    """Zendesk rewrote old verdicts; Jira recomputes met cycles with today's goals."""
    rules = rulebook(plan(row("first_response", "1h", priority="P1"), row("first_response", "8h")))
    told = Telling().opened("Mon 09:00", "P1").responded("Mon 11:00").priority("Mon 12:00", "P4")
    clock = told.clock(rules, "first_response")
    assert (clock.state, clock.priority, clock.due_at) == (ClockState.MISSED, "P1", told.at("Mon 10:00"))


def test_first_reply_counts_from_the_report_even_when_the_customer_is_known_later() -> None:
    rules = rulebook(
        (plan(row("first_response", "2h"), id_="gold"), plan(row("first_response", "8h"), id_="none")),
        contract("nobody", plan="none"),
        contract("acme", plan="gold"),
    )
    told = Telling(customer="").opened("Mon 09:00").updated("Mon 10:30", customer="acme")
    assert told.clock(rules, "first_response").due_at == told.at("Mon 11:00")


def test_a_hand_set_date_survives_a_changed_priority() -> None:
    told = (
        Telling().opened("Mon 09:00", "P3").agreed("Mon 10:00", "resolution", "Fri 12:00").priority("Mon 11:00", "P1")
    )
    rules = rulebook(plan(row("resolution", "1h", priority="P1"), row("resolution", "8h")))
    assert told.clock(rules).due_at == told.at("Fri 12:00")


def test_every_cycle_is_kept_with_its_own_verdict() -> None:
    known = {name: getattr(resolution, name) for name in resolution.__dataclass_fields__ if name != "reactions"}
    metric = Metric(**(known | {"on_reopen": ReopenMode.NEW_CYCLE}))
    told = Telling().opened("Mon 09:00").resolved("Mon 12:00").reopened("Tue 09:00").resolved("Tue 10:00")
    incident = told.fold(rulebook(plan(row("resolution", "2h"), metrics=(metric,))))
    assert [(c.cycle, c.state, c.consumed) for c in incident.clocks] == [
        (0, ClockState.MISSED, timedelta(hours=3)),
        (1, ClockState.MET, timedelta(hours=1)),
    ]


def test_met_while_paused_is_visible() -> None:
    """In one audit 11 of 50 met cases had been paused and never resumed."""
    rules = rulebook(plan(row("resolution", "8h")))
    forgotten = Telling().opened("Mon 09:00").waits("Mon 10:00").resolved("Fri 10:00")
    facts = [f for f in new_facts(forgotten.fold(rules), {}) if f.kind is FactKind.CLOCK_MET]
    assert [details_of(fact.body)["stopped_while_paused"] for fact in facts] == ["yes"]
    resumed = Telling().opened("Mon 09:00").waits("Mon 10:00").resumed("Mon 11:00").resolved("Mon 12:00")
    assert not resumed.clock(rules).stopped_while_paused


def test_exempt_with_reason_and_author_without_losing_the_verdict() -> None:
    rules = rulebook(plan(row("first_response", "1h"), row("resolution", "2h")))
    told = Telling().opened("Mon 09:00").resolved("Mon 13:00")
    incident = told.fold(rules)
    facts = new_facts(incident, {})
    state, known = after_publishing({}, facts, incident.clocks), keys_after((), facts)
    told.happened(
        EventKind.EXEMPTED, "Tue 09:00", metrics=("resolution",), reason="customer unreachable", actor_name="Bob"
    )
    incident = told.fold(rules)
    clock = clock_of(incident, "resolution")
    assert (clock.state, clock.exempt, clock.exempt_by) == (ClockState.MISSED, "customer unreachable", "Bob")
    assert clock_of(incident, "first_response").exempt == ""
    said = new_facts(incident, state, known)
    assert [(f.kind, f.metric, details_of(f.body)) for f in said] == [
        (FactKind.CLOCK_AMENDED, "resolution", {"exempt": "customer unreachable", "exempt_by": "Bob"})
    ]


def test_an_event_a_day_late_takes_back_the_breach_it_disproves() -> None:
    """Freshservice postpones webhooks for hours; nobody else says what becomes of a verdict."""
    rules = rulebook(plan(row("first_response", "1h")))
    told = Telling().opened("Mon 09:00")
    incident = told.fold(rules)
    facts = new_facts(incident, {}, upto=told.at("Tue 09:00"))
    state, known = after_publishing({}, facts, incident.clocks), keys_after((), facts)
    assert facts[1].kind is FactKind.CLOCK_BREACHED

    incident = told.responded("Mon 09:40").late("24 h").fold(rules)
    said = new_facts(incident, state, known)

    assert [fact.kind for fact in said] == [FactKind.CLOCK_AMENDED, FactKind.CLOCK_MET]
    assert details_of(said[0].body)["takes_back"] == "0/breach"
    assert details_of(said[0].body)["old_breached_at"] == instant("Mon 10:00").isoformat()
    assert keys(incident.clocks[0]) == []


def test_a_weekend_is_not_counted_and_the_customers_time_neither() -> None:
    told = Telling().opened("Fri 16:00").waits("2026-11-23 10:00").replied("2026-11-23 15:00")
    clock = told.resolved("2026-11-23 16:00").clock(rulebook(plan(row("resolution", "8h"))))
    assert clock.consumed == timedelta(hours=3)
