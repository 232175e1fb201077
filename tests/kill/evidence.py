"""What is known after a drill, from outside: the facts on the bus, what reached the pagers, what the APIs say.

In production the facts are read from the topic; in the embedded profile, where the log is the bus and house-keeping
trims it, from the copy the board keeps for its incident pages.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import orjson
from aiokafka import AIOKafkaConsumer
from standardwebhooks import Webhook
from tests.kill.drill import PAGER_SECRET, READ_KEY
from tests.real.http import http_client
from tests.real.webhook import Request

from sla_platform.timesource import SystemTime

_TELLING = ("clock.warned", "clock.breached")
_AT_ONCE = 6
_BELIEVED_SECONDS = 300  # between the stamp of a webhook and its arrival (Standard Webhooks)


@dataclass(frozen=True, slots=True)
class Fact:
    """A warning or breach on the bus. `id` is the event's, `generation/threshold` its place in the clock."""

    id: str
    incident: str
    clock: str
    metric: str
    generation: int
    threshold: str
    at: datetime
    fired_at: datetime
    overtaken: bool
    provisional: bool
    history: bool = False
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request at a pager. `arrived` is wall time in seconds, `at` the instant it tells of."""

    id: str
    kind: str
    person: str
    incident: str
    alert: str
    metric: str
    generation: int
    threshold: str
    level: int
    outcome: str
    at: datetime
    arrived: float
    marked: bool
    signed: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """An incident as the timer's API shows it."""

    phase: str
    verdicts: Mapping[str, str]
    events: frozenset[str]

    def holds(self, sent: str) -> bool:
        """Whether the event sent under this id has been applied."""
        return any(f"#{sent}/" in id_ for id_ in self.events)


@dataclass(frozen=True, slots=True)
class Evidence:
    facts: Sequence[Fact]
    arrivals: Sequence[Arrival]
    deliveries: Sequence[Mapping[str, Any]]
    shown: Mapping[str, Shown | None]


# -- facts


def telling(records: Iterable[tuple[str, bytes]]) -> list[Fact]:
    """The warnings and breaches among (event id, data), each once, however often the transport brought it."""
    found: dict[str, Fact] = {}
    for id_, data in records:
        told = orjson.loads(data)
        if told.get("kind") in _TELLING:
            found[id_] = Fact(
                id=id_,
                incident=told["incident"],
                clock=told["clock"],
                metric=told["metric"],
                generation=told.get("generation", 0),
                threshold=told.get("threshold") or "breach",
                at=datetime.fromisoformat(told["at"]),
                fired_at=datetime.fromisoformat(told["fired_at"]),
                overtaken=told.get("overtaken", False),
                provisional=told.get("provisional", False),
                history=told.get("history", False),
                due_at=datetime.fromisoformat(told["due_at"]) if told.get("due_at") else None,
            )
    return list(found.values())


def facts_of_board(database: Path) -> list[Fact]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT id, data FROM board_event WHERE topic = 'clocks'").fetchall()
    return telling((id_, data.encode()) for id_, data in rows)


async def facts_of_topic(bootstrap: str, topic: str) -> list[Fact]:
    """The warnings and breaches on the topic up to its present end."""
    return telling(await records_of_topic(bootstrap, topic))


async def records_of_topic(bootstrap: str, topic: str) -> list[tuple[str, bytes]]:
    """(Event id, data) of everything on the topic up to its present end, repeats included."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        partitions = list(consumer.assignment())
        assert partitions, f"{topic} has no partitions"
        ends = await consumer.end_offsets(partitions)
        records: list[tuple[str, bytes]] = []
        while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
            for batch in (await consumer.getmany(timeout_ms=500, max_records=5000)).values():
                records += [(_header(record.headers, "ce_id"), record.value) for record in batch if record.value]
    finally:
        await consumer.stop()
    return [(id_, value) for id_, value in records if id_]


def _header(headers: Sequence[tuple[str, bytes]], name: str) -> str:
    return next((value.decode() for key, value in headers if key == name), "")


# -- arrivals


def arrivals(requests: Sequence[Request]) -> list[Arrival]:
    """In the order in which they came."""
    # The receiver stamps monotonic seconds; one pair of readings turns them into wall time.
    shift = SystemTime().now().timestamp() - time.monotonic()
    return [_arrival(request, shift) for request in requests]


def _arrival(request: Request, shift: float) -> Arrival:
    told = orjson.loads(request.body)
    data = told["data"]
    return Arrival(
        id=request.header("webhook-id") or "",
        kind=told["type"].removeprefix("slad."),
        person=data.get("recipient", ""),
        incident=data.get("incident", ""),
        alert=data.get("alert", ""),
        metric=data.get("metric", ""),
        generation=data.get("generation", 0),
        threshold=data.get("threshold") or "breach",
        level=data.get("level", 0),
        outcome=data.get("outcome", ""),
        at=datetime.fromisoformat(data.get("at") or told["timestamp"]),
        arrived=request.arrived + shift,
        marked=request.header("X-Slad-Possibly-Duplicate") == "true",
        signed=_signed(request, request.arrived + shift),
    )


def _signed(request: Request, arrived: float) -> bool:
    """Whether its receiver would have believed it then; `verify` would compare its time with now, long after."""
    id_, stamp = request.header("webhook-id") or "", request.header("webhook-timestamp") or ""
    if not stamp.isdecimal() or abs(int(stamp) - arrived) > _BELIEVED_SECONDS:
        return False
    right = Webhook(PAGER_SECRET).sign(id_, datetime.fromtimestamp(int(stamp), UTC), request.body.decode())
    return right in (request.header("webhook-signature") or "").split(" ")


# -- what the APIs say


def reader() -> httpx2.AsyncClient:
    return http_client(headers={"authorization": f"Bearer {READ_KEY}"}, timeout=30.0)


async def deliveries(url: str, state: str = "") -> list[dict[str, Any]]:
    """Every delivery the notifier keeps, by its pages."""
    found: list[dict[str, Any]] = []
    before = ""
    async with reader() as client:
        while True:
            query = {"limit": "200", "before": before, "state": state}
            answer = await client.get(f"{url}/v1/deliveries", params=query)
            answer.raise_for_status()
            page = answer.json()
            found += page["deliveries"]
            before = page["next"]
            if not before:
                return found


async def incidents(url: str, names: Iterable[str]) -> dict[str, Shown | None]:
    """Each incident by the timer's API; None where it is not known."""
    room = asyncio.Semaphore(_AT_ONCE)
    async with reader() as client:

        async def one(name: str) -> tuple[str, Shown | None]:
            async with room:
                answer = await client.get(f"{url}/v1/incidents/{name}")
            if answer.status_code == 404:
                return name, None
            answer.raise_for_status()
            return name, _shown(answer.json())

        return dict(await asyncio.gather(*(one(name) for name in names)))


def _shown(told: dict[str, Any]) -> Shown:
    return Shown(
        phase=told["phase"],
        verdicts={clock["metric"]: clock["state"] for clock in told["clocks"]},
        events=frozenset(event["id"] for event in told["events"]),
    )
