"""What is passed over without a look at the database could not have changed anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sla_domain.clock import clock_id
from sla_domain.event import IncidentId
from sla_domain.fact import FactKind
from sla_domain.plan import MetricId
from sla_notifier.alert.alert import Alert, AlertState, CloseReason
from sla_notifier.alert.chain import EscalationChain, EscalationLevel
from sla_notifier.alert.change import NO_CHANGE
from sla_notifier.alert.closing import close_alert, close_reason
from sla_notifier.alert.opening import open_alert
from sla_notifier.alert.relevance import is_relevant
from sla_platform.wire import ClockFact
from sla_platform.wire.clock import fact_id
from sla_platform.wire.fact_body import TAKES_BACK

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
CHAIN = EscalationChain("p", (EscalationLevel(timedelta(), ("a",)),))
CLOCK = clock_id(IncidentId("github:7"), MetricId("first_response"), 0)


def fact(kind: FactKind, **more: object) -> ClockFact:
    values: dict[str, object] = {
        "kind": kind, "incident": "github:7", "at": NOW, "clock": CLOCK, "metric": "first_response",
        "generation": 1, "due_at": NOW + timedelta(hours=1), "contract": "acme",
    }  # fmt: skip
    return ClockFact.model_validate(values | more)


def alert() -> Alert:
    told = fact(FactKind.CLOCK_BREACHED, generation=0)
    opened = open_alert(None, told, fact_id(CLOCK, "github:7", "0/breach"), CHAIN, NOW).alert
    assert opened is not None
    return opened


@pytest.mark.parametrize("state", list(AlertState))
@pytest.mark.parametrize("kind", [kind for kind in FactKind if not is_relevant(fact(kind))])
def test_a_fact_that_is_not_heeded_ends_no_alert(kind: FactKind, state: AlertState) -> None:
    assert close_alert(replace(alert(), state=state), fact(kind), "id", NOW) == NO_CHANGE


@pytest.mark.parametrize("kind", [kind for kind in FactKind if not is_relevant(fact(kind))])
def test_whatever_its_kind_a_fact_that_takes_something_back_is_heeded(kind: FactKind) -> None:
    taking_back = fact(kind, details={TAKES_BACK: "0/breach"})
    assert is_relevant(taking_back)
    assert close_reason(alert(), taking_back, NOW) is CloseReason.TAKEN_BACK


def test_the_greater_part_of_a_quiet_day_is_not_heeded() -> None:
    passed_over = {kind for kind in FactKind if not is_relevant(fact(kind))}
    assert passed_over >= {FactKind.PROMISE_MADE, FactKind.CLOCK_STARTED, FactKind.CLOCK_PAUSED}
