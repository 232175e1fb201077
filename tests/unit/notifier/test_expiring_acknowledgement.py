"""Acknowledgements that expire: when, what puts them off, whom the next round tells, and when they stand for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.unit.notifier.world import DUE, MINUTE, World, breached, missed

from sla_domain.escalation import EXPIRE, AckExpiry
from sla_notifier.alert.acknowledging import acknowledge_alert
from sla_notifier.alert.alert import Alert, AlertState, alert_of
from sla_notifier.alert.chain import REPEAT, EscalationStep, chain_from_json, chain_to_json
from sla_notifier.alert.change import AlertChange
from sla_notifier.alert.escalating import take_step
from sla_notifier.alert.expiring import note_work
from sla_notifier.alert.request import Lapsed, LevelRecipients, TellRecipients

HOUR = timedelta(hours=1)
ACKNOWLEDGED = DUE + 5 * MINUTE
TWO_HOURS = AckExpiry(after=2 * HOUR)


def opened(expiry: AckExpiry | None) -> Alert:
    """A breach with levels at 0, 10 and 30 minutes (the last a notice) and one more round 60 minutes later."""
    world = World()
    world.hear(breached())
    (alert,) = world.alerts.values()
    return replace(alert, policy=replace(alert.policy, acknowledgement=expiry))


def acknowledged(before: Alert, at: datetime = ACKNOWLEDGED, next_level_at: datetime | None = None) -> AlertChange:
    _, change = acknowledge_alert(before, "anna", "link", at, next_level_at)
    assert change.alert is not None
    return change


def taken(change: AlertChange, at: datetime | None = None) -> AlertChange:
    """The step of the acknowledgement is taken when it is due."""
    (step,) = change.steps
    assert change.alert is not None
    return take_step(change.alert, step, at or step.fire_at)


def test_without_the_key_an_acknowledgement_stands_for_good() -> None:
    change = acknowledged(opened(None), next_level_at=DUE + 10 * MINUTE)
    assert (change.steps, change.alert.expires_at if change.alert else "") == ((), None)


def test_an_expired_acknowledgement_opens_the_alert_again_and_pages_the_level_behind_the_one_reached() -> None:
    change = acknowledged(opened(TWO_HOURS))
    (step,) = change.steps
    assert (step.level, step.fire_at) == (EXPIRE, ACKNOWLEDGED + 2 * HOUR)
    after = taken(change)
    assert after.alert is not None
    assert (after.alert.state, after.alert.episode, after.alert.round, after.alert.level) == (AlertState.OPEN, 1, 1, 2)
    (request,) = after.requests
    assert request.audience == (LevelRecipients(2, ("lead",)), TellRecipients(("anna",))), "and who had acknowledged"
    assert request.lapsed == Lapsed("anna", ACKNOWLEDGED)
    assert [(each.level, each.fire_at - step.fire_at) for each in after.steps] == [
        (3, 20 * MINUTE), (REPEAT, 80 * MINUTE),
    ]  # fmt: skip
    assert [(id_.rpartition("/")[2], fact.what, fact.reason, fact.by) for id_, fact in after.events] == [
        ("expired-1", "alert.expired", "idle", "anna"), ("round-1", "alert.escalated", "level 2", ""),
    ]  # fmt: skip


def test_where_no_level_behind_pages_the_escalation_begins_anew() -> None:
    before = replace(opened(TWO_HOURS), level=2)
    after = taken(acknowledged(before))
    assert [each.level for each in after.requests] == [1], "the level behind only informs"


def test_levels_that_only_inform_are_told_with_the_first_behind_them_that_pages() -> None:
    alert = opened(TWO_HOURS)
    first, second, third = alert.policy.levels
    levels = (first, replace(third, after=10 * MINUTE), replace(second, after=30 * MINUTE))
    after = taken(acknowledged(replace(alert, policy=replace(alert.policy, levels=levels))))
    assert [each.level for each in after.requests] == [2, 3]


def test_work_on_the_ticket_puts_the_expiry_off_and_work_before_it_does_not() -> None:
    change = acknowledged(opened(TWO_HOURS))
    assert change.alert is not None
    worked = note_work(change.alert, ACKNOWLEDGED + HOUR, ACKNOWLEDGED + HOUR)
    assert [step.fire_at for step in worked.steps] == [ACKNOWLEDGED + 3 * HOUR]
    assert worked.alert is not None
    late = take_step(worked.alert, change.steps[0], ACKNOWLEDGED + 2 * HOUR)
    assert late.requests == (), "a step that another process still holds does nothing"
    assert note_work(change.alert, ACKNOWLEDGED - MINUTE, ACKNOWLEDGED).alert is None
    ahead = note_work(change.alert, ACKNOWLEDGED + 9 * HOUR, ACKNOWLEDGED + HOUR)
    assert [step.fire_at for step in ahead.steps] == [ACKNOWLEDGED + 3 * HOUR], "a sender's clock that is ahead"


def test_the_next_level_is_no_later_however_much_work_there_is() -> None:
    expiry = AckExpiry(after=5 * MINUTE, at_next_level=True)
    change = acknowledged(opened(expiry), next_level_at=DUE + 12 * MINUTE)
    assert change.alert is not None
    assert change.alert.expires_at == ACKNOWLEDGED + 5 * MINUTE
    worked = note_work(change.alert, ACKNOWLEDGED + 4 * MINUTE, ACKNOWLEDGED + 4 * MINUTE)
    assert worked.alert is not None
    assert worked.alert.expires_at == DUE + 12 * MINUTE
    assert note_work(worked.alert, DUE + 11 * MINUTE, DUE + 11 * MINUTE).alert is None
    assert taken(worked).events[0][1].reason == "next_level"


def test_at_the_end_of_the_escalation_there_is_no_next_level_to_expire_at() -> None:
    assert acknowledged(opened(AckExpiry(at_next_level=True))).steps == ()


def test_as_many_expire_as_the_policy_allows_and_the_next_one_stands() -> None:
    alert, now = opened(replace(TWO_HOURS, times=2)), ACKNOWLEDGED
    seen: set[str] = set()
    for _ in range(2):
        change = acknowledged(alert, now)
        after = taken(change)
        assert after.alert is not None
        ids = [id_ for id_, _ in (*change.events, *after.events)] + [each.id for each in after.requests]
        assert not seen.intersection(ids)
        seen.update(ids)
        alert, now = after.alert, change.steps[0].fire_at + MINUTE
    assert acknowledged(alert, now).steps == ()


def test_rounds_that_expiries_begin_do_not_count_as_rounds_of_the_policy() -> None:
    change = acknowledged(opened(TWO_HOURS))
    after = taken(change)
    assert after.alert is not None
    at = after.steps[-1].fire_at
    again = take_step(after.alert, after.steps[-1], at)
    assert again.alert is not None
    assert again.requests[0].lapsed == Lapsed("anna", ACKNOWLEDGED), "nobody has acknowledged since"
    assert (again.alert.round, REPEAT in [each.level for each in again.steps]) == (2, False)


@pytest.mark.parametrize("end", ["closed", "acknowledged again", "opened again"])
def test_what_happened_in_between_makes_the_expiry_needless(end: str) -> None:
    world = World()
    world.hear(breached())
    (id_,) = world.alerts
    alert = replace(world.alerts[id_], policy=replace(world.alerts[id_].policy, acknowledgement=TWO_HOURS))
    change = acknowledged(alert)
    assert change.alert is not None
    step = change.steps[0]
    world.alerts[id_] = change.alert
    if end == "closed":
        world.hear(missed(ACKNOWLEDGED + HOUR))
        assert step not in world.steps
    elif end == "opened again":
        world.alerts[id_] = replace(change.alert, state=AlertState.OPEN, expires_at=None, episode=2)
    else:
        world.alerts[id_] = replace(change.alert, expires_at=step.fire_at + HOUR)
    assert take_step(world.alerts[id_], step, step.fire_at).alert is None


def test_rows_of_older_releases_are_read_and_new_ones_read_back() -> None:
    alert = opened(AckExpiry(after=HOUR, at_next_level=True, times=7))
    assert chain_from_json(chain_to_json(alert.policy)) == alert.policy
    assert alert_of(alert.columns()) == alert
    old = chain_to_json(replace(alert.policy, acknowledgement=None)).replace(',"acknowledgement":null', "")
    assert "acknowledgement" not in old
    assert chain_from_json(old).acknowledgement is None


def test_an_acknowledgement_of_a_critical_fix_never_expires() -> None:
    chain = opened(TWO_HOURS).policy
    assert chain.for_critical_fix(HOUR).acknowledgement is None
    one = replace(chain, levels=chain.levels[:1])
    assert one.for_critical_fix(HOUR).acknowledgement is None


def test_the_step_names_the_round_it_was_made_in() -> None:
    change = acknowledged(opened(TWO_HOURS))
    assert change.alert is not None
    other = EscalationStep(change.alert.id, 4, EXPIRE, change.steps[0].fire_at)
    assert take_step(change.alert, other, other.fire_at).alert is None
