"""Senders seen: by the store, so that a restart forgets nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, delete, insert
from sqlalchemy.event import listen, remove
from tests.integration.ingest.test_parked import mend
from tests.integration.ingest.world import ADMIN, FORMOSA, NOON, READER, World, delivery, issue

from sla_catalogue.source import SourceId
from sla_ingest import tables
from sla_ingest.metrics import IngestMetrics
from sla_ingest.sender import SeenSenders
from sla_ingest.unproven import BadProofCounter


async def seen(world: World) -> dict[str, dict]:
    answer = await world.client.get("/v1/sources", headers=ADMIN)
    assert answer.status_code == 200
    return {one["source"]: one for one in answer.json()["sources"]}


def senders_of(world: World) -> SeenSenders:
    """As another instance on the same store, which has just started, has them."""
    return SeenSenders(world.store, lambda: world.catalogue[-1], world.time, BadProofCounter(world.time.at))


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
    await senders_of(world).note(metrics)
    label = {"source": "github-acme"}
    last = started.get_sample_value("slad_ingest_last_delivery_timestamp_seconds", label)
    expected = started.get_sample_value("slad_ingest_expected_silence_seconds", label)
    assert (expected, last) == (12 * 3600.0, (world.time.at - timedelta(hours=13)).timestamp())
    other = {"source": "jira-acme"}
    assert started.get_sample_value("slad_ingest_last_delivery_timestamp_seconds", other) is None


async def kept(world: World, count: int, every: timedelta, outcome: str = "accepted") -> None:
    """Rows of the inbox as so many deliveries leave them, the last one now."""
    rows = [
        {
            "id": f"kept-{number}",
            "source": "github-acme",
            "delivery": f"kept-{number}",
            "digest": "",
            "received_at": world.time.at - number * every,
            "headers": "{}",
            "body": b"",
            "outcome": outcome,
            "reason": "",
            "detail": "",
            "answer": "",
        }
        for number in range(count)
    ]
    async with world.store.transaction() as connection:
        for start in range(0, count, 5_000):
            await connection.execute(insert(tables.inbox), rows[start : start + 5_000])


async def test_the_silence_of_a_busy_sender_is_known(world: World) -> None:
    """A delivery a minute for 28 days, then half an hour of nothing; before and after its hours are counted."""
    await kept(world, 28 * 24 * 60, timedelta(minutes=1))
    assert not (await seen(world))["github-acme"]["silent"]
    world.time.at += timedelta(minutes=30)
    before = (await seen(world))["github-acme"]
    assert (before["silent"], before["expected_silence_seconds"]) == (True, 900.0)
    assert (before["last_day"], before["per_hour"]) == ({"accepted": 1411}, 58.79)

    senders = senders_of(world)
    await senders.count()
    assert 671 <= await world.count(tables.heard) <= 673
    assert (await seen(world))["github-acme"] == before
    # Of what is counted the deliveries are read no more: the history holds without them.
    async with world.store.transaction() as connection:
        await connection.execute(
            delete(tables.inbox).where(tables.inbox.c.received_at < world.time.at - timedelta(days=2))
        )
    assert (await seen(world))["github-acme"] == before
    metrics = IngestMetrics(registry := CollectorRegistry())
    await senders.note(metrics)
    label = {"source": "github-acme"}
    assert registry.get_sample_value("slad_ingest_expected_silence_seconds", label) == 900.0


@pytest.mark.parametrize("minutes", [0, 17, 59])
async def test_every_delivery_of_a_day_is_counted(world: World, minutes: int) -> None:
    world.time.at += timedelta(minutes=minutes)
    await kept(world, 10_000, timedelta(days=2) / 10_000)
    for _ in range(2):
        one = (await seen(world))["github-acme"]
        assert (one["last_day"], one["per_hour"]) == ({"accepted": 5_001}, 208.38)
        await senders_of(world).count()


async def test_an_hour_is_counted_once_and_a_replay_is_moved_to_what_it_became(world: World) -> None:
    headers = {"x-desk-token": "desk token", "content-type": "application/json", "x-github-delivery": "d-7"}
    body = orjson.dumps(delivery("opened"))
    parked = (await world.client.post("/v1/webhooks/desk-acme", content=body, headers=headers)).json()
    world.time.at += timedelta(hours=2)
    for _ in range(2):
        await senders_of(world).count()
    (row,) = await world.rows(tables.heard)
    assert (row.source, row.parked, row.accepted, row.first_at, row.last_at) == ("desk-acme", 1, 0, NOON, NOON)
    mend(world, "desk-acme", dialect=world.catalogue[-1].sources[SourceId("github-acme")].dialect)
    answer = await world.client.post(f"/v1/parked/{parked['id']}/replay", headers=ADMIN)
    assert answer.json()["outcome"] == "accepted"
    # Under the id that the mended source reads it is a delivery of its own.
    assert (await seen(world))["desk-acme"]["last_day"] == {"replayed": 1}
    (row,) = await world.rows(tables.heard)
    assert (row.parked, row.replayed) == (0, 1)


async def test_what_is_asked_of_a_busy_source_is_answered_by_an_index(small: World) -> None:
    """A scan of its deliveries, with their bodies, would take minutes where there are millions."""
    asked: list[tuple[str, object]] = []

    def note(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "ingest_inbox" in statement and statement.startswith("SELECT"):
            asked.append((statement, parameters))

    await small.github(delivery("opened"))
    listen(Engine, "before_cursor_execute", note)
    try:
        small.time.at += timedelta(hours=2)
        await seen(small)
        await senders_of(small).count()
        await small.ingest.parked.counts()
    finally:
        remove(Engine, "before_cursor_execute", note)
    assert len(asked) > 10
    async with small.store.reading() as connection:
        for statement, parameters in asked:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [row.detail for row in plan if "ingest_inbox" in row.detail]
            assert all("USING COVERING INDEX" in step or "answer" in statement for step in steps), (steps, statement)
            assert all("USING" in step for step in steps), (steps, statement)
            if "'parked', 'refused'" in statement:
                assert all("ix_ingest_inbox_waiting_sender" in step for step in steps), (steps, statement)


async def test_counts_older_than_the_history_go(world: World) -> None:
    await kept(world, 3, timedelta(days=10))
    senders = senders_of(world)
    world.time.at += timedelta(hours=2)
    await senders.count()
    assert await world.count(tables.heard) == 3
    world.time.at += timedelta(days=15)
    await world.github(delivery("opened"))
    world.time.at += timedelta(hours=2)
    await senders.count()
    assert [row.first_at for row in await world.rows(tables.heard)] == [
        NOON - timedelta(days=10), NOON, world.time.at - timedelta(hours=2),
    ]  # fmt: skip


async def test_of_a_busy_source_a_key_of_one_contract_is_told_no_false_rate(world: World) -> None:
    """Its deliveries are found among the last 200, which here do not reach back a day."""
    theirs = delivery("opened", issue={"id": 78}, repository={"name": "shop", "owner": {"login": "Formosa"}})
    await world.github(theirs, id_="d-1")
    world.time.at += timedelta(hours=1)
    await kept(world, 199, timedelta(seconds=1))
    (one,) = (await world.client.get("/v1/sources", headers=FORMOSA)).json()["sources"]
    assert (one["last_day"], one["per_hour"], one["expected_silence_seconds"]) == (None, None, None)
    assert one["assumption"].endswith("do not reach back far enough")


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
    assert (one["unproven"], one["unproven_at"]) == (None, None)
    (whole, *_) = [each for each in (await seen(world)).values() if each["source"] == "github-acme"]
    assert (whole["waiting"], whole["last_day"]) == (1, {"accepted": 2, "parked": 1})


async def test_who_is_turned_away_for_a_bad_proof_is_told_of_the_last_day(world: World) -> None:
    """The usual case: a secret was changed on one side, and nothing comes any more."""
    begun = world.time.at
    one = (await seen(world))["github-acme"]
    assert (one["unproven"], one["unproven_at"]) == ({}, None)
    for hours in (0, 10, 10):
        world.time.at += timedelta(hours=hours)
        answer = await world.github(delivery("opened"), **{"x-hub-signature-256": "sha256=" + "0" * 64})
        assert answer.status_code == 401
    await world.client.post("/v1/webhooks/github-acme", content=b"{}")
    await world.client.post("/v1/webhooks/somebody", content=b"{}")
    one = (await seen(world))["github-acme"]
    wrong, absent = "no active secret or key fits", "the header that carries the proof is absent or too long"
    assert (one["unproven"], one["last_day"]) == ({wrong: 3, absent: 1}, {})
    assert datetime.fromisoformat(one["unproven_at"]) == world.time.at
    answer = (await world.client.get("/v1/sources", headers=ADMIN)).json()
    assert datetime.fromisoformat(answer["unproven_since"]) == begun
    world.time.at += timedelta(hours=12)
    assert (await seen(world))["github-acme"]["unproven"] == {wrong: 2, absent: 1}
    world.time.at += timedelta(days=1)
    one = (await seen(world))["github-acme"]
    assert (one["unproven"], one["unproven_at"] is None) == ({}, False)


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
