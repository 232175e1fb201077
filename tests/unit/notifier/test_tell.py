"""Rules on who is told of what: whom a fact reaches beside the escalation, once each, on both sides (H5, B7, E11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from tests.unit.notifier.world import DUE, MINUTE, NINE, World, breached, clock_fact, warned

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.fact import FactKind
from sla_domain.objective import ObjectiveNews
from sla_domain.tell import Happening
from sla_notifier.alert.tell import concerns_rules, happenings_of
from sla_notifier.delivery.state import MessageKind
from sla_notifier.intake.decide import Incoming, decide
from sla_notifier.notification.directory import contract_of
from sla_notifier.notification.notification import Notification
from sla_notifier.notification.pipeline import address_requests
from sla_notifier.notification.render import render
from sla_platform.wire import ClockFact, ObjectiveFact

TEXT = """
settings: {default_contract: acme}
coverages:
  office: {hours: {mon-fri: "09:00-17:00"}}
  always: {hours: 24x7}
plans:
  plain:
    priorities: [{id: P1, title: Critical}, {id: P2}]
    targets:
      - {metric: first_response, coverage: always, by_priority: {P1: 15m, P2: 1h}, warn: [75%]}
    escalation: on-call
    roles:
      - {id: nase, coverage: office}
      - {id: group, coverage: office, outside: true}
      - {id: contact, side: customer}
      - {id: tam}
      - {id: esm}
      - {id: boss}
    tell:
      - {on: opened, to: [nase, group], clause: H5}
      - {on: [opened], to: tam}
      - {on: promise_made, to: contact}
      - {on: promise_moved, to: contact}
      - {on: warned, to: [tam, nase], priority: P1}
      - {on: breached, to: [tam, nase]}
      - {on: breached, to: esm, kind: page, priority: P1}
      - {on: escalated, to: boss, when: {actor: customer}, clause: B7}
      - {on: rated, to: esm, when: {score: ["1", "2"]}}
      - {on: unpromised, to: tam}
      - {on: priority_corrected, to: contact}
      - {on: resolved, to: contact, coverage: office}
      - {on: objective_at_risk, to: esm}
people:
  nora: {name: Nora, email: nora@house.example}
  gil: {name: Gil, email: gil@house.example}
  tom: {name: Tom, email: tom@house.example, language: pl}
  eva: {name: Eva, email: eva@house.example}
  bob: {name: Bob, email: bob@house.example}
contracts:
  acme:
    customers: [Acme]
    plan: plain
    zone: Europe/Warsaw
    people: {jan: {name: Jan, email: jan@customer.example, language: it}, mute: {name: Mute}}
    roles: {nase: [nora], group: [gil], tam: [tom], esm: [eva], boss: [bob], contact: [jan]}
    tell: [{on: reopened, to: mute}]
escalations:
  on-call: {levels: [{after: 0m, tell: nase}, {after: 10m, tell: group}]}
""".replace("on: [opened]", "on: opened")


@lru_cache(maxsize=1)
def rules() -> Catalogue:
    with TemporaryDirectory() as folder:
        file = Path(folder, "catalogue.yaml")
        file.write_text(TEXT)
        return load_catalogue(file, environment={})


def of_incident(kind: FactKind, at: datetime = NINE, key: str = "k", **more: Any) -> Incoming:
    _, said = clock_fact(kind, at, key, **{"metric": "", "due_at": None} | more)
    assert isinstance(said, ClockFact)
    return f"{said.incident}/{key}", said.model_copy(update={"clock": None})


def made(at: datetime = NINE, **more: Any) -> Incoming:
    details = {"due:first_response": "2026-03-02T09:15:00+00:00", "zone": "Europe/Warsaw"}
    return of_incident(FactKind.PROMISE_MADE, at, "promise", turned="opened", details=details, **more)


def notifications(*incoming: Incoming, now: datetime | None = None) -> tuple[Notification, ...]:
    instant = now or max(said.at for _, said in incoming if isinstance(said, ClockFact))
    changes = decide(incoming, {}, rules(), instant)
    context = replace(World(now=instant).context(), catalogue=rules())
    return render(context, address_requests(context, changes.requests))


def told(*incoming: Incoming, now: datetime | None = None) -> dict[str, str]:
    """By person, the kind of the message that is sent; whoever is passed over is left out."""
    found: dict[str, str] = {}
    for each in notifications(*incoming, now=now):
        if each.live and each.recipient is not None:
            assert each.recipient.person not in found, "two messages of one fact"
            found[each.recipient.person] = each.request.kind.value
    return found


def test_who_is_on_duty_hears_of_an_opening_the_tam_always_and_the_customer_of_the_promise() -> None:
    assert told(made()) == {"nora": "happening", "tom": "happening", "jan": "happening"}
    night = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)
    assert told(made(night)) == {"gil": "happening", "tom": "happening", "jan": "happening"}


def test_each_reads_it_in_their_language_with_the_promise() -> None:
    said = {each.recipient.person: each.message for each in notifications(made()) if each.recipient and each.message}
    assert said["nora"].subject == "Opened: github:7 (Acme, P1)"
    assert "Due: First response: Mar 2, 10:15 CET" in said["nora"].text
    assert said["tom"].subject == "Nowe zgłoszenie: github:7 (Acme, P1)"
    assert said["jan"].subject == "Segnalazione ricevuta: github:7"
    assert said["jan"].text.startswith("Abbiamo ricevuto la Sua segnalazione «github:7». Questi sono i nostri impegni:")
    assert said["nora"].payload["type"] == "slad.happening"
    assert "/ack" not in said["nora"].text, "nobody is asked to acknowledge it"


def test_a_warning_reaches_the_level_and_the_rule_by_one_message_each() -> None:
    assert told(warned()) == {"nora": "warning", "tom": "warning"}
    assert told(warned(priority="P2")) == {"nora": "warning"}, "the rule is of P1"
    assert told(warned(overtaken=True)) == {}


def test_a_breach_pages_the_second_chain_and_informs_the_rest_once() -> None:
    assert told(breached()) == {"nora": "page", "eva": "page", "tom": "notice"}
    assert told(breached(priority="P2")) == {"nora": "page", "tom": "notice"}
    page = next(each for each in notifications(breached()) if each.recipient and each.recipient.person == "eva")
    assert page.message is not None
    assert "/ack" in page.message.text
    passed = [each for each in notifications(breached()) if not each.live]
    assert [(each.recipient.person if each.recipient else "", each.reason) for each in passed] == [
        ("nora", "already_told")
    ]


def test_only_the_clients_escalation_reaches_the_top() -> None:
    by_client = {"actor": "customer", "by": "Jan", "reason": "no news"}
    assert told(of_incident(FactKind.ESCALATION_MADE, details=by_client)) == {"bob": "happening"}
    assert told(of_incident(FactKind.ESCALATION_MADE, details={"actor": "staff", "by": "Nora"})) == {}
    (message,) = (each.message for each in notifications(of_incident(FactKind.ESCALATION_MADE, details=by_client)))
    assert message is not None
    assert "By: Jan" in message.text
    assert "Reason: no news" in message.text


@pytest.mark.parametrize(("score", "reached"), [("1", {"eva": "happening"}), ("5", {}), ("", {})])
def test_a_bad_rating_reaches_who_answers_for_it(score: str, reached: dict[str, str]) -> None:
    assert told(of_incident(FactKind.RATING_GIVEN, details={"score": score, "by": "Jan"})) == reached


def test_what_is_history_is_told_to_nobody() -> None:
    assert told(made(history=True)) == {}
    assert told(made(imported_through=NINE + MINUTE)) == {}
    assert happenings_of(_said(made(history=True))) == ()


def test_an_incident_without_a_promise_that_is_opened_is_one_message() -> None:
    fact = of_incident(FactKind.PROMISE_NONE, turned="opened", details={"why": "no number"})
    assert told(fact) == {"nora": "unpromised", "tom": "unpromised"}


def test_the_hours_of_a_rule_are_those_of_the_telling() -> None:
    end = of_incident(FactKind.PHASE_CHANGED, turned="resolved")
    assert told(end) == {"jan": "happening"}
    assert told(end, now=datetime(2026, 3, 2, 20, 0, tzinfo=UTC)) == {}


def test_a_promise_that_moves_twice_in_a_batch_is_told_once() -> None:
    first, second = (of_incident(FactKind.PROMISE_MOVED, NINE, f"promise/moved~{n}") for n in (1, 2))
    found = notifications(first, second)
    assert [(each.request.id, each.live) for each in found] == [
        (f"{first[0]}#told", False),
        (f"{second[0]}#told", True),
    ]


def test_who_has_no_address_is_on_record() -> None:
    (one,) = notifications(of_incident(FactKind.PHASE_CHANGED, turned="reopened"))
    assert (one.live, one.reason) == (False, "no_address")


def test_an_agreed_date_is_told_where_the_agreement_made_the_target() -> None:
    details = {"agreed_by": "Jan", "old_generation": "0"}
    agreed = clock_fact(FactKind.CLOCK_RETARGETED, NINE, "1/target", generation=1, due_at=DUE, details=details)
    assert happenings_of(_said(agreed)) == (Happening.DATE_AGREED,)
    later = clock_fact(FactKind.CLOCK_RETARGETED, NINE, "1/target", generation=0, due_at=DUE, details=details)
    assert happenings_of(_said(later)) == ()


def test_facts_that_no_rule_names_need_no_look_at_the_database() -> None:
    acme = contract_of(rules(), "acme")
    assert concerns_rules(rules().rulebook, acme, _said(made()))
    proposed = of_incident(FactKind.DOWNGRADE_PROPOSED, details={"old": "P1", "new": "P2"})
    assert happenings_of(_said(proposed)) == (Happening.DOWNGRADE_PROPOSED,)
    assert not concerns_rules(rules().rulebook, acme, _said(proposed))


def test_an_objective_at_risk_reaches_the_rule_and_a_recovery_does_not() -> None:
    fact = ObjectiveFact(
        kind=ObjectiveNews.AT_RISK, contract="acme", objective="in-time", period="2026-03", at=NINE, start=NINE,
        end=DUE, percent="90", zone="UTC", of="requests", number=1,
    )  # fmt: skip
    changes = decide([("o/1", fact)], {}, rules(), NINE)
    context = replace(World().context(), catalogue=rules())
    assert [each.recipient.person for each in address_requests(context, changes.requests) if each.recipient] == ["eva"]
    assert changes.requests[0].kind is MessageKind.OBJECTIVE
    recovered = fact.model_copy(update={"kind": ObjectiveNews.RECOVERED})
    assert decide([("o/2", recovered)], {}, rules(), NINE).requests == []


def _said(incoming: Incoming) -> ClockFact:
    assert isinstance(incoming[1], ClockFact)
    return incoming[1]
