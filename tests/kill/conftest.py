"""What the drills share: their seed, the table of their verdict, and processes that never outlive them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.fleet import Fleet
from tests.kill.ring import Keep, Ring, Start, Upheld, chosen_seed, production
from tests.kill.verdict import Verdict
from tests.real.webhook import WebhookReceiver

from sla_platform.local import KafkaBroker


@pytest.fixture
def seed() -> int:
    return chosen_seed()


@pytest.fixture
def killed_afterwards() -> Iterator[Keep]:
    """Hands a ring through and kills its fleet at the end, whatever happened."""
    fleets: list[Fleet] = []

    def keep(ring: Ring) -> Ring:
        fleets.append(ring.fleet)
        return ring

    yield keep
    for fleet in fleets:
        fleet.kill()


@pytest.fixture
def production_ring(
    tmp_path: Path,
    webhook_receiver: WebhookReceiver,
    unique: str,
    seed: int,
    killed_afterwards: Keep,
) -> Start:
    """Starts the services on this database and this broker; further arguments are those of `production`."""

    async def started(store_url: str, kafka: KafkaBroker, **more: Any) -> Ring:
        on = {"store_url": store_url, "bootstrap": kafka.bootstrap, "prefix": unique}
        ring = killed_afterwards(production(tmp_path, webhook_receiver, seed, **on, **more))
        await ring.fleet.start()
        return ring

    return started


@pytest.fixture
def upheld(capsys: pytest.CaptureFixture[str]) -> Upheld:
    """Prints the verdict whether or not it holds, then fails the test if it does not."""

    def check(verdict: Verdict) -> None:
        with capsys.disabled():
            print(f"\n{verdict.table()}")
        assert verdict.holds, f"\n{verdict.table()}"

    return check
