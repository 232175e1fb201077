"""Group commit: company shares a transaction, nobody is answered before it is durable, the queue is bounded."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from tests.integration.ingest.world import FORMOSA, World, delivery, opened
from tests.integration.ingest.world import world as running

from sla_catalogue.source import SourceId
from sla_ingest import inbox as inbox_module
from sla_ingest import tables
from sla_ingest.commit import CommitBounds, GroupCommit, QueueFull
from sla_ingest.commit_queue import CommitQueue, SenderRoom
from sla_ingest.entry import DeliveryResult, InboxEntry
from sla_ingest.metrics import IngestMetrics
from sla_platform.bus import WakeSignal
from sla_platform.errors import StoreBusy
from sla_platform.store.engine import Store


def entry(number: int, body: bytes = b"{}") -> InboxEntry:
    return InboxEntry(
        source=SourceId("s"),
        delivery=f"d-{number}",
        digest=f"{number}",
        received_at=datetime(2026, 11, 20, tzinfo=UTC),
        headers={},
        body=body,
        result=DeliveryResult.IGNORED,
        counted_as="s",
    )


async def test_concurrent_requests_share_transactions(small: World) -> None:
    answers = await asyncio.gather(*(small.event(opened(str(n), f"INC{n}")) for n in range(200)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(await small.logged()) == 200
    commits = small.counted("slad_ingest_commit_deliveries_count")
    assert small.counted("slad_ingest_commit_deliveries_sum") == 200
    assert commits < 50


async def test_a_lone_request_does_not_wait_for_company(tmp_path) -> None:  # type: ignore[no-untyped-def]
    async with running(f"sqlite:///{tmp_path}/ingest.db", group_commit_ms=60_000) as alone:
        async with asyncio.timeout(20):
            assert (await alone.event(opened())).status_code == 202


async def test_nothing_is_answered_before_the_commit(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    held, reached = asyncio.Event(), asyncio.Event()
    real = inbox_module.store_receipts

    async def slow(connection, receipts, names):  # type: ignore[no-untyped-def]
        answered = await real(connection, receipts, names)
        reached.set()
        await held.wait()
        return answered

    monkeypatch.setattr(inbox_module, "store_receipts", slow)
    request = asyncio.create_task(small.event(opened()))
    await reached.wait()
    assert not request.done()
    assert await small.count(tables.inbox) == 0  # no other connection sees it yet
    held.set()
    assert (await request).status_code == 202
    assert await small.count(tables.inbox) == 1


async def test_the_bell_rings_after_a_commit_with_events_only(small: World) -> None:
    with small.wake_signal.listen() as signalled:
        await small.github({"zen": "z", "hook_id": 1}, event="ping", id_="p")
        assert not signalled.is_set()
        await small.github(delivery("opened"))
        assert signalled.is_set()


@asynccontextmanager
async def committing(store: Store, bounds: CommitBounds) -> AsyncIterator[GroupCommit]:
    commit = GroupCommit(store, lambda: None, WakeSignal(), IngestMetrics(CollectorRegistry()), bounds)  # type: ignore[arg-type,return-value]
    yield commit
    await commit.close()


async def test_a_full_queue_sends_away_and_what_waits_is_kept(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    held, reached = asyncio.Event(), asyncio.Event()
    real = inbox_module.store_receipts

    async def slow(connection, receipts, names):  # type: ignore[no-untyped-def]
        reached.set()
        await held.wait()
        return await real(connection, receipts, names)

    monkeypatch.setattr(inbox_module, "store_receipts", slow)
    async with committing(small.store, CommitBounds(queue_deliveries=16, group_deliveries=1)) as commit:
        first = asyncio.create_task(commit.take([entry(0)]))
        await reached.wait()
        waiting = [asyncio.create_task(commit.take([entry(n)], "much")) for n in range(10, 22)]
        waiting += [asyncio.create_task(commit.take([entry(n)], f"sender {n}")) for n in range(22, 26)]
        await asyncio.sleep(0)
        assert commit.full
        with pytest.raises(QueueFull):
            await commit.take([entry(9)])
        held.set()
        assert len(await asyncio.gather(first, *waiting)) == 17
        assert (await commit.take([entry(9)]))[0].duplicate is False
    assert await small.count(tables.inbox) == 18


class SlowStore:
    """Holds up the commits of a world for the `with` block, and notes whose deliveries each of them stored."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.held, self.reached = asyncio.Event(), asyncio.Event()
        self.stored: list[Counter[str]] = []
        self._real = inbox_module.store_receipts
        monkeypatch.setattr(inbox_module, "store_receipts", self._slow)

    def __enter__(self) -> SlowStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.held.set()

    async def _slow(self, connection, receipts, names):  # type: ignore[no-untyped-def]
        self.reached.set()
        await self.held.wait()
        self.stored.append(Counter(one.entry.source for one in receipts))
        return await self._real(connection, receipts, names)


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(100_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to this")


def many(batch: int, count: int) -> list[dict[str, Any]]:
    return [opened(f"{batch}-{n}", f"INC{batch}-{n}") for n in range(count)]


async def test_a_flood_of_one_sender_shuts_nobody_out(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database is slow one key posts batches until it is sent away: another's event is taken, and soon."""
    monkeypatch.setattr(small.ingest.commit, "_batches", SenderRoom(1_000, 2**26))
    monkeypatch.setattr(small.ingest.commit, "_bounds", CommitBounds(commit_seconds=600))
    with SlowStore(monkeypatch) as slow:
        first = asyncio.create_task(small.batch(many(0, 200)))
        await slow.reached.wait()  # what comes now waits
        more = [asyncio.create_task(small.batch(many(batch, 200))) for batch in range(1, 5)]
        sent_away, _ = await asyncio.wait(more, return_when=asyncio.FIRST_COMPLETED)
        assert {answer.result().status_code for answer in sent_away} == {503}
        event = opened("o", "OTHER", source="x", data={"customer": "Formosa"})
        other = asyncio.create_task(small.event(event, FORMOSA))
        await until(lambda: small.ingest.commit.pending % 200 == 1)  # it waits, too
    assert (await other).status_code == 202
    assert len(slow.stored) == 2, "it waited for the commit under way and for its own, not for all of the flood"
    assert {answer.status_code for answer in await asyncio.gather(first, *more)} == {202, 503}


async def test_a_large_batch_waits_slice_by_slice_and_others_come_in_between(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four requests with more events than the queue holds: whoever comes then waits for two commits, and is taken."""
    monkeypatch.setattr(small.ingest.commit, "_queue", CommitQueue(500, 2**26))
    monkeypatch.setattr(small.ingest.commit, "_bounds", CommitBounds(commit_seconds=600))
    event = opened("o", "OTHER", source="x", data={"customer": "Formosa"})
    with SlowStore(monkeypatch) as slow:
        flood = [asyncio.create_task(small.batch(many(batch, 800))) for batch in range(4)]
        # Two slices of one are being stored, and of the three others two wait each.
        await until(lambda: small.ingest.commit.pending == 3 * 2 * 250)
        others = [asyncio.create_task(small.event(event | {"id": f"o{n}"}, FORMOSA)) for n in range(20)]
        await until(lambda: small.ingest.commit.pending == 3 * 2 * 250 + 20)
        assert not slow.stored
    assert {(await other).status_code for other in others} == {202}
    done = next(n for n, commit in enumerate(slow.stored) if commit["key-formosa-only"])
    assert done == 1, "the first of them is in the commit after the one under way"
    answers = await asyncio.gather(*flood)
    assert {answer.status_code for answer in answers} == {202}
    assert sum(answer.json()["outcomes"]["accepted"] for answer in answers) == 3_200
    assert max(sum(commit.values()) for commit in slow.stored) <= 750


async def test_what_a_batch_held_is_free_again(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    room = SenderRoom(300, 2**26)
    monkeypatch.setattr(small.ingest.commit, "_batches", room)
    for batch in range(3):
        assert (await small.batch(many(batch, 290))).status_code == 202
    assert room.admits("anybody", 300, 1)


async def test_each_event_of_a_batch_counts_against_its_senders_rate(tmp_path: Path) -> None:
    async with running(f"sqlite:///{tmp_path}/ingest.db", rate_per_minute=500) as tight:
        assert (await tight.batch(many(0, 400))).status_code == 202
        refused = await tight.batch(many(1, 200))
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert len(await tight.logged()) == 400
        assert (await tight.batch(many(2, 50))).status_code == 202
        own = opened("o", "OTHER", source="x", data={"customer": "Formosa"})
        assert (await tight.event(own, FORMOSA)).status_code == 202


async def test_the_queue_is_bounded_in_bytes_too(small: World) -> None:
    async with committing(small.store, CommitBounds(queue_bytes=100)) as commit:
        big = asyncio.create_task(commit.take([entry(1, b"x" * 90)]))
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            await commit.take([entry(2, b"x" * 90)])
        await big


async def test_one_delivery_the_database_will_not_have_costs_the_others_nothing(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = inbox_module.store_receipts

    async def choosy(connection, receipts, names):  # type: ignore[no-untyped-def]
        if any(receipt.entry.body == b"poison" for receipt in receipts):
            raise ValueError("cannot be written")
        return await real(connection, receipts, names)

    monkeypatch.setattr(inbox_module, "store_receipts", choosy)
    async with committing(small.store, CommitBounds()) as commit:
        results = await asyncio.gather(
            *(commit.take([entry(n, b"poison" if n == 3 else b"{}")]) for n in range(8)), return_exceptions=True
        )
    failed = [n for n, result in enumerate(results) if isinstance(result, BaseException)]
    assert failed == [3]
    assert await small.count(tables.inbox) == 7


async def test_closing_finishes_what_waits(small: World) -> None:
    async with committing(small.store, CommitBounds()) as commit:
        taken = [asyncio.create_task(commit.take([entry(n)])) for n in range(5)]
        await asyncio.sleep(0)
        await commit.close()
        assert all(task.done() for task in taken)
    assert await small.count(tables.inbox) == 5


async def test_a_sender_that_hangs_up_loses_nothing(small: World) -> None:
    async with committing(small.store, CommitBounds()) as commit:
        gone = asyncio.create_task(commit.take([entry(1)]))
        stays = asyncio.create_task(commit.take([entry(2)]))
        await asyncio.sleep(0)
        gone.cancel()
        await stays
    assert await small.count(tables.inbox) == 2


async def test_who_gathered_while_the_database_did_not_answer_hears_it_with_the_first(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each further commit would wait as long: the last of a queue would hear nothing for minutes."""
    reached, held = asyncio.Event(), asyncio.Event()
    attempts = 0

    async def never(connection, receipts, names):  # type: ignore[no-untyped-def]
        nonlocal attempts
        attempts += 1
        reached.set()
        await held.wait()
        raise StoreBusy

    monkeypatch.setattr(inbox_module, "store_receipts", never)
    async with committing(small.store, CommitBounds(group_deliveries=1, slow_seconds=0.0)) as commit:
        first = asyncio.create_task(commit.take([entry(1)]))
        await reached.wait()
        later = [asyncio.create_task(commit.take([entry(number)])) for number in range(2, 6)]
        for _ in range(3):
            await asyncio.sleep(0)
        assert commit.pending == len(later)
        held.set()
        answers = await asyncio.gather(first, *later, return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreBusy] * 5
    assert (attempts, commit.pending) == (1, 0)
