"""How late the pages of other contracts are while one incident gets 30,000 events, through running processes.

    python -m bench.hot_incident --events 30000 --requests 61 [--rounds 3] [--abreast 1] [--production]

Incidents of other contracts are opened at a steady pace; each promises an answer within three seconds that nobody
gives, and its breach goes to a webhook. In each round, after a time of calm one incident of a contract of its own gets
its events, as fast as they are accepted (`--abreast`: so many requests at a time). Compared is the lateness at the
receiver of what was due in the calm, and of what was due from the first event until all of them were applied. Told is
the median over the rounds of what the flood added.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
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
WARM_SECONDS = 5  # before the first round
SHOWN_LAG = 100  # events; the others go on


def flood(incident: str, events: int, requests: int) -> Sequence[bytes]:
    """The bodies of the requests: the opening, then comments of staff, one a second of the incident's time."""
    size = -(-events // requests)
    begun = SystemTime().now().isoformat()
    made = [
        {"specversion": "1.0", "id": f"{incident}-{n}", "source": "bench", "subject": incident, "time": begun,
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


@dataclass(frozen=True, slots=True)
class Round:
    """Instants of a round by the steady clock: calm until the flood began, and until all of it was applied."""

    calm: float
    begun: float
    accepted: float
    applied: float


async def measured(arguments: argparse.Namespace, fleet: Fleet, hook: WebhookReceiver) -> dict[str, Any]:
    await fleet.start()
    others = Others(fleet.url("ingest"), arguments.pace)
    task = asyncio.create_task(others.run())
    await asyncio.sleep(ALLOWED.total_seconds() + WARM_SECONDS)
    rounds = [await _round(arguments, fleet, f"{HOT}-{number}") for number in range(arguments.rounds)]
    await asyncio.sleep(ALLOWED.total_seconds() + 1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(ALLOWED.total_seconds() + 2)
    arrived: dict[str, float] = {}
    for one in hook.requests.all():
        incident = str(json.loads(one.body).get("data", {}).get("incident", "")).removeprefix("bench:")
        arrived.setdefault(incident, one.arrived)
    told = [_figures(one, others, arrived) for one in rounds]
    for one in told:
        print("  ".join(f"{name}={value:.0f}" for name, value in one.items()), flush=True)
    middle = {name: statistics.median(one[name] for one in told) for name in told[0]}
    return {"profile": fleet.profile.value, "events": arguments.events, "rounds": arguments.rounds, **middle}


async def _round(arguments: argparse.Namespace, fleet: Fleet, incident: str) -> Round:
    calm = time.monotonic()
    await asyncio.sleep(arguments.calm)
    begun = time.monotonic()
    await _send(arguments, fleet, incident)
    accepted = time.monotonic()
    await _applied(fleet, incident, arguments.events)
    applied = time.monotonic()
    await _shown(fleet)
    return Round(calm, begun, accepted, applied)


def _figures(one: Round, others: Others, arrived: dict[str, float]) -> dict[str, float]:
    figures = {"accepted_seconds": one.accepted - one.begun, "applied_seconds": one.applied - one.begun}
    for word, since, until in (("calm", one.calm, one.begun), ("hot", one.begun, one.applied)):
        names = [name for name, due in others.due.items() if since <= due < until]
        late = sorted(arrived[name] - others.due[name] for name in names if name in arrived)
        figures |= {f"{word}_pages": len(late), f"{word}_missed": len(names) - len(late)}
        figures |= lateness(word, late)
        answers = sorted(others.answered[name] for name in names)
        figures[f"{word}_answer_p99_ms"] = 1000 * answers[len(answers) * 99 // 100]
    return figures | {f"added_{of}_ms": figures[f"hot_{of}_ms"] - figures[f"calm_{of}_ms"] for of in ("p50", "p99")}


async def _send(arguments: argparse.Namespace, fleet: Fleet, incident: str) -> None:
    headers = {**HEADERS, "content-type": "application/cloudevents-batch+json"}
    bodies = iter(flood(incident, arguments.events, arguments.requests))
    async with httpx2.AsyncClient(base_url=fleet.url("ingest"), headers=headers, timeout=120) as client:

        async def sender() -> None:
            for body in bodies:
                (await client.post("/v1/events", content=body)).raise_for_status()

        await asyncio.gather(*(sender() for _ in range(arguments.abreast)))


async def _applied(fleet: Fleet, incident: str, events: int) -> None:
    """Wait until the timer has no event of it left to apply: nothing waits, and the last one is there."""
    async with httpx2.AsyncClient(
        base_url=fleet.url("timer"), headers={"authorization": f"Bearer {READ_KEY}"}, timeout=60
    ) as client:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            answer = await client.get(f"/v1/incidents/bench:{incident}", params={"limit": 1})
            if answer.status_code == 200 and answer.json()["events_total"] >= events:
                return
            await asyncio.sleep(1)
    raise SystemExit(f"not all {events} events were applied within {WAIT_SECONDS} s")


async def _shown(fleet: Fleet) -> None:
    """Wait until the board shows all of it, too: what it still had to do would be counted as calm."""
    async with httpx2.AsyncClient(base_url=fleet.url("board"), timeout=60) as client:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            lags = re.findall(r"^slad_board_lag_events (\S+)", (await client.get("/metrics")).text, re.MULTILINE)
            if lags and float(lags[0]) < SHOWN_LAG:
                return
            await asyncio.sleep(1)


Measured = Callable[[argparse.Namespace, Fleet, WebhookReceiver], Awaitable[dict[str, Any]]]


async def in_a_crowd(arguments: argparse.Namespace, measured: Measured) -> dict[str, Any]:
    """Measure a running installation with the contracts of `crowded` and a webhook receiver."""
    with tempfile.TemporaryDirectory() as name, WebhookReceiver() as hook:
        folder = Path(name)
        environment = {
            "SLAD_CATALOGUE": str(crowded(folder / "catalogue", hook.url)),
            "SLAD_WEBHOOK_ALLOW": '["127.0.0.0/8"]',
            "SLAD_RATE_PER_MINUTE": "1000000",
        }
        async with installed(folder, environment, production=arguments.production) as fleet:
            return await measured(arguments, fleet, hook)


def crowded(folder: Path, sink: str) -> Path:
    """Those of bench.delivery, without mail, a key that reads the timer's answers, and P2 that is due in an hour."""
    written = catalogue(folder, OTHERS + 1, sink) / "bench.yaml"
    content = json.loads(written.read_text())
    content["plans"]["quick"]["priorities"].append({"id": "P2", "title": "P2"})
    content["plans"]["quick"]["targets"][0]["by_priority"]["P2"] = "1h"
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
    parser.add_argument("--calm", type=float, default=30, help="seconds of each round before its first event")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--abreast", type=int, default=1, help="requests of the hot incident at a time")
    parser.add_argument("--production", action="store_true")
    arguments = parser.parse_args()
    before = load()
    keep(asyncio.run(in_a_crowd(arguments, measured)), before)


if __name__ == "__main__":
    main()
