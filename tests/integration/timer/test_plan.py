"""The plan of the claim is pinned: whatever the statistics say, it walks the index of due instants."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql import asyncpg
from tests.integration.timer.field import database_now, read_through, settle, sow

from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_timer import tables
from sla_timer.tick import postgres
from sla_timer.tick.adapters import firing_of, progress_of
from sla_timer.tick.port import ClaimBounds
from sla_timer.tick.progress import LOOK

LIMIT = 500
BIG = {"timer_timer", "timer_clock"}
DUE = "ix_timer_timer_due"


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[Store]:
    opened = Store(postgres_url)
    await create_all(opened, [tables.metadata])
    yield opened
    await opened.close()


FIRE = text(postgres.FIRE)


async def plan(store: Store, now: datetime, bound: datetime, statement: TextClause = FIRE) -> dict[str, Any]:
    """The plan of the very statement, prepared as the driver prepares it."""
    compiled = statement.compile(dialect=asyncpg.dialect())
    literals = {
        "now": f"'{now.isoformat()}'", "bound": f"'{bound.isoformat()}'", "patience": "'10 minutes'",
        "limit": str(LIMIT), "only": "NULL", "lane": "1", "lanes": "2", "since": f"'{bound.isoformat()}'",
    }  # fmt: skip
    values = ", ".join(literals[name] for name in compiled.positiontup or ())
    async with store.claiming() as connection:
        await connection.exec_driver_sql(f"PREPARE pinned AS {compiled}")
        explained = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) EXECUTE pinned({values})")
        shown = explained.scalar_one()
        await connection.exec_driver_sql("DEALLOCATE pinned")
    found = orjson.loads(shown) if isinstance(shown, str) else shown
    root: dict[str, Any] = found[0]["Plan"]
    return root


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def assert_pinned(root: dict[str, Any], *, empty: bool = False) -> None:
    scans = [node for node in nodes(root) if node.get("Relation Name") in BIG and "Scan" in node["Node Type"]]
    assert {node["Node Type"] for node in scans} <= {"Index Scan", "Index Only Scan"}
    used = [(node["Index Name"], node.get("Index Cond", "")) for node in scans]
    if not empty:
        assert all(condition for _, condition in used), f"a whole index is read: {used}"
    assert [name for name, _ in used].count(DUE) == 1
    assert "Sort" not in {node["Node Type"] for node in nodes(the_claim(root))}


def the_claim(root: dict[str, Any]) -> dict[str, Any]:
    return next(node for node in nodes(root) if node["Node Type"] == "Limit")


@pytest.mark.parametrize(
    "count", [0, 10_000, pytest.param(1_000_000, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
async def test_the_claim_walks_the_index_of_due_instants(store: Store, count: int) -> None:
    now = await database_now(store)
    await read_through(store, now)
    if count:
        await sow(store, 0, count, now, timedelta(days=30))
    bounded = now - timedelta(seconds=2)
    assert_pinned(await plan(store, now, bounded))  # nobody has looked at the tables yet
    await settle(store)
    assert_pinned(await plan(store, now, bounded), empty=not count)
    everything = datetime.fromtimestamp(0, UTC)
    assert_pinned(await plan(store, now + timedelta(days=30), everything), empty=not count)
    for since in (bounded, everything):
        looked = [node for node in nodes(await plan(store, now, since, LOOK)) if node.get("Index Name") == DUE]
        assert len(looked) == 1
        assert {"partition", "fire_at"} <= set(re.findall(r"\w+", looked[0]["Index Cond"]))


async def test_a_plan_made_for_an_empty_table_is_not_kept(store: Store) -> None:
    """The very connection that has claimed a hundred times from empty tables plans anew for full ones."""
    now = await database_now(store)
    await read_through(store, now + timedelta(hours=1))
    await settle(store)
    firing = firing_of(store, progress_of(store))
    for _ in range(100):
        assert await firing.fire(ClaimBounds(now, None, timedelta(minutes=10), LIMIT)) == []
    await sow(store, 0, 10_000, now - timedelta(minutes=1))
    assert len(await firing.fire(ClaimBounds(now, None, timedelta(minutes=10), LIMIT))) == 12 * LIMIT
    async with store.claiming() as connection:
        kept = text(
            "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements "
            "WHERE starts_with(ltrim(statement, E'\\n '), 'WITH reach')"
        )
        generic, custom = (await connection.execute(kept)).one()
    assert (generic, custom) == (0, 101)


async def test_a_herd_does_not_turn_the_claim_around(store: Store) -> None:
    """Ten thousand due at one instant, as at nine in the morning, with all of them in sight of the planner."""
    now = await database_now(store)
    await read_through(store, now + timedelta(hours=1))
    await sow(store, 0, 10_000, now - timedelta(minutes=1))
    await settle(store)
    assert_pinned(await plan(store, now, now - timedelta(hours=1)))
    fired = await firing_of(store, progress_of(store)).fire(ClaimBounds(now, None, timedelta(minutes=10), LIMIT))
    assert len(fired) == 12 * LIMIT
