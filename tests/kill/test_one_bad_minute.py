"""Every run's share of the full drills: in one the broker goes, the database goes and processes die."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from tests.e2e.fleet import Fleet
from tests.kill.ring import Start, Upheld
from tests.kill.saboteur import Saboteur

from sla_platform.local import KafkaBroker, PostgresServer

KILLS = 14
AWAY_SECONDS = 8.0
LATEST_SECONDS = 120.0  # a bound for machines that are busy with other tests too; the verdict shows what was


@pytest.mark.kill
@pytest.mark.timeout(600)
async def test_the_broker_goes_the_database_goes_and_processes_die(
    own_kafka: KafkaBroker,
    own_postgres: PostgresServer,
    unique: str,
    seed: int,
    production_ring: Start,
    upheld: Upheld,
) -> None:
    ring = await production_ring(await own_postgres.create_database(unique), own_kafka)
    saboteur = Saboteur(ring.fleet, seed, pause=(0.5, 2.0))
    without_broker: Counter[str] = Counter()

    async def bad_minute(_: Fleet) -> None:
        await asyncio.sleep(2)
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.sleep(AWAY_SECONDS)
        without_broker.update(ring.answers)
        await asyncio.to_thread(own_kafka.start)
        await asyncio.sleep(2)
        await asyncio.to_thread(own_postgres.stop, "immediate")
        await asyncio.sleep(1)
        await asyncio.to_thread(own_postgres.start)
        await saboteur.kill(KILLS)

    verdict = await ring.drill(
        f"Kafka away for {AWAY_SECONDS:.0f} s, PostgreSQL stopped at once, {KILLS} kills among eight processes",
        bad_minute,
        latest_seconds=LATEST_SECONDS,
        events_per_second=50.0,
    )
    upheld(verdict)
    assert set(without_broker) == {"202"}, "a sender never notices that the broker is away"
    assert verdict.answers["503"], "while the database is away the answer is: not now, come again"
