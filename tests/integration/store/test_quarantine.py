"""`<service>_quarantine`: writing one never fails by what the row says, and the same row is one entry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import MetaData
from tests.commanded import OPS

from sla_platform.audit.tables import audit_tables
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.quarantine import NoEntry, NotWaiting, Quarantine
from sla_platform.errors import Permanent, Retryable
from sla_platform.store.engine import Store
from sla_platform.store.quarantine import QuarantineEntry, QuarantineRow, quarantine_table
from sla_platform.store.schema import create_all

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HOSTILE = "a\0b\ud800" + "ü" * 100_000


class HandTime:
    authoritative = True
    instant = NOW

    def now(self) -> datetime:
        return self.instant

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing sleeps here")


async def opened(store: Store) -> tuple[Quarantine, HandTime, BusMetrics]:
    metadata = MetaData()
    table = quarantine_table(metadata, "board")
    audit_tables(metadata, "board")
    await create_all(store, [metadata])
    time, metrics = HandTime(), BusMetrics()
    return Quarantine("board", store, table, time, metrics), time, metrics


def row(event: str = "e/1", data: bytes = b"{}", part: str = "consume") -> QuarantineRow:
    return QuarantineRow(
        part=part, position="incidents/0/7", key="github:1", event=event, headers={"ce_id": event}, data=data
    )


async def test_whatever_a_row_says_it_can_be_kept(store: Store) -> None:
    quarantine, _, _ = await opened(store)
    bytes_ = b"\x00\xff\xfe" * 1000
    worst = QuarantineRow(
        part="consume", position=HOSTILE, topic=HOSTILE, key=HOSTILE, event=HOSTILE, type=HOSTILE,
        headers={HOSTILE: HOSTILE}, data=bytes_,
    )  # fmt: skip
    await quarantine.put(worst, ValueError(HOSTILE))
    (listed,) = await quarantine.page("", 0, 10)
    assert listed.size == len(bytes_)
    assert (await quarantine.find(listed.id)).data == bytes_


async def test_the_same_row_again_is_counted_on_its_entry(store: Store) -> None:
    quarantine, time, metrics = await opened(store)
    await quarantine.put(row(), ValueError("first"))
    time.instant += timedelta(minutes=1)
    await quarantine.put(row(), ValueError("second"))
    await quarantine.put(row("e/2"), ValueError("another"))
    first, other = await quarantine.page("quarantined", 0, 10)
    assert (first.count, first.error, first.first_at, first.last_at) == (
        2, "ValueError: second", NOW, NOW + timedelta(minutes=1),
    )  # fmt: skip
    assert (other.event, other.count) == ("e/2", 1)
    await quarantine.count()
    labels = {"service": "board", "part": "consume"}
    assert metrics.registry.get_sample_value("slad_quarantined_rows", labels) == 2
    assert metrics.registry.get_sample_value("slad_quarantined_total", labels) == 3


async def test_pages_are_walked_from_the_oldest_on(store: Store) -> None:
    quarantine, _, _ = await opened(store)
    for number in range(5):
        await quarantine.put(row(f"e/{number}"), ValueError())
    seen: list[str] = []
    after = 0
    while page := await quarantine.page("", after, 2):
        seen += [entry.event for entry in page]
        after = page[-1].id
    assert seen == [f"e/{number}" for number in range(5)]


async def test_a_replay_marks_what_succeeds_and_keeps_what_fails_with_its_new_error(store: Store) -> None:
    quarantine, _, metrics = await opened(store)
    given: list[QuarantineEntry] = []
    fails: list[Exception] = [KeyError("still"), OSError(24, "Too many open files")]

    async def handler(entry: QuarantineEntry) -> None:
        given.append(entry)
        if fails:
            raise fails.pop(0)

    quarantine.register_replay("consume", handler)
    await quarantine.put(row(data=b'{"n": 1}'), ValueError("first"))
    (kept,) = await quarantine.page("", 0, 10)
    failed = await quarantine.replay(kept.id, OPS)
    assert (failed.state, failed.count, failed.error) == ("quarantined", 2, "KeyError: 'still'")
    with pytest.raises(Retryable):
        await quarantine.replay(kept.id, OPS)
    assert (await quarantine.find(kept.id)).error == "KeyError: 'still'", "the surroundings say nothing of the row"
    assert (await quarantine.replay(kept.id, OPS)).state == "replayed"
    assert [entry.data for entry in given] == [b'{"n": 1}'] * 3
    assert metrics.registry.get_sample_value("slad_quarantined_rows", {"service": "board", "part": "consume"}) == 0
    with pytest.raises(NotWaiting):
        await quarantine.replay(kept.id, OPS)
    with pytest.raises(NoEntry):
        await quarantine.replay(kept.id + 1, OPS)


async def test_a_row_that_comes_back_while_it_is_replayed_waits_again(store: Store) -> None:
    """The tick may fail at a timer that was put back before the replay has been written down."""
    quarantine, _, _ = await opened(store)

    async def put_back(entry: QuarantineEntry) -> None:
        await quarantine.put(row(part="tick"), ValueError("again"))

    quarantine.register_replay("tick", put_back)
    await quarantine.put(row(part="tick"), ValueError("first"))
    (kept,) = await quarantine.page("", 0, 10)
    again = await quarantine.replay(kept.id, OPS)
    assert (again.state, again.count) == ("quarantined", 2)


async def test_only_what_was_replayed_is_forgotten_by_age(store: Store) -> None:
    quarantine, _, _ = await opened(store)

    async def fine(entry: QuarantineEntry) -> None:
        """Nothing is wrong any more."""

    quarantine.register_replay("consume", fine)
    await quarantine.put(row("e/1"), Permanent("unfit"))
    await quarantine.put(row("e/2"), Permanent("unfit"))
    (kept, _) = await quarantine.page("", 0, 10)
    await quarantine.replay(kept.id, OPS)
    assert [step async for step in quarantine.sweep_replayed(NOW)] == []
    assert [step async for step in quarantine.sweep_replayed(NOW + timedelta(days=1))] == [{"board_quarantine": 1}]
    assert [entry.event for entry in await quarantine.page("", 0, 10)] == ["e/2"]
