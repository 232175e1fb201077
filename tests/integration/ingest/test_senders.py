"""Senders seen: by the store, so that a restart forgets nobody."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client import CollectorRegistry
from tests.integration.ingest.world import ADMIN, FORMOSA, READER, World, delivery, issue

from sla_ingest import tables
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


async def test_the_last_deliveries_of_a_source_are_told_to_an_admin(world: World) -> None:
    await world.github(delivery("opened"), id_="d-1")
    world.time.at += timedelta(minutes=1)
    await world.github({"action": "danced", "issue": issue()}, id_="d-2")
    path = "/v1/sources/github-acme/deliveries"
    for key, status in (({}, 401), (FORMOSA, 403), (READER, 403)):
        assert (await world.client.get(path, headers=key)).status_code == status
    parked, accepted = (await world.client.get(path, headers=ADMIN)).json()["deliveries"]
    assert (parked["outcome"], parked["reason"], parked["events"], parked["contract"]) == (
        "parked", "slad does not know this action", [], None,
    )  # fmt: skip
    assert (accepted["outcome"], accepted["reason"], accepted["contract"]) == ("accepted", "", "acme")
    assert [(event["kind"], event["incident"]) for event in accepted["events"]] == [("opened", "github-acme:77")]
    assert len((await world.client.get(f"{path}?limit=1", headers=ADMIN)).json()["deliveries"]) == 1
    assert (await world.client.get("/v1/sources/nobody/deliveries", headers=ADMIN)).status_code == 404
    assert (await world.client.get(f"{path}?limit=101", headers=ADMIN)).status_code == 422


async def test_a_test_delivery_is_answered_with_its_word_and_not_kept(world: World) -> None:
    answer = await world.github({"slad_test": "a1b2"})
    assert (answer.status_code, answer.text) == (200, "a1b2")
    assert answer.headers["content-type"].startswith("text/plain")
    wrong = await world.github({"slad_test": "a1b2"}, **{"x-hub-signature-256": "sha256=" + "0" * 64})
    assert wrong.status_code == 401
    for other in ({"slad_test": "<b>\n"}, {"slad_test": 7}, {"slad_test": "a", "more": "x" * 2000}):
        assert (await world.github(other, id_=str(other)[:40])).status_code in (202, 400, 422), "as any other delivery"
    assert (await seen(world))["github-acme"]["last_day"].get("accepted") is None
    assert await world.count(tables.inbox) == 3


async def test_words_in_a_ticket_are_no_test_delivery(world: World) -> None:
    """A template inserts a subject as it is: the delivery would be answered, and nobody would see the ticket."""
    answer = await world.github({"action": "opened", "slad_test": "a1b2"})
    assert (answer.status_code, answer.text) != (200, "a1b2")
    assert await world.count(tables.inbox) == 1
