"""Alerts that are taken over, passed on and snoozed; and which deadlines facts leave behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.notifier.world import DUE, MINUTE, World, breached, clock_fact, missed, warned

from sla_domain.escalation import EXPIRE, AckExpiry
from sla_domain.fact import FactKind
from sla_notifier.acknowledge.link_order import AckOrder, PassOrder, SnoozeOrder, TakeOrder, parse_order
from sla_notifier.alert.acknowledging import AckAnswer, acknowledge_alert
from sla_notifier.alert.alert import Alert, AlertState, alert_of
from sla_notifier.alert.chain import REPEAT
from sla_notifier.alert.change import AlertChange
from sla_notifier.alert.escalating import take_step
from sla_notifier.alert.expiring import PATIENCE
from sla_notifier.alert.request import PassedOn, RoleRecipients
from sla_notifier.alert.taking import pass_on, snooze, take_over
from sla_notifier.deadline import changed_deadlines
from sla_notifier.delivery.policy import UnsentReason
from sla_platform.wire import ClockFact

HOUR = timedelta(hours=1)
NOW = DUE + 5 * MINUTE


def opened() -> Alert:
    """Levels at 0, 10 and 30 minutes (the last a notice) and one more round 60 minutes later."""
    world = World()
    world.hear(breached())
    (alert,) = world.alerts.values()
    return alert


def after(answered: tuple[AckAnswer, AlertChange]) -> Alert:
    answer, change = answered
    assert answer is AckAnswer.DONE
    assert change.alert is not None
    return change.alert


def test_somebody_else_takes_it_over_and_is_on_record_besides_the_first() -> None:
    first = acknowledge_alert(opened(), "anna", "link", NOW)
    second = take_over(after(first), "ben", "link", NOW + MINUTE)
    assert (after(second).acknowledged_by, after(second).state) == ("ben", AlertState.ACKNOWLEDGED)
    assert first[1].events[0][0] != second[1].events[0][0]
    assert take_over(after(second), "ben", "link", NOW + 2 * MINUTE)[0] is AckAnswer.ALREADY


def test_whoever_takes_it_over_has_the_whole_time_and_no_more_than_the_next_level_leaves() -> None:
    alert = opened()
    expiry = AckExpiry(after=HOUR, at_next_level=True)
    alert = replace(alert, policy=replace(alert.policy, acknowledgement=expiry))
    first = after(acknowledge_alert(alert, "anna", "link", NOW, NOW + 90 * MINUTE))
    second = after(take_over(first, "ben", "link", NOW + 40 * MINUTE))
    assert (second.expires_at, second.expires_latest) == (NOW + 90 * MINUTE, NOW + 90 * MINUTE)


def test_a_passed_alert_pages_that_person_alone_and_the_levels_behind_follow() -> None:
    answered = pass_on(after(acknowledge_alert(opened(), "anna", "link", NOW)), "anna", "maria", NOW)
    alert, change = after(answered), answered[1]
    (request,) = change.requests
    assert request.audience == (RoleRecipients(("maria",)),)
    assert request.passed == PassedOn("anna", "maria")
    assert (alert.state, alert.round, change.cancel_reason) == (AlertState.OPEN, 1, UnsentReason.PASSED)
    assert [(step.level, step.fire_at - NOW) for step in change.steps] == [
        (2, 10 * MINUTE), (3, 30 * MINUTE), (REPEAT, 90 * MINUTE),
    ]  # fmt: skip
    later = take_step(alert, change.steps[0], NOW + 10 * MINUTE)
    assert later.requests[0].passed == PassedOn("anna", "maria"), "the next level reads that she has not answered"
    answered_by_maria = after(acknowledge_alert(alert, "maria", "link", NOW + MINUTE))
    assert (answered_by_maria.passed_to, answered_by_maria.passed_by) == ("", "")


def test_where_no_level_follows_a_round_does_so_that_nothing_ends_in_silence() -> None:
    last = replace(opened(), level=2)
    assert [(step.level, step.fire_at - NOW) for step in pass_on(last, "a", "b", NOW)[1].steps] == [(REPEAT, HOUR)]
    once = replace(last, policy=replace(last.policy, repeat=None, rounds=0))
    assert [step.fire_at - NOW for step in pass_on(once, "a", "b", NOW)[1].steps] == [PATIENCE]


def test_a_snooze_pages_the_same_person_at_its_end_and_nobody_else_at_first() -> None:
    answered = snooze(opened(), "anna", "link", NOW + 3 * HOUR, NOW)
    alert, (step,) = after(answered), answered[1].steps
    assert (step.level, step.fire_at, alert.acknowledged_by) == (EXPIRE, NOW + 3 * HOUR, "anna")
    over = take_step(alert, step, step.fire_at)
    assert [each.audience for each in over.requests] == [(RoleRecipients(("anna",)),)]
    assert [fact.reason for _, fact in over.events] == ["snoozed"]
    assert [each.level for each in over.steps] == [2, 3, REPEAT]


def test_at_the_end_of_a_snooze_by_a_program_the_level_that_was_reached_is_paged_again() -> None:
    answered = snooze(replace(opened(), level=2), "bot (key x)", "api", NOW + HOUR, NOW)
    over = take_step(after(answered), answered[1].steps[0], NOW + HOUR)
    assert [each.level for each in over.requests] == [2]


def test_a_snooze_may_be_ended_by_its_author_and_work_on_the_ticket_does_not_prolong_it() -> None:
    alert = after(snooze(opened(), "anna", "link", NOW + HOUR, NOW))
    assert after(take_over(alert, "anna", "link", NOW + MINUTE)).expires_at is None


def test_a_closed_alert_stays_closed() -> None:
    world = World()
    world.hear(breached())
    world.hear(missed(NOW))
    (alert,) = world.alerts.values()
    for answer, change in (
        take_over(alert, "a", "link", NOW),
        snooze(alert, "a", "link", NOW + HOUR, NOW),
        pass_on(alert, "a", "b", NOW),
    ):
        assert (answer, change.alert) == (AckAnswer.CLOSED, None)


def test_a_row_of_a_passed_alert_reads_back() -> None:
    alert = after(pass_on(opened(), "anna", "maria", NOW))
    assert alert_of(alert.columns()) == alert


@pytest.mark.parametrize(
    ("body", "order"),
    [
        (b"", AckOrder()),
        (b"do=take", TakeOrder()),
        (b"do=pass&to=ben", PassOrder("ben")),
        (b"do=pass&to=", AckOrder()),
        (b"do=snooze&minutes=60", SnoozeOrder(HOUR)),
        (b"do=snooze&minutes=60&past_deadline=yes", SnoozeOrder(HOUR, past_deadline=True)),
        (b"do=snooze&minutes=61", AckOrder()),
        (b"do=snooze", AckOrder()),
        (b"\xff\xfe", AckOrder()),
        (b"&".join(b"a=1" for _ in range(50)), AckOrder()),
    ],
)
def test_a_form_asks_for_one_thing(body: bytes, order: object) -> None:
    assert parse_order(body) == order


def started() -> tuple[str, object]:
    return clock_fact(FactKind.CLOCK_STARTED, DUE - HOUR, "s", state="running")


def facts(*said: tuple[str, ClockFact | object]) -> list[ClockFact]:
    return [fact for _, fact in said if isinstance(fact, ClockFact)]


def test_the_last_fact_of_a_clock_says_whether_it_runs_towards_a_deadline() -> None:
    running = facts(started())
    assert [row["due_at"] for row in changed_deadlines(running).rows] == [DUE]
    clock = str(running[0].clock)
    ended = facts(started(), missed(NOW, state="missed"))
    assert changed_deadlines(ended) == changed_deadlines(facts(missed(NOW, state="missed")))
    assert changed_deadlines(ended).ended == (clock,)
    assert changed_deadlines(facts(warned(state="running"))) == changed_deadlines([]), "a warning moves none"
    late = facts(breached(state="running", breached=DUE.isoformat()))
    assert changed_deadlines(late).ended == (clock,)
    paused = facts(clock_fact(FactKind.CLOCK_PAUSED, NOW, "p", state="paused", due_at=None))
    assert changed_deadlines(paused).ended == (clock,)
    assert changed_deadlines(facts(clock_fact(FactKind.PROMISE_MADE, NOW, "m", clock=None))).ended == ()
