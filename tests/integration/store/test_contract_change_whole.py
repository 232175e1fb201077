"""A change of a contract killed between any two of its statements: versions, history, log and copy are whole."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select
from tests.integration.store.recorded import ANN, FILES, NOV, Clock, Started, booking, written
from tests.unit.catalogue.made import loaded

from sla_catalogue import Catalogue
from sla_domain.contract import EnvironmentItem
from sla_domain.ledger import EntryKind
from sla_domain.record import ContractRecord
from sla_ingest import tables
from sla_ingest.contract.store import CONTRACTS
from sla_platform.audit.act import Command
from sla_platform.store.engine import Store
from sla_platform.wire.contract import ContractChangedData, change_of, read_record, record_data, record_text


class Killed(BaseException):
    """What ends the process, as far as the database can tell."""


@pytest.fixture
async def ingest(store: Store) -> Store:
    async with store.transaction() as connection:
        await connection.run_sync(tables.metadata.create_all)
    return store


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return loaded(tmp_path, FILES)


def life(contract: str, clock: Clock) -> list[Callable[[Started], Awaitable[Any]]]:
    """The changes of a contract, one after the other; each adds one revision."""
    later = NOV + timedelta(days=1)

    async def in_force(by: Started) -> None:
        clock.now_ = later
        await by.owner.put_in_force()

    profile = (EnvironmentItem(product="shop", versions=("4.1",)),)
    return [
        lambda by: by.owner.create(written(contract, "first", NOV), ANN),
        lambda by: by.owner.change(contract, written(contract, "second", later + timedelta(days=9)), 1, ANN),
        lambda by: by.owner.withdraw(contract, 2, 2, Command(ANN.actor, "not so")),
        lambda by: by.owner.change(contract, written(contract, "third", later), 3, ANN),
        in_force,
        lambda by: by.owner.freeze(contract, NOV, 5, Command(ANN.actor, "billed")),
        lambda by: by.post(contract, "bought", "bought", 10, later),
        lambda by: by.owner.book(contract, booking("fair"), ANN),
        lambda by: by.worked(contract, f"{contract}-work", NOV),
        lambda by: by.owner.cancel(contract, "fair", ANN),
        lambda by: by.owner.book(contract, booking("fair"), ANN),
        lambda by: by.owner.state_profile(contract, profile, ANN),
    ]


ACTS = [
    "contract.created", "contract.changed", "contract.version_withdrawn", "contract.changed", None, "contract.frozen",
    "contract.entry_posted", "contract.window_booked", None, "contract.window_cancelled", "contract.window_booked",
    "contract.profile_stated",
]  # fmt: skip


class Killer:
    """Fails at the statement or commit with the number `at`, counted from 0 over all `with watching()`; -1: at none."""

    def __init__(self, store: Store, at: int) -> None:
        self._engine = store._database.writer.engine.sync_engine
        self._at = at
        self.reached = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        event.listen(self._engine, "before_cursor_execute", self._step)
        event.listen(self._engine, "commit", self._step)
        try:
            yield
        finally:
            event.remove(self._engine, "before_cursor_execute", self._step)
            event.remove(self._engine, "commit", self._step)

    def _step(self, *_: Any) -> None:
        self.reached += 1
        if self.reached == self._at + 1:
            raise Killed


async def whole(store: Store, contract: str) -> ContractRecord | None:
    """Assert that all that is stored of a contract tells the same, and return its record."""
    async with store.reading() as connection:
        copy = (await connection.execute(select(CONTRACTS.contract).where(CONTRACTS.contract.c.id == contract))).first()
        entries = tables.contract_entry
        entry = (await connection.execute(select(entries).where(entries.c.id == contract))).first()
        change = tables.contract_change
        query = select(change).where(change.c.contract == contract).order_by(change.c.revision)
        history = (await connection.execute(query)).all()
        log = tables.log
        logged = (await connection.execute(select(log).where(log.c.key == contract).order_by(log.c.position))).all()
        audit = tables.audit.rows
        query = select(audit).where(audit.c.object == contract).order_by(audit.c.seq)
        acts = (await connection.execute(query)).all()
    if copy is None:
        assert entry is None
        assert history == []
        assert logged == []
        assert acts == []
        return None
    assert copy.revision == entry.revision
    assert [row.revision for row in history] == list(range(1, copy.revision + 1)), "no revision is missing"
    events = [ContractChangedData.model_validate_json(row.data) for row in logged]
    assert [one.record.revision for one in events] == list(range(1, copy.revision + 1)), "each was published once"
    record = read_record(copy.record)
    assert record_text(events[-1].record) == record_text(record_data(record))
    kept = [ContractChangedData.model_validate_json(row.data) for row in history]
    assert [change_of(one) for one in kept] == [change_of(one) for one in events]
    assert [one.act for one in acts] == [one for one in ACTS[: record.revision] if one is not None]
    booked = {one.id for one in record.windows_at()}
    ended = {one.entry.of for one in record.entries}
    reserved = [one.entry for one in record.entries if one.entry.kind is EntryKind.RESERVED]
    assert {one.reference for one in reserved if one.id not in ended} == booked, "each window has its credits"
    return record


async def told(store: Store, contract: str) -> list[tuple[int, str | None, bool, bool]]:
    record = await whole(store, contract)
    assert record is not None
    return [
        (
            one.number,
            json.loads(one.document).get("title"),
            one.in_force_in is not None,
            one.withdrawn_in is not None,
        )
        for one in record.versions
    ]


@pytest.mark.timeout(900)  # each of some hundred and fifty lives takes its statements one by one
@pytest.mark.long
async def test_killed_between_any_two_statements_a_contract_is_whole_and_goes_on(
    ingest: Store, catalogue: Catalogue
) -> None:
    counted, clock = Killer(ingest, -1), Clock()
    for step in life("whole", clock):
        with counted.watching():
            await step(Started(ingest, catalogue, clock))
    expected = await told(ingest, "whole")
    assert expected == [(1, "first", True, False), (2, None, False, True), (3, "third", True, False)]
    assert counted.reached > 80
    # The statements are the same on both; that a transaction is whole is asked of PostgreSQL at every fifth.
    for number in range(0, counted.reached, 1 if ingest.sqlite else 5):
        contract, clock, killer, kills = f"killed-{number}", Clock(), Killer(ingest, number), 0
        for revision, step in enumerate(life(contract, clock), start=1):
            try:
                with killer.watching():
                    await step(Started(ingest, catalogue, clock))
            except Killed:
                kills += 1
                record = await whole(ingest, contract)
                reached = 0 if record is None else record.revision
                assert reached in (revision - 1, revision)
                if reached < revision:  # started again, it is told once more
                    await step(Started(ingest, catalogue, clock))
            record = await whole(ingest, contract)
            assert record is not None
            assert record.revision == revision
        assert kills == 1
        assert await told(ingest, contract) == expected


async def test_whoever_has_not_read_the_contracts_is_not_ready(ingest: Store, catalogue: Catalogue) -> None:
    started = Started(ingest, catalogue, Clock()).owner
    assert "have not been read" in (await started.reason_not_ready() or "")
    await started.load()
    assert await started.reason_not_ready() is None
