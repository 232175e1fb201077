"""Which events the fold reads when, and what it says about odd ones instead of failing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.build.rulebook import contract, plan, row, rulebook
from tests.build.story import Telling, clock_of

from sla_domain.breakdown import Holder, incident_breakdown
from sla_domain.clock import ClockState
from sla_domain.errors import MixedIncidents, NoEvents
from sla_domain.event import Actor, EventKind, TimeQuality, WaitingOn
from sla_domain.fold import fold
from sla_domain.incident import Phase, RemarkKind
from sla_domain.rulebook import MatchReason

RULES = rulebook(plan(row("first_response", "1h"), row("resolution", "8h")))


def kinds(told: Telling) -> set[RemarkKind]:
    return {remark.kind for remark in told.fold(RULES).remarks}


def test_no_events_and_two_incidents_are_the_only_errors() -> None:
    with pytest.raises(NoEvents):
        fold([], RULES)
    with pytest.raises(MixedIncidents, match="INC-1 and of INC-2"):
        fold([*Telling().opened("Mon 09:00").events, *Telling("INC-2").opened("Mon 09:00").events], RULES)


def test_without_an_opening_the_earliest_event_opens_and_it_is_marked() -> None:
    told = Telling().updated("Mon 09:00", customer="acme", priority="P2").responded("Mon 09:30")
    incident = told.fold(RULES)
    assert incident.opened_at == told.at("Mon 09:00")
    assert RemarkKind.NO_OPENING in kinds(told)
    assert clock_of(incident, "first_response").state is ClockState.MET


def test_the_opening_that_comes_late_takes_its_place() -> None:
    told = Telling().responded("Mon 09:30", customer="acme").opened("Mon 09:00").late("5 h")
    incident = told.fold(RULES)
    assert incident.opened_at == told.at("Mon 09:00")
    assert kinds(told) == set()
    assert clock_of(incident, "first_response").consumed == timedelta(minutes=30)


@pytest.mark.parametrize("name", ["Ann", "a-1"])
@pytest.mark.parametrize("in_order", [True, False])
def test_the_reporter_s_own_words_are_no_response(name: str, in_order: bool) -> None:
    """Whoever sent them could not say whose they are: a comment that came before its incident, a plain sender."""
    told = Telling().opened("Mon 09:00", reporter="Ann", reporter_id="a-1")
    told.waits("Mon 09:10").responded("Mon 09:20", Actor.UNKNOWN, actor_name=name)
    incident = fold(told.events if in_order else reversed(told.events), RULES)
    assert clock_of(incident, "first_response").state is ClockState.RUNNING
    assert incident.phase is Phase.OPEN, "the customer's answer ends the wait for it"
    told.responded("Mon 09:30", Actor.UNKNOWN, actor_name="Bob")
    answered = clock_of(told.fold(RULES), "first_response")
    assert (answered.state, answered.stopped_at) == (ClockState.MET, told.at("Mon 09:30"))


def test_staff_that_reported_for_a_customer_answers_all_the_same() -> None:
    told = Telling().opened("Mon 09:00", reporter="desk", reporter_id="desk").responded("Mon 09:20", actor_name="desk")
    assert clock_of(told.fold(RULES), "first_response").state is ClockState.MET
    nameless = Telling().opened("Mon 09:00").responded("Mon 09:20", Actor.UNKNOWN)
    assert clock_of(nameless.fold(RULES), "first_response").state is ClockState.MET


def test_a_resolve_before_its_open_leaves_no_zombie() -> None:
    told = Telling().resolved("Mon 08:59").opened("Mon 09:00")
    incident = told.fold(RULES)
    assert incident.phase is Phase.RESOLVED
    assert clock_of(incident, "resolution").state is ClockState.MET
    assert RemarkKind.BEFORE_OPENING in kinds(told)


def test_an_end_before_the_opening_says_nothing_of_the_response() -> None:
    """O6: it was "met after 0 s", although nobody had answered."""
    for told in (
        Telling().opened("Mon 09:00").resolved("Mon 08:59"),
        Telling().closed("Mon 06:00").opened("Mon 09:00"),
    ):
        incident = told.fold(RULES)
        response = clock_of(incident, "first_response")
        assert (response.state, response.breached_at) == (ClockState.CANCELLED, None)
        assert response.why == "it ended before the clock began, which says nothing of an answer"
        assert [r.text for r in incident.remarks if r.text.startswith("first_response")] == [
            "first_response: it ended before the clock began, which says nothing of an answer: no verdict"
        ]
    answered = Telling().opened("Mon 09:00").resolved("Mon 08:59").responded("Mon 08:58")
    assert clock_of(answered.fold(RULES), "first_response").state is ClockState.MET


def test_an_opening_stamped_on_receipt_is_not_later_than_what_went_before() -> None:
    told = Telling().updated("Mon 09:00").opened("Mon 11:00", quality=TimeQuality.RECEIPT)
    incident = told.fold(RULES)
    assert incident.opened_at == told.at("Mon 09:00")
    assert incident.opened_quality is TimeQuality.RECEIPT
    assert incident.quality is TimeQuality.RECEIPT


def test_opened_again_while_it_lives_is_an_update_and_after_its_end_a_reopening() -> None:
    twice = Telling().opened("Mon 09:00").opened("Mon 10:00", title="again")
    assert twice.fold(RULES).attributes["title"] == "again"
    assert clock_of(twice.fold(RULES), "resolution").started_at == twice.at("Mon 09:00")

    refired = Telling().opened("Mon 09:00").resolved("Mon 10:00").opened("Mon 11:00")
    incident = refired.fold(RULES)
    assert incident.phase is Phase.OPEN
    assert RemarkKind.OPENED_AGAIN in kinds(refired)
    assert clock_of(incident, "resolution").due_at == refired.at("Tue 10:00")


def test_a_time_in_the_future_is_remarked() -> None:
    told = Telling()
    told.opened("Mon 09:00", received_at=told.at("Mon 08:00"))
    assert kinds(told) == {RemarkKind.FUTURE_TIME}


def test_what_a_dialect_could_not_map_is_a_remark() -> None:
    told = Telling().opened("Mon 09:00", warnings=("status 'Parked' is not mapped",))
    assert [remark.text for remark in told.fold(RULES).remarks] == ["status 'Parked' is not mapped"]


def test_a_customer_nobody_knows_falls_under_the_default_contract_with_the_reason() -> None:
    known = Telling(customer="acme").opened("Mon 09:00").fold(RULES)
    unknown = Telling(customer="nobody").opened("Mon 09:00").fold(RULES)
    assert known.match_reason is MatchReason.CUSTOMER
    assert unknown.match_reason is MatchReason.UNKNOWN_CUSTOMER
    assert [remark.kind for remark in unknown.remarks] == [RemarkKind.DEFAULT_CONTRACT]


def test_a_contract_without_people_is_a_remark() -> None:
    rules = rulebook(plan(row("resolution", "8h")), contract(people={}))
    assert [r.kind for r in Telling().opened("Mon 09:00").fold(rules).remarks] == [RemarkKind.NOBODY_TO_TELL]


def test_phases() -> None:
    told = Telling().opened("Mon 09:00")
    seen = [told.fold(RULES).phase]
    for step in (
        lambda: told.waits("Mon 10:00"),
        lambda: told.replied("Mon 11:00"),
        lambda: told.resolved("Mon 12:00"),
        lambda: told.closed("Mon 13:00"),
        lambda: told.reopened("Mon 14:00"),
        lambda: told.happened(EventKind.MERGED, "Mon 15:00", merged_into="INC-9"),
        lambda: told.closed("Mon 16:00"),
    ):
        step()
        seen.append(told.fold(RULES).phase)
    assert seen == [
        Phase.OPEN,
        Phase.WAITING,
        Phase.OPEN,
        Phase.RESOLVED,
        Phase.CLOSED,
        Phase.OPEN,
        Phase.MERGED,
        Phase.MERGED,
    ]
    assert told.fold(RULES).merged_into == "INC-9"


def test_who_held_it_when_sums_to_the_elapsed_time() -> None:
    told = Telling().opened("Mon 09:00", assignee="ann", group="desk", line="1")
    told.happened(EventKind.ASSIGNED, "Mon 11:00", assignee="bob", line="2")
    told.happened(EventKind.ASSIGNED, "Mon 11:00", assignee="cid", line="2")
    told.happened(EventKind.ASSIGNED, "Mon 16:00", assignee="ann", line="1").resolved("Tue 09:00")
    incident = told.fold(RULES)

    found = incident_breakdown(incident, told.at("Wed 09:00")).by_holder()
    held = {holder: sums.wall for holder, sums in found.items()}

    assert held == {
        Holder("ann", "desk", "1"): timedelta(hours=2 + 17),
        Holder("cid", "desk", "2"): timedelta(hours=5),
    }
    assert sum(held.values(), timedelta()) == incident.elapsed(told.at("Wed 09:00")) == timedelta(days=1)


def test_whose_turn_it_was_sums_to_the_elapsed_time() -> None:
    told = Telling().opened("Mon 09:00").waits("Mon 10:00", reason="log files").waits("Mon 12:00", WaitingOn.VENDOR)
    told.resumed("Mon 15:00").waits("Mon 16:00", WaitingOn.OTHER)
    shares = incident_breakdown(told.fold(RULES), told.at("Mon 18:00")).by_party()
    assert {party: sums.wall / timedelta(hours=1) for party, sums in shares.items()} == {
        "own": 2,
        "customer": 2,
        "vendor": 3,
        "other": 2,
    }


def test_the_time_between_an_end_and_a_reopening_is_nobodys() -> None:
    told = Telling().opened("Mon 09:00", assignee="ann").waits("Mon 10:00").resolved("Mon 11:00")
    incident = told.reopened("Mon 15:00").resolved("Mon 16:00").fold(RULES)
    found = incident_breakdown(incident, told.at("Mon 18:00"))
    assert {party: sums.wall / timedelta(hours=1) for party, sums in found.by_party().items()} == {
        "own": 2,
        "customer": 1,
        "ended": 4,
    }
    assert found.whole.wall == incident.elapsed(told.at("Mon 18:00"))


def test_a_running_clock_keeps_its_contract_and_a_later_one_takes_the_renewed() -> None:
    old = contract("old", plan="old", customers=frozenset({"acme"}), valid_to=date(2026, 11, 18))
    new = contract("new", plan="new", customers=frozenset({"acme"}), valid_from=date(2026, 11, 18))
    rules = rulebook(
        (
            plan(row("first_response", "1h"), row("resolution", "40h"), row("next_response", "4h"), id_="old"),
            plan(row("first_response", "1h"), row("resolution", "8h"), row("next_response", "1h"), id_="new"),
        ),
        old,
        new,
    )
    told = Telling().opened("Mon 09:00").responded("Mon 09:30").replied("Wed 10:00")
    incident = told.fold(rules)
    assert clock_of(incident, "resolution").contract == "old"
    assert clock_of(incident, "resolution").generation == 0
    assert clock_of(incident, "next_response").due_at == told.at("Wed 11:00")


def test_another_customer_named_on_the_incident_moves_its_clocks() -> None:
    """Contracts belong to customers: the promise that was made to the wrong one is replaced, from the start."""
    rules = rulebook(
        (plan(row("resolution", "8h"), id_="slow"), plan(row("resolution", "2h"), id_="fast")),
        contract("acme", plan="slow"),
        contract("beta", plan="fast"),
    )
    told = Telling().opened("Mon 09:00").updated("Mon 10:00", customer="beta")
    clock = told.clock(rules)
    assert (clock.contract, clock.generation, clock.due_at) == ("beta", 1, told.at("Mon 11:00"))


def test_a_status_that_moves_from_done_to_waiting_reopens_and_then_waits() -> None:
    """Both are said at one instant by one delivery: read the other way round the wait is lost and the clock runs."""
    told = Telling().opened("Mon 09:00").responded("Mon 09:10").resolved("Mon 10:00")
    told.waits("Mon 11:00").reopened("Mon 11:00")
    for events in (told.events, told.events[::-1]):
        incident = fold(events, RULES)
        assert incident.phase is Phase.WAITING
        assert clock_of(incident, "resolution").state is ClockState.PAUSED


def test_a_wait_and_a_resolve_of_one_instant_leave_the_incident_resolved() -> None:
    told = Telling().opened("Mon 09:00").responded("Mon 09:10").resolved("Mon 10:00").waits("Mon 10:00")
    told.workaround("Mon 10:00").resumed("Mon 10:00")
    incident = told.fold(RULES)
    assert incident.phase is Phase.RESOLVED
    assert clock_of(incident, "resolution").consumed == timedelta(hours=1)
