"""How late one contract's own pages are while many new incidents of it are told of, through running processes.

    python -m bench.same_contract --incidents 6000 --batch 500 [--priority P2] [--production]

Incidents of forty contracts and of one more are opened at a steady pace; each promises an answer within three seconds
that nobody gives, and its breach goes to a webhook. After a time of calm the one contract gets many new incidents, in
requests of `--batch`. With P2 (as shipped) nothing of them is due for an hour: they are only work on the way of the
others. With P1 each of them is a page, too. Compared is the lateness at the receiver of what was due in the calm and
of what was due from the first request until all were applied: of the other contracts, and of the one contract itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Any

import httpx2
from bench.delivery import ALLOWED, HEADERS, lateness, opened
from bench.hot_incident import OTHERS, WARM_SECONDS, in_a_crowd
from bench.results import keep, load
from tests.e2e.fleet import Fleet
from tests.kill.drill import READ_KEY
from tests.real.webhook import WebhookReceiver

from sla_platform.timesource import SystemTime

WAIT_SECONDS = 240
EVERY = 5  # of so many paced incidents one is of the crowded contract


class Paced:
    """Opens incidents of all contracts without end, and knows when each is due by the steady clock."""

    def __init__(self, url: str, pace: float) -> None:
        self._url, self._pace = url, pace
        self.due: dict[str, float] = {}
        self.own: set[str] = set()
        self.refused: list[int] = []

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
        own = number % EVERY == 0
        event["data"]["customer"] = f"customer {OTHERS if own else number % OTHERS}"
        status = (await client.post("/v1/events", content=json.dumps(event))).status_code
        if status != 202:
            self.refused.append(status)
            return
        self.due[f"B-{number}"] = clock + ALLOWED.total_seconds()
        if own:
            self.own.add(f"B-{number}")


async def measured(arguments: argparse.Namespace, fleet: Fleet, hook: WebhookReceiver) -> dict[str, Any]:
    await fleet.start()
    paced = Paced(fleet.url("ingest"), arguments.pace)
    task = asyncio.create_task(paced.run())
    await asyncio.sleep(ALLOWED.total_seconds() + WARM_SECONDS)
    calm = time.monotonic()
    await asyncio.sleep(arguments.calm)
    begun = time.monotonic()
    await _send(arguments, fleet)
    accepted = time.monotonic()
    await _applied(fleet, f"N-{arguments.incidents - 1}")
    applied = time.monotonic()
    await asyncio.sleep(ALLOWED.total_seconds())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    names = [name for name, due in paced.due.items() if calm <= due < applied]
    arrived = await _arrivals(hook, set(names))
    figures: dict[str, Any] = {
        "profile": fleet.profile.value,
        "incidents": arguments.incidents,
        "accepted_seconds": accepted - begun,
        "applied_seconds": applied - begun,
        "refused": len(paced.refused),
    }
    for word, first, last in (("calm", calm, begun), ("crowded", begun, applied)):
        for of, own in (("other", False), ("own", True)):
            due = {one: paced.due[one] for one in names if first <= paced.due[one] < last and (one in paced.own) is own}
            late = sorted(arrived[one] - due[one] for one in due if one in arrived)
            figures |= {f"{word}_{of}_pages": len(late), f"{word}_{of}_missed": len(due) - len(late)}
            figures |= lateness(f"{word}_{of}", late)
    return figures


async def _arrivals(hook: WebhookReceiver, names: set[str]) -> dict[str, float]:
    """When each page came; waits for all of them, however late."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        arrived: dict[str, float] = {}
        for one in hook.requests.all():
            incident = str(json.loads(one.body).get("data", {}).get("incident", "")).removeprefix("bench:")
            arrived.setdefault(incident, one.arrived)
        if names <= arrived.keys() or time.monotonic() > deadline:
            return arrived
        await asyncio.sleep(1)


async def _send(arguments: argparse.Namespace, fleet: Fleet) -> None:
    headers = {**HEADERS, "content-type": "application/cloudevents-batch+json"}
    async with httpx2.AsyncClient(base_url=fleet.url("ingest"), headers=headers, timeout=120) as client:
        for first in range(0, arguments.incidents, arguments.batch):
            numbers = range(first, min(first + arguments.batch, arguments.incidents))
            events = [_new(number, arguments.priority) for number in numbers]
            (await client.post("/v1/events", content=json.dumps(events))).raise_for_status()


def _new(number: int, priority: str) -> dict[str, Any]:
    event = opened(number, SystemTime().now())
    event |= {"id": f"new-{number}", "subject": f"N-{number}"}
    event["data"] |= {"customer": f"customer {OTHERS}", "priority": priority}
    return event


async def _applied(fleet: Fleet, incident: str) -> None:
    headers = {"authorization": f"Bearer {READ_KEY}"}
    async with httpx2.AsyncClient(base_url=fleet.url("timer"), headers=headers, timeout=60) as client:
        deadline = time.monotonic() + WAIT_SECONDS
        while (await client.get(f"/v1/incidents/bench:{incident}")).status_code != 200:
            if time.monotonic() > deadline:
                raise SystemExit(f"{incident} was not applied within {WAIT_SECONDS} s")
            await asyncio.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=6_000)
    parser.add_argument("--batch", type=int, default=500, help="incidents in a request")
    parser.add_argument("--priority", choices=("P1", "P2"), default="P2")
    parser.add_argument("--pace", type=float, default=10, help="paced incidents a second")
    parser.add_argument("--calm", type=float, default=15, help="seconds before the first request")
    parser.add_argument("--production", action="store_true")
    arguments = parser.parse_args()
    before = load()
    keep(asyncio.run(in_a_crowd(arguments, measured)), before)


if __name__ == "__main__":
    main()
