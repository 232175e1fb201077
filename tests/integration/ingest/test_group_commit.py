"""Group commit: company shares a transaction, nobody is answered before it is durable, the queue is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry
from tests.integration.ingest.world import FORMOSA, World, delivery, opened
from tests.integration.ingest.world import world as running

from sla_catalogue.source import SourceId
from sla_ingest import inbox as inbox_module
from sla_ingest import tables
from sla_ingest.commit import CommitBounds, GroupCommit, QueueFull
from sla_ingest.commit_queue import CommitQueue
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


async def test_a_flood_of_one_sender_shuts_nobody_out(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database is slow one key posts batches until it is sent away: another's event is taken, and soon."""
    held, reached = asyncio.Event(), asyncio.Event()
    real, stored = inbox_module.store_receipts, []

    async def slow(connection, receipts, names):  # type: ignore[no-untyped-def]
        reached.set()
        await held.wait()
        stored.append([one.entry.source for one in receipts])
        return await real(connection, receipts, names)

    monkeypatch.setattr(inbox_module, "store_receipts", slow)
    monkeypatch.setattr(small.ingest.commit, "_queue", CommitQueue(1_000, 2**26))
    monkeypatch.setattr(small.ingest.commit, "_bounds", CommitBounds(commit_seconds=600))
    batches = [[opened(f"{batch}-{n}", f"INC{batch}-{n}") for n in range(200)] for batch in range(5)]
    first = asyncio.create_task(small.batch(batches[0]))
    await reached.wait()  # what comes now waits
    more = [asyncio.create_task(small.batch(batch)) for batch in batches[1:]]
    try:
        sent_away, _ = await asyncio.wait(more, return_when=asyncio.FIRST_COMPLETED)
        assert {answer.result().status_code for answer in sent_away} == {503}
        event = opened("o", "OTHER", source="x", data={"customer": "Formosa"})
        other = asyncio.create_task(small.event(event, FORMOSA))
        for _ in range(10_000):
            if small.ingest.commit.pending % 200:  # it waits, too
                break
            await asyncio.sleep(0)
    finally:
        held.set()
    assert (await other).status_code == 202
    assert len(stored) == 2, "it waited for the commit under way and for its own, not for all of the flood"
    assert {answer.status_code for answer in await asyncio.gather(first, *more)} == {202, 503}


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
