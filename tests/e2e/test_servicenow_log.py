"""A real company's ServiceNow log through both profiles: every incident ends as the log ends, in whatever order.

What an incident must have come to is read from the rows themselves (`tests/build/servicenow.py`), not from the events.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx2
import orjson
import pytest
from tests.build.servicenow import Event, Ticket, tickets
from tests.e2e.world import INGEST_KEY, READ_KEY, World
from tests.real.http import http_client
from tests.shared_data import SHARED, needs_shared

LOG = SHARED / "data" / "servicenow" / "incident_event_log.csv"
CUSTOMER = "Quiet"  # Brazil's holidays, and nobody who minds
KEY = {"authorization": f"Bearer {INGEST_KEY}", "content-type": "application/cloudevents-batch+json"}
READ = {"authorization": f"Bearer {READ_KEY}"}
BATCH = 500
PATIENCE_SECONDS = 120.0
CHOSEN = ("phase", "priority", "opened_at", "ended_at", "contract", "plan", "waiting_seconds")
OF_A_CLOCK = (
    "metric", "cycle", "state", "started_at", "due_at", "stopped_at", "breached_at", "consumed_seconds", "generation",
    "segments", "marks",
)  # fmt: skip

pytestmark = [needs_shared, pytest.mark.timeout(300)]


async def test_every_tenth_incident_ends_in_the_state_the_log_ends_in(world: World) -> None:
    await _ends_as_the_log_ends(world, "snow", every=10)


# Slow: 400 incidents, each told twice and once more in disorder, take half a minute of the processor on each profile.
@pytest.mark.slow
async def test_every_incident_ends_in_the_state_the_log_ends_in(world: World) -> None:
    await _ends_as_the_log_ends(world, "snowall", every=1)


async def _ends_as_the_log_ends(world: World, source: str, every: int) -> None:
    ordered = tickets(LOG, source, CUSTOMER)[::every]
    shuffled = tickets(LOG, f"{source}mixed", CUSTOMER)[::every]
    assert len(ordered) == 400 // every
    await _send(world, [event for ticket in ordered for event in ticket.events])
    doubled = [event for ticket in shuffled for event in ticket.events] * 2
    random.Random(11).shuffle(doubled)
    await _send(world, doubled)
    first = await _applied(world, ordered, source)
    second = await _applied(world, shuffled, f"{source}mixed")
    differing = {ticket.number: wrong for ticket in ordered if (wrong := _unlike(ticket, first[ticket.number]))}
    assert differing == {}
    for number, one in first.items():
        assert _essence(one) == _essence(second[number]), number


def _unlike(ticket: Ticket, told: Mapping[str, Any]) -> dict[str, Any]:
    """Where an incident ends otherwise than its log: what is told, and what the rows say."""
    ended_at = ticket.resolved_at.timestamp()
    waited = {who: told["waiting_seconds"][who] for who in ticket.waited}
    found = {
        "phase": (told["phase"], ticket.phase),
        "priority": (told["priority"], ticket.priority),
        "ended_at": (_timestamp(told["ended_at"]), ended_at),
        "waited": (waited, dict(ticket.waited)),
        "open clocks": ([c["metric"] for c in told["clocks"] if c["state"] in ("running", "paused")], []),
    }
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def _timestamp(written: str | None) -> float | None:
    return datetime.fromisoformat(written).timestamp() if written else None


async def _send(world: World, events: Sequence[Event]) -> None:
    """Batches in turn to each instance of ingest."""
    urls = world.fleet.urls("ingest")
    async with http_client(headers=KEY, timeout=60) as client:
        for number, start in enumerate(range(0, len(events), BATCH)):
            batch = orjson.dumps(events[start : start + BATCH])
            answer = await client.post(f"{urls[number % len(urls)]}/v1/events", content=batch)
            assert answer.status_code == httpx2.codes.ACCEPTED, answer.text


async def _applied(world: World, found: Sequence[Ticket], source: str) -> dict[str, dict[str, Any]]:
    """Every incident once all its events have been applied."""
    gate = asyncio.Semaphore(8)
    async with http_client(headers=READ, timeout=20) as client:

        async def one(ticket: Ticket) -> tuple[str, dict[str, Any]]:
            async with gate:
                return ticket.number, await _whole(world, client, f"{source}:{ticket.number}", len(ticket.events))

        async with asyncio.timeout(PATIENCE_SECONDS):
            return dict(await asyncio.gather(*(one(ticket) for ticket in found)))


async def _whole(world: World, client: httpx2.AsyncClient, incident: str, events: int) -> dict[str, Any]:
    while True:
        answer = await client.get(f"{world.fleet.url('timer')}/v1/incidents/{incident}")
        if answer.status_code == httpx2.codes.OK:
            state: dict[str, Any] = answer.json()
            if len(state["events"]) == events:
                return state
        await asyncio.sleep(0.1)


def _essence(incident: dict[str, Any]) -> dict[str, Any]:
    """What must not depend on the order of arrival."""
    clocks = [{name: clock[name] for name in OF_A_CLOCK} for clock in incident["clocks"]]
    return {name: incident[name] for name in CHOSEN} | {"clocks": clocks}
