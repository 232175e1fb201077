"""Reading the topic of contracts into a service's own table, and from there into memory."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import MetaData, Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.bus.feeds import Feeds
from sla_platform.bus.port import Batch
from sla_platform.contracts.shelf import RecordIndex, RecordShelf, index_of
from sla_platform.contracts.table import contract_cursor_table, contract_table, sequence_table
from sla_platform.envelope import Topic
from sla_platform.errors import Retryable
from sla_platform.runtime import Part
from sla_platform.store.dialect import insert_new, upsert
from sla_platform.store.engine import Store
from sla_platform.wire.contract import RecordData, decode_change, record_text

_LOOK_SECONDS = 1.0
_PAGE = 5_000  # rows read at a time


@dataclass(frozen=True, slots=True)
class ContractTables:
    """The tables of a service's copy of the contracts' records. `cursor`: how far the embedded service has read."""

    contract: Table
    sequence: Table
    cursor: Table

    @classmethod
    def of(cls, service: str) -> ContractTables:
        """Return the tables of the service of that name."""
        apart = MetaData()
        return cls(
            contract_table(apart, service), sequence_table(apart, service), contract_cursor_table(apart, service)
        )


async def write_records(
    connection: AsyncConnection, tables: ContractTables, records: Sequence[RecordData]
) -> list[str]:
    """Store records in the caller's transaction; a record that is not newer than the stored one is skipped.

    Return the ids of those that were stored. Other writers wait until the transaction ends.
    """
    if not records:
        return []
    last = await _next(connection, tables.sequence, len(records))
    table = tables.contract
    newest = {one.id: one for one in sorted(records, key=lambda one: one.revision)}
    query = select(table.c.id, table.c.revision).where(table.c.id.in_(sorted(newest)))
    known = {row.id: row.revision for row in (await connection.execute(query)).all()}
    fresh = [one for one in newest.values() if one.revision > known.get(one.id, 0)]
    rows = [_row(one, last - number) for number, one in enumerate(fresh)]
    if rows:
        await connection.execute(upsert(connection, table), rows)
    return [one.id for one in fresh]


async def lock_writers(connection: AsyncConnection, tables: ContractTables) -> None:
    """Have every other writer of these contracts wait until the caller's transaction ends."""
    sequence = tables.sequence
    await connection.execute(insert_new(connection, sequence), [{"id": 1, "last": 0}])
    await connection.execute(select(sequence.c.last).where(sequence.c.id == 1).with_for_update())


async def _next(connection: AsyncConnection, sequence: Table, many: int) -> int:
    """Take so many numbers, and return the last of them."""
    await connection.execute(insert_new(connection, sequence), [{"id": 1, "last": 0}])
    taken = update(sequence).where(sequence.c.id == 1).values(last=sequence.c.last + many).returning(sequence.c.last)
    return int((await connection.execute(taken)).scalar_one())


def _row(record: RecordData, seq: int) -> dict[str, Any]:
    return {
        "id": record.id,
        "revision": record.revision,
        "seq": seq,
        "names": orjson.dumps(dataclasses.asdict(index_of(record))).decode(),
        "record": record_text(record),
    }


async def refresh(connection: AsyncConnection, tables: ContractTables, shelf: RecordShelf) -> list[str]:
    """Bring the records in memory up to the stored ones; return the ids of those that changed.

    Cheap when nothing changed: one look at an index. Call it at the start of a transaction that judges incidents.
    """
    changed: list[str] = []
    table = tables.contract
    while True:
        query = select(table).where(table.c.seq > shelf.seq).order_by(table.c.seq).limit(_PAGE)
        rows = (await connection.execute(query)).all()
        for row in rows:
            text = row.record.encode()
            if not shelf.put_shared(row.id, row.revision, text, row.seq):
                shelf.put(row.id, row.revision, RecordIndex(**orjson.loads(row.names)), text, row.seq)
            changed.append(row.id)
        if len(rows) < _PAGE:
            return changed


class ContractCopies:
    """Copies the contracts' events into a service's table (`sla_platform.bus.Handler`), and keeps its shelf up to date.

    `within`: called in the transaction with the records that were new and may judge incidents otherwise than before.
    """

    def __init__(
        self,
        store: Store,
        tables: ContractTables,
        shelf: RecordShelf,
        within: Callable[[AsyncConnection, Sequence[RecordData]], Awaitable[None]] | None = None,
    ) -> None:
        self._store = store
        self._tables = tables
        self._shelf = shelf
        self._within = within

    async def load(self) -> None:
        """Read what is stored into memory. Raises StoreBusy."""
        async with self._store.reading() as connection:
            await refresh(connection, self._tables, self._shelf)

    async def assigned(self, partitions: frozenset[int]) -> None:
        """Do nothing: a record that was stored before is recognised by its revision."""

    async def revoked(self, partitions: frozenset[int]) -> None:
        """Do nothing: a record that was stored before is recognised by its revision."""

    async def handle(self, batch: Batch) -> None:
        """Store the records of a batch of events. Raises BadEnvelope if one cannot be read, StoreBusy."""
        changes = [decode_change(envelope) for envelope in batch.envelopes]
        if not changes:
            return
        newest = {one.record.id: one.record for one in changes}  # in order, so the last of each
        judging = {name for name, record in newest.items() if self._judges_otherwise(record)}
        async with self._store.transaction() as connection:
            stored = set(await write_records(connection, self._tables, list(newest.values())))
            if self._within is not None and stored & judging:
                await self._within(connection, [newest[name] for name in sorted(stored & judging)])
        await self.load()

    def _judges_otherwise(self, record: RecordData) -> bool:
        """Return whether it may, by what this service has read; a ledger entry alone moves no clock."""
        known = self._shelf.get(record.id)
        judged_in = record.revision if record.judged_in is None else record.judged_in
        return judged_in != (0 if known is None else known.judged_in)

    async def follow(self) -> None:
        """Look every second for records that another instance of the service has stored, until cancelled."""
        while True:
            with contextlib.suppress(Retryable):  # the readiness check reports it; the next look reads what is new
                await self.load()
            await asyncio.sleep(_LOOK_SECONDS)


def contract_parts(
    service: str,
    store: Store,
    feeds: Feeds,
    tables: ContractTables,
    shelf: RecordShelf,
    within: Callable[[AsyncConnection, Sequence[RecordData]], Awaitable[None]] | None = None,
) -> tuple[Part, ...]:
    """Return the parts of a service that learn of contracts: what is stored is read first, then the topic.

    `within`: as of `ContractCopies`.
    """
    copies = ContractCopies(store, tables, shelf, within)
    keep = feeds.quarantine(service).keep_quarantined
    source = feeds.source(f"{service}_contract", [Topic.CONTRACTS], tables.cursor, keep_quarantined=keep)

    async def learn() -> None:
        await source.run(copies)

    return (Part("contracts", learn), Part("contract-records", copies.follow))
