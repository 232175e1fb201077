"""An event that lies far back in an incident with very many: others do not wait until it is folded again.

Its own timers do.

Judged by how many events are read and folded, and by what is decided when.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from tests.build.rulebook import contract, plan, row, rulebook
from tests.commanded import OPS
from tests.integration.timer.desk import TEN, Desk
from tests.integration.timer.test_hot_incident import (
    CUSTOMERS,
    EXAMPLES,
    HOT,
    applied,
    as_folded,
    event,
    opened,
    work,
)

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_platform.envelope import Envelope
from sla_platform.store import connections
from sla_platform.store.engine import Store
from sla_platform.turn import LoopYielder
from sla_platform.wire import encode_event
from sla_timer import tables
from sla_timer.apply import deferred, save, unit
from sla_timer.apply.fold_cache import NEAR
from sla_timer.apply.later import PER_SECOND, FoldPace
from sla_timer.apply.refold import query_of_names
from sla_timer.retention import IncidentRetention

MANY = 2 * NEAR  # so many are never folded again by the consumer
OTHER = IncidentId("demo:OTHER")
HOUR = timedelta(hours=1)
STARTED = ["clock.started", "clock.started", "promise.made"]


@pytest.fixture(scope="module")
def examples() -> Catalogue:
    """A first response in two hours and a resolution in four, for two customers."""
    catalogue = load_catalogue(EXAMPLES)
    rows = (
        row("first_response", "2h", "always", warn=(50,)),
        row("next_response", "2h", "always"),
        row("resolution", "4h", "always", warn=(50,)),
    )
    rules = rulebook(plan(*rows), *(contract(name.casefold(), customers=frozenset({name})) for name in CUSTOMERS))
    return replace(catalogue, rulebook=replace(rules, version=catalogue.version))


@pytest.fixture
async def desk(store: Store, examples: Catalogue) -> Desk:
    return await Desk(store, examples).start()


def notes(first: int, many: int) -> list[IncidentEvent]:
    """Nobody answers: assignments, one a second."""
    return [event(EventKind.ASSIGNED, n, attributes={"assignee": f"p{n % 7}"}) for n in range(first, first + many)]


def late(kind: EventKind = EventKind.RESPONDED, minutes: int = 60) -> IncidentEvent:
    """Dated before the opening: it is read at the opening, before everything else."""
    return event(kind, -60 * minutes, actor=Actor.STAFF)


async def story(desk: Desk, many: int = MANY) -> list[IncidentEvent]:
    events = [opened(), *notes(1, many - 1)]
    await applied(desk, events)
    return events


async def waiting(store: Store) -> int:
    async with store.reading() as connection:
        rows = (await connection.execute(select(func.count()).select_from(tables.deferred))).scalar_one()
        told = (await connection.execute(select(func.sum(tables.incident.c.deferred)))).scalar_one()
    assert told == rows  # the rows of the incidents say so, too
    return int(rows)


async def told_of(desk: Desk, incident: IncidentId) -> list[str]:
    return [str(fact["kind"]) for fact in await desk.facts() if fact["incident"] == incident]


async def test_others_in_the_batch_are_decided_before_many_events_are_folded_again(
    desk: Desk,
) -> None:
    await story(desk)
    answer, before = late(), work(desk)
    told = await told_of(desk, HOT)
    await desk.accept(opened(OTHER, MANY, "Polaris"), answer, *notes(MANY, 5))
    after = work(desk)
    assert (after[0] - before[0], after[1] - before[1]) == (0, 0)
    assert await told_of(desk, OTHER) == STARTED
    assert await told_of(desk, HOT) == told
    assert await waiting(desk.store) == 6

    assert await desk.later.once() == MANY
    assert await waiting(desk.store) == 0
    assert work(desk)[1] - before[1] == MANY + 5
    assert (await told_of(desk, HOT))[len(told) :] == ["clock.met"]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_what_waits_gives_way_to_what_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has one place to write; the events of one incident have waited already."""
    monkeypatch.setattr(connections, "GIVES_WAY_SECONDS", 3600.0)
    await story(desk)
    await desk.accept(late())
    assert await waiting(desk.store) == 1
    order: list[str] = []

    async def page() -> None:
        async with desk.store.transaction():
            order.append("page")

    async with desk.store.transaction(), asyncio.timeout(30):
        applying = asyncio.create_task(desk.later.once())
        applying.add_done_callback(lambda _: order.append("applied"))
        while not desk.store._writer._places._giving_way:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)
        paging = asyncio.create_task(page())
        await asyncio.sleep(0)
    await asyncio.gather(applying, paging)
    assert order == ["page", "applied"]
    assert await waiting(desk.store) == 0


async def test_others_have_their_turn_between_the_events_of_a_large_request(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is decoded and put aside in one go holds up whatever else runs in the process."""
    await story(desk)
    turns: list[None] = []

    class Counted(LoopYielder):
        async def yield_if_due(self) -> None:
            turns.append(None)
            await super().yield_if_due()

    monkeypatch.setattr(unit, "LoopYielder", Counted)
    sizes: list[int] = []
    rows_of = deferred.event_rows

    def noted(fresh: Sequence[tuple[Envelope, IncidentEvent]]) -> list[dict[str, Any]]:
        sizes.append(len(fresh))
        return rows_of(fresh)

    monkeypatch.setattr(deferred, "event_rows", noted)
    many = notes(MANY, 2 * deferred.AT_ONCE + 50)
    await desk.accept(*many)
    assert len(turns) == len(many)
    assert sizes == [deferred.AT_ONCE, deferred.AT_ONCE, 50]
    assert await waiting(desk.store) == len(many)


async def test_all_that_comes_meanwhile_is_folded_again_once(desk: Desk, examples: Catalogue) -> None:
    """Twenty deliveries, each with an event from before the opening."""
    events = await story(desk)
    begun = work(desk)
    for number in range(20):
        some = [late(EventKind.UPDATED, number + 1), *notes(MANY + 10 * number, 9)]
        await desk.accept(*some)
        events += some
    assert work(desk) == begun
    while await desk.later.once() is not None:
        pass
    read, folded = work(desk)
    assert folded - begun[1] == len(events) - 1  # each once; the opening is not counted
    assert read - begun[0] == MANY
    await as_folded(desk.store, examples, events)


async def test_in_a_flood_with_late_events_the_work_grows_with_time_and_not_with_their_number(
    desk: Desk, examples: Catalogue
) -> None:
    """Two deliveries a second, each with an event from before the opening: folding all each time is 19,500 events."""
    pace, events, largest = FoldPace(), [opened()], 0
    for number in range(12):
        some = [late(EventKind.UPDATED, number + 1), *notes(1 + 250 * number, 249)]
        if not number:
            await desk.apply(events[0])
        await desk.accept(*some)
        events += some
        now = number / 2
        if (one := await desk.later.next(now)) is not None and pace.pause(one.size, now) <= 0:
            pace.spend(await desk.later.apply(one), now)
            largest = one.size
    while await desk.later.once() is not None:
        pass
    # Each event once, what the pace allows in six seconds, and the fold after the last delivery.
    assert work(desk)[1] <= len(events) + 6 * PER_SECOND + largest
    await as_folded(desk.store, examples, events)


async def test_an_event_not_far_back_is_folded_at_once(desk: Desk, examples: Catalogue) -> None:
    events = await story(desk)
    before = work(desk)
    near = event(EventKind.RESPONDED, MANY - 100, actor=Actor.STAFF)
    await desk.accept(near)
    assert await waiting(desk.store) == 0
    assert work(desk)[1] - before[1] <= NEAR + 1
    await as_folded(desk.store, examples, [*events, near])


async def test_timers_do_not_fire_on_a_state_that_misses_events(desk: Desk) -> None:
    """The answer that came in time waits to be read while the target runs out: no breach. Others fire."""
    await story(desk)
    await desk.apply(opened(OTHER, 0, "Polaris"))
    await desk.accept(late(), through=TEN + 3 * HOUR)
    assert await desk.fire(TEN + 3 * HOUR) == ["warn-50", "breach", "warn-50"]
    desk.time.instant = TEN + 3 * HOUR
    assert await desk.later.once() == MANY
    assert "clock.breached" not in await told_of(desk, HOT)
    await desk.accept(through=TEN + 4 * HOUR + timedelta(minutes=1))
    assert await desk.fire(TEN + 4 * HOUR + timedelta(minutes=1)) == ["warn-50", "breach", "breach"]
    metrics = {(fact["incident"], fact["metric"]) for fact in await desk.facts() if fact["kind"] == "clock.breached"}
    assert metrics == {(HOT, "resolution"), (OTHER, "first_response"), (OTHER, "resolution")}


async def test_a_timer_of_an_unchanged_clock_fires_after_all(desk: Desk) -> None:
    """What waited changes nothing: the breach is told, once, as soon as that is known."""
    await story(desk)
    await desk.accept(late(EventKind.UPDATED), through=TEN + 3 * HOUR)
    assert await desk.fire(TEN + 3 * HOUR) == []
    desk.time.instant = TEN + 3 * HOUR
    await desk.later.once()
    await desk.accept(through=TEN + 3 * HOUR)
    assert await desk.fire(TEN + 3 * HOUR) == ["warn-50", "breach", "warn-50"]
    assert await desk.fire(TEN + 3 * HOUR) == []


async def test_a_process_that_dies_leaves_what_waits_to_the_next(
    desk: Desk, store: Store, examples: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = await story(desk)
    answer = late()
    await desk.accept(answer, through=TEN + 3 * HOUR)

    async def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(save, "write_changes", dies)
        with pytest.raises(KeyboardInterrupt):
            await desk.later.once()
    assert await waiting(store) == 1

    again = await Desk(store, examples, owner="two").start()
    await again.accept(answer, *notes(MANY, 1), through=TEN + 3 * HOUR)  # the bus brings it once more
    assert await again.fire(TEN + 3 * HOUR) == []
    assert await waiting(store) == 2
    await again.later.once()
    assert await waiting(store) == 0
    await as_folded(store, examples, [*events, answer, *notes(MANY, 1)])


async def test_only_the_owner_of_the_partition_applies_what_waits(
    desk: Desk, store: Store, examples: Catalogue
) -> None:
    await story(desk)
    await desk.accept(late())
    other = Desk(store, examples, owner="two")
    assert await other.later.once() is None
    assert await waiting(store) == 1
    await other.start()
    assert await other.later.once() == MANY
    assert await waiting(store) == 0


async def test_after_a_restart_the_first_batch_holds_nobody_up(desk: Desk, store: Store, examples: Catalogue) -> None:
    events = await story(desk)
    again = await Desk(store, examples, owner="two").start()
    more = notes(MANY, 3)
    await again.accept(*more, opened(OTHER, MANY, "Polaris"))
    assert work(again) == (0, 0)
    assert await told_of(again, OTHER) == STARTED
    assert await again.later.once() == MANY
    await as_folded(store, examples, [*events, *more])


async def test_an_incident_that_somebody_reads_is_not_waited_for(desk: Desk, examples: Catalogue) -> None:
    """A look at the incident after a restart reads all its events, and holds it meanwhile."""
    events = await story(desk)
    more = notes(MANY, 3)
    async with held(desk, HOT):
        async with asyncio.timeout(60):
            await desk.accept(*more, opened(OTHER, MANY, "Polaris"))
        assert await told_of(desk, OTHER) == STARTED
    assert await waiting(desk.store) == 3
    assert await desk.later.once() == 0
    await as_folded(desk.store, examples, [*events, *more])


@asynccontextmanager
async def held(desk: Desk, incident: str) -> AsyncIterator[None]:
    async with desk.applier._preparing.folds.held([incident]):
        yield


async def test_what_was_said_on_merged_incidents_waits_and_is_folded_once(desk: Desk, examples: Catalogue) -> None:
    events, begun = await story(desk), work(desk)
    for number in range(5):
        other = IncidentId(f"demo:DUPLICATE-{number}")
        copies = [
            event(EventKind.OPENED, MANY + number, attributes={"customer": "Acme"}, carried_from=other),
            event(EventKind.MERGED, MANY + number, merged_into=HOT, carried_from=other),
        ]
        await desk.accept(*copies)
        events += copies
    assert work(desk)[1] == begun[1]
    await desk.later.once()
    assert work(desk)[1] - begun[1] <= len(events)
    await as_folded(desk.store, examples, events)


async def test_very_many_clocks_that_may_all_have_changed_are_decided_about_beside_the_others(
    desk: Desk, examples: Catalogue
) -> None:
    """A reply from before the opening renumbers the cycles of hundreds of clocks: from then on none is settled."""
    events = [opened()]
    for n in range(1, 2 * NEAR + 200, 2):
        events.append(event(EventKind.CUSTOMER_REPLIED, n, actor=Actor.CUSTOMER))
        events.append(event(EventKind.RESPONDED, n + 1, actor=Actor.STAFF))
    await applied(desk, events)
    reply = [late(EventKind.RESPONDED), late(EventKind.CUSTOMER_REPLIED, 30), late(EventKind.RESPONDED, 20)]
    await desk.apply(*reply)
    more = notes(2 * NEAR + 300, 5)
    told = len(await desk.facts())
    await desk.accept(*more, opened(OTHER, MANY, "Polaris"))
    assert await waiting(desk.store) == 5
    assert [fact["incident"] for fact in (await desk.facts())[told:]] == [OTHER] * 3
    assert (await desk.later.once() or 0) > NEAR
    await as_folded(desk.store, examples, [*events, *reply, *more])


async def test_judging_anew_meanwhile_does_not_let_the_timers_go(desk: Desk) -> None:
    await story(desk)
    await desk.accept(late(), through=TEN + 3 * HOUR)
    await desk.kept._refolder.refold(0, query_of_names([HOT]), moved=True)
    assert await desk.fire(TEN + 3 * HOUR) == []
    assert await waiting(desk.store) == 1
    await desk.later.once()
    desk.time.instant = TEN + 3 * HOUR
    assert await desk.fire(TEN + 3 * HOUR) == ["warn-50"]


async def test_an_event_that_cannot_be_applied_goes_to_the_quarantine_alone(
    desk: Desk, examples: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = await story(desk)
    answer = late()
    bad = replace(late(EventKind.UPDATED), id=EventId("bad"))
    await desk.accept(answer, bad)
    decoded = encode_event(bad)

    write = save.write_events

    async def fails(connection: object, fresh: list[tuple[object, IncidentEvent]]) -> None:
        if any(one.id == "bad" for _, one in fresh):
            raise ValueError("not this one")
        await write(connection, fresh)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(save, "write_events", fails)
        while await desk.later.once() is not None:
            pass
    assert await waiting(desk.store) == 0
    await as_folded(desk.store, examples, [*events, answer])
    (entry,) = await desk.quarantine.page("", 0, 10)
    assert (entry.event, entry.part) == ("bad", "consume")
    assert (await desk.quarantine.find(entry.id)).data == decoded.data

    replayed = await desk.quarantine.replay(entry.id, OPS)
    assert replayed.state == "replayed"
    while await desk.later.once() is not None:
        pass
    await as_folded(desk.store, examples, [*events, answer, bad])


async def test_an_ended_incident_whose_events_wait_is_not_removed(desk: Desk) -> None:
    await story(desk)
    await desk.apply(event(EventKind.RESOLVED, MANY, actor=Actor.STAFF), event(EventKind.CLOSED, MANY + 1))
    await desk.accept(late())
    long_after = TEN + timedelta(days=900)
    assert [step async for step in IncidentRetention(desk.store).ended(long_after)] == []
    await desk.later.once()
    assert [step async for step in IncidentRetention(desk.store).ended(long_after)] != []


async def test_small_ones_go_before_large_ones_and_none_waits_for_ever(desk: Desk) -> None:
    await story(desk)
    small = IncidentId("demo:SMALL")
    await applied(
        desk, [opened(small), *(replace(one, incident=small, id=EventId(f"s{one.id}")) for one in notes(1, 600))]
    )
    await desk.accept(late())
    assert (first := await desk.later.next(100.0)) is not None
    assert first.incident == HOT
    await desk.accept(replace(late(), incident=small))
    assert (second := await desk.later.next(100.1)) is not None
    assert second.incident == small  # due after 0.7 s, the other after 1 s
    async with desk.store.transaction() as connection:
        await connection.execute(delete(tables.deferred).where(tables.deferred.c.incident == small))
        await connection.execute(update(tables.incident).where(tables.incident.c.id == small).values(deferred=0))
    assert await desk.later.next(101.0) == first
