"""The JSON of fact bodies: what is written, byte for byte, and that reading it gives the same body back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from sla_domain.clock import ClockState, clock_id
from sla_domain.contract import ContractId
from sla_domain.event import EventId, IncidentId
from sla_domain.fact import (
    BREACHED,
    NO_SUCH_CLOCK,
    PHASE_CHANGED,
    STARTED,
    Amended,
    Cancelled,
    ContractChanged,
    DowngradeProposed,
    DowngradeSettled,
    EscalationMade,
    Exempted,
    Fact,
    FactBody,
    FactKind,
    Gone,
    Met,
    Missed,
    MovedBreach,
    Paused,
    PriorityCorrected,
    PromiseMade,
    PromiseMoved,
    PromiseNone,
    RatingGiven,
    Resumed,
    Retargeted,
    TakenBack,
    Warned,
    caused_by_catalogue,
)
from sla_domain.incident import ContractPeriod
from sla_domain.plan import MetricId
from sla_platform.wire import ClockFact, clock_fact, decode_clock_fact, encode_clock_fact
from sla_platform.wire.fact_body import NO_BREACH_CHANGE, body_of, breach_change, details_of, without_free_text

TEN, NOON = datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 2, 12, 0, 0, 250_000, tzinfo=UTC)
_TEN, _NOON = "2026-03-02T10:00:00+00:00", "2026-03-02T12:00:00.250000+00:00"
TAKEN = (TakenBack("0/breach", TEN), TakenBack("1/breach~1", NOON))
TOOK = {"takes_back": "0/breach 1/breach~1", "takes_back_due": f"{_TEN} {_NOON}", "old_breached_at": _NOON}
PERIOD = ContractPeriod(ContractId("acme"), "Acme", TEN, EventId("e1"), True)

EXAMPLES: list[tuple[FactBody, dict[str, str]]] = [
    (STARTED, {}),
    (Paused("vendor: ticket 7", "vendor"), {"why": "vendor: ticket 7", "waiting_on": "vendor"}),
    (Resumed(TEN, NOON), {"old_due_at": _TEN, "new_due_at": _NOON}),
    (Resumed(), {}),
    (
        Retargeted(TEN, NOON, "P1", "", 0, "Ada", NOON),
        {
            "old_due_at": _TEN, "new_due_at": _NOON, "priority": "P1", "old_generation": "0", "agreed_by": "Ada",
            "broken_since": _NOON,
        },
    ),
    (Retargeted(priority="P1", old_priority="P2"), {"priority": "P1", "old_priority": "P2"}),
    (Warned("warn-75", overtaken=True), {}),
    (BREACHED, {}),
    (
        Met("exact", "", timedelta(seconds=90), stopped_while_paused=True),
        {"quality": "exact", "consumed_seconds": "90", "stopped_while_paused": "yes"},
    ),
    (
        Missed("local", "late", timedelta(seconds=0.25), exempt="storm"),
        {"quality": "local", "why": "late", "consumed_seconds": "0.25", "exempt": "storm"},
    ),
    (Cancelled("merged", withdrawn=True), {"why": "merged", "withdrawn": "yes"}),
    (
        Gone(ClockState.RUNNING, "gone", withdrawn=True),
        {"old_state": "running", "new_state": "cancelled", "why": "gone", "withdrawn": "yes"},
    ),
    (
        Gone(ClockState.MISSED, NO_SUCH_CLOCK, takes_back=TAKEN, catalogue="v2"),
        {"old_state": "missed", "new_state": "cancelled", "why": NO_SUCH_CLOCK, **TOOK, "catalogue": "v2"},
    ),
    (
        Amended(TAKEN, ClockState.MISSED, ClockState.MET, "because", TEN, NOON),
        {
            **TOOK, "old_state": "missed", "new_state": "met", "why": "because", "old_due_at": _TEN,
            "new_due_at": _NOON,
        },
    ),
    (Amended(TAKEN, new_state=ClockState.RUNNING), {**TOOK, "new_state": "running"}),
    (
        Amended((TakenBack("0/breach"),), new_state=ClockState.RUNNING),
        {"takes_back": "0/breach", "new_state": "running"},
    ),
    (
        Amended(new_state=ClockState.PAUSED, moved=MovedBreach(TEN, NOON), catalogue="v2"),
        {"old_breached_at": _TEN, "breached_at": _NOON, "new_state": "paused", "catalogue": "v2"},
    ),
    (Exempted("maintenance", "Bo"), {"exempt": "maintenance", "exempt_by": "Bo"}),
    (
        PromiseMade({"resolution": NOON, "first_response": TEN}, "Europe/Warsaw"),
        {"due:resolution": _NOON, "due:first_response": _TEN, "zone": "Europe/Warsaw"},
    ),
    (
        PromiseMoved({"resolution": NOON}, "UTC", ("resolution", "update")),
        {"due:resolution": _NOON, "zone": "UTC", "moved": "resolution,update"},
    ),
    (PromiseNone("open"), {"why": "open"}),
    (ContractChanged((PERIOD,)), {}),
    (PHASE_CHANGED, {}),
    (PriorityCorrected("P1", "P3"), {"old": "P1", "new": "P3", "by": "", "reason": ""}),
    (EscalationMade("Carla", "customer", "board"), {"by": "Carla", "actor": "customer", "to": "board"}),
    (RatingGiven(0, "Carla", "slow"), {"score": "0", "by": "Carla", "comment": "slow"}),
    (RatingGiven(), {}),
    (
        DowngradeProposed("P1", "P3", "Nora", "works again"),
        {"old": "P1", "new": "P3", "by": "Nora", "reason": "works again"},
    ),
    (DowngradeSettled("downgrade/3f2a9c04d1e7"), {"proposal": "downgrade/3f2a9c04d1e7"}),
]  # fmt: skip
BODIES = [body for body, _ in EXAMPLES]


def _names(bodies: list[FactBody]) -> list[str]:
    return [f"{type(body).__name__}-{number}" for number, body in enumerate(bodies)]


def _published(body: FactBody) -> Fact:
    incident = IncidentId("demo:1")
    clock = clock_id(incident, MetricId("resolution"), 0)
    return Fact(body=body, incident=incident, key="key", at=TEN, clock=clock, metric="resolution", due_at=NOON)


def test_every_body_has_an_example() -> None:
    assert {type(body) for body in BODIES} == set(get_args(FactBody))
    assert {body.kind for body in BODIES} == set(FactKind)


@pytest.mark.parametrize(("body", "details"), EXAMPLES, ids=_names(BODIES))
def test_names_values_and_their_order_are_as_published(body: FactBody, details: dict[str, str]) -> None:
    assert json.dumps(details_of(body)) == json.dumps(details)


@pytest.mark.parametrize("body", BODIES, ids=_names(BODIES))
def test_what_is_read_is_what_was_written(body: FactBody) -> None:
    told = encode_clock_fact(clock_fact(_published(body), {}, NOON), "key")
    read = decode_clock_fact(told)
    assert (read.body, read.kind) == (body, body.kind)


@pytest.mark.parametrize("body", BODIES, ids=_names(BODIES))
def test_breaches_taken_back_or_moved_are_known_whatever_the_kind(body: FactBody) -> None:
    change = breach_change(details_of(body))
    assert change.takes_back == (body.takes_back if isinstance(body, Amended | Gone) else ())
    assert change.moved == (body.moved if isinstance(body, Amended) else None)
    assert (change is NO_BREACH_CHANGE) == (not change.takes_back and change.moved is None)


def test_the_catalogue_is_named_by_the_kinds_that_it_can_cause() -> None:
    named = {type(body).__name__ for body in BODIES if details_of(caused_by_catalogue(body, "v9")).get("catalogue")}
    assert named == {"Retargeted", "Amended", "Exempted", "Gone", "PromiseMoved"}
    cancelled = Gone(ClockState.RUNNING, NO_SUCH_CLOCK)
    assert caused_by_catalogue(cancelled, "v9") == cancelled


@pytest.mark.parametrize(
    ("kind", "details", "body"),
    [
        (FactKind.CLOCK_RETARGETED, {"old_due_at": "tomorrow", "old_generation": "x"}, Retargeted()),
        (FactKind.CLOCK_MET, {"consumed_seconds": "long"}, Met()),
        (FactKind.CLOCK_AMENDED, {"new_state": "asleep"}, Amended()),
        (FactKind.CLOCK_AMENDED, {"takes_back": "0/breach", "takes_back_due": ""}, Amended((TakenBack("0/breach"),))),
        (FactKind.PROMISE_MADE, {"due:resolution": "soon"}, PromiseMade({})),
    ],
)
def test_what_an_older_release_did_not_write_is_a_default(
    kind: FactKind, details: dict[str, str], body: FactBody
) -> None:
    assert body_of(kind, details, "", False) == body


def test_the_words_of_one_customer_are_left_out_for_another() -> None:
    details = details_of(Retargeted(TEN, NOON, agreed_by="Ada")) | {"why": "their words"}
    assert without_free_text(details) == {"old_due_at": _TEN, "new_due_at": _NOON}
    fact = ClockFact(kind=FactKind.CLOCK_RETARGETED, incident="demo:1", at=TEN, details=details)
    assert fact.without_free_text({"title": "ours"}).body == Retargeted(TEN, NOON)
