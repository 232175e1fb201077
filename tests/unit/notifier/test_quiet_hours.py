"""Which messages wait for the end of somebody's quiet hours, where the escalation policy allows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.notifier.world import DUE, NINE, World, catalogue, request, warned

from sla_catalogue import Catalogue
from sla_domain.contract import Side
from sla_domain.escalation import HoldTerms
from sla_notifier.deadline import Deadline
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.hold.decide import Hold
from sla_notifier.notification.hold import hold
from sla_notifier.notification.notification import Notification, Recipient

HOUR = timedelta(hours=1)
SEVEN = NINE + 10 * HOUR
"""When Anna's quiet hours end."""
ANNA = Recipient("anna", "en", "email:anna@acme.example", rests_until=SEVEN)
LONG, SHORT = SEVEN + 5 * HOUR, SEVEN + HOUR
"""Due instants that leave more and less than the two hours that the policy asks for."""


def allowing() -> Catalogue:
    known = catalogue()
    policies = {
        name: replace(policy, hold=HoldTerms(span=2 * HOUR)) for name, policy in known.escalations.items()
    }  # fmt: skip
    return replace(known, escalations=policies)


def message(kind: MessageKind, recipient: Recipient = ANNA, **more: Any) -> Notification:
    _, fact = warned(NINE, hours="wall", **more)
    return Notification(request=request(kind, content=fact), recipient=recipient)


def held(notification: Notification, *, among: Catalogue | None = None, **more: Any) -> Hold | None:
    context = replace(World().context(**more), catalogue=among or allowing())
    (found,) = hold(context, (notification,))
    if found.hold is None:
        assert found == notification
    else:
        assert (found.state, found.reason) == (DeliveryState.HELD, UnsentReason.QUIET_HOURS)
    return found.hold


def running(due_at: Any) -> dict[str, dict[str, Deadline]]:
    return {"github:7": {"c": Deadline(metric="resolution", plan="plain", hours="wall", due_at=due_at)}}


@pytest.mark.parametrize("kind", list(MessageKind))
def test_warnings_and_news_may_wait_and_nothing_else(kind: MessageKind) -> None:
    waits = held(message(kind, due_at=LONG)) is not None
    assert waits is (kind in {MessageKind.WARNING, MessageKind.HAPPENING, MessageKind.UNPROMISED})


def test_a_warning_waits_if_enough_is_left_of_its_own_clock() -> None:
    assert held(message(MessageKind.WARNING, due_at=LONG)) == Hold(SEVEN, 2 * HOUR)
    assert held(message(MessageKind.WARNING, due_at=SHORT)) is None
    assert held(message(MessageKind.WARNING, due_at=DUE)) is None


def test_news_waits_if_enough_is_left_of_the_next_clock_that_runs() -> None:
    news = message(MessageKind.HAPPENING, due_at=SHORT)
    assert held(news, deadlines=running(LONG)) == Hold(SEVEN, 2 * HOUR)
    assert held(news, deadlines=running(SHORT)) is None
    assert held(news) == Hold(SEVEN, None), "no clock runs"


def test_of_an_incident_with_a_breach_only_warnings_wait() -> None:
    late = frozenset({"github:7"})
    assert held(message(MessageKind.HAPPENING), deadlines=running(LONG), late=late) is None
    assert held(message(MessageKind.WARNING, due_at=LONG), late=late) is not None


def test_only_the_supports_people_who_rest_now_are_spared() -> None:
    awake, customer = replace(ANNA, rests_until=None), replace(ANNA, side=Side.CUSTOMER)
    assert held(message(MessageKind.WARNING, awake, due_at=LONG)) is None
    assert held(message(MessageKind.WARNING, customer, due_at=LONG)) is None


def test_nothing_waits_where_the_policy_does_not_say_so() -> None:
    assert held(message(MessageKind.WARNING, due_at=LONG), among=catalogue()) is None


def test_what_is_not_sent_does_not_wait() -> None:
    unsent = replace(message(MessageKind.WARNING, due_at=LONG), reason=UnsentReason.ENDED)
    assert held(unsent) is None
