"""Random histories up to the pager: nobody is paged twice for one breach without being told so, nor before the end of
the episode before.

The timer's facts come in batches of any size, messages fail and overtake each other, two senders share the work.

SLAD_ORACLE_CASES sets how many histories the slow test plays on each store (10,000 at most); SLAD_ORACLE_SEED moves it.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from tests.integration.notifier.stage import NINE, Stage, fact
from tests.property.fold.histories import LONG, MINUTE, History, history
from tests.unit.board.timer_in_memory import TimerInMemory

from sla_domain.fact import FactKind
from sla_notifier import tables
from sla_notifier.channel.port import Channel, Failure, Outcome, OutgoingMessage, Rejected, Retry, Sent
from sla_notifier.delivery.row import DeliveryRow
from sla_platform.envelope import Envelope
from sla_platform.wire import decode_clock_fact, encode_clock_fact

LADDER = timedelta(hours=1)
SECOND = timedelta(seconds=1)
CASES = min(int(os.environ.get("SLAD_ORACLE_CASES", "1000")), 10_000)
SEED = int(os.environ.get("SLAD_ORACLE_SEED", "0"))


@dataclass
class UnsurePager(Channel):
    """It answers in any order, and not always well. `heard`: what arrived, in order."""

    chance: Random
    heard: list[OutgoingMessage] = field(default_factory=list)

    async def send(self, message: OutgoingMessage) -> Outcome:
        for _ in range(self.chance.randint(0, 5)):
            await asyncio.sleep(0)
        drawn = self.chance.random()
        if drawn < 0.1:
            return Retry(Failure.TIMEOUT, "no answer")
        if drawn < 0.12:
            return Rejected(Failure.PROTOCOL, "no")
        self.heard.append(message)
        return Retry(Failure.TIMEOUT, "it had arrived", maybe_arrived=True) if drawn < 0.15 else Sent()

    async def close(self) -> None:
        """Nothing to close."""


@dataclass
class Duty:
    """The processes that tell of one incident; what happens between them is left to chance."""

    stage: Stage
    other: Stage
    chance: Random

    async def hear(self, said: Sequence[Envelope]) -> None:
        """In batches of any size."""
        rest = list(said)
        while rest:
            size = self.chance.randint(1, 6)
            await self.stage.hear(*rest[:size])
            rest = rest[size:]
            if self.chance.random() < 0.5:
                await self.send()

    async def send(self) -> None:
        await asyncio.gather(self.stage.send(), self.other.send())

    async def end(self) -> None:
        query = select(tables.delivery.c.id).where(tables.delivery.c.state.in_(("queued", "sending", "retrying")))
        while True:
            async with self.stage.store.reading() as connection:
                if (await connection.execute(query.limit(1))).first() is None:
                    return
            await self.send()
            self.stage.time.go(self.stage.time.now() + LADDER)


async def live(duty: Duty, lived: History) -> None:
    """Through the timer's own telling."""
    timer = TimerInMemory(lived.books[0])
    for arrival in lived.arrivals:
        if arrival.event is not None:
            duty.stage.time.go(arrival.at)
            before = len(timer.said)
            timer.receive([arrival.event], arrival.at)
            timer.tick(arrival.at)
            await duty.hear([*map(_escalated, timer.said[before:])])
    duty.stage.time.go(lived.arrivals[-1].at + LONG)
    before = len(timer.said)
    timer.tick(duty.stage.time.now())
    await duty.hear([*map(_escalated, timer.said[before:])])


async def waver(duty: Duty, incident: str) -> None:
    """A clock that is broken, taken back, ended, reopened and given other targets, again and again."""
    chance, now, broken, keys = duty.chance, NINE, None, count()
    for _ in range(12):
        now += chance.choice((0, 1, 1, 30)) * MINUTE
        duty.stage.time.go(now)
        said = []
        for _ in range(chance.randint(1, 3)):
            key = f"{next(keys)}"
            if broken is None:
                broken = now - chance.randint(0, 3) * SECOND
                said.append(fact(FactKind.CLOCK_BREACHED, broken, f"{key}/breach", incident=incident, due_at=broken))
                continue
            details = {"new_state": "running"}
            match chance.randint(0, 3):
                case 0:
                    details |= {"takes_back": "0/breach", "takes_back_due": broken.isoformat()}
                    said.append(fact(FactKind.CLOCK_AMENDED, now, f"amended~{key}", incident=incident,
                                     due_at=now + 60 * MINUTE, details=details))  # fmt: skip
                    broken = None
                case 1:
                    said.append(fact(FactKind.CLOCK_MISSED, now, f"missed/{key}", incident=incident, due_at=broken))
                    said.append(fact(FactKind.CLOCK_RESUMED, now, f"resumed/{key}", incident=incident, due_at=broken))
                case 2:
                    later, since = now + MINUTE, {"broken_since": broken.isoformat()}
                    said.append(fact(FactKind.CLOCK_RETARGETED, now, f"{key}/target", incident=incident, due_at=later))
                    said.append(fact(FactKind.CLOCK_RETARGETED, now, f"{key}/target~1", incident=incident,
                                     due_at=broken, details=since))  # fmt: skip
                case _:
                    moved = broken + SECOND
                    details |= {"old_breached_at": broken.isoformat(), "breached_at": moved.isoformat()}
                    said.append(fact(FactKind.CLOCK_AMENDED, now, f"amended~{key}", incident=incident, details=details))
                    broken = moved
        await duty.hear(said)


def _escalated(envelope: Envelope) -> Envelope:
    fact = decode_clock_fact(envelope).model_copy(update={"escalation": "on-call"})
    return encode_clock_fact(fact, envelope.id.partition("/")[2])


def apart(heard: list[OutgoingMessage], carried: dict[str, list[DeliveryRow]]) -> list[OutgoingMessage]:
    """What was told one by one: a digest tells everything that it carried."""
    told: list[OutgoingMessage] = []
    for message in heard:
        if message.payload["type"] != "slad.digest":
            told.append(message)
            continue
        for row in carried[message.id]:
            one = replace(message, id=row.id, subject=row.subject, payload=json.loads(row.payload))
            told.append(one)
    return told


def wrong(heard: list[OutgoingMessage]) -> list[str]:
    """What the pager was told that it should not have been, by what it can read itself."""
    found: list[str] = []
    ids: dict[str, str] = {}
    paged: dict[tuple[str, ...], int] = {}
    for message in heard:
        data: dict[str, Any] = json.loads(json.dumps(message.payload["data"], default=str))
        who, kind = (data["alert"], data["recipient"]), message.payload["type"].removeprefix("slad.")
        if message.id in ids:
            if not message.possibly_duplicate:
                found.append(f"{message.subject} came again without the mark")
            continue
        ids[message.id] = kind
        if kind == "page" and (data["round"], data["level"]) == (0, 1):
            breach = (*who, data["due_at"])
            if breach in paged and not data["again"] and paged[breach] != data["episode"]:
                found.append(f"{message.subject} of {data['due_at']} is a second page without the mark")
            paged[breach] = data["episode"]
            paged[who] = max(data["episode"], paged.get(who, 0))
        elif kind in ("resolved", "taken_back") and data["episode"] < paged.get(who, 0):
            found.append(f"{message.subject} ends episode {data['episode']} after a page of episode {paged[who]}")
    return found


async def played(stage: Stage, first: int, many: int) -> dict[int, list[str]]:
    against: dict[int, list[str]] = {}
    for seed in range(first, first + many):
        chance = Random(seed)
        pager = UnsurePager(chance)
        # Every second history is told in digests from the second message on.
        settings = stage.settings.model_copy(update={"digest_over": 1 if seed % 2 else 1_000_000})
        ways = {"email": pager, "webhook": pager}
        processes = [Stage(stage.store, stage.time, stage.catalogue, settings, ways) for _ in range(2)]  # type: ignore[arg-type]
        duty = Duty(*processes, chance)
        if seed % 3:
            await waver(duty, f"INC-{seed}")
        else:
            await live(duty, history(seed, f"INC-{seed}"))
        await duty.end()
        carried: dict[str, list[DeliveryRow]] = {}
        for row in await stage.rows():
            carried.setdefault(row.carried_by, []).append(row)
        if found := wrong(apart(pager.heard, carried)):
            against[seed] = found
    return against


async def test_nobody_is_paged_twice_or_out_of_turn(stage: Stage) -> None:
    assert await played(stage, 0, 3) == {}


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
async def test_nobody_is_paged_twice_or_out_of_turn_in_ten_thousand_histories(stage: Stage) -> None:
    assert await played(stage, SEED + 1_000, CASES) == {}
