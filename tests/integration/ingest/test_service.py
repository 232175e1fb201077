"""The service as a composition root sees it: parts, readiness, a clean end."""

from __future__ import annotations

import asyncio

from tests.integration.ingest.world import ADMIN, World, issue, opened

from sla_ingest import tables
from sla_platform.runtime import run_services


async def test_the_gauge_of_parked_deliveries_is_counted_from_the_store(world: World) -> None:
    for number in range(3):
        await world.event(opened(str(number), type="mock.test"))
    await world.github({"action": "danced", "issue": issue()})
    await world.event(opened("9", source="nobody describes me", type="mock.test"), key=ADMIN)
    async with run_services([world.ingest.service]):
        for _ in range(1_000):
            if world.counted("slad_ingest_parked", source="servicenow") == 3:
                break
            await asyncio.sleep(0.01)
    found = {
        one.labels["source"]: one.value
        for metric in world.registry.collect()
        if metric.name == "slad_ingest_parked"
        for one in metric.samples
    }
    assert set(found) == {*world.catalogue[-1].sources, "events"}
    assert {source: count for source, count in found.items() if count} == {
        "servicenow": 3,
        "github-acme": 1,
        "events": 1,
    }
    listed = await world.client.get("/v1/parked", headers=ADMIN)
    assert len(listed.json()["parked"]) == 5


async def test_whoever_sends_nothing_after_a_start_can_be_missed(world: World) -> None:
    """SladIngestSilent compares counts: those of senders that only a key describes (`events`) begin at 0 as well."""
    expected = {*world.catalogue[-1].sources, "events"}
    counts: set[float | None] = {None}
    async with run_services([world.ingest.service]):
        for _ in range(1_000):
            counts = {
                world.registry.get_sample_value("slad_ingest_deliveries_total", {"source": name, "outcome": "accepted"})
                for name in expected
            }
            if counts == {0.0}:
                break
            await asyncio.sleep(0.01)
    assert counts == {0.0}


async def test_ready_means_that_the_store_answers_and_the_queue_has_room(small: World) -> None:
    checks = small.ingest.service.checks
    assert [await check() for check in checks.values()] == [None, None]
    small.ingest.commit._queue.add("anybody", None, 10_000, 0)  # type: ignore[arg-type]
    assert "10000 deliveries wait" in (await checks["queue"]() or "")
    small.ingest.commit._queue.take()
    assert await checks["queue"]() is None


async def test_every_route_declares_its_problems(small: World) -> None:
    paths = small.client._transport.app.openapi()["paths"]  # type: ignore[attr-defined]
    declared = {
        (path, method): set(operation["responses"])
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    assert {"202", "400", "401", "404", "408", "413", "415", "422", "429", "503"} <= declared[
        "/v1/webhooks/{source}", "post"
    ]
    assert {"202", "400", "401", "403", "413", "415", "422", "429", "503"} <= declared["/v1/events", "post"]
    assert {"202", "400", "401", "403", "409", "422"} <= declared["/v1/notices", "post"]
    assert {"401", "403"} <= declared["/v1/parked", "get"]
    assert {"401", "403", "404", "409"} <= declared["/v1/parked/{id}/replay", "post"]


async def test_the_names_of_the_tables_begin_with_the_service(small: World) -> None:
    assert all(name.startswith("ingest_") for name in tables.metadata.tables)
