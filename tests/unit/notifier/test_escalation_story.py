"""What facts, due steps and answers do to an alert, on a timeline; and what of a batch is left to be written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.unit.notifier.world import DUE, MINUTE, Incoming, World, breached, clock_fact, missed, taken_back, warned

from sla_domain.clock import ClockState
from sla_domain.escalation import NO_ESCALATION
from sla_domain.fact import FactKind
from sla_notifier.alert.acknowledging import AckAnswer, acknowledge_alert
from sla_notifier.alert.alert import AlertState, CloseReason
from sla_notifier.alert.chain import REPEAT
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.alert.request import LevelRecipients, PagedRecipients
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire.clock import NOT_BREACHED


def kinds(changes: ChangeSet) -> list[tuple[MessageKind, int]]:
    return [(each.kind, each.level) for each in changes.requests]


def opened(first: Incoming | None = None) -> tuple[World, str]:
    world = World()
    world.hear(first or breached())
    (alert,) = world.alerts
    return world, alert


def test_a_warning_goes_to_those_who_would_be_paged_first_and_opens_no_alert() -> None:
    world = World()
    changes = world.hear(warned())
    assert kinds(changes) == [(MessageKind.WARNING, 0)]
    assert changes.requests[0].audience == (LevelRecipients(1, ("on_call",)),)
    assert world.alerts == {}
    assert world.hear(warned(overtaken=True)).requests == [], "its breach is there already"


def test_a_breach_pages_the_first_level_and_plans_the_others() -> None:
    world, alert = opened()
    assert [(step.level, step.fire_at) for step in world.steps] == [
        (2, DUE + 10 * MINUTE), (3, DUE + 30 * MINUTE), (REPEAT, DUE + 90 * MINUTE),
    ]  # fmt: skip
    assert world.alerts[alert].state is AlertState.OPEN


def test_levels_are_notified_as_time_passes_and_the_next_round_begins_anew() -> None:
    world, alert = opened()
    assert kinds(world.step(alert, 2, DUE + 10 * MINUTE)) == [(MessageKind.PAGE, 2)]
    assert kinds(world.step(alert, 3, DUE + 30 * MINUTE)) == [(MessageKind.INFO, 3)], "the manager is informed"
    again = world.step(alert, REPEAT, DUE + 90 * MINUTE)
    assert kinds(again) == [(MessageKind.PAGE, 1)]
    assert (world.alerts[alert].round, world.alerts[alert].level) == (1, 1)
    assert [step.fire_at - DUE for step in world.steps if step.round == 1] == [100 * MINUTE, 120 * MINUTE]


def test_an_acknowledgement_ends_the_steps_and_the_pages_still_queued() -> None:
    world, alert = opened()
    answer, change = acknowledge_alert(world.alerts[alert], "anna", "link", DUE + MINUTE)
    assert (answer, change.clear_steps, change.cancel_reason) == (AckAnswer.DONE, True, UnsentReason.ACKNOWLEDGED)
    assert change.alert is not None
    world.alerts[alert] = change.alert
    assert world.step(alert, 2, DUE + 10 * MINUTE).requests == [], "a step that was on its way does nothing"
    assert acknowledge_alert(change.alert, "piotr", "link", DUE + 2 * MINUTE)[0] is AckAnswer.ALREADY


@pytest.mark.parametrize("late", [MINUTE, timedelta(days=3)])
def test_the_end_closes_the_alert_and_goes_to_those_who_were_paged(late: timedelta) -> None:
    world, alert = opened()
    changes = world.hear(missed(DUE + late))
    assert (kinds(changes), changes.requests[0].audience) == ([(MessageKind.RESOLVED, 0)], (PagedRecipients(),))
    assert world.alerts[alert].close_reason == CloseReason.MISSED.value
    assert world.steps == []
    assert world.hear(missed(DUE + late)).requests == [], "the same end again is no news"


def test_a_breach_that_is_taken_back_after_its_end_is_taken_back_all_the_same() -> None:
    world, alert = opened()
    world.hear(missed(DUE + 5 * MINUTE))
    changes = world.hear(taken_back(DUE + 5 * MINUTE), at=DUE + 9 * MINUTE)
    assert kinds(changes) == [(MessageKind.TAKEN_BACK, 0)]
    assert changes.cancel_reasons == {alert: UnsentReason.TAKEN_BACK}


EARLIER = DUE - MINUTE  # where a late event puts the breach, by another target


def replaced(state: ClockState, **more: Any) -> Incoming:
    """The breach that was published is taken back, and the clock is breached by another target."""
    details = {"takes_back": "0/breach", "takes_back_due": DUE.isoformat(), "new_state": state.value}
    return clock_fact(
        FactKind.CLOCK_AMENDED, DUE + 5 * MINUTE, "amended", details=details, breached=EARLIER.isoformat(), **more
    )


def test_nobody_is_told_that_a_clock_was_not_breached_which_is_by_another_target() -> None:
    world, alert = opened()
    world.hear(missed(DUE + 4 * MINUTE))
    changes = world.hear(replaced(ClockState.MISSED), breached(EARLIER, generation=1), at=DUE + 9 * MINUTE)
    assert changes.requests == [], "the page and the closing message are still true"
    assert world.alerts[alert].due_at == EARLIER


def test_of_a_clock_that_goes_on_the_target_by_which_it_is_breached_is_paged_anew() -> None:
    """A late raise of the priority: its people may be others, and nobody hears that the clock was not breached."""
    world, alert = opened()
    changes = world.hear(replaced(ClockState.RUNNING), breached(EARLIER, generation=1), at=DUE + 9 * MINUTE)
    assert kinds(changes) == [(MessageKind.PAGE, 1)]
    assert changes.cancel_reasons == {alert: UnsentReason.REOPENED}
    assert (world.alerts[alert].state, world.alerts[alert].due_at) == (AlertState.OPEN, EARLIER)


def overdue(due_at: datetime, target: str) -> Incoming:
    """The breach that was published is taken back. Its clock is due at another instant, not published so far."""
    details = {"takes_back": "0/breach", "takes_back_due": DUE.isoformat(), "new_state": "running"}
    more = {"due_at": due_at, "target": target, "breached": NOT_BREACHED}
    return clock_fact(FactKind.CLOCK_AMENDED, NOON, "amended", details=details, **more)


def breached_at(due_at: datetime, target: str) -> Incoming:
    """The tick publishes it under a key of its own."""
    return clock_fact(FactKind.CLOCK_BREACHED, due_at, "0/breach~1", due_at=due_at, target=target)


NOON = DUE + 105 * MINUTE


@pytest.mark.parametrize("acknowledged_before", [False, True])
def test_a_breach_that_a_late_pause_moves_is_neither_taken_back_nor_paged_anew(acknowledged_before: bool) -> None:
    """The tick publishes the breach at its new instant only after the fact that takes back the one at the old."""
    world, alert = opened(breached(target="p1"))
    if acknowledged_before:
        change = acknowledge_alert(world.alerts[alert], "anna", "link", DUE + MINUTE)[1]
        assert change.alert is not None
        world.alerts[alert] = change.alert
    later = DUE + 7 * MINUTE
    assert world.hear(overdue(later, "p1"), at=NOON).requests == []
    assert world.hear(breached_at(later, "p1"), at=NOON).requests == []
    assert world.alerts[alert].due_at == later
    assert world.alerts[alert].state is (AlertState.ACKNOWLEDGED if acknowledged_before else AlertState.OPEN)


def test_of_a_clock_that_is_overdue_by_another_target_only_the_page_for_that_one_goes_out() -> None:
    world, alert = opened(breached(target="p1"))
    assert world.hear(overdue(EARLIER, "p2"), at=NOON).requests == [], "nobody hears that it was not breached"
    changes = world.hear(breached_at(EARLIER, "p2"), at=NOON)
    assert kinds(changes) == [(MessageKind.PAGE, 1)]
    assert (world.alerts[alert].state, world.alerts[alert].due_at) == (AlertState.OPEN, EARLIER)


def test_a_clock_that_is_overdue_after_its_alert_was_closed_is_paged_anew() -> None:
    """A late event undoes the end of the clock and moves its breach."""
    world, _ = opened(breached(target="p1"))
    world.hear(missed(DUE + 4 * MINUTE))
    later = DUE + 7 * MINUTE
    assert world.hear(overdue(later, "p1"), at=NOON).requests == []
    assert kinds(world.hear(breached_at(later, "p1"), at=NOON)) == [(MessageKind.PAGE, 1)]


def test_a_clock_that_is_due_later_was_not_breached() -> None:
    world, _ = opened(breached(target="p1"))
    changes = world.hear(overdue(NOON + MINUTE, "p1"), at=NOON)
    assert kinds(changes) == [(MessageKind.TAKEN_BACK, 0)]


def test_the_end_of_a_clock_names_the_breach_that_stands() -> None:
    world, _ = opened()
    changes = world.hear(replaced(ClockState.MISSED), at=DUE + 9 * MINUTE)
    assert kinds(changes) == [(MessageKind.RESOLVED, 0)]
    assert changes.requests[0].due_at == EARLIER


def test_the_people_of_the_contract_before_hear_that_their_breach_is_taken_back() -> None:
    world, _ = opened()
    changes = world.hear(replaced(ClockState.RUNNING, contract="beta"), at=DUE + 9 * MINUTE)
    assert kinds(changes) == [(MessageKind.TAKEN_BACK, 0)]


def test_a_clock_that_was_missed_before_its_ticket_moved_is_never_called_not_breached() -> None:
    """Missed under acme; the ticket moves to beta; a late event moves the instant of the breach."""
    world, alert = opened()
    world.hear(missed(DUE + 4 * MINUTE))
    changes = world.hear(replaced(ClockState.MISSED, contract="beta"), at=DUE + 9 * MINUTE)
    assert changes.requests == []
    assert (world.alerts[alert].contract, world.alerts[alert].due_at) == ("acme", EARLIER)


def test_a_breach_read_twice_or_under_another_key_pages_once() -> None:
    world, _ = opened()
    assert world.hear(breached()).requests == []
    assert world.hear(breached(generation=1)).requests == [], "the same due instant while the alert is open"


def test_where_a_plan_pages_nobody_the_operators_are_informed_and_never_warned() -> None:
    world = World()
    assert world.hear(warned(escalation=NO_ESCALATION)).requests == []
    changes = world.hear(breached(escalation=NO_ESCALATION))
    assert kinds(changes) == [(MessageKind.INFO, 1)]
    assert world.steps == []


def test_in_one_batch_the_last_word_about_an_alert_counts() -> None:
    """Read together after an outage: breached, taken back, and breached at a later instant."""
    world = World()
    changes = world.hear(
        breached(), taken_back(DUE + MINUTE), breached(DUE + 20 * MINUTE, due_at=DUE + 20 * MINUTE, generation=1)
    )
    (alert,) = world.alerts.values()
    assert (alert.episode, alert.state, alert.due_at) == (2, AlertState.OPEN, DUE + 20 * MINUTE)
    assert [(each.kind, each.episode, each.cancel_reason) for each in changes.requests] == [
        (MessageKind.PAGE, 1, UnsentReason.TAKEN_BACK), (MessageKind.TAKEN_BACK, 1, None), (MessageKind.PAGE, 2, None),
    ]  # fmt: skip
    assert {step.round for step in world.steps} == {0}
    assert len(world.steps) == 3, "the steps of the first episode are gone"


@pytest.mark.parametrize(
    ("told", "then", "said"),
    [
        (ClockState.MISSED, ClockState.MET, "met"),
        (ClockState.MISSED, ClockState.CANCELLED, "cancelled"),
        (ClockState.CANCELLED, ClockState.MISSED, "missed"),
        (ClockState.MET, ClockState.MISSED, "missed"),
        (ClockState.MISSED, ClockState.MISSED, None),
        (ClockState.MET, ClockState.MET, None),
    ],
)
def test_an_end_that_is_another_than_people_were_told_is_told_once(
    told: ClockState, then: ClockState, said: str | None
) -> None:
    world, alert = opened()
    ends = [
        clock_fact(FactKind.CLOCK_AMENDED, DUE + MINUTE, f"amended~{number}", details={"new_state": state.value})
        for number, state in enumerate((told, then, then))
    ]
    assert world.hear(ends[0]).requests[0].outcome == told.value
    heard = world.hear(ends[1])
    assert [(each.kind, each.outcome) for each in heard.requests] == ([(MessageKind.RESOLVED, said)] if said else [])
    assert world.hear(ends[2]).requests == []
    assert world.alerts[alert].close_reason == (said or told.value)
