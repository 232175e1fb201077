"""The load of a drill: every event posted as a CloudEvent until it is accepted, under the same id with the same body.

The answer 202 is slad's word that the event counts; what the verdict holds against slad is this record of answers.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
from tests.kill.drill import INGEST_KEY, SOURCE, customer
from tests.kill.script import Script
from tests.kill.wire import Wire
from tests.oracle.tenth_walker import TENTHS, Happening

from sla_platform.timesource import SystemTime

_NOW = SystemTime()
_SENDERS = 16
_AGAIN_SECONDS = 0.1
_ANSWER_SECONDS = 5.0
_PILED_UP_SECONDS = 4.0  # so much of the load waits for a sender: then nothing new is opened until it has gone in
_HEADERS = {"content-type": "application/cloudevents+json", "authorization": f"Bearer {INGEST_KEY}"}


class Stopwatch:
    """Tenths of a second since a zero on the grid, in wall time."""

    def __init__(self) -> None:
        now = _NOW.now()
        self.zero = now.replace(microsecond=0)

    def tenth(self) -> int:
        return int((_NOW.now() - self.zero).total_seconds() * TENTHS)

    def instant(self, tenth: int) -> datetime:
        return self.zero + timedelta(seconds=tenth / TENTHS)

    def tenths(self, instant: datetime) -> float:
        return (instant - self.zero).total_seconds() * TENTHS


@dataclass(slots=True)
class Sent:
    """One event: when it happened (a tenth), when it was first tried and when it was accepted (seconds, wall)."""

    id: str
    happening: Happening
    tried: float
    accepted: float = 0.0
    tries: int = 0


@dataclass(slots=True)
class Played:
    """One incident as it was played."""

    script: Script
    sent: list[Sent] = field(default_factory=list)

    @property
    def incident(self) -> str:
        return f"{SOURCE}:{self.script.name}"

    @property
    def happenings(self) -> list[Happening]:
        return [sent.happening for sent in self.sent]


class Load:
    """Plays scripts at a steady rate of events. `urls` are ingest's instances; a sender whose instance is gone turns
    to another. An incident's events are sent one after the other, as one ticketing system would; how late an event is
    accepted never changes when it happened."""

    def __init__(self, scripts: Iterable[Script], urls: Callable[[], list[str]], events_per_second: float) -> None:
        self.watch = Stopwatch()
        self.played: list[Played] = []
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.longest_wait = 0.0
        self._scripts = iter(scripts)
        self._urls = urls
        self._rate = events_per_second
        self._queue: asyncio.Queue[tuple[bytes, Sent, asyncio.Event]] = asyncio.Queue()

    @property
    def accepted(self) -> int:
        return sum(1 for played in self.played for sent in played.sent if sent.accepted)

    async def run(self, enough: asyncio.Event) -> None:
        """Open incidents until `enough`, then let every open one come to its end."""
        senders = [asyncio.create_task(self._send_forever(number)) for number in range(_SENDERS)]
        try:
            async with asyncio.TaskGroup() as plays:
                due = time.monotonic()
                while not enough.is_set():
                    if self._queue.qsize() > self._rate * _PILED_UP_SECONDS:
                        # A slow machine takes less; what piled up would have to be played out afterwards.
                        await asyncio.sleep(_AGAIN_SECONDS)
                        due = time.monotonic()
                        continue
                    script = next(self._scripts)
                    await asyncio.sleep(max(due - time.monotonic(), 0.0))
                    plays.create_task(self._play(script))
                    due += len(script.happenings) / self._rate
        finally:
            for sender in senders:
                sender.cancel()
            await asyncio.gather(*senders, return_exceptions=True)

    async def _play(self, script: Script) -> None:
        played = Played(script)
        self.played.append(played)
        start = self.watch.tenth() + 1
        for number, step in enumerate(script.happenings):
            await self._until(start + step.tenth)
            happened = Happening(start + step.tenth, step.kind, step.priority)
            sent = Sent(f"{script.name}-{number}", happened, _wall())
            played.sent.append(sent)
            done = asyncio.Event()
            self._queue.put_nowait((orjson.dumps(_cloud_event(script, sent, self.watch)), sent, done))
            await done.wait()

    async def _until(self, tenth: int) -> None:
        wait = (self.watch.instant(tenth) - _NOW.now()).total_seconds()
        if wait > 0:
            await asyncio.sleep(wait)

    # -- sending

    async def _send_forever(self, number: int) -> None:
        wire = Wire(_HEADERS, _ANSWER_SECONDS)
        try:
            turn = number
            while True:
                body, sent, done = await self._queue.get()
                turn = await self._until_accepted(wire, turn, body, sent)
                sent.accepted = _wall()
                self.longest_wait = max(self.longest_wait, sent.accepted - sent.tried)
                done.set()
        finally:
            wire.close()

    async def _until_accepted(self, wire: Wire, turn: int, body: bytes, sent: Sent) -> int:
        while True:
            urls = self._urls()
            sent.tries += 1
            answer = await wire.post(f"{urls[turn % len(urls)]}/v1/events", body)
            self.answers[answer.word] += 1
            if answer.status == 202:
                return turn
            if answer.status == 503 and not answer.retry_after:
                self.wrong.append("503 without Retry-After")
            elif answer.status not in (0, 503, 429):
                self.wrong.append(f"{answer.status}: {answer.body[:300]!r}")
            turn += 1
            await asyncio.sleep(_AGAIN_SECONDS)


def _wall() -> float:
    return _NOW.now().timestamp()


def _cloud_event(script: Script, sent: Sent, watch: Stopwatch) -> dict[str, object]:
    it = sent.happening
    kind = {"priority": "priority_changed"}.get(it.kind, it.kind)
    return {
        "specversion": "1.0",
        "id": sent.id,
        "source": SOURCE,
        "type": f"io.slad.incident.{kind}.v1",
        "subject": script.name,
        "time": watch.instant(it.tenth).isoformat(),
        "data": _data(script, it),
    }


def _data(script: Script, it: Happening) -> dict[str, object]:
    match it.kind:
        case "opened":
            return {
                "customer": customer(script.number),
                "priority": it.priority,
                "title": script.name,
                "description": "it is broken",
            }
        case "priority":
            return {"priority": it.priority, "actor": "staff"}
        case "waiting":
            return {"waiting_on": "customer"}
        case _:
            return {"actor": "staff"}
