"""kill -9 of random processes under load, on both profiles: nothing lost, nothing told twice, missed or false.

`make kill` does it in full, SLAD_KILLS says how often and SLAD_SEED repeats a failure. Every run does the one process
in small; for the eight see `test_one_bad_minute`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.kill.ring import Keep, Start, Upheld, embedded
from tests.kill.saboteur import Saboteur
from tests.real.webhook import WebhookReceiver

from sla_platform.local import KafkaBroker

pytestmark = pytest.mark.kill
FULL = int(os.environ.get("SLAD_KILLS", "200"))
LATEST_SECONDS = 60.0  # a bound for machines that are busy with other tests too; the verdict shows what was
STARTING_SECONDS = 180.0  # with two of eight processes always starting, two processors do little else
SMALL_LOAD, FULL_LOAD = 50.0, 100.0  # events/s; the small one leaves room for the other tests of a run
ALONE_LOAD = 30.0  # the one process is away most of the time: what it could not take would only pile up at the senders


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("kills", "load"), [(7, SMALL_LOAD), pytest.param(FULL, ALONE_LOAD, marks=pytest.mark.slow)])
async def test_the_one_process_is_killed_again_and_again(
    kills: int,
    load: float,
    tmp_path: Path,
    webhook_receiver: WebhookReceiver,
    seed: int,
    killed_afterwards: Keep,
    upheld: Upheld,
) -> None:
    ring = killed_afterwards(embedded(tmp_path, webhook_receiver, seed))
    await ring.fleet.start()
    saboteur = Saboteur(ring.fleet, seed, pause=(0.5, 2.5))
    verdict = await ring.drill(
        f"{kills} kills of the one process",
        lambda _: saboteur.kill(kills),
        latest_seconds=LATEST_SECONDS,
        events_per_second=load,
    )
    upheld(verdict)
    assert sum(saboteur.kills.values()) == kills


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("kills", "load"), [(FULL, FULL_LOAD)])
async def test_any_of_eight_processes_is_killed_again_and_again(
    kills: int,
    load: float,
    kafka_broker: KafkaBroker,
    postgres_url: str,
    seed: int,
    production_ring: Start,
    upheld: Upheld,
) -> None:
    ring = await production_ring(postgres_url, kafka_broker)
    saboteur = Saboteur(ring.fleet, seed, pause=(0.4, 2.4))
    verdict = await ring.drill(
        f"{kills} kills among eight processes",
        lambda _: saboteur.kill(kills),
        latest_seconds=STARTING_SECONDS,
        events_per_second=load,
    )
    upheld(verdict)
    assert sum(saboteur.kills.values()) == kills
