"""Senders seen: by the store, so that a restart forgets nobody."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client import CollectorRegistry
from tests.integration.ingest.world import ADMIN, FORMOSA, World, delivery, issue

from sla_ingest.metrics import IngestMetrics
from sla_ingest.sender import SeenSenders


async def seen(world: World) -> dict[str, dict]:
    answer = await world.client.get("/v1/sources", headers=ADMIN)
    assert answer.status_code == 200
    return {one["source"]: one for one in answer.json()["sources"]}


async def history(world: World, days: int = 21) -> None:
    """A delivery every eight hours."""
    for number in range(days * 3):
        at = world.time.at.isoformat()
        assert (
            await world.github(delivery("labeled", issue=issue(updated_at=at)), id_=f"d-{number}")
        ).status_code == 202
        world.time.at += timedelta(hours=8)


async def test_each_source_of_the_catalogue_is_listed_with_what_was_seen(world: World) -> None:
    assert (await seen(world))["github-acme"]["last_at"] is None
    await world.github(delivery("opened"), id_="d-1")
    await world.github({"action": "danced", "issue": issue()}, id_="d-2")
    world.time.at += timedelta(hours=2)
    found = await seen(world)
    one = found["github-acme"]
    assert (one["silent_seconds"], one["silent"], one["expected_silence_seconds"]) == (7200.0, False, None)
    assert one["last_day"] == {"accepted": 1, "parked": 1}
    assert (one["waiting"], one["per_hour"]) == (1, 0.08)
    assert one["lag_seconds"] is not None
    assert found["jira-acme"]["last_day"] == {}
    world.time.at += timedelta(days=2)
    assert (await seen(world))["github-acme"]["last_day"] == {}


async def test_a_silence_is_known_right_after_a_restart(world: World) -> None:
    await history(world)
    assert not (await seen(world))["github-acme"]["silent"]
    world.time.at += timedelta(hours=5)
    assert (await seen(world))["github-acme"]["silent"]

    started = CollectorRegistry()
    metrics = IngestMetrics(started)
    await SeenSenders(world.store, lambda: world.catalogue[-1], world.time).note(metrics)
    label = {"source": "github-acme"}
    last = started.get_sample_value("slad_ingest_last_delivery_timestamp_seconds", label)
    expected = started.get_sample_value("slad_ingest_expected_silence_seconds", label)
    assert (expected, last) == (12 * 3600.0, (world.time.at - timedelta(hours=13)).timestamp())
    other = {"source": "jira-acme"}
    assert started.get_sample_value("slad_ingest_last_delivery_timestamp_seconds", other) is None


async def test_a_key_of_one_contract_sees_the_deliveries_that_were_for_it(world: World) -> None:
    assert (await world.client.get("/v1/sources")).status_code == 401
    await world.github(delivery("opened"), id_="d-1")  # Acme's
    theirs = delivery("opened", issue={"id": 78}, repository={"name": "shop", "owner": {"login": "Formosa"}})
    answer = await world.client.get("/v1/sources", headers=FORMOSA)
    assert (answer.json()["contract"], answer.json()["sources"]) == ("formosa", [])
    world.time.at += timedelta(hours=1)
    assert (await world.github(theirs, id_="d-2")).json()["promise"]["contract"] == "formosa"
    await world.github({"action": "danced", "issue": issue()}, id_="d-3")  # nobody knows whose
    world.time.at += timedelta(hours=1)
    (one,) = (await world.client.get("/v1/sources", headers=FORMOSA)).json()["sources"]
    assert (one["source"], one["silent_seconds"], one["last_day"]) == ("github-acme", 3600.0, {"accepted": 1})
    assert (one["waiting"], one["silent"], one["per_hour"]) == (None, False, 0.04)
    (whole, *_) = [each for each in (await seen(world)).values() if each["source"] == "github-acme"]
    assert (whole["waiting"], whole["last_day"]) == (1, {"accepted": 2, "parked": 1})
