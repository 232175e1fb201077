"""Kafka away while incidents are dealt with: what ingest has accepted counts, although nobody could read it in time.

Resolves, waits and answers pile up in ingest's log while the instants pass that they move. Nothing may be told until
the backlog has been read; then everything that is true, once, at its own instant. `pytest -m slow` keeps Kafka away
for five minutes, SLAD_BACKLOG_SECONDS says for how long; SLAD_SEED repeats a failure.
"""

from __future__ import annotations

import asyncio
import os

import pytest
from tests.e2e.fleet import Fleet
from tests.kill.drill import RESOLUTION
from tests.kill.ring import Ring, Start, Upheld
from tests.kill.script import LONGEST
from tests.oracle.tenth_walker import BREACH, TENTHS

from sla_platform.local import KafkaBroker
from sla_platform.timesource import SystemTime

pytestmark = pytest.mark.kill
FULL_SECONDS = int(os.environ.get("SLAD_BACKLOG_SECONDS", "300"))
BEFORE_SECONDS = 4.0  # incidents are opened for so long, enough of both kinds for any seed; then the broker goes
RETURN_SECONDS = 25.0  # from the broker's start until everything has been told, on a machine that is busy
_NOW = SystemTime()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("seconds", "stretch"),
    [(12, 1), pytest.param(FULL_SECONDS, max(FULL_SECONDS * TENTHS // LONGEST, 1), marks=pytest.mark.slow)],
)
async def test_what_was_resolved_while_the_broker_was_away_is_not_breached(
    seconds: int,
    stretch: int,
    own_kafka: KafkaBroker,
    postgres_url: str,
    production_ring: Start,
    upheld: Upheld,
) -> None:
    ring = await production_ring(postgres_url, own_kafka, instances=1, stretch=stretch)
    away: list[float] = []

    async def outage(_: Fleet) -> None:
        await asyncio.sleep(BEFORE_SECONDS)
        await asyncio.to_thread(own_kafka.kill)
        away.append(_wall())
        await asyncio.sleep(seconds)
        away.append(_wall())
        await asyncio.to_thread(own_kafka.start)

    verdict = await ring.drill(
        f"Kafka away for {seconds} s over the instants of what was open",
        outage,
        latest_seconds=seconds + RETURN_SECONDS,
        opening_seconds=BEFORE_SECONDS,
    )
    upheld(verdict)
    assert set(verdict.answers) == {"202"}, "a sender never notices that the broker is away"
    resolved, breached = backlog(ring, *away)
    print(f"meanwhile {resolved} were resolved in time, {breached} were breached")
    assert resolved >= 5, "too few were resolved meanwhile to prove anything"
    assert breached >= 5, "too few were breached meanwhile to prove anything"


def backlog(ring: Ring, gone: float, back: float) -> tuple[int, int]:
    """How many were resolved in time, their resolve accepted and their instant passed with the broker away; and how
    many were breached meanwhile."""
    resolved = breached = 0
    for played in ring.played:
        opened = played.sent[0]
        due = opened.tried + RESOLUTION[opened.happening.priority] * ring.stretch  # without pauses: at least
        last = played.sent[-1]
        in_time = not any(
            mark.metric == "resolution" and mark.threshold == BREACH for mark in played.script.ending().told
        )
        if last.happening.kind == "resolved" and in_time:
            resolved += gone < last.accepted < due < back
        elif not in_time:
            breached += gone < due < back
    return resolved, breached


def _wall() -> float:
    return _NOW.now().timestamp()
