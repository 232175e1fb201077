"""Who was paged hears the end of it in the words of then, when the ticket is another contract's by now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.notifier.test_notification import page
from tests.unit.notifier.test_relevance import CHAIN, CLOCK, NOW, fact

from sla_domain.fact import FactKind
from sla_notifier.alert.alert import AlertState
from sla_notifier.alert.change import NO_CHANGE
from sla_notifier.alert.closing import close_alert
from sla_notifier.alert.opening import open_alert, reopen_alert
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.notification.unit_of_work import first_paged_episodes
from sla_platform.wire import ClockFact
from sla_platform.wire.clock import fact_id
from sla_platform.wire.fact_body import BROKEN_SINCE

THEN = {"title": "Acme's checkout", "customer": "Acme", "url": "https://acme.example/1", "contract": "acme"}
NOW_IS = {"title": "Beta's till", "customer": "Beta", "url": "https://beta.example/1", "contract": "beta"}


def closing(**more: object) -> ClockFact:
    told = fact(FactKind.CLOCK_BREACHED, generation=0, **THEN)
    alert = open_alert(None, told, fact_id(CLOCK, "github:7", "0/breach"), CHAIN, NOW).alert
    assert alert is not None
    (occasion,) = close_alert(alert, fact(FactKind.CLOCK_RETARGETED, generation=2, **more), "id", NOW).requests
    assert occasion.contract == "acme"
    assert isinstance(occasion.content, ClockFact)
    return occasion.content


def test_the_names_of_the_next_contract_are_not_told_to_the_people_of_the_one_before() -> None:
    details = {"why": "beta: their words", "agreed_by": "Bert", "old_generation": "0"}
    told = closing(**NOW_IS, due_at=NOW + timedelta(hours=3), details=details)
    assert {name: getattr(told, name) for name in THEN} == THEN
    assert told.details == {"old_generation": "0"}
    assert told.kind is FactKind.CLOCK_RETARGETED


def test_under_the_same_contract_the_fact_is_told_as_it_is() -> None:
    told = closing(**THEN | {"title": "Acme's checkout, again"}, due_at=NOW + timedelta(hours=3), details={"why": "p1"})
    assert (told.title, told.details) == ("Acme's checkout, again", {"why": "p1"})


@pytest.mark.parametrize("state", [AlertState.OPEN, AlertState.ACKNOWLEDGED])
def test_what_was_broken_before_a_move_is_told_to_the_people_of_the_next_contract(state: AlertState) -> None:
    told = fact(FactKind.CLOCK_BREACHED, generation=0, due_at=NOW, **THEN)
    alert = open_alert(None, told, fact_id(CLOCK, "github:7", "0/breach"), CHAIN, NOW).alert
    assert alert is not None
    alert, later = replace(alert, state=state), NOW + timedelta(minutes=15)
    broken = {"at": later, "due_at": NOW, "breached": NOW.isoformat(), "details": {BROKEN_SINCE: NOW.isoformat()}}
    change = reopen_alert(alert, fact(FactKind.CLOCK_RETARGETED, **NOW_IS, **broken), "moved", CHAIN, later)
    assert change.alert is not None
    assert (change.alert.contract, change.alert.episode, change.alert.due_at) == ("beta", 2, NOW)
    told_to = [(one.contract, one.kind, one.outcome, one.due_at) for one in change.requests]
    assert told_to == [("acme", MessageKind.RESOLVED, "cancelled", NOW), ("beta", MessageKind.PAGE, "", NOW)]
    assert change.cancel_reason is UnsentReason.REOPENED
    # Once: neither the same word again nor a new target under the same contract is news.
    moved = change.alert
    assert reopen_alert(moved, fact(FactKind.CLOCK_RETARGETED, **NOW_IS, **broken), "moved", CHAIN, later) == NO_CHANGE
    assert reopen_alert(moved, fact(FactKind.CLOCK_RETARGETED, **NOW_IS, **broken), "p1", CHAIN, later) == NO_CHANGE
    assert reopen_alert(alert, fact(FactKind.CLOCK_RETARGETED, **THEN, **broken), "p1", CHAIN, later) == NO_CHANGE


def test_a_breach_is_no_news_only_to_the_contract_whose_people_were_paged_for_it() -> None:
    told = [
        page("anna", DeliveryState.SENT, contract="acme"),
        page("bert", DeliveryState.QUEUED, contract="beta", episode=2),
    ]
    assert first_paged_episodes(told) == {("c", "acme", told[0].due_at): 1}
