"""Reading the topic of contracts into a service's own table, and from there into memory."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.bus.feeds import Feeds
from sla_platform.bus.port import Batch
from sla_platform.bus.quarantine import Quarantine
from sla_platform.bus.skipped import SkippedRows
from sla_platform.contracts.shelf import RecordIndex, RecordShelf, index_of
from sla_platform.contracts.table import ContractTables
from sla_platform.envelope import Topic
from sla_platform.runtime import Part, Service
from sla_platform.store.dialect import insert_new, upsert
from sla_platform.store.engine import Store
from sla_platform.wire.contract import RecordData, decode_change, read_record, record_text

NOT_READ = "the recorded contracts have not been read from the store yet"  # for `/readyz`
_LOOK_SECONDS = 1.0
_PAGE = 5_000  # rows read at a time


async def write_records(
    connection: AsyncConnection, tables: ContractTables, records: Sequence[RecordData]
) -> list[str]:
    """Store contract records in the service's tables, in the caller's transaction.

    The result has the ids of the contracts whose records were stored. A record is skipped unless its `revision` is
    greater than that of the stored record of its contract. Other writers of these tables wait until the transaction
    ends.
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
    """Lock the service's contract tables against other writers until the caller's transaction ends."""
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
    """Read the contract records stored since the last call into memory.

    The result has the ids of the contracts that changed. If none changed, the call is cheap: a single query by an
    index. Call it at the start of a transaction that computes due instants from the contracts.

    Args:
        shelf: The records in memory.
    """
    if shelf.read:
        return await _read_new(connection, tables.contract, shelf)
    async with shelf.first_read:
        copied = shelf.could_copy and await _copy(connection, tables.contract, shelf)
        changed = list(shelf) if copied else await _read_new(connection, tables.contract, shelf)
        shelf.read = True
    return changed


async def _read_new(connection: AsyncConnection, table: Table, shelf: RecordShelf) -> list[str]:
    """Put the rows behind the last one that was read into the shelf; return the ids of the contracts that changed."""
    changed: list[str] = []
    while True:
        query = select(table).where(table.c.seq > shelf.seq).order_by(table.c.seq).limit(_PAGE)
        rows = (await connection.execute(query)).all()
        changed += _put_rows(rows, shelf)
        if len(rows) < _PAGE:
            return changed


async def _copy(connection: AsyncConnection, table: Table, shelf: RecordShelf) -> bool:
    """Fill an empty shelf from that of another service of the process, without reading the records once more."""
    rows = (await connection.execute(select(table.c.id, table.c.revision, table.c.seq))).all()
    return shelf.copy({id_: revision for id_, revision, _ in rows}, max((row[2] for row in rows), default=0))


def _put_rows(rows: Sequence[Any], shelf: RecordShelf) -> list[str]:
    """Put the newer ones of these rows into the shelf; return the ids of their contracts."""
    changed: list[str] = []
    with _no_garbage_collection() if len(rows) == _PAGE else contextlib.nullcontext():
        for id_, revision, seq, names, record in rows:
            if revision < shelf.revision(id_):
                continue  # another transaction of this process has read a newer one meanwhile
            if not shelf.put_shared(id_, revision, seq):
                text = record.encode()
                try:
                    index = RecordIndex.read(names, text)
                except (ValueError, TypeError, LookupError) as error:
                    shelf.pass_over(id_, seq, error)
                    continue
                shelf.put(id_, revision, index, text, seq)
            changed.append(id_)
    return changed


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """What is read at a start stays: looking through it again and again takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


async def read_again(connection: AsyncConnection, tables: ContractTables, shelf: RecordShelf, contract: str) -> None:
    """Read one contract record into memory that could not be read before; nothing is done if it is not stored.

    Raises:
        ValueError: The record still cannot be read.
    """
    table = tables.contract
    row = (await connection.execute(select(table).where(table.c.id == contract))).first()
    if row is not None:
        text = row.record.encode()
        read_record(text)
        shelf.put(contract, row.revision, RecordIndex.read(row.names, text), text, row.seq)


class UnreadableRecords:
    """Puts contract records that cannot be read into a service's quarantine: call `keep`.

    A replay from the quarantine tries to read the record again.

    Args:
        tables: The tables of the records.
        shelf: The records in memory.
    """

    def __init__(self, store: Store, tables: ContractTables, shelf: RecordShelf, quarantine: Quarantine) -> None:
        self._store = store
        self._tables = tables
        self._shelf = shelf
        self._skipped = SkippedRows(quarantine, "contract-records", self._again)

    async def keep(self) -> None:
        """Quarantine the records that could not be read since the last call.

        Raises:
            StoreBusy: The database cannot be used now.
        """
        for contract, error in list(self._shelf.unreadable.items()):
            if not self._skipped.skips(contract):
                await self._skipped.skip(contract, error)

    async def _again(self, contract: str) -> None:
        async with self._store.reading() as connection:
            await read_again(connection, self._tables, self._shelf, contract)


@dataclass(frozen=True, slots=True)
class RecordCopy:
    """A service's own copy of all contract records, in the database and in memory."""

    shelf: RecordShelf
    """The records in memory."""
    tables: ContractTables
    """The records in the database."""
    cursor: Table
    """The table in which the service stores how far it has read the events about contracts. Only used without Kafka."""

    async def refresh(self, connection: AsyncConnection) -> list[str]:
        """Read the contract records stored since the last call into memory.

        The result has the ids of the contracts that changed.
        """
        return await refresh(connection, self.tables, self.shelf)

    async def changed_since(self, connection: AsyncConnection, seq: int) -> tuple[list[str], int]:
        """Return the ids of the contracts stored since an earlier call, and the `seq` for the next call.

        The ids are in the order of storing. If nothing was stored, the same `seq` is returned.

        Args:
            seq: What the earlier call returned. 0 for all contracts. It is a number that grows with every stored
                record.
        """
        table = self.tables.contract
        query = select(table.c.id, table.c.seq).where(table.c.seq > seq).order_by(table.c.seq)
        rows = (await connection.execute(query)).all()
        return [row.id for row in rows], rows[-1].seq if rows else seq


class ContractCopies:
    """An event handler (`sla_platform.bus.Handler`) that stores contract records from the bus in a service's tables.

    The handler also keeps the records in memory (`copy.shelf`) up to date.

    Args:
        quarantine: Receives the stored records that cannot be read.
        within: Function to call in the transaction that stores records. Its arguments are the connection and those
            stored records whose change may alter a promised due instant. A record in which only ledger entries are new
            (amounts in the account of an allowance) is not among them. None means that nothing is called.
    """

    def __init__(
        self,
        store: Store,
        copy: RecordCopy,
        quarantine: Quarantine,
        within: Callable[[AsyncConnection, Sequence[RecordData]], Awaitable[None]] | None = None,
    ) -> None:
        self._store = store
        self._copy = copy
        self._unreadable = UnreadableRecords(store, copy.tables, copy.shelf, quarantine)
        self._within = within

    async def load(self) -> None:
        """Read the new and changed records from the service's tables into memory.

        Raises:
            StoreBusy: The store cannot be read now.
        """
        async with self._store.reading() as connection:
            await self._copy.refresh(connection)

    async def reason_not_ready(self) -> str | None:
        """Return None once the contract records have been read from the store; until then, a sentence that says so.

        This is a readiness check, called for `/readyz`.
        """
        return None if self._copy.shelf.read else NOT_READ

    async def assigned(self, partitions: frozenset[int]) -> None:
        """Do nothing when the bus gives partitions to this process.

        Nothing need be prepared: a record that the bus delivers twice is recognised by its revision, and skipped.
        """

    async def revoked(self, partitions: frozenset[int]) -> None:
        """Do nothing when the bus takes partitions away from this process.

        Nothing need be cleared: a record that the bus delivers twice is recognised by its revision, and skipped.
        """

    async def handle(self, batch: Batch) -> None:
        """Store the contract records in a batch of events, and read them into memory.

        Raises:
            BadEnvelope: An event cannot be read.
            StoreBusy: The database cannot be used now.
        """
        changes = [decode_change(envelope) for envelope in batch.envelopes]
        if not changes:
            return
        newest = {one.record.id: one.record for one in changes}  # in order, so the last of each
        judging = {name for name, record in newest.items() if self._judges_otherwise(record)}
        async with self._store.transaction() as connection:
            stored = set(await write_records(connection, self._copy.tables, list(newest.values())))
            if self._within is not None and stored & judging:
                await self._within(connection, [newest[name] for name in sorted(stored & judging)])
        await self.load()

    def _judges_otherwise(self, record: RecordData) -> bool:
        """Return whether it may, by what this service has read; a ledger entry alone moves no clock."""
        known = self._copy.shelf.get(record.id)
        judged_in = record.revision if record.judged_in is None else record.judged_in
        return judged_in != (0 if known is None else known.judged_in)

    async def follow(self) -> None:
        """Call `load` every second until cancelled.

        This brings records that another process of the service has stored into the memory of this process. Records that
        cannot be read go to the quarantine.
        """
        while True:
            await self.load()
            await self._unreadable.keep()
            await asyncio.sleep(_LOOK_SECONDS)


def with_records(
    service: Service,
    store: Store,
    feeds: Feeds,
    copy: RecordCopy,
    within: Callable[[AsyncConnection, Sequence[RecordData]], Awaitable[None]] | None = None,
) -> Service:
    """Return a copy of the service that also keeps its contract records up to date.

    The returned service has a readiness check for the records. It reads the stored records before any of its parts
    runs.

    Args:
        feeds: Creates the service's quarantine, and the event source that reads the topic `contracts`.
        copy: The object that keeps the records in the database and in memory.
        within: Function to call in the transaction that stores records. Its second argument is the stored records whose
            change may alter a promised due instant. None means that nothing is called.
    """
    quarantine = feeds.quarantine(service.name)
    copies = ContractCopies(store, copy, quarantine, within)
    keep = quarantine.keep_quarantined
    source = feeds.source(f"{service.name}_contract", [Topic.CONTRACTS], copy.cursor, keep_quarantined=keep)

    async def learn() -> None:
        await source.run(copies)

    parts = (*service.parts, Part("contracts", learn), Part("contract-records", copies.follow))
    checks = {**service.checks, "contracts": copies.reason_not_ready}
    return replace(service, parts=parts, checks=checks, prepare=copies.load)
