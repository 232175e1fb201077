"""The broker away, the database stopped hard: ingest keeps its word, and everything is told once the part is back."""

from __future__ import annotations

import asyncio
import os

import pytest
from tests.e2e.fleet import Fleet
from tests.kill.ring import Start, Upheld

from sla_platform.local import KafkaBroker, PostgresServer

pytestmark = [pytest.mark.kill, pytest.mark.slow]  # in small: `test_one_bad_minute`
FULL_SECONDS = float(os.environ.get("SLAD_OUTAGE_SECONDS", "60"))
LATEST_SECONDS = 25.0
PROMPT_SECONDS = 5.0  # what a sender waits for an answer before it tries again


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("seconds", "load"), [(FULL_SECONDS, 100.0)])
async def test_the_broker_is_gone_and_ingest_goes_on(
    seconds: float,
    load: float,
    own_kafka: KafkaBroker,
    postgres_url: str,
    production_ring: Start,
    upheld: Upheld,
) -> None:
    ring = await production_ring(postgres_url, own_kafka, instances=1)

    async def outage(_: Fleet) -> None:
        await asyncio.sleep(3)
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(own_kafka.start)
        await asyncio.sleep(3)

    verdict = await ring.drill(
        f"Kafka away for {seconds:.0f} s", outage, latest_seconds=seconds + LATEST_SECONDS, events_per_second=load
    )
    upheld(verdict)
    assert set(verdict.answers) == {"202"}, "a sender never notices that the broker is away"
    assert verdict.longest_wait < PROMPT_SECONDS


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("stops", "load"), [(10, 100.0)])
async def test_the_database_is_stopped_at_once_and_started_again(
    stops: int,
    load: float,
    kafka_broker: KafkaBroker,
    own_postgres: PostgresServer,
    unique: str,
    production_ring: Start,
    upheld: Upheld,
) -> None:
    store_url = await own_postgres.create_database(unique)
    ring = await production_ring(store_url, kafka_broker, instances=1)

    async def outages(_: Fleet) -> None:
        for _number in range(stops):
            await asyncio.sleep(3)
            await asyncio.to_thread(own_postgres.stop, "immediate")
            await asyncio.sleep(2)
            await asyncio.to_thread(own_postgres.start)
        await asyncio.sleep(3)

    verdict = await ring.drill(
        f"PostgreSQL stopped at once {stops} times", outages, latest_seconds=LATEST_SECONDS, events_per_second=load
    )
    upheld(verdict)
    assert verdict.answers["503"], "while the database is away the answer is: not now, come again"
    assert set(verdict.answers) <= {"202", "503", "TimeoutError"}
