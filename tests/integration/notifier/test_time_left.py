"""Acknowledgements that expire at a share of the counted time that an incident has to its next deadline."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from tests.integration.notifier.stage import CATALOGUE, NINE, Stage, breached, clock_of, fact

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.contract import ContractId
from sla_domain.fact import FactKind
from sla_domain.hours import hours_name
from sla_domain.plan import PlanId
from sla_platform.envelope import Envelope

READER = {"Authorization": "Bearer the-readers-key-0001"}
DUE = NINE + timedelta(minutes=15)
ALERT = str(clock_of("github:7"))
MONDAY_15 = NINE + timedelta(hours=5)  # 15:00 in Warsaw: two hours of office time are left of that day


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    file = tmp_path / "catalogue.yaml"
    before = "    repeat: 1\n    pause: 60m\n"
    text = CATALOGUE.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, before + "    acknowledgement: {at_left: [50%, 25%], times: 2}\n"))
    return load_catalogue(file, environment={"PAGER_URL": "https://p.example", "SPARE_URL": "https://s.example"})


def resolution(stage: Stage, kind: FactKind, due_at: datetime | None, key: str, state: str = "running") -> Envelope:
    """The resolution of the ticket, which counts in the office hours of the contract."""
    book = stage.catalogue.rulebook
    coverage = book.plans[PlanId("plain")].coverages["office"]
    hours = hours_name(book.calendars.calendar(book.contracts[ContractId("acme")], coverage))
    clock = clock_of("github:7", "resolution")
    return fact(kind, NINE, key, clock=clock, metric="resolution", due_at=due_at, state=state, hours=hours)


async def acknowledged(stage: Stage, client: httpx2.AsyncClient) -> str:
    answer = await client.post(f"/v1/alerts/{ALERT}/ack", headers=READER, json={"by": "anna"})
    expires: str = answer.json()["alert"]["expires_at"]
    return expires


async def test_half_of_the_counted_time_and_then_a_quarter_of_what_remains(
    stage: Stage, client: httpx2.AsyncClient
) -> None:
    tuesday = NINE + timedelta(days=1, hours=1)  # 11:00 in Warsaw: two hours after the opening
    await stage.hear(resolution(stage, FactKind.CLOCK_STARTED, tuesday, "0/started"))
    stage.time.go(MONDAY_15)
    await stage.hear(breached(MONDAY_15, due_at=MONDAY_15))
    # Four counted hours are left: half of them is the end of Monday's hours, that is Tuesday's opening.
    assert await acknowledged(stage, client) == "2026-03-03T08:00:00Z"
    await stage.pass_time(hours=17, minutes=59)
    assert (await stage.alert("github:7")).state == "acknowledged"
    await stage.pass_time(minutes=1)
    assert (await stage.alert("github:7")).state == "open"
    assert ("alert.expired", "time_left") in await stage.log()
    # Two hours are left, a quarter of which is half an hour.
    assert await acknowledged(stage, client) == "2026-03-03T09:30:00Z"


async def test_a_deadline_that_moved_takes_the_expiry_with_it(stage: Stage, client: httpx2.AsyncClient) -> None:
    await stage.hear(resolution(stage, FactKind.CLOCK_STARTED, NINE + timedelta(hours=4), "0/started"))
    stage.time.go(NINE + timedelta(hours=2))
    await stage.hear(breached(stage.time.now(), due_at=stage.time.now()))
    assert await acknowledged(stage, client) == "2026-03-02T12:00:00Z"
    await stage.hear(resolution(stage, FactKind.CLOCK_RETARGETED, NINE + timedelta(hours=6), "1/retargeted"))
    await stage.pass_time(hours=1)
    alert = await stage.alert("github:7")
    assert (alert.state, alert.expires_at) == ("acknowledged", NINE + timedelta(hours=5))
    await stage.pass_time(hours=2)
    assert (await stage.alert("github:7")).state == "open"


async def test_while_the_clock_stands_still_nothing_expires(stage: Stage, client: httpx2.AsyncClient) -> None:
    due = NINE + timedelta(hours=4)
    await stage.hear(resolution(stage, FactKind.CLOCK_STARTED, due, "0/started"))
    stage.time.go(NINE + timedelta(hours=2))
    await stage.hear(breached(stage.time.now(), due_at=stage.time.now()))
    await acknowledged(stage, client)
    await stage.hear(resolution(stage, FactKind.CLOCK_PAUSED, None, "0/paused", state="paused"))
    for _ in range(20):
        await stage.pass_time(minutes=10)
    assert (await stage.alert("github:7")).state == "acknowledged"
    later = NINE + timedelta(hours=6)
    await stage.hear(resolution(stage, FactKind.CLOCK_RESUMED, later, "0/resumed"))
    await stage.pass_time(minutes=10)
    assert (await stage.alert("github:7")).state == "open", "forty minutes are left, and an hour was the share"


async def test_without_another_deadline_it_does_not_expire_by_time_left(
    stage: Stage, client: httpx2.AsyncClient
) -> None:
    stage.time.go(DUE)
    await stage.hear(breached())
    assert await acknowledged(stage, client) is None
