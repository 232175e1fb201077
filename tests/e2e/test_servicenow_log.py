"""A real company's ServiceNow log through both profiles: every incident ends as the log ends, in whatever order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from tests.build.servicenow import Event, Ticket, tickets
from tests.e2e.fleet import Fleet, Profile
from tests.shared_data import SHARED, needs_shared

from sla_platform.local import KafkaBroker

EXAMPLES = Path(__file__).parents[2] / "examples" / "catalogue"
LOG = SHARED / "data" / "servicenow" / "incident_event_log.csv"
KEY = {"Authorization": "Bearer demo-ingest-key", "Content-Type": "application/cloudevents-batch+json"}
READ = {"Authorization": "Bearer demo-read-key"}
BATCH = 250
PATIENCE_SECONDS = 90.0
CHOSEN = ("phase", "priority", "opened_at", "ended_at", "contract", "plan")
OF_A_CLOCK = ("metric", "cycle", "state", "due_at", "stopped_at", "breached_at", "consumed_seconds", "generation")

pytestmark = [needs_shared, pytest.mark.timeout(240)]


@pytest.fixture(
    params=[Profile.EMBEDDED, pytest.param(Profile.PRODUCTION, marks=[pytest.mark.kafka, pytest.mark.postgres])]
)
def environment(request: pytest.FixtureRequest, unique: str) -> tuple[Profile, dict[str, str]]:
    shared = {"SLAD_CATALOGUE": str(EXAMPLES), "SLAD_SMTP_URL": "smtp+plain://127.0.0.1:9", "SLAD_LOG_LEVEL": "WARNING"}
    if request.param is Profile.EMBEDDED:
        return request.param, shared
    broker: KafkaBroker = request.getfixturevalue("kafka_broker")
    return request.param, shared | {
        "SLAD_STORE_URL": request.getfixturevalue("postgres_url"),
        "SLAD_BUS_URL": broker.url,
        "SLAD_BUS_PREFIX": f"slad-{unique}",
        "SLAD_PARTITIONS": "4",
    }


@pytest.fixture
async def fleet(environment: tuple[Profile, dict[str, str]], tmp_path: Path) -> AsyncIterator[Fleet]:
    profile, settings = environment
    running = Fleet(tmp_path / "fleet", profile, settings, instances=1)
    await running.start()
    yield running
    running.stop()


async def test_every_incident_ends_in_the_state_the_log_ends_in(fleet: Fleet) -> None:
    ordered = tickets(LOG, "snow")
    shuffled = tickets(LOG, "snowmixed")
    assert len(ordered) == 400
    await _send(fleet, [event for ticket in ordered for event in ticket.events])
    doubled = [event for ticket in shuffled for event in ticket.events] * 2
    random.Random(11).shuffle(doubled)
    await _send(fleet, doubled)
    async with httpx2.AsyncClient(headers=READ, timeout=20) as client:
        first = await _ended(client, fleet, ordered, "snow")
        second = await _ended(client, fleet, shuffled, "snowmixed")
    differing = {
        ticket.number: (first[ticket.number]["phase"], ticket.phase)
        for ticket in ordered
        if first[ticket.number]["phase"] != ticket.phase
    }
    assert differing == {}
    for number, one in first.items():
        assert _essence(one) == _essence(second[number]), number


async def _send(fleet: Fleet, events: Sequence[Event]) -> None:
    async with httpx2.AsyncClient(headers=KEY, timeout=60) as client:
        for start in range(0, len(events), BATCH):
            batch = orjson.dumps(events[start : start + BATCH])
            answer = await client.post(f"{fleet.url('ingest')}/v1/events", content=batch)
            assert answer.status_code == httpx2.codes.ACCEPTED, answer.text


async def _ended(
    client: httpx2.AsyncClient, fleet: Fleet, found: Sequence[Ticket], source: str
) -> dict[str, dict[str, Any]]:
    """Every incident once all its events have been applied."""
    gate = asyncio.Semaphore(8)

    async def one(ticket: Ticket) -> tuple[str, dict[str, Any]]:
        async with gate:
            return ticket.number, await _whole(client, fleet, f"{source}:{ticket.number}", len(ticket.events))

    async with asyncio.timeout(PATIENCE_SECONDS):
        return dict(await asyncio.gather(*(one(ticket) for ticket in found)))


async def _whole(client: httpx2.AsyncClient, fleet: Fleet, incident: str, events: int) -> dict[str, Any]:
    while True:
        answer = await client.get(f"{fleet.url('timer')}/v1/incidents/{incident}")
        if answer.status_code == httpx2.codes.OK:
            state: dict[str, Any] = answer.json()
            if len(state["events"]) == events:
                return state
        await asyncio.sleep(0.1)


def _essence(incident: dict[str, Any]) -> dict[str, Any]:
    """What must not depend on the order of arrival."""
    clocks = [{name: clock[name] for name in OF_A_CLOCK} for clock in incident["clocks"]]
    return {name: incident[name] for name in CHOSEN} | {"clocks": clocks}
