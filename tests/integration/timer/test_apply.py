"""Events become clocks, timers and facts in one unit of work; repeats and late events end in the same state."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.integration.timer.desk import EXAMPLES, TEN, Desk

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId, WaitingOn
from sla_platform.envelope import Envelope
from sla_platform.errors import Fenced
from sla_platform.store.engine import Store
from sla_platform.wire import encode_event
from sla_timer import tables
from sla_timer.apply import ownership, save
from sla_timer.apply.unit import by_incident

INCIDENT = IncidentId("demo:INC-1")


@pytest.fixture(scope="module")
def examples() -> Catalogue:
    return load_catalogue(EXAMPLES)


@pytest.fixture
async def desk(store: Store, examples: Catalogue) -> Desk:
    return await Desk(store, examples).start()


def event(number: int, kind: EventKind, at: datetime, **more: object) -> IncidentEvent:
    return IncidentEvent(
        id=EventId(f"demo/{number}"), incident=INCIDENT, kind=kind, occurred_at=at, received_at=at, source="demo",
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def opened(at: datetime = TEN, priority: str = "P1") -> IncidentEvent:
    return event(1, EventKind.OPENED, at, attributes={"customer": "Acme", "priority": priority, "title": "Down"})


def responded(at: datetime) -> IncidentEvent:
    return event(2, EventKind.RESPONDED, at, actor=Actor.STAFF)


async def test_an_opened_incident_gets_clocks_timers_and_a_promise(desk: Desk) -> None:
    await desk.apply(opened())
    state = await desk.state()
    due = TEN + timedelta(minutes=15)
    assert state["first_response"] == (
        0, "running", 0, due, None,
        (("breach", due), ("warn-300s", due - timedelta(minutes=5)), ("warn-50", TEN + timedelta(minutes=7.5))),
    )  # fmt: skip
    assert sorted(await desk.kinds()) == ["clock.started", "clock.started", "promise.made"]
    started = next(fact for fact in await desk.facts() if fact.get("metric") == "first_response")
    assert started["contract"] == "acme"
    assert started["allowed"] == "15m"
    assert started["escalation"] == "on-call"


async def test_the_same_events_again_change_nothing(desk: Desk) -> None:
    await desk.apply(opened())
    before = await desk.facts()
    await desk.apply(opened(), opened())
    assert await desk.facts() == before


async def test_an_answer_in_time_stops_the_clock_and_its_timers(desk: Desk) -> None:
    await desk.apply(opened())
    await desk.apply(responded(TEN + timedelta(minutes=15)), through=TEN + timedelta(hours=1))
    state = await desk.state()
    assert state["first_response"][1] == "met"
    assert state["first_response"][5] == ()
    assert "clock.met" in await desk.kinds()


async def test_a_late_answer_takes_back_a_told_breach(desk: Desk) -> None:
    await desk.apply(opened(), through=TEN + timedelta(hours=1))
    assert await desk.fire(TEN + timedelta(minutes=16)) == ["warn-50", "warn-300s", "breach"]
    await desk.apply(responded(TEN + timedelta(minutes=3)))
    assert (await desk.state())["first_response"][1] == "met"
    amended = [fact for fact in await desk.facts() if fact["kind"] == "clock.amended"]
    assert len(amended) == 1


async def test_a_pause_removes_the_timers_and_a_resume_moves_the_due_instant(desk: Desk) -> None:
    await desk.apply(opened())
    await desk.apply(event(3, EventKind.WAITING, TEN + timedelta(minutes=20), waiting_on=WaitingOn.CUSTOMER))
    paused = (await desk.state())["resolution"]
    assert paused[1] == "paused"
    assert paused[5] == ()
    await desk.apply(event(4, EventKind.RESUMED, TEN + timedelta(minutes=50)))
    resumed = (await desk.state())["resolution"]
    assert resumed[1] == "running"
    assert resumed[3] == TEN + timedelta(hours=4, minutes=30)


async def test_every_arrival_order_ends_in_the_same_state(store: Store, examples: Catalogue) -> None:
    """I6 on the store: the clocks and open timers do not depend on the order or repetition of arrival."""
    story = [
        opened(),
        event(3, EventKind.WAITING, TEN + timedelta(minutes=5), waiting_on=WaitingOn.VENDOR),
        event(4, EventKind.RESUMED, TEN + timedelta(minutes=9)),
        event(5, EventKind.PRIORITY_CHANGED, TEN + timedelta(minutes=12), attributes={"priority": "P2"}),
    ]
    desk = await Desk(store, examples).start()
    ends = []
    for number, order in enumerate(itertools.permutations(story)):
        renamed = [_renamed(one, number) for one in order]
        for one in renamed:
            await desk.apply(one, one)
        async with store.reading() as connection:
            query = select(tables.clock).where(tables.clock.c.incident == f"demo:INC-{number}")
            rows = (await connection.execute(query.order_by(tables.clock.c.metric))).all()
            ends.append([(row.metric, row.cycle, row.state, row.generation, row.due_at) for row in rows])
    assert all(end == ends[0] for end in ends)


def _renamed(one: IncidentEvent, number: int) -> IncidentEvent:
    return IncidentEvent(
        id=EventId(f"{one.id}/{number}"), incident=IncidentId(f"demo:INC-{number}"), kind=one.kind,
        occurred_at=one.occurred_at, received_at=one.received_at, source=one.source, attributes=one.attributes,
        waiting_on=one.waiting_on,
    )  # fmt: skip


async def test_an_old_owner_of_the_partition_can_do_no_harm(desk: Desk, examples: Catalogue) -> None:
    taker = await Desk(desk.store, examples, owner="two").start()
    with pytest.raises(Fenced):
        await desk.apply(opened())
    await taker.apply(opened())
    assert len(await taker.state()) == 2


async def test_a_phase_that_no_clock_follows_is_told_once_by_a_fact_of_its_own(desk: Desk) -> None:
    await desk.apply(opened())
    await desk.apply(event(2, EventKind.RESOLVED, TEN + timedelta(minutes=5)))
    assert {fact["phase"] for fact in await desk.facts() if fact["kind"] == "clock.met"} == {"resolved"}
    before = len(await desk.facts())
    await desk.apply(event(3, EventKind.CLOSED, TEN + timedelta(minutes=6)))
    await desk.apply(event(3, EventKind.CLOSED, TEN + timedelta(minutes=6)))
    await desk.apply(event(4, EventKind.ASSIGNED, TEN + timedelta(minutes=7), attributes={"assignee": "ann"}))
    assert [fact.get("turned") for fact in await desk.facts() if fact.get("turned")] == ["opened", "resolved"]
    [closed] = (await desk.facts())[before:]
    assert (closed["kind"], closed["phase"], closed["events"]) == ("phase.changed", "closed", 3)


async def test_the_last_fact_says_what_was_kept_and_an_opening_what_the_reporter_should_know(desk: Desk) -> None:
    first = opened()
    await desk.apply(replace(first, attributes=dict(first.attributes) | {"channel": "pigeon"}))
    await desk.apply(event(2, EventKind.RESPONDED, TEN + timedelta(minutes=5), actor=Actor.STAFF))
    await desk.apply(event(3, EventKind.RESOLVED, TEN + timedelta(days=9)))
    (start, end) = [fact for fact in await desk.facts() if fact.get("turned")]
    assert "outcomes" not in start
    assert "advice" not in end
    kept = {each["metric"]: (each.get("met", 0), each.get("missed", 0)) for each in end["outcomes"]}
    assert kept == {"first_response": (1, 0), "resolution": (0, 1)}


async def test_many_incidents_of_one_batch_are_applied_in_parts_and_each_incident_in_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other transactions, such as those of a page, come between two parts; what is said of one incident is not torn."""
    parts: list[list[str]] = []
    real = ownership.lock_partition

    async def noted(connection: AsyncConnection, partition: int, epoch: int) -> None:
        parts.append([])
        await real(connection, partition, epoch)

    written = save.write_events

    async def counted(connection: AsyncConnection, fresh: Sequence[tuple[Envelope, IncidentEvent]]) -> None:
        parts[-1] += [one.incident for _, one in fresh]
        await written(connection, fresh)

    monkeypatch.setattr(ownership, "lock_partition", noted)
    monkeypatch.setattr(save, "write_events", counted)
    events = [replace(opened(), id=EventId(f"o{n}"), incident=IncidentId(f"demo:{n}")) for n in range(230)]
    told = [replace(responded(TEN), id=EventId(f"r{n}"), incident=IncidentId(f"demo:{n}")) for n in range(0, 230, 5)]
    await desk.accept(*events, *told, through=TEN)
    assert [len(part) for part in parts] == [100, 100, 76]
    assert len({name for part in parts for name in set(part)}) == sum(len(set(part)) for part in parts) == 230
    assert desk.progress.caught_up_through(0) == TEN
    assert (await desk.kinds()).count("clock.met") == 46


def test_a_batch_is_divided_between_incidents_alone() -> None:
    def said(incident: str, number: int) -> tuple[Envelope, IncidentEvent]:
        one = replace(opened(), id=EventId(f"{incident}-{number}"), incident=IncidentId(incident))
        return encode_event(one), one

    readable = [said(incident, number) for number in range(3) for incident in ("a", "b", "c")]
    parts = by_incident(readable, 6)
    assert [[one.id for _, one in part] for part in parts] == [
        ["a-0", "a-1", "a-2", "b-0", "b-1", "b-2"],
        ["c-0", "c-1", "c-2"],
    ]
    assert [len(part) for part in by_incident(readable, 2)] == [3, 3, 3], "an incident is never torn"
    assert by_incident([], 2) == []
