"""A changed catalogue moves the open clocks, tells each move, and leaves ended verdicts alone; audits mend gaps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import delete, select
from tests.integration.timer.desk import EXAMPLES, TEN, Desk

from sla_catalogue import Catalogue, load_catalogue, load_text
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_platform.store.engine import Store
from sla_timer import tables
from sla_timer.apply import replan
from sla_timer.apply.audit import Audit
from sla_timer.apply.prepare import FoldPreparer
from sla_timer.apply.quarantine import TimerQuarantine
from sla_timer.apply.refold import Refolder
from sla_timer.apply.replan import Replanner
from sla_timer.metrics import TimerMetrics
from sla_timer.rulebooks import Rulebooks

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def four_hours() -> Catalogue:
    return load_catalogue(EXAMPLES)


@pytest.fixture(scope="module")
def two_hours(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The example catalogue after an edit: P1 is to be resolved within 2 h, and answered within 6 min."""
    folder = tmp_path_factory.mktemp("edited")
    for file in EXAMPLES.glob("*.yaml"):
        text = file.read_text()
        if file.name == "plans.yaml":
            text = text.replace("{P1: 4h, P2: 8h", "{P1: 2h, P2: 8h").replace("{P1: 15m,", "{P1: 6m,")
        if file.name != "tests.yaml":
            (folder / file.name).write_text(text)
    return load_catalogue(folder)


def replanner(desk: Desk, catalogue: Catalogue) -> Replanner:
    rulebooks = Rulebooks(lambda: catalogue, load_text, desk.time)
    refolder = Refolder(desk.store, rulebooks, desk.time, FoldPreparer(desk.store, desk.metrics))
    kept = TimerQuarantine(desk.store, desk.quarantine, refolder)
    return Replanner(desk.store, rulebooks, refolder, TimerMetrics(CollectorRegistry()), lambda: None, kept)


async def test_a_catalogue_is_activated_once_and_after_the_last_whatever_the_clock_says(
    store: Store, four_hours: Catalogue, two_hours: Catalogue
) -> None:
    desk = await Desk(store, four_hours).start()
    await desk.apply(opened(1))
    desk.time.instant -= HOUR
    for catalogue in (two_hours, four_hours):
        rulebooks = Rulebooks(lambda held=catalogue: held, load_text, desk.time)  # type: ignore[misc]
        async with store.transaction() as connection:
            await rulebooks.pinned(connection, ())
            assert await rulebooks.newest(connection)
    async with store.reading() as connection:
        acted = select(tables.audit.rows.c.object).order_by(tables.audit.rows.c.seq)
        acts = (await connection.execute(acted)).scalars()
        assert list(acts) == [four_hours.version, two_hours.version, four_hours.version]


def opened(number: int, at: datetime = TEN) -> IncidentEvent:
    return IncidentEvent(
        id=EventId(f"demo/o{number}"), incident=IncidentId(f"demo:{number}"), kind=EventKind.OPENED, occurred_at=at,
        received_at=at, source="demo", attributes={"customer": "Acme", "priority": "P1", "title": "Down"},
    )  # fmt: skip


def answered(number: int, at: datetime, received: datetime | None = None) -> IncidentEvent:
    return IncidentEvent(
        id=EventId(f"demo/a{number}"), incident=IncidentId(f"demo:{number}"), kind=EventKind.RESPONDED, occurred_at=at,
        received_at=received or at, source="demo", actor=Actor.STAFF,
    )  # fmt: skip


async def test_an_edit_of_the_plan_moves_open_clocks_and_tells_old_and_new(
    store: Store, four_hours: Catalogue, two_hours: Catalogue
) -> None:
    desk = await Desk(store, four_hours).start()
    await desk.apply(opened(1))
    assert await replanner(desk, two_hours).once() == 1
    assert (await desk.state())["resolution"][3] == TEN + 2 * HOUR
    moved = [fact for fact in await desk.facts() if fact["kind"] == "clock.retargeted"]
    resolution = next(fact for fact in moved if fact["metric"] == "resolution")
    details = resolution["details"]
    assert isinstance(details, dict)
    assert datetime.fromisoformat(details["old_due_at"]) == TEN + 4 * HOUR
    assert datetime.fromisoformat(details["new_due_at"]) == TEN + 2 * HOUR
    assert details["catalogue"] == two_hours.version
    assert await replanner(desk, two_hours).once() == 0


async def test_an_ended_clock_keeps_the_verdict_of_its_own_version(
    store: Store, four_hours: Catalogue, two_hours: Catalogue
) -> None:
    desk = await Desk(store, four_hours).start()
    await desk.apply(opened(1))
    await desk.apply(answered(1, TEN + timedelta(minutes=10)))  # met within 15 min; would be missed within 6
    await replanner(desk, two_hours).once()
    state = await desk.state()
    assert state["first_response"][1] == "met"
    assert state["resolution"][3] == TEN + 2 * HOUR
    later = IncidentEvent(
        id=EventId("demo/u1"), incident=IncidentId("demo:1"), kind=EventKind.UPDATED, occurred_at=TEN + HOUR,
        received_at=TEN + HOUR, source="demo",
    )  # fmt: skip
    await (await Desk(store, two_hours, owner="next").start()).apply(later)
    assert (await desk.state())["first_response"][1] == "met"
    assert "clock.amended" not in await desk.kinds()


async def test_an_interrupted_replanning_goes_on_where_it_stopped(
    store: Store, four_hours: Catalogue, two_hours: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replan, "BATCH", 2)
    desk = await Desk(store, four_hours).start()
    await desk.apply(*(opened(number) for number in range(5)))
    assert await replanner(desk, two_hours).once() == 2
    another = replanner(desk, two_hours)  # a new process
    assert [await another.once(), await another.once(), await another.once()] == [2, 1, 0]
    async with store.reading() as connection:
        dues = (
            await connection.execute(select(tables.clock.c.due_at).where(tables.clock.c.metric == "resolution"))
        ).all()
    assert {row.due_at for row in dues} == {TEN + 2 * HOUR}


async def test_an_instance_with_older_files_stands_aside(
    store: Store, four_hours: Catalogue, two_hours: Catalogue
) -> None:
    desk = await Desk(store, four_hours).start()
    await desk.apply(opened(1))
    old = replanner(desk, four_hours)
    assert await old.once() == 0
    desk.time.instant += HOUR
    assert await replanner(desk, two_hours).once() == 1
    assert await _settled(old.once) <= 1  # the old instance claims its version at most once, when it starts
    assert await replanner(desk, two_hours).once() <= 1
    assert await old.once() == 0


async def test_a_version_whose_storing_was_rolled_back_is_stored_by_the_next(
    store: Store, four_hours: Catalogue
) -> None:
    desk = await Desk(store, four_hours).start()
    rulebooks = Rulebooks(lambda: four_hours, load_text, desk.time)

    async def rolled_back() -> None:
        async with store.transaction() as connection:
            await rulebooks.pinned(connection, ())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await rolled_back()
    async with store.transaction() as connection:
        await rulebooks.pinned(connection, ())
    async with store.reading() as connection:
        stored = (await connection.execute(select(tables.catalogue.c.version))).scalars().all()
    assert list(stored) == [four_hours.version]


async def _settled(step: Callable[[], object]) -> int:
    result = step()
    return int(await result)  # type: ignore[misc]


async def test_a_running_clock_without_its_timer_is_found_and_mended(store: Store, four_hours: Catalogue) -> None:
    desk = await Desk(store, four_hours).start()
    await desk.apply(opened(1))
    before = await desk.state()
    async with store.transaction() as connection:
        await connection.execute(delete(tables.timer))
    rulebooks = Rulebooks(lambda: four_hours, load_text, desk.time)
    metrics = TimerMetrics(CollectorRegistry())
    refolder = Refolder(store, rulebooks, desk.time, FoldPreparer(store, metrics))
    audit = Audit(store, refolder, desk.time, metrics, lambda: None, desk.kept)
    facts = await desk.facts()
    assert await audit.once() == 2
    assert await desk.state() == before
    assert await desk.facts() == facts
    assert await audit.once() == 0
