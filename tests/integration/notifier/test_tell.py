"""Rules on who is told of what, from the bus to the mailbox: once, in a thread, and never of history."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.notifier.stage import CATALOGUE, NINE, Stage, StageTime, fact
from tests.real.smtp import SmtpServer

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.fact import FactKind
from sla_platform.envelope import Envelope
from sla_platform.settings import Settings
from sla_platform.store.engine import Store

RULES = """
    tell:
      - {on: opened, to: [lead]}
      - {on: opened, to: [piotr]}
      - {on: promise_moved, to: [contact]}
      - {on: escalated, to: [manager], when: {actor: customer}, clause: B7}
      - {on: rated, to: [manager], clause: B12}
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    file = tmp_path / "catalogue.yaml"
    roles = "    roles: [on_call, lead, manager]\n"
    text = CATALOGUE.read_text()
    assert text.count(roles) == 1
    file.write_text(text.replace(roles, roles + RULES.lstrip("\n")))
    return load_catalogue(file, environment={"PAGER_URL": "https://p.example", "SPARE_URL": "https://s.example"})


@pytest.fixture
async def told(store: Store, catalogue: Catalogue, settings: Settings) -> Stage:
    return Stage(store, StageTime(), catalogue, settings)


def of_incident(kind: FactKind, key: str, **more: object) -> Envelope:
    return fact(kind, NINE, key, clock=None, metric="", due_at=None, allowed="", **more)


OPENED = of_incident(
    FactKind.PROMISE_MADE, "promise", turned="opened", details={"due:first_response": "2026-03-02T09:15:00+00:00"}
)


async def test_an_opening_is_told_once_to_each_of_two_rules_however_often_the_bus_brings_it(
    told: Stage, smtp_server: SmtpServer
) -> None:
    await told.hear(OPENED)
    await told.another().hear(OPENED)
    while await told.send():
        pass
    rows = await told.rows(kind="happening")
    assert sorted((row.person, row.state) for row in rows) == [("anna", "sent"), ("piotr", "sent")]
    mails = smtp_server.accepted.all()
    assert {str(mail.parsed["Subject"]) for mail in mails} == {"Opened: github:7 Shop is down (Acme, P1)"}
    await told.close()


async def test_a_clients_escalation_and_rating_reach_the_manager_of_the_contract(told: Stage) -> None:
    await told.hear(
        of_incident(FactKind.ESCALATION_MADE, "escalation/1", details={"actor": "customer", "by": "Jan"}),
        of_incident(FactKind.ESCALATION_MADE, "escalation/2", details={"actor": "staff", "by": "Anna"}),
        of_incident(FactKind.RATING_GIVEN, "rating/1", details={"score": "1", "by": "Jan"}),
    )
    rows = await told.rows(kind="happening")
    assert sorted((row.person, row.subject.partition(":")[0]) for row in rows) == [
        ("maria", "Escalated"), ("maria", "Rated"),
    ]  # fmt: skip
    await told.close()


async def test_the_customer_reads_of_a_moved_promise_in_their_language(told: Stage) -> None:
    details = {"due:first_response": "2026-03-02T11:15:00+00:00", "moved": "first_response"}
    await told.hear(of_incident(FactKind.PROMISE_MOVED, "promise/moved", details=details))
    (row,) = await told.rows(kind="happening")
    assert row.person == "jan"
    assert row.subject.startswith("Zmiana terminów: github:7")
    assert "12:15" in row.text
    await told.close()


async def test_history_is_told_to_nobody_and_needs_no_row(told: Stage) -> None:
    late = of_incident(
        FactKind.PROMISE_MADE, "promise", turned="opened", imported_through=NINE + timedelta(hours=1), details={}
    )
    await told.hear(late)
    assert await told.rows() == []
    assert await told.table("notifier_inbox") == []
    await told.close()
