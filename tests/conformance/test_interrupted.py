"""An event at which the process dies without an exception costs three deaths and itself; the others are handled."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select
from tests.conformance.bus_rig import Recorder, Rig, event

from sla_platform.store.cursor import cursor_table, run_marks
from sla_platform.store.quarantine import quarantine_table

GROUP, FATAL = "timer", "hot/30"
MANY = 40


async def lives(rig: Rig, said: Path, until: str) -> int:
    """A supervisor: starts the reader anew until it has handled an event; returns how often it was started."""
    settings = rig.settings
    environment = {**os.environ, "SLAD_STORE_URL": settings.store_url, "SLAD_BUS_URL": settings.bus_url,
                   "SLAD_BUS_PREFIX": settings.bus_prefix, "SLAD_PARTITIONS": str(settings.partitions),
                   "SLAD_INSTANCE": "one"}  # fmt: skip
    for started in range(1, 9):
        reader = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.conformance.dying_reader", GROUP, FATAL, str(said), env=environment
        )
        while reader.returncode is None:
            if until in handled(said):
                reader.kill()
                await reader.wait()
                return started
            await asyncio.sleep(0.05)
        assert reader.returncode == 9
    raise AssertionError(f"it dies for ever; handled: {handled(said)}")


def handled(said: Path) -> list[str]:
    return said.read_text().split() if said.exists() else []


async def quarantined(rig: Rig) -> list[tuple[str, str]]:
    table = quarantine_table(MetaData(), GROUP)
    async with rig.store.reading() as connection:
        return [(row.event, row.error) for row in (await connection.execute(select(table))).all()]


@pytest.mark.long
@pytest.mark.parametrize("before", [0, 30], ids=["first of what waits", "behind others"])
async def test_an_event_that_ends_the_process_is_quarantined(rig: Rig, tmp_path: Path, before: int) -> None:
    said = tmp_path / "said"
    await rig.append(event("hot", number) for number in range(30 - before, MANY))
    async with rig.relays(rig.feeds()):
        starts = await lives(rig, said, f"hot/{MANY - 1}")
    # Three deaths; one more where the first careful run reaches it only after FIRST_ALONE others.
    assert starts == (4 if not before else 5)
    assert set(handled(said)) == {f"hot/{number}" for number in range(30 - before, MANY)} - {FATAL}
    ((fatal, error),) = await quarantined(rig)
    assert fatal == FATAL
    assert "without an exception" in error


async def test_a_run_that_ends_by_itself_leaves_no_mark(rig: Rig) -> None:
    recorder, feeds = Recorder(), rig.feeds()
    table = cursor_table(MetaData(), GROUP)
    lanes = ["ingest_log", *(f"incidents/{number}" for number in rig.partitions)]
    async with rig.relays(feeds), rig.reading(recorder, GROUP, feeds=feeds):
        await rig.append([event("hot", 1)], feeds)
        await recorder.until_seen(["hot/1"])
        async with rig.store.reading() as connection:
            assert {mark.starts for mark in (await run_marks(connection, table, lanes)).values()} == {0}
    async with rig.store.reading() as connection:
        assert await run_marks(connection, table, lanes) == {}
