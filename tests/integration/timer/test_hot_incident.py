"""One incident with very many events: each is folded once, nothing is read back, and its answers stay short.

Judged by what is done, not by how long it takes; the full-size tests at the end say how long, for everybody else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import Select, delete, func, select, update
from tests.build.rulebook import contract, plan, row, rulebook
from tests.integration.timer.desk import EXAMPLES, TEN, Desk
from tests.integration.timer.door import door

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId, WaitingOn
from sla_domain.fold import fold
from sla_platform.bus import Batch
from sla_platform.http import problem
from sla_platform.http.keys import READ, KeyAccess
from sla_platform.store.engine import Store
from sla_platform.wire import encode_event
from sla_timer import tables
from sla_timer.apply import fold_cache
from sla_timer.apply.prepare import FoldPreparer
from sla_timer.apply.refold import Refolder, query_of_names
from sla_timer.apply.unit import Applier
from sla_timer.metrics import TimerMetrics
from sla_timer.rulebooks import Rulebooks

HOT = IncidentId("demo:HOT")
BATCH = 100
CUSTOMERS = ("Acme", "Polaris")
_numbers = count()


@pytest.fixture(scope="module")
def examples() -> Catalogue:
    """Metrics that begin anew with each reply and each update, spans and working days, for two customers."""
    catalogue = load_catalogue(EXAMPLES)
    rows = (
        row("first_response", "30m", "always", warn=(50,)),
        row("next_response", "2h", "always", warn=(75,)),
        row("update", "8h"),
        row("resolution", "4h", "always", priority="P1", warn=(50, "1h")),
        row("resolution", "2 working days", warn=(75,)),
    )
    rules = rulebook(plan(*rows), *(contract(name.casefold(), customers=frozenset({name})) for name in CUSTOMERS))
    return replace(catalogue, rulebook=replace(rules, version=catalogue.version))


@pytest.fixture
async def desk(store: Store, examples: Catalogue) -> Desk:
    return await Desk(store, examples).start()


def event(kind: EventKind, second: int, incident: IncidentId = HOT, **more: object) -> IncidentEvent:
    at = TEN + timedelta(seconds=second)
    return IncidentEvent(
        id=EventId(f"{incident}/{kind}/{second}/{next(_numbers)}"), incident=incident, kind=kind, occurred_at=at,
        received_at=at, source="demo", **more,  # type: ignore[arg-type]
    )  # fmt: skip


def opened(incident: IncidentId = HOT, second: int = 0, customer: str = "Acme") -> IncidentEvent:
    stated = {"customer": customer, "priority": "P1", "title": "Down", "description": "since ten"}
    return event(EventKind.OPENED, second, incident, attributes=stated)


def flood(first: int, many: int) -> list[IncidentEvent]:
    """Updates, pauses, replies, answers and changes of priority, one a second."""
    kinds = (
        (EventKind.UPDATED, {"attributes": {"title": "still down"}}),
        (EventKind.WAITING, {"waiting_on": WaitingOn.CUSTOMER}),
        (EventKind.CUSTOMER_REPLIED, {"actor": Actor.CUSTOMER}),
        (EventKind.RESPONDED, {"actor": Actor.STAFF}),
        (EventKind.PRIORITY_CHANGED, {"attributes": {"priority": "P2"}}),
        (EventKind.WAITING, {"waiting_on": WaitingOn.VENDOR}),
        (EventKind.RESUMED, {}),
        (EventKind.PRIORITY_CHANGED, {"attributes": {"priority": "P1"}}),
    )
    return [event(kinds[n % 8][0], n, **kinds[n % 8][1]) for n in range(first, first + many)]  # type: ignore[arg-type]


async def applied(desk: Desk, events: Sequence[IncidentEvent], batch: int = BATCH) -> None:
    for start in range(0, len(events), batch):
        await desk.apply(*events[start : start + batch])


def work(desk: Desk) -> tuple[float, float]:
    """Events read back, and events folded under `kept`."""
    return _total(desk.metrics.events_read), _total(desk.metrics.events_folded)


def _total(counter: Counter) -> float:
    return sum(
        sample.value for metric in counter.collect() for sample in metric.samples if sample.name[-6:] == "_total"
    )


async def clocks(store: Store) -> dict[tuple[str, int], tuple[object, ...]]:
    async with store.reading() as connection:
        rows = (await connection.execute(select(tables.clock).where(tables.clock.c.incident == HOT))).all()
    return {
        (row.metric, row.cycle): (row.state, row.generation, row.due_at, row.stopped_at, row.priority) for row in rows
    }


async def as_folded(store: Store, catalogue: Catalogue, events: Sequence[IncidentEvent]) -> None:
    """The store says what a fold of all these events from the first one on says."""
    incident = fold(events, catalogue.rulebook)
    assert await clocks(store) == {
        (clock.metric, clock.cycle): (
            clock.state.value, clock.generation, clock.due_at, clock.stopped_at, clock.priority,
        )
        for clock in incident.clocks
    }  # fmt: skip


async def test_each_event_is_folded_once_and_nothing_is_read_back(desk: Desk, examples: Catalogue) -> None:
    events = [opened(), *flood(1, 999)]
    await applied(desk, events[: fold_cache.HOT + BATCH])
    before = work(desk)
    rest = events[fold_cache.HOT + BATCH :]
    await applied(desk, rest)
    after = work(desk)
    assert (after[0] - before[0], after[1] - before[1]) == (0, len(rest))
    await as_folded(desk.store, examples, events)


async def test_many_new_events_wait_and_the_others_of_the_batch_do_not(desk: Desk, examples: Catalogue) -> None:
    """Whole requests of some two hundred are applied beside the consumer, and no earlier event is folded again."""
    events = [opened(), *flood(1, 399)]
    await applied(desk, events)
    other = opened(IncidentId("demo:OTHER"), 400, "Polaris")
    before = work(desk)
    for request in range(3):
        at = TEN + timedelta(seconds=1_000 + request)
        rest = [replace(one, received_at=at) for one in flood(400 + 150 * request, 150)]
        events += rest
        await desk.accept(*rest, *([other] if request == 0 else []))
    assert work(desk) == before, "the consumer has folded none of them"
    assert await waiting(desk.store) == {HOT: 450, "demo:OTHER": 0}
    left = []
    while await desk.later.once() is not None:
        left.append((await waiting(desk.store))[HOT])
    assert left == [150, 0]
    after = work(desk)
    assert (after[0] - before[0], after[1] - before[1]) == (0, 450)
    await as_folded(desk.store, examples, events)


async def waiting(store: Store) -> dict[str, int]:
    """Incident -> how many of its events wait."""
    async with store.reading() as connection:
        rows = (await connection.execute(select(tables.incident.c.id, tables.incident.c.deferred))).all()
    return {row.id: row.deferred for row in rows}


async def test_a_late_event_is_read_from_the_last_state_before_it(
    desk: Desk, examples: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold_cache, "STEP", 100)
    events = [opened(), *flood(1, 899)]
    await applied(desk, events)
    before = work(desk)
    late = event(EventKind.RESPONDED, 750, actor=Actor.STAFF)
    await desk.apply(late)
    after = work(desk)
    assert 140 < after[1] - before[1] < 400
    assert after[0] - before[0] < 400
    await as_folded(desk.store, examples, [*events, late])


async def test_a_restart_reads_all_events_once(desk: Desk, store: Store, examples: Catalogue) -> None:
    events = [opened(), *flood(1, 499)]
    await applied(desk, events)
    again = await Desk(store, examples, owner="two").start()
    for part in (flood(500, 10), flood(510, 10)):
        events += part
        await again.apply(*part)
    assert work(again) == (500, 519)
    await as_folded(store, examples, events)


async def test_a_unit_that_failed_leaves_nothing_behind(
    desk: Desk, examples: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [opened(), *flood(1, 499)]
    await applied(desk, events)
    lost = flood(500, 20)
    with monkeypatch.context() as patched:
        patched.setattr("sla_timer.apply.save.write_changes", _fails)
        with pytest.raises(ZeroDivisionError):
            await desk.applier.handle(Batch(0, tuple(encode_event(event) for event in lost), None))
    more = flood(600, 50)
    await desk.apply(*more, more[0])
    await as_folded(desk.store, examples, [*events, *more])


async def _fails(*_: object) -> None:
    raise ZeroDivisionError


async def test_another_owner_in_between_is_noticed(desk: Desk, store: Store, examples: Catalogue) -> None:
    events = [opened(), *flood(1, 399)]
    await applied(desk, events)
    other = Desk(store, examples, owner="two")
    for taker, part in ((other, flood(400, 30)), (desk, flood(430, 30)), (other, flood(460, 30))):
        events += part
        await (await taker.start()).apply(*part)
    await as_folded(store, examples, events)


async def test_what_another_process_has_replanned_is_not_told_again(
    desk: Desk, store: Store, examples: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner had settled the ended clocks under the catalogue of before."""
    monkeypatch.setattr(fold_cache, "STEP", 50)
    await applied(desk, [opened(), *flood(1, 599)])
    shorter = replace(examples.rulebook, version="shorter")
    edited = replace(examples, rulebook=shorter, version="shorter")
    rulebooks = Rulebooks(lambda: edited, lambda _: examples, desk.time)
    metrics = TimerMetrics(CollectorRegistry())
    await Refolder(store, rulebooks, desk.time, FoldPreparer(store, metrics)).refold(
        0, query_of_names([HOT]), moved=True
    )
    desk.current = edited
    async with store.transaction() as connection:
        await connection.execute(delete(tables.log))  # has been read by everybody, and was trimmed
        ended = (await connection.execute(_ended_by_version())).all()
    await desk.apply(event(EventKind.ASSIGNED, 700, attributes={"assignee": "ann"}))
    assert await desk.facts() == []
    async with store.reading() as connection:
        assert (await connection.execute(_ended_by_version())).all() == ended


def _ended_by_version() -> Select[Any]:
    clock = tables.clock.c
    return select(clock.catalogue, func.count()).where(clock.stopped_at.is_not(None)).group_by(clock.catalogue)


async def test_rows_that_stay_as_they_are_are_not_written(desk: Desk) -> None:
    await desk.apply(opened())
    async with desk.store.transaction() as connection:
        await connection.execute(update(tables.clock).values(urgency=-1.0))
    await desk.apply(event(EventKind.ASSIGNED, 60, attributes={"assignee": "ann"}))
    async with desk.store.reading() as connection:
        assert set((await connection.execute(select(tables.clock.c.urgency))).scalars()) == {-1.0}
    await desk.apply(event(EventKind.PRIORITY_CHANGED, 120, attributes={"priority": "P2"}))
    async with desk.store.reading() as connection:
        assert -1.0 not in (await connection.execute(select(tables.clock.c.urgency))).scalars().all()


# -- more events than count


async def test_a_flood_of_updates_does_not_hide_the_resolution(desk: Desk, examples: Catalogue) -> None:
    _folds(desk.applier).most = 300
    events = [opened(), *flood(1, 299)]
    await applied(desk, events)
    idle = [event(EventKind.ASSIGNED, 300 + n, attributes={"assignee": f"p{n}"}) for n in range(40)]
    counts = event(EventKind.PRIORITY_CHANGED, 320, attributes={"priority": "P3"})
    end = event(EventKind.RESOLVED, 400, actor=Actor.STAFF)
    await desk.apply(*idle, counts)
    await desk.apply(*idle[:3], end)
    await as_folded(desk.store, examples, [*events, counts, end])
    async with desk.store.reading() as connection:
        row = (await connection.execute(select(tables.incident))).one()
        surplus = (await connection.execute(select(func.count()).select_from(tables.surplus))).scalar_one()
    assert (row.events, row.surplus, surplus) == (302, 40, 40)
    async with asking(desk, examples) as client:
        answer = (await client.get(f"/v1/incidents/{HOT}")).json()
    (remark,) = [one["text"] for one in answer["remarks"] if one["kind"] == "overfull"]
    assert remark.startswith("40 further events")


async def test_far_beyond_the_bound_only_what_ends_still_counts(desk: Desk, examples: Catalogue) -> None:
    _folds(desk.applier).most = 130
    events = [opened(), *flood(1, 279)]
    await applied(desk, events)
    waiting = event(EventKind.WAITING, 300, waiting_on=WaitingOn.VENDOR)
    await desk.apply(waiting, event(EventKind.PRIORITY_CHANGED, 301, attributes={"priority": "P3"}))
    end = [event(EventKind.RESOLVED, 310, actor=Actor.STAFF), event(EventKind.CLOSED, 320)]
    for one in end:
        await desk.apply(one)
    await desk.apply(event(EventKind.REOPENED, 330))
    await as_folded(desk.store, examples, [*events, *end])


def _folds(applier: Applier) -> fold_cache.FoldCache:
    return applier._preparing.folds


# -- answers


@asynccontextmanager
async def asking(desk: Desk, catalogue: Catalogue, only: str | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    """`only`: the contract for which the caller's key is."""
    access = KeyAccess(scopes=frozenset({READ}), contract=only)
    app = FastAPI()
    problem.install(app)
    app.include_router(door(desk, catalogue, desk.time, lambda _request, _scope: access))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://timer") as client:
        yield client


async def test_answers_are_bounded_and_say_how_much_there_is(desk: Desk, examples: Catalogue) -> None:
    events = [opened(), *flood(1, 799)]
    await applied(desk, events, batch=400)
    path, seen, after = f"/v1/incidents/{HOT}", list[str](), ""
    async with asking(desk, examples) as client:
        while True:
            found = (await client.get(path, params={"limit": 300, "after": after})).json()
            assert len(found["events"]) <= 300
            assert found["events_total"] == 800
            assert len(found["clocks"]) == 100 < found["clocks_total"]
            assert all(len(clock["segments"]) <= 200 for clock in found["clocks"])
            seen += [one["id"] for one in found["events"]]
            if not (after := found["next"] or ""):
                break
        assert seen == [one.id for one in events]
        assert max(clock["segments_total"] for clock in found["clocks"]) > 200

        explained = await client.get(f"{path}/explain")
        assert len(explained.content) < 1_000_000
        kinds = {step["kind"] for clock in explained.json()["clocks"] for step in clock["steps"]}
        assert "earlier" in kinds
        then = await client.get(f"{path}/explain", params={"at": (TEN + timedelta(seconds=400)).isoformat()})
        assert then.status_code == 200
        assert (await client.get(path, params={"after": "nothing"})).status_code == 422


@pytest.mark.parametrize("number", [9, fold_cache.HOT + 10])
async def test_a_key_of_one_contract_reads_no_word_of_a_merged_ticket_however_many_events_there_are(
    desk: Desk, examples: Catalogue, number: int
) -> None:
    merged = event(EventKind.MERGED, 2, merged_into=HOT, carried_from=IncidentId("demo:OTHER"))
    word = event(EventKind.UPDATED, 3, carried_from=IncidentId("demo:OTHER"), reason="theirs")
    copies = [replace(one, id=EventId(f"copy-{place}")) for place, one in enumerate((merged, word))]
    quoted = event(EventKind.UPDATED, 4, reason='"carried_from":"demo:OTHER"')
    await applied(desk, [opened(), replace(quoted, id=EventId("quoted")), *copies, *flood(5, number)], batch=400)
    for only, shown in ((None, 2), ("acme", 0)):
        seen: list[dict[str, Any]] = []
        async with asking(desk, examples, only) as client:
            after = ""
            while after is not None:
                found = (await client.get(f"/v1/incidents/{HOT}", params={"after": after})).json()
                seen, after = [*seen, *found["events"]], found["next"]
                assert found["events_complete"] is (only is None)
        assert len([one for one in seen if one["carried_from"]]) == shown
        assert len(seen) == number + 2 + shown


async def test_the_pages_of_an_incident_with_few_events(desk: Desk, examples: Catalogue) -> None:
    events = [opened(), *flood(1, 9)]
    await desk.apply(*events)
    async with asking(desk, examples) as client:
        first = (await client.get(f"/v1/incidents/{HOT}?limit=4")).json()
        second = (await client.get(f"/v1/incidents/{HOT}", params={"after": first["next"]})).json()
    assert [one["id"] for one in (*first["events"], *second["events"])] == [one.id for one in events]
    assert second["next"] is None


# -- full size


class Pulse:
    """The longest work that the loop did in one go, in processor time: other work on the machine does not count."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def __aenter__(self) -> Pulse:
        self._task = asyncio.create_task(self._beat())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _beat(self) -> None:
        while True:
            begun = time.thread_time()
            await asyncio.sleep(0.001)
            self.worst = max(self.worst, time.thread_time() - begun)


@pytest.fixture
async def warm(desk: Desk) -> Desk:
    """Calendars are compiled, statements prepared."""
    await applied(desk, [opened(), *flood(1, 2 * fold_cache.HOT)])
    return desk


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_thirty_thousand_events_hold_nobody_up(warm: Desk) -> None:
    """Events of another contract are applied between the batches of the flood."""
    delays = []
    async with Pulse() as pulse:
        for n in range(60):
            batch = flood(2 * fold_cache.HOT + 1 + n * 500, 500)
            await asyncio.sleep(0)
            pulse.worst = pulse.worst if n > 1 else 0.0
            await warm.apply(*batch)
            begun = time.process_time()
            await warm.apply(opened(IncidentId(f"demo:OTHER-{n}"), n, "Polaris"))
            delays.append(time.process_time() - begun)
    read, folded = work(warm)
    assert read <= 2 * fold_cache.HOT + 1 + BATCH
    assert folded <= 30_000 + 2 * (2 * fold_cache.HOT)
    print(f"\nlongest turn {pulse.worst:.3f} s, another's events {max(delays):.3f} s of the processor")
    assert pulse.worst < 0.5
    assert max(delays) < 0.25
