"""How late the pages of other contracts are while one incident gets 30,000 events, through running processes.

    python -m bench.hot_incident --events 30000 --requests 61 [--production]

Incidents of other contracts are opened at a steady pace; each promises an answer within three seconds that nobody
gives, and its breach goes to a webhook. After a time of calm one incident of a contract of its own gets its events, as
fast as they are accepted. Compared is the lateness at the receiver of what was due before the first of them, and of
what was due from then until all of them were applied.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
from bench.delivery import ALLOWED, HEADERS, catalogue, installed, lateness, opened
from bench.results import keep, load
from tests.e2e.fleet import Fleet
from tests.kill.drill import READ_KEY
from tests.real.webhook import WebhookReceiver

from sla_platform.timesource import SystemTime

OTHERS = 40
HOT = "hot"
WAIT_SECONDS = 300


def flood(events: int, requests: int) -> Sequence[bytes]:
    """The bodies of the requests: the opening, then comments of staff, one a second of the incident's time."""
    size = -(-events // requests)
    begun = SystemTime().now().isoformat()
    made = [
        {"specversion": "1.0", "id": f"{HOT}-{n}", "source": "bench", "subject": HOT, "time": begun,
         "type": f"io.slad.incident.{'opened' if n == 0 else 'updated'}.v1", "datacontenttype": "application/json",
         "data": {"customer": f"customer {OTHERS}", "priority": "P1", "title": HOT} if n == 0 else {"actor": "staff"}}
        for n in range(events)
    ]  # fmt: skip
    return [json.dumps(made[first : first + size]).encode() for first in range(0, events, size)]


class Others:
    """Opens incidents of the other contracts without end, and knows when each is due by the steady clock."""

    def __init__(self, url: str, pace: float) -> None:
        self._url, self._pace = url, pace
        self.due: dict[str, float] = {}
        self.answered: dict[str, float] = {}

    async def run(self) -> None:
        number = 0
        client = httpx2.AsyncClient(base_url=self._url, headers=HEADERS, timeout=60)
        async with client, asyncio.TaskGroup() as posts:
            while True:
                posts.create_task(self._post(client, number))
                number += 1
                await asyncio.sleep(1 / self._pace)

    async def _post(self, client: httpx2.AsyncClient, number: int) -> None:
        event, clock = opened(number, SystemTime().now()), time.monotonic()
        event["data"]["customer"] = f"customer {number % OTHERS}"
        (await client.post("/v1/events", content=json.dumps(event))).raise_for_status()
        self.due[f"B-{number}"] = clock + ALLOWED.total_seconds()
        self.answered[f"B-{number}"] = time.monotonic() - clock


async def measured(arguments: argparse.Namespace, fleet: Fleet, hook: WebhookReceiver) -> dict[str, Any]:
    await fleet.start()
    others = Others(fleet.url("ingest"), arguments.pace)
    task = asyncio.create_task(others.run())
    await asyncio.sleep(arguments.calm)
    begun = time.monotonic()
    await _send(arguments, fleet)
    accepted = time.monotonic()
    await _applied(fleet, arguments.events)
    ended = time.monotonic()
    await asyncio.sleep(ALLOWED.total_seconds() + 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(ALLOWED.total_seconds() + 2)
    arrived: dict[str, float] = {}
    for one in hook.requests.all():
        incident = str(json.loads(one.body).get("data", {}).get("incident", "")).removeprefix("bench:")
        arrived.setdefault(incident, one.arrived)
    figures: dict[str, Any] = {
        "profile": fleet.profile.value, "events": arguments.events,
        "accepted_seconds": accepted - begun, "applied_seconds": ended - begun,
    }  # fmt: skip
    calm = [name for name, due in others.due.items() if due < begun]
    busy = [name for name, due in others.due.items() if begun <= due <= ended]
    for word, names in (("calm", calm), ("hot", busy)):
        late = sorted(arrived[name] - others.due[name] for name in names if name in arrived)
        figures |= {f"{word}_pages": len(late), f"{word}_missed": len(names) - len(late)}
        figures |= lateness(word, late)
        answers = sorted(others.answered[name] for name in names)
        figures[f"{word}_answer_p99_ms"] = 1000 * answers[len(answers) * 99 // 100]
    return figures


async def _send(arguments: argparse.Namespace, fleet: Fleet) -> None:
    headers = {**HEADERS, "content-type": "application/cloudevents-batch+json"}
    async with httpx2.AsyncClient(base_url=fleet.url("ingest"), headers=headers, timeout=120) as client:
        for body in flood(arguments.events, arguments.requests):
            (await client.post("/v1/events", content=body)).raise_for_status()


async def _applied(fleet: Fleet, events: int) -> None:
    """Wait until the timer has no event of it left to apply: nothing waits, and the last one is there."""
    async with httpx2.AsyncClient(
        base_url=fleet.url("timer"), headers={"authorization": f"Bearer {READ_KEY}"}, timeout=60
    ) as client:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            answer = await client.get(f"/v1/incidents/bench:{HOT}", params={"limit": 1})
            if answer.status_code == 200 and answer.json()["events_total"] >= events:
                return
            await asyncio.sleep(1)
    raise SystemExit(f"not all {events} events were applied within {WAIT_SECONDS} s")


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name, WebhookReceiver() as hook:
        folder = Path(name)
        environment = {
            "SLAD_CATALOGUE": str(_catalogue(folder / "catalogue", hook.url)),
            "SLAD_WEBHOOK_ALLOW": '["127.0.0.0/8"]',
            "SLAD_RATE_PER_MINUTE": "1000000",
        }
        async with installed(folder, environment, production=arguments.production) as fleet:
            return await measured(arguments, fleet, hook)


def _catalogue(folder: Path, sink: str) -> Path:
    """Those of bench.delivery, without mail, and a key that reads the timer's answers."""
    written = catalogue(folder, OTHERS + 1, sink) / "bench.yaml"
    content = json.loads(written.read_text())
    content["keys"]["read"] = {"key": READ_KEY, "scopes": ["read"]}
    for number in range(OTHERS + 1):
        content["contracts"][f"c{number}"]["roles"] = {"on_call": [f"hook-{number}"]}
    content["people"] = {id_: one for id_, one in content["people"].items() if id_.startswith("hook-")}
    written.write_text(json.dumps(content))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--requests", type=int, default=61)
    parser.add_argument("--pace", type=float, default=10, help="incidents of others a second")
    parser.add_argument("--calm", type=float, default=12, help="seconds before the first event of the hot one")
    parser.add_argument("--production", action="store_true")
    arguments = parser.parse_args()
    before = load()
    keep(asyncio.run(run(arguments)), before)


if __name__ == "__main__":
    main()
