"""What is done with goes by age, what people or promises still need stays, and what comes again does no harm."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from tests.integration.ingest.test_parked import mend
from tests.integration.ingest.world import ADMIN, NOON, World, delivery, opened

from sla_catalogue.source import SourceId
from sla_ingest import retention, tables
from sla_platform.errors import StoreBusy
from sla_platform.retention import Removed

YEAR = timedelta(days=401)  # past the retention of 400 days
EVERYTHING = timedelta(days=408)  # past the week more that incidents stay


def event(id_: str, kind: str, subject: str = "INC1", **values: Any) -> dict[str, Any]:
    return opened(id_, subject, type=f"io.slad.incident.{kind}.v1", **values)


async def house(world: World, after: timedelta) -> Removed:
    """One round of house-keeping so long after the beginning of the story."""
    world.time.at = NOON + after
    return await world.ingest.forgetting.once(between=0)


async def outcomes(world: World) -> list[str]:
    return sorted(row.outcome for row in await world.rows(tables.inbox))


async def test_deliveries_that_are_done_with_go_after_their_time(world: World) -> None:
    await world.event(opened("1"))
    assert await house(world, timedelta(days=399)) == {}
    await world.event(opened("2", "INC2", time="2027-12-24T12:00:00Z"))
    assert await house(world, YEAR) == {"ingest_inbox": 1}
    assert [row.delivery for row in await world.rows(tables.inbox)] == ["servicenow#2"]
    assert world.counted("slad_ingest_rows_removed_total", table="ingest_inbox") == 1


async def test_what_nobody_has_looked_at_waits_for_ever(world: World) -> None:
    await world.event(opened("1", type="mock.test"))
    await world.event(opened("2", time="never"))
    before = await outcomes(world)
    assert "parked" in before
    assert await house(world, timedelta(days=4_000)) == {}
    assert await outcomes(world) == before


async def test_a_parked_one_that_was_replayed_is_done_with(world: World) -> None:
    """A webhook of a dialect that is learnt later."""
    github = world.catalogue[-1].sources[SourceId("github-acme")]
    headers = {"x-desk-token": "desk token", "content-type": "application/json", "x-github-delivery": "d-7"}
    body = orjson.dumps(delivery("opened"))
    parked = (await world.client.post("/v1/webhooks/desk-acme", content=body, headers=headers)).json()
    assert await house(world, YEAR) == {}
    mend(world, "desk-acme", dialect=github.dialect)
    replayed = await world.client.post(f"/v1/parked/{parked['id']}/replay", headers=ADMIN)
    assert replayed.json()["outcome"] == "accepted"
    assert (await house(world, YEAR))["ingest_inbox"] >= 1
    assert await world.count(tables.inbox) == 0


async def test_the_events_of_an_ended_incident_go_and_those_of_an_open_one_stay_whole(world: World) -> None:
    await world.event(opened("1", "INC1"))
    await world.event(event("2", "resolved", "INC1", time="2026-11-20T12:00:01Z"))
    await world.event(opened("3", "INC2"))
    await world.event(event("4", "updated", "INC2"))
    removed = await house(world, EVERYTHING)
    assert removed["ingest_event"] == 2
    assert [row.incident for row in await world.rows(tables.event)] == ["servicenow:INC2"] * 2
    (kept,) = await world.rows(tables.tombstone)
    assert (kept.incident, kept.ended_at) == ("servicenow:INC1", NOON + timedelta(seconds=1))
    # after all these months the open one's promise is still told from its opening
    answer = await world.event(event("5", "priority_changed", "INC2", data={"priority": "P2"}))
    assert answer.json()["promise"]["priority"] == "P2"
    assert all(target["due_at_utc"].startswith("2026-11") for target in answer.json()["promise"]["targets"])


async def test_an_ended_incident_that_was_heard_of_since_stays(world: World) -> None:
    await world.event(opened("1"))
    await world.event(event("2", "resolved"))
    world.time.at = NOON + timedelta(days=100)
    await world.event(event("3", "rated", data={"score": 5}))
    removed = await house(world, EVERYTHING)
    assert "ingest_event" not in removed
    assert await world.count(tables.event) == 3


async def test_a_late_word_about_a_forgotten_incident_is_taken_and_promises_nothing(world: World) -> None:
    await world.event(opened("1"))
    await world.event(event("2", "resolved"))
    await house(world, EVERYTHING)
    late = await world.event(event("3", "priority_changed", time=world.time.at.isoformat(), data={"priority": "P1"}))
    assert late.status_code == 202
    assert "promise" not in late.json()
    assert ("incident.priority_changed", "servicenow:INC1") in await world.logged()
    anew = await world.event(event("4", "reopened", time=world.time.at.isoformat(), data={"customer": "Acme"}))
    due = [target["due_at_utc"] for target in anew.json()["promise"]["targets"]]
    assert min(due) > world.time.at.isoformat()


async def test_late_words_go_in_their_turn(world: World) -> None:
    await world.event(opened("1"))
    await world.event(event("2", "resolved"))
    await house(world, EVERYTHING)
    await world.event(event("3", "updated", time=world.time.at.isoformat()))
    assert (await house(world, 2 * EVERYTHING))["ingest_event"] == 1
    assert await world.count(tables.event) == 0
    (kept,) = await world.rows(tables.tombstone)
    assert kept.ended_at == NOON


async def test_a_delivery_that_comes_once_more_after_all_that_time_is_a_new_row_with_the_same_event_id(
    world: World,
) -> None:
    """The id is forgotten; the event's id is made of the same parts, by which the timer knows it."""
    first = await world.event(opened("1"))
    await house(world, YEAR)
    again = await world.event(opened("1"))
    assert "slad-duplicate" not in again.headers
    assert [one["id"] for one in again.json()["events"]] == [one["id"] for one in first.json()["events"]]
    assert await world.count(tables.event) == 1


async def test_big_bodies_go_a_few_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        await world.event(opened(str(number), f"INC{number}", data={"description": "x" * 3_000}))
    monkeypatch.setattr(retention, "BATCH_BYTES", 7_000)
    world.time.at = NOON + YEAR
    steps = [step async for step in retention.Deliveries(world.store).done(world.time.at - timedelta(days=400))]
    assert steps == [{"ingest_inbox": 2}] * 3


async def test_a_house_keeping_that_is_interrupted_in_the_middle_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        await world.event(opened(f"o{number}", f"INC{number}"))
        await world.event(event(f"r{number}", "resolved", f"INC{number}", time="2026-11-20T12:00:01Z"))
    really, calls = retention.tombstone.insert_tombstones, 0

    async def insert_once(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StoreBusy
        await really(*arguments)

    monkeypatch.setattr(retention.tombstone, "insert_tombstones", insert_once)
    with pytest.raises(StoreBusy):
        await house(world, EVERYTHING)
    assert (await world.count(tables.inbox), await world.count(tables.event)) == (0, 6)
    assert (await house(world, EVERYTHING))["ingest_event"] == 6
    assert (await world.count(tables.event), await world.count(tables.tombstone)) == (0, 5)
