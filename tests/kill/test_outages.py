"""The broker away, the database stopped hard: ingest keeps its word, and everything is told once the part is back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.fleet import Fleet
from tests.kill.ring import Ring, production
from tests.kill.verdict import Verdict
from tests.real.webhook import WebhookReceiver

from sla_platform.local import KafkaBroker, PostgresServer

pytestmark = [pytest.mark.kill, pytest.mark.slow]  # in small: `test_one_bad_minute`
FULL_SECONDS = float(os.environ.get("SLAD_OUTAGE_SECONDS", "60"))
LATEST_SECONDS = 25.0
PROMPT_SECONDS = 5.0  # what a sender waits for an answer before it tries again
Keep = Callable[[Ring], Ring]
Upheld = Callable[[Verdict], None]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("seconds", "load"), [(FULL_SECONDS, 100.0)])
async def test_the_broker_is_gone_and_ingest_goes_on(
    seconds: float,
    load: float,
    tmp_path: Path,
    webhook_receiver: WebhookReceiver,
    own_kafka: KafkaBroker,
    postgres_url: str,
    unique: str,
    seed: int,
    killed_afterwards: Keep,
    upheld: Upheld,
) -> None:
    ring = killed_afterwards(
        production(
            tmp_path, webhook_receiver, seed,
            store_url=postgres_url, bootstrap=own_kafka.bootstrap, prefix=unique, instances=1,
        )
    )  # fmt: skip
    await ring.fleet.start()

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
    tmp_path: Path,
    webhook_receiver: WebhookReceiver,
    kafka_broker: KafkaBroker,
    own_postgres: PostgresServer,
    unique: str,
    seed: int,
    killed_afterwards: Keep,
    upheld: Upheld,
) -> None:
    store_url = await own_postgres.create_database(unique)
    ring = killed_afterwards(
        production(
            tmp_path, webhook_receiver, seed,
            store_url=store_url, bootstrap=kafka_broker.bootstrap, prefix=unique, instances=1,
        )
    )  # fmt: skip
    await ring.fleet.start()

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
