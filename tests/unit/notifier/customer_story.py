"""A catalogue whose rules tell the customer's contacts, one of each language, of everything, and the facts to tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.unit.notifier.test_tell import of_incident
from tests.unit.notifier.world import DUE, NINE, World, breached, clock_fact, warned

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.fact import FactKind
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.intake.decide import Incoming, decide
from sla_notifier.notification.notification import Notification
from sla_notifier.notification.pipeline import address_requests
from sla_notifier.notification.render import render
from sla_platform.wire import ClockFact

LANGUAGES = ("en", "pl", "it", "ru", "zh-TW")
TEXT = """
settings: {default_contract: acme}
coverages:
  always: {hours: 24x7}
plans:
  plain:
    priorities: [{id: P1, title: {en: Critical, pl: Krytyczny, ru: Критический}}, {id: P3, title: {en: Normal}}]
    targets:
      - {metric: first_response, coverage: always, by_priority: {P1: 15m, P3: 1h}, warn: [75%]}
      - {metric: resolution, coverage: always, by_priority: {P1: 4h, P3: 8h}}
    escalation: on-call
    roles: [{id: on_call}, {id: contact, side: customer}]
    tell:
      - {on: opened, to: [on_call]}
      - {on: promise_made, to: contact}
HAPPENINGS
people:
  nora: {name: Nora, email: nora@house.example}
contracts:
  acme:
    customers: [Acme]
    plan: plain
    zone: Europe/Warsaw
    people:
      c-en: {name: Ann, email: en@customer.example, language: en}
      c-pl: {name: Ewa, email: pl@customer.example, language: pl}
      c-it: {name: Sara, email: it@customer.example, language: it}
      c-ru: {name: Анна, email: ru@customer.example, language: ru}
      c-zh: {name: 怡君, email: zh@customer.example, language: zh-TW}
    roles: {on_call: [nora], contact: [c-en, c-pl, c-it, c-ru, c-zh]}
escalations:
  on-call: {levels: [{after: 0m, tell: on_call}]}
"""
_ON = (
    "promise_moved", "resolved", "reopened", "escalated", "rated", "downgrade_proposed", "priority_corrected",
    "date_agreed", "unpromised", "warned", "breached",
)  # fmt: skip
DUES = {"due:first_response": "2026-03-02T09:15:00+00:00", "due:resolution": "2026-03-02T13:00:00+00:00"}
MOVED = {
    "due:resolution": "2026-03-04T09:00:00+00:00", "old_due:resolution": "2026-03-02T13:00:00+00:00",
    "moved": "resolution", "because": "priority",
}  # fmt: skip
OUTCOMES = [
    {"metric": "first_response", "met": 1, "due_at": DUE, "stopped_at": NINE + timedelta(minutes=5)},
    {"metric": "resolution", "missed": 1, "due_at": DUE, "stopped_at": NINE + timedelta(hours=5)},
    {"metric": "update", "met": 12, "missed": 1},
]
ADVICE = ["channel phone is not part of plan plain: please use email, portal"]


@lru_cache(maxsize=1)
def customers() -> Catalogue:
    rules = "\n".join(f"      - {{on: {each}, to: contact}}" for each in _ON)
    with TemporaryDirectory() as folder:
        file = Path(folder, "catalogue.yaml")
        file.write_text(TEXT.replace("HAPPENINGS", rules))
        return load_catalogue(file, environment={})


def facts(**more: Any) -> Iterator[tuple[str, Incoming]]:
    """Everything that a customer can be told, by the name of the message."""
    about: dict[str, Any] = {
        "title": "Shop is down",
        "ticket": "SUP-7",
        "product": "shop",
        "url": "https://tickets.example/7",
    } | more
    yield (
        "opened",
        of_incident(FactKind.PROMISE_MADE, NINE, "promise", turned="opened", details=DUES, advice=ADVICE, **about),
    )
    yield "promise_made", of_incident(FactKind.PROMISE_MADE, NINE, "promise", details=DUES, **about)
    for cause in ("priority", "agreed", "reopened", "waited_for_customer", "waited", ""):
        details = MOVED | {"because": cause}
        yield f"promise_moved-{cause}", of_incident(FactKind.PROMISE_MOVED, NINE, "moved", details=details, **about)
    terms = MOVED | {"catalogue": "sha256:1"}
    yield "promise_moved-terms", of_incident(FactKind.PROMISE_MOVED, NINE, "moved", details=terms, **about)
    for phase in ("resolved", "closed"):
        yield (
            phase,
            of_incident(
                FactKind.PHASE_CHANGED, NINE, "phase", turned="resolved", phase=phase, **{"outcomes": OUTCOMES} | about
            ),
        )
    yield (
        "reopened",
        of_incident(
            FactKind.PROMISE_MOVED, NINE, "moved", turned="reopened", details=MOVED | {"because": "reopened"}, **about
        ),
    )
    for actor in ("customer", "staff"):
        said = {"by": "Somebody Secret", "actor": actor, "reason": "no news"}
        yield f"escalated-{actor}", of_incident(FactKind.ESCALATION_MADE, NINE, "e", details=said, **about)
    yield "rated", of_incident(FactKind.RATING_GIVEN, NINE, "r", details={"score": "2", "by": "Ann"}, **about)
    for name, kind in (
        ("downgrade_proposed", FactKind.DOWNGRADE_PROPOSED), ("priority_corrected", FactKind.PRIORITY_CORRECTED)
    ):  # fmt: skip
        said = {"old": "P1", "new": "P3", "by": "Somebody Secret", "reason": "one shop of ten"}
        yield name, of_incident(kind, NINE, "p", details=said, **about)
    agreed = {"agreed_by": "Ann", "old_generation": "0", "new_due_at": "2026-03-05T09:00:00+00:00"}
    yield "date_agreed", clock_fact(FactKind.CLOCK_RETARGETED, NINE, "1/t", generation=1, details=agreed, **about)
    yield "unpromised", of_incident(
        FactKind.PROMISE_NONE, NINE, "none", turned="opened", advice=ADVICE,
        details={"why": "plan plain gives no number for resolution at priority P1: contract acme must supply it"},
        **about,
    )  # fmt: skip
    yield "warned", warned(**about)
    yield "breached", breached(**about)


def told_of(*incoming: Incoming, now: datetime | None = None, **more: Any) -> tuple[Notification, ...]:
    """Who is told of these facts, each in words."""
    instant = now or max(said.at for _, said in incoming if isinstance(said, ClockFact))
    changes = decide(incoming, {}, customers(), instant)
    return worded(tuple(changes.requests), instant, **more)


def worded(requests: tuple[NotificationRequest, ...], now: datetime, **more: Any) -> tuple[Notification, ...]:
    context = replace(World(now=now).context(**more), catalogue=customers())
    return render(context, address_requests(context, requests))
