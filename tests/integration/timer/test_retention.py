"""Incidents that ended long ago are forgotten whole, all others are untouched, and what comes late starts nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Table, func, select
from tests.build.story import Telling
from tests.integration.timer.desk import EXAMPLES, Desk

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.event import EventId
from sla_platform.errors import StoreBusy
from sla_platform.retention import Removed, Retention, RetentionLoop, RetentionOrder, ServiceSweeps
from sla_platform.store.engine import Store
from sla_timer import retention, tables
from sla_timer.apply.load import events_of
from sla_timer.metrics import TimerMetrics
from sla_timer.retention import IncidentRetention

KEPT = Retention(timedelta(days=400))
LATER = datetime(2026, 11, 18, 12, tzinfo=UTC) + timedelta(days=407)  # turn and all: what ended by Wed noon may go


@pytest.fixture(scope="module")
def examples() -> Catalogue:
    return load_catalogue(EXAMPLES)


@pytest.fixture
async def desk(store: Store, examples: Catalogue) -> Desk:
    return await Desk(store, examples).start()


def told(name: str) -> Telling:
    """A story whose event ids are nobody else's."""
    return Telling(name, customer="Acme")


def own(story: Telling) -> Telling:
    story.events = [replace(event, id=EventId(f"{story.incident}/{event.id}")) for event in story.events]
    return story


def ended(name: str, when: str = "Tue 10:00") -> Telling:
    return own(told(name).opened("Mon 10:00").responded("Mon 10:05").resolved(when))


async def house(desk: Desk, at: datetime = LATER) -> Removed:
    """One round of house-keeping at that instant."""
    desk.time.instant = at
    return await _forgetting(desk, CollectorRegistry()).once(between=0)


def _forgetting(desk: Desk, registry: CollectorRegistry, kept: Retention = KEPT) -> RetentionLoop:
    old = IncidentRetention(desk.store)
    keeping = ServiceSweeps("timer", RetentionOrder.COUNTED, (old.ended, old.late), TimerMetrics(registry).removed)
    return RetentionLoop(kept, desk.time, (keeping,))


async def count(store: Store, table: Table, incident: str = "") -> int:
    query = select(func.count()).select_from(table)
    if incident:
        query = query.where(table.c.id == incident if table is tables.incident else table.c.incident == incident)
    async with store.reading() as connection:
        return (await connection.execute(query)).scalar_one()


async def test_an_incident_that_ended_long_ago_goes_with_all_that_belongs_to_it(desk: Desk) -> None:
    await desk.apply(*ended("old").events)
    registry = CollectorRegistry()
    desk.time.instant = LATER
    removed = await _forgetting(desk, registry).once(between=0)
    assert removed == {"timer_incident": 1, "timer_event": 3, "timer_clock": 2}
    for table in (tables.incident, tables.event, tables.clock, tables.timer):
        assert await count(desk.store, table) == 0
    assert registry.get_sample_value("slad_timer_rows_removed_total", {"table": "timer_event"}) == 3


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(own(told("open").opened("Mon 10:00")), id="open for years"),
        pytest.param(own(told("waits").opened("Mon 10:00").waits("Mon 11:00")), id="waiting for years"),
        pytest.param(own(told("again").opened("Mon 10:00").resolved("Mon 11:00").reopened("Mon 12:00")), id="reopened"),
        pytest.param(ended("young", "Thu 10:00"), id="ended a day too late"),
        pytest.param(
            own(told("heard").opened("Mon 10:00").resolved("Tue 10:00").late("72 h")), id="heard of yesterday"
        ),
    ],
)
async def test_what_is_still_needed_stays(desk: Desk, story: Telling) -> None:
    await desk.apply(*story.events)
    before = await desk.state(), await count(desk.store, tables.event)
    assert await house(desk) == {}
    assert (await desk.state(), await count(desk.store, tables.event)) == before


async def test_an_ended_incident_whose_clock_is_still_open_stays(desk: Desk) -> None:
    await desk.apply(*ended("old").events)
    async with desk.store.transaction() as connection:
        await connection.execute(
            tables.clock.update().where(tables.clock.c.metric == "resolution").values(state="paused")
        )
    assert await house(desk) == {}


async def test_nothing_goes_before_its_time_or_when_everything_is_kept(desk: Desk) -> None:
    await desk.apply(*ended("old").events)
    assert await house(desk, LATER - timedelta(days=3)) == {}
    desk.time.instant = LATER + timedelta(days=10_000)
    assert await _forgetting(desk, CollectorRegistry(), Retention(None)).once(between=0) == {}
    assert await count(desk.store, tables.incident) == 1


async def test_a_house_keeping_that_is_interrupted_in_the_middle_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(7):
        await desk.apply(*ended(f"old-{number}").events)
    await desk.apply(*own(told("open").opened("Mon 09:00")).events)
    desk.time.instant = LATER
    really, calls = retention.tombstone.insert_tombstones, 0

    async def insert_twice(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise StoreBusy
        await really(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(retention.tombstone, "insert_tombstones", insert_twice)
    registry = CollectorRegistry()
    with pytest.raises(StoreBusy):
        await _forgetting(desk, registry).once(between=0)
    assert await count(desk.store, tables.incident) == 4  # the third step was rolled back as a whole
    assert await count(desk.store, tables.event) == 3 * 3 + 1
    assert registry.get_sample_value("slad_timer_rows_removed_total", {"table": "timer_incident"}) == 4

    assert (await house(desk))["timer_incident"] == 3
    assert await count(desk.store, tables.incident) == 1
    assert await count(desk.store, tables.event) == 1
    assert await count(desk.store, tables.tombstone) == 7


async def test_two_instances_at_once_share_the_work_while_events_are_applied(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    for number in range(12):
        await desk.apply(*ended(f"old-{number}").events)
    desk.time.instant = LATER
    one, two = (_forgetting(desk, CollectorRegistry()) for _ in range(2))
    fresh = own(told("fresh").opened("Fri 10:00"))
    removed = await asyncio.gather(one.once(between=0), two.once(between=0), desk.apply(*fresh.events))
    assert sum(found.get("timer_incident", 0) for found in removed[:2]) == 12
    assert await count(desk.store, tables.incident) == 1


# What comes after.


async def test_a_late_word_about_a_forgotten_incident_starts_no_clock(desk: Desk) -> None:
    await desk.apply(*ended("old").events)
    await house(desk)
    before = await desk.facts()
    late = Telling("old").replied("2028-01-10 10:00", id=EventId("late/1")).updated("Mon 10:30", id=EventId("late/2"))
    await desk.apply(*late.events)
    assert await desk.state() == {}
    assert await desk.facts() == before
    assert await count(desk.store, tables.incident) == 0
    assert desk.metrics.late._value.get() == 2


async def test_a_history_told_once_more_starts_no_clock(desk: Desk) -> None:
    """Redelivered, or imported again: the ids are forgotten, the end is not."""
    story = ended("old")
    await desk.apply(*story.events)
    await house(desk)
    before = await desk.facts()
    await desk.apply(*story.events)
    assert (await desk.state(), await desk.facts()) == ({}, before)


async def test_late_words_are_forgotten_in_their_turn(desk: Desk) -> None:
    await desk.apply(*ended("old").events)
    await house(desk)
    await desk.apply(*Telling("old").replied("2028-01-10 10:00", id=EventId("late/1")).events)
    assert await house(desk, LATER + timedelta(days=100)) == {}
    assert await count(desk.store, tables.event) == 1
    assert await house(desk, LATER + timedelta(days=600)) == {"timer_event": 1}
    assert await house(desk, LATER + timedelta(days=600)) == {}


async def test_a_reopened_one_lives_anew_from_its_reopening_in_any_order(desk: Desk) -> None:
    await desk.apply(*ended("old").events)
    await house(desk)
    story = Telling("old")
    story.replied("2028-01-10 09:00", id=EventId("n/1"))
    story.reopened("2028-01-10 10:00", id=EventId("n/2"), customer="Acme", priority="P1")
    story.resolved("2028-01-10 10:30", id=EventId("n/3"))
    comment, reopened, resolved = story.events
    await desk.apply(comment)
    await desk.apply(resolved)  # overtook its reopening: kept, and begins nothing
    assert await desk.state() == {}
    await desk.apply(reopened)
    state = await desk.state()
    assert state["resolution"][1:2] == ("met",)
    async with desk.store.reading() as connection:
        counting = await events_of(connection, "old")
        row = (await connection.execute(select(tables.incident))).one()
    assert sorted(event.id for event in counting) == ["n/2", "n/3"]
    assert (row.phase, row.opened_at) == ("resolved", reopened.occurred_at)


async def test_the_second_life_is_forgotten_like_the_first(desk: Desk) -> None:
    await desk.apply(*ended("old").events)
    await house(desk)
    story = Telling("old").reopened("2028-01-10 10:00", id=EventId("n/1"), customer="Acme")
    story.resolved("2028-01-10 11:00", id=EventId("n/2"))
    await desk.apply(*story.events)
    removed = await house(desk, LATER + timedelta(days=1000))
    assert removed["timer_incident"] == 1
    assert await count(desk.store, tables.event) == 0
    async with desk.store.reading() as connection:
        kept = (await connection.execute(select(tables.tombstone))).one()
    assert (kept.incident, kept.ended_at) == ("old", story.events[-1].occurred_at)
