"""One event, incident or timer that cannot be worked on costs itself alone, and comes back once it is mended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from tests.commanded import OPS
from tests.given import given
from tests.integration.timer.desk import EXAMPLES, TEN, Desk
from tests.integration.timer.test_replan import opened, replanner, two_hours

from sla_catalogue import Catalogue, load_catalogue, load_text
from sla_domain.event import EventId, EventKind, IncidentEvent, IncidentId
from sla_platform.bus import Batch
from sla_platform.errors import Retryable
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.wire import encode_event
from sla_timer import tables
from sla_timer.apply import refold, unit
from sla_timer.apply.audit import Audit
from sla_timer.apply.prepare import FoldPreparer
from sla_timer.apply.refold import Refolder
from sla_timer.rulebooks import Rulebooks
from sla_timer.tick.loop import TickLoop

__all__ = ["two_hours"]
ALTERS_TABLES = True
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(EXAMPLES)


def commented(number: int, minutes: int) -> IncidentEvent:
    at = TEN + timedelta(minutes=minutes)
    return IncidentEvent(
        id=EventId(f"demo/c{number}-{minutes}"), incident=IncidentId(f"demo:{number}"), kind=EventKind.UPDATED,
        occurred_at=at, received_at=at, source="demo",
    )  # fmt: skip


async def applied(store: Store) -> list[str]:
    async with store.reading() as connection:
        return list((await connection.execute(select(tables.event.c.id).order_by(tables.event.c.id))).scalars())


def refusing(monkeypatch: pytest.MonkeyPatch, where: Any, unfit: dict[str, Exception]) -> None:
    """Deciding about these incidents fails in this way."""
    whole = where.stored_incident

    def stored(name: str, *more: Any) -> Any:
        if error := unfit.get(name):
            raise error
        return whole(name, *more)

    monkeypatch.setattr(where, "stored_incident", stored)


async def test_a_poisoned_batch_costs_its_rows_alone(
    store: Store, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfit: dict[str, Exception] = {"demo:2": OverflowError("date value out of range"), "demo:4": AttributeError("bug")}
    refusing(monkeypatch, unit, unfit)
    desk = await Desk(store, catalogue).start()
    through = TEN + HOUR
    await desk.apply(*(opened(number) for number in range(6)), through=through)
    assert await applied(store) == [f"demo/o{number}" for number in (0, 1, 3, 5)]
    assert desk.progress.caught_up_through(0) == through, "timers of the neighbours may fire"
    kept = await desk.quarantine.page("quarantined", 0, 10)
    assert [(row.part, row.key, row.event) for row in kept] == [
        ("consume", "demo:2", "demo/o2"), ("consume", "demo:4", "demo/o4"),
    ]  # fmt: skip
    assert (await desk.quarantine.find(kept[0].id)).data == encode_event(opened(2)).data
    # Later events of the incident apply; the opening comes back late, once what was wrong is mended.
    unfit.clear()
    await desk.apply(commented(2, 5))
    assert [(await desk.quarantine.replay(row.id, OPS)).state for row in kept] == ["replayed", "replayed"]
    assert {"demo/o2", "demo/o4"} <= set(await applied(store))
    async with store.reading() as connection:
        row = (await connection.execute(select(tables.incident).where(tables.incident.c.id == "demo:2"))).one()
    assert (row.contract, row.opened_at) == ("acme", TEN)


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), MemoryError()])
async def test_nothing_is_quarantined_for_the_surroundings(
    store: Store, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    unfit = {"demo:1": error}
    refusing(monkeypatch, unit, unfit)
    desk = await Desk(store, catalogue).start()
    for _ in range(4):
        with pytest.raises(Retryable):
            await desk.apply(opened(0), opened(1), opened(2))
    assert await desk.quarantine.page("", 0, 10) == []
    unfit.clear()
    await desk.apply(opened(0), opened(1), opened(2))
    assert await applied(store) == ["demo/o0", "demo/o1", "demo/o2"]


@pytest.mark.parametrize("store_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_a_text_that_no_column_takes_costs_its_event_alone(store: Store, catalogue: Catalogue) -> None:
    """As the door of an earlier release let it in; SQLite takes any length."""
    desk = await Desk(store, catalogue).start()
    wide = IncidentEvent(
        id=EventId("demo/wide"), incident=IncidentId("demo:wide"), kind=EventKind.OPENED, occurred_at=TEN,
        received_at=TEN, source="demo", attributes={"customer": "c" * 301, "priority": "P" * 61},
    )  # fmt: skip
    nul = IncidentEvent(
        id=EventId("demo/nul"), incident=IncidentId("demo:nul"), kind=EventKind.OPENED, occurred_at=TEN,
        received_at=TEN, source="demo", attributes={"customer": "A\0cme"},
    )  # fmt: skip
    await desk.apply(opened(1), wide, opened(2), nul, opened(3))
    assert await applied(store) == ["demo/o1", "demo/o2", "demo/o3"]
    assert [row.event for row in await desk.quarantine.page("", 0, 10)] == ["demo/wide", "demo/nul"]


async def test_an_incident_that_cannot_be_moved_holds_up_no_other(
    store: Store, catalogue: Catalogue, two_hours: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await Desk(store, catalogue).start()
    await desk.apply(*(opened(number) for number in range(4)))
    unfit: dict[str, Exception] = {"demo:2": ValueError("cannot be folded")}
    refusing(monkeypatch, refold, unfit)
    moving = replanner(desk, two_hours)
    while await moving.once():
        pass
    async with store.reading() as connection:
        rows = (await connection.execute(select(tables.incident.c.id, tables.incident.c.catalogue))).all()
    assert {row.id for row in rows if row.catalogue != two_hours.version} == {"demo:2"}
    (kept,) = await desk.quarantine.page("quarantined", 0, 10)
    assert (kept.part, kept.key) == ("replan", "demo:2")
    unfit.clear()
    assert (await desk.quarantine.replay(kept.id, OPS)).state == "replayed"
    async with store.reading() as connection:
        moved = (await connection.execute(select(tables.incident).where(tables.incident.c.id == "demo:2"))).one()
    assert moved.catalogue == two_hours.version


async def test_the_audit_mends_what_can_be_mended(
    store: Store, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await Desk(store, catalogue).start()
    await desk.apply(*(opened(number) for number in range(3)))
    async with store.transaction() as connection:
        await connection.execute(delete(tables.timer))
    unfit: dict[str, Exception] = {"demo:1": TypeError("cannot be folded")}
    refusing(monkeypatch, refold, unfit)
    rulebooks = Rulebooks(lambda: catalogue, load_text, desk.time)
    refolder = Refolder(store, rulebooks, desk.time, FoldPreparer(store, desk.metrics))
    audit = Audit(store, refolder, desk.time, desk.metrics, lambda: None, desk.kept)
    assert await audit.once() > 0
    assert await audit.once() == 0, "what cannot be mended is not looked at for ever"
    assert [(row.part, row.key) for row in await desk.quarantine.page("", 0, 10)] == [("audit", "demo:1")]
    async with store.reading() as connection:
        watched = {row.clock_id for row in (await connection.execute(select(tables.timer))).all()}
        clocks = (await connection.execute(select(tables.clock).where(tables.clock.c.state == "running"))).all()
    assert {row.incident for row in clocks if row.id not in watched} == {"demo:1"}


_SPOIL = {
    True: "UPDATE timer_clock SET context = '{broken' WHERE incident = 'demo:1'",
    False: "UPDATE timer_clock SET context = context || '{\"pad\": \"x\"}' WHERE incident = 'demo:1'",
}


async def test_a_timer_that_cannot_fire_delays_nobody_and_comes_back_with_its_clock(
    store: Store, catalogue: Catalogue
) -> None:
    desk = await Desk(store, catalogue).start()
    await desk.apply(*(opened(number) for number in range(3)), through=TEN + 10 * HOUR)
    async with store.transaction() as connection:
        await connection.execute(text(_SPOIL[store.sqlite].replace(":", r"\:")))
        if not store.sqlite:  # what jsonb takes cannot break the statement: a rule of the log does
            await connection.execute(text("ALTER TABLE timer_log ADD CONSTRAINT mend CHECK (data NOT LIKE '%pad%')"))
    desk.time.instant = TEN + 10 * HOUR
    tick = TickLoop(desk.firing, desk.progress, desk.time, Settings(), desk.metrics, lambda: None)
    while await tick.once():
        pass
    told = {str(fact["incident"]) for fact in await desk.facts() if fact["kind"] == "clock.breached"}
    assert told == {"demo:0", "demo:2"}
    kept = await desk.quarantine.page("quarantined", 0, 50)
    assert {(row.part, row.key) for row in kept} == {("tick", "demo:1")}
    for row in kept:  # the replay writes the clock anew from its events, and so mends the context
        await desk.quarantine.replay(row.id, OPS)
    tick = TickLoop(
        desk.firing, desk.progress, desk.time, Settings(), desk.metrics, lambda: None
    )  # begins with a sweep
    while await tick.once():
        pass
    told = {str(fact["incident"]) for fact in await desk.facts() if fact["kind"] == "clock.breached"}
    assert told == {"demo:0", "demo:1", "demo:2"}
    assert await desk.quarantine.page("quarantined", 0, 50) == []


async def test_a_timer_from_outside_the_calendar_stops_no_tick(store: Store, catalogue: Catalogue) -> None:
    desk = await Desk(store, catalogue).start()
    await desk.apply(opened(0), opened(1), through=TEN + 10 * HOUR)
    before = "-99999999999999999" if store.sqlite else "'4713-01-01 BC'"
    async with store.transaction() as connection:
        spoil = f"UPDATE timer_timer SET fire_at = {before} WHERE clock_id IN (SELECT id FROM timer_clock"
        await connection.exec_driver_sql(f"{spoil} WHERE incident = 'demo:0')")
    desk.time.instant = TEN + 10 * HOUR
    tick = TickLoop(desk.firing, desk.progress, desk.time, Settings(), desk.metrics, lambda: None)
    while await tick.once():
        pass
    breached = {row["incident"] for row in await desk.facts() if row["kind"] == "clock.breached"}
    assert "demo:1" in breached


async def test_a_catalogue_that_cannot_be_read_any_more_stops_no_event(store: Store, catalogue: Catalogue) -> None:
    desk = await Desk(store, catalogue).start()
    await desk.apply(opened(1))
    async with store.transaction() as connection:
        await connection.execute(update(tables.catalogue).values(version="lost", content="no: [catalogue"))
        await connection.execute(update(tables.incident).values(catalogue="lost"))
    later = await Desk(store, catalogue, owner="two").start()
    await later.apply(commented(1, 5), opened(2))
    assert await applied(store) == ["demo/c1-5", "demo/o1", "demo/o2"]
    assert await later.quarantine.page("", 0, 10) == []


async def test_who_does_not_own_the_partition_can_replay(store: Store, catalogue: Catalogue) -> None:
    """In production the request reaches any instance."""
    desk = await Desk(store, catalogue).start()
    broken = encode_event(opened(1))
    unreadable = type(broken)(**{name: getattr(broken, name) for name in broken.__slots__} | {"data": b"{"})
    await given(desk.applier, Batch(0, (unreadable,), None), desk.quarantine)
    (kept,) = await desk.quarantine.page("", 0, 10)
    async with store.transaction() as connection:
        await connection.execute(update(tables.quarantine).values(data=broken.data))  # as if the reader were mended
    other = Desk(store, catalogue, owner="two")
    assert (await other.quarantine.replay(kept.id, OPS)).state == "replayed"
    assert await applied(store) == ["demo/o1"]
