"""What each body of a fact does to an alert, and which of a message's values it fills: a line for every body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

import pytest
from tests.unit.notifier.world import DUE, NINE, World, breached, clock_fact, request

from sla_domain.clock import ClockState
from sla_domain.fact import (
    BREACHED,
    PHASE_CHANGED,
    STARTED,
    Amended,
    Cancelled,
    ContractChanged,
    DowngradeProposed,
    DowngradeSettled,
    EscalationMade,
    Exempted,
    FactBody,
    Gone,
    Met,
    Missed,
    Paused,
    PriorityCorrected,
    PromiseMade,
    PromiseMoved,
    PromiseNone,
    RatingGiven,
    Resumed,
    Retargeted,
    Warned,
)
from sla_notifier.alert.alert import Alert, CloseReason
from sla_notifier.alert.closing import close_reason
from sla_notifier.alert.relevance import is_relevant, overdue_again
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notification.customer_content import customer_content
from sla_notifier.notification.happening_content import happening_content
from sla_notifier.notification.notification import Recipient
from sla_notifier.text.content import FixedTerm, Value
from sla_platform.wire import ClockFact
from sla_platform.wire.fact_body import details_of

LATER, AGREED = DUE + timedelta(hours=3), DUE + timedelta(hours=4)
RECIPIENT = Recipient(person="nora", language="en", address="email:nora@house.example")
STAFF_VALUES = ("promises", "by", "escalated_to", "score", "reason", "old", "new")
CUSTOMER_VALUES = ("promised", "own", "score", "reason", "old", "new")


@dataclass(frozen=True)
class Line:
    """What is expected of a body."""

    body: FactBody
    relevant: bool = False
    closes: CloseReason | None = None
    overdue: bool = False
    staff: tuple[str, ...] = ()
    """The values that a message to staff has of it."""
    customer: tuple[str, ...] = ()
    """The values that a message to the customer has of it."""
    due: datetime | None = None
    """The due instant that the customer is told, if it is another than the fact's own."""


LINES = [
    Line(STARTED),
    Line(Paused("vendor: ticket 7", "vendor")),
    Line(Resumed(DUE, LATER), overdue=True, relevant=True),
    Line(
        Retargeted(DUE, AGREED, "P1", agreed_by="Ada"),
        relevant=True, closes=CloseReason.RETARGETED, staff=("by",), due=AGREED,
    ),
    Line(
        Retargeted(DUE, AGREED, "P1", broken_since=AGREED),
        relevant=True, closes=CloseReason.RETARGETED, overdue=True, due=AGREED,
    ),
    Line(Warned("warn-75"), relevant=True),
    Line(BREACHED, relevant=True),
    Line(Met("exact"), relevant=True, closes=CloseReason.MET),
    Line(Missed("exact"), relevant=True, closes=CloseReason.MISSED),
    Line(Cancelled("merged"), relevant=True, closes=CloseReason.CANCELLED),
    Line(Cancelled("no target", withdrawn=True), relevant=True, closes=CloseReason.WITHDRAWN),
    Line(Gone(ClockState.RUNNING, "gone"), relevant=True, closes=CloseReason.CANCELLED),
    Line(Gone(ClockState.RUNNING, "gone", withdrawn=True), relevant=True, closes=CloseReason.WITHDRAWN),
    Line(Gone(ClockState.MISSED, "gone", withdrawn=True), relevant=True, closes=CloseReason.CANCELLED),
    Line(Amended(new_state=ClockState.MET), relevant=True, closes=CloseReason.MET),
    Line(Amended(new_state=ClockState.MISSED), relevant=True, closes=CloseReason.MISSED),
    Line(Amended(new_state=ClockState.CANCELLED), relevant=True, closes=CloseReason.CANCELLED),
    Line(Amended(new_state=ClockState.RUNNING), relevant=True, overdue=True),
    Line(Amended(new_state=ClockState.PAUSED), relevant=True),
    Line(Exempted("maintenance", "Bo"), relevant=True),
    Line(PromiseMade({"resolution": LATER}), staff=("promises",), customer=("promised",)),
    Line(PromiseMoved({"resolution": LATER}, moved=("resolution",)), staff=("promises",), customer=("promised",)),
    Line(PromiseNone("no number"), relevant=True),
    Line(ContractChanged()),
    Line(PHASE_CHANGED),
    Line(
        PriorityCorrected("P1", "P3", "Bo", "one shop"),
        staff=("by", "reason", "old", "new"), customer=("reason", "old", "new"),
    ),
    Line(
        EscalationMade("Ann", "customer", "board", "no news"),
        staff=("by", "escalated_to", "reason"), customer=("own", "reason"),
    ),
    Line(EscalationMade("Bo", "staff", "board", "no news"), staff=("by", "escalated_to", "reason")),
    Line(RatingGiven(2, "Ann", "slow"), staff=("by", "score", "reason"), customer=("score",)),
    Line(RatingGiven(None, "Ann"), staff=("by",)),
    Line(
        DowngradeProposed("P1", "P3", "Bo", "one shop"),
        staff=("by", "reason", "old", "new"), customer=("reason", "old", "new"),
    ),
    Line(DowngradeSettled("e/downgrade"), relevant=True),
]  # fmt: skip
IDS = [f"{type(line.body).__name__}-{number}" for number, line in enumerate(LINES)]


def fact(line: Line) -> ClockFact:
    """At nine: the fact, of a clock whose due instant a retarget has moved on."""
    due = LATER if isinstance(line.body, Retargeted) else NINE
    threshold = line.body.threshold if isinstance(line.body, Warned) else ""
    details = details_of(line.body)
    return clock_fact(line.body.kind, NINE, "k", details=details, due_at=due, threshold=threshold)[1]  # type: ignore[return-value]


def open_alert() -> Alert:
    (alert,) = World().hear(breached(at=NINE, due_at=NINE)).alerts.values()
    return alert


def test_there_is_a_line_for_every_body() -> None:
    assert {type(line.body) for line in LINES} == set(get_args(FactBody))


@pytest.mark.parametrize("line", LINES, ids=IDS)
def test_what_the_notifier_looks_at(line: Line) -> None:
    assert is_relevant(fact(line)) is line.relevant
    assert overdue_again(fact(line), NINE) is line.overdue


@pytest.mark.parametrize("line", LINES, ids=IDS)
def test_what_closes_an_alert(line: Line) -> None:
    assert close_reason(open_alert(), fact(line), NINE) is line.closes


@pytest.mark.parametrize("line", LINES, ids=IDS)
def test_what_staff_read_of_it(line: Line) -> None:
    asked = request(MessageKind.HAPPENING, content=fact(line))
    content = happening_content(World().context(), asked, fact(line), RECIPIENT)
    assert _filled(content.values, STAFF_VALUES) == set(line.staff)


@pytest.mark.parametrize("line", LINES, ids=IDS)
def test_what_the_customer_reads_of_it(line: Line) -> None:
    asked = request(MessageKind.HAPPENING, content=fact(line))
    content = customer_content(World().context(), asked, fact(line), RECIPIENT)
    assert _filled(content.values, CUSTOMER_VALUES) == set(line.customer)
    assert content.values["due"] == (line.due or fact(line).due_at)


def _filled(values: Mapping[str, Value], names: tuple[str, ...]) -> set[str]:
    said = {name: value.name if isinstance(value, FixedTerm) else value for name, value in values.items()}
    return {name for name in names if said[name]}
