"""The quarantine of one service: keeps what could not be processed, shows it, and gives it to its handler again.

Every part of a service that takes rows (the consumer, the tick, the relay …) quarantines under its own name, and says
what replaying one of its rows means.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import MetaData, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, Command
from sla_platform.audit.tables import audit_tables
from sla_platform.bus.metrics import BusMetrics
from sla_platform.bus.port import QuarantinedRecord
from sla_platform.bus.record import Watermark, headers_of, read_record
from sla_platform.envelope import Envelope, Topic
from sla_platform.errors import BadEnvelope, Fenced
from sla_platform.fault import Fault, as_retryable, error_text, fault_of
from sla_platform.store import quarantine as kept
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.store.quarantine import QuarantineEntry, QuarantineRow, QuarantineState
from sla_platform.timesource import TimeSource

_log = structlog.get_logger(__name__)
CONSUME, RELAY = "consume", "relay"
COUNT_EVERY_SECONDS = 10.0
_FORGOTTEN_AT_ONCE = 200

Replay = Callable[[QuarantineEntry], Awaitable[None]]
"""Gives a row to its handler again. Raises what the handler raises; it must know what it has done before."""


class NoEntry(LookupError):
    """Raised when the quarantine (table of rows that could not be processed) has no entry with the given id."""


class NotWaiting(Exception):
    """Raised when an entry cannot be replayed.

    Either the entry was replayed before, or no replay is registered for its part of the service.
    """


class Quarantine:
    """The quarantine of one service, which stores, lists and replays rows that the service could not process.

    Rows are events, timers or deliveries. To replay a row is to give it again to the function that failed to process
    it. A part of the service that quarantines rows must register this function (`register_replay`). Create one object
    per service and process.

    Args:
        table: The table of the rows.
    """

    def __init__(self, service: str, store: Store, table: Table, time_source: TimeSource, metrics: BusMetrics) -> None:
        self.service = service
        self.table = table
        self._store = store
        self._time_source = time_source
        self._metrics = metrics
        self._audit = audit_tables(MetaData(), service)
        self._replays: dict[str, Replay] = {}
        self._parts: set[str] = {CONSUME}

    def register_replay(self, part: str, replay: Replay) -> None:
        """Register the function that replays quarantined rows of one part of the service.

        Args:
            part: The name of the part, such as `consume`.
            replay: Function to call with the entry, to process the row again. It raises the error if the row fails
                again.
        """
        self._replays[part] = replay
        self._parts.add(part)

    # keeping

    async def put(self, row: QuarantineRow, error: Exception, **own: Any) -> None:
        """Store a row that could not be processed, in a transaction of its own.

        The row is also counted in the metrics and logged.

        Args:
            error: Why the row failed.
            own: Values of columns that only this service's quarantine table has, by name.

        Raises:
            StoreBusy: The row could not be stored. The caller must then not drop the row.
        """
        async with self._store.transaction() as connection:
            await self.put_within(connection, row, error, **own)
        self.report(row, error)

    async def move(
        self, take_out: Callable[[AsyncConnection, datetime], Awaitable[QuarantineRow]], error: Exception
    ) -> None:
        """Move a row that could not be processed out of its table into the quarantine, in one transaction.

        The row is also counted in the metrics and logged.

        Args:
            take_out: Function to call in the transaction, with the present instant. It takes the row out of processing
                and returns it raw.
            error: Why the row failed.

        Raises:
            StoreBusy: The row could not be moved. It is where it was.
        """
        async with self._store.transaction() as connection:
            row = await take_out(connection, await store_now(connection, self._time_source))
            await self.put_within(connection, row, error)
        self.report(row, error)

    async def put_within(self, connection: AsyncConnection, row: QuarantineRow, error: Exception, **own: Any) -> None:
        """Store a row that could not be processed, in the caller's transaction.

        In the same transaction, remove the row from the table in which it was. Call `report` after the commit.

        Args:
            error: Why the row failed.
            own: Values of columns that only this service's quarantine table has, by name.
        """
        await kept.put(connection, self.table, row, error_text(error), self._time_source.now(), **own)

    def report(self, row: QuarantineRow, error: Exception) -> None:
        """Log a row that has been stored in the quarantine, and count it in the metrics.

        Args:
            error: Why the row failed.
        """
        self._metrics.quarantined_total.labels(self.service, row.part).inc()
        self._metrics.quarantined.labels(self.service, row.part).inc()
        _log.error(
            "row.quarantined", service=self.service, part=row.part, position=row.position, key=row.key,
            event_id=row.event, type=row.type, bytes=len(row.data), error=error_text(error)[:500],
        )  # fmt: skip

    async def keep_quarantined(self, record: QuarantinedRecord) -> None:
        """Store a record of the bus that could not be read or handled.

        Give this method to an event source as its `keep_quarantined`.

        Raises:
            StoreBusy: The record could not be stored.
        """
        await self.put(_row_of(record), record.error)

    # looking

    async def page(self, state: str, after: int, limit: int) -> Sequence[QuarantineEntry]:
        """Return a page of the entries of the quarantine (rows that could not be processed), the oldest first.

        The returned entries have no raw bytes (`data` is empty).

        Args:
            state: `quarantined` or `replayed` for only such entries. "" for all.
            after: The id of the last entry of the previous page. 0 for the first page.
            limit: The greatest number of entries to return.
        """
        async with self._store.reading() as connection:
            return await kept.page(connection, self.table, state, after, limit)

    async def find(self, id_: int) -> QuarantineEntry:
        """Return the entry with this id, with its data.

        Raises:
            NoEntry: There is no such entry.
        """
        async with self._store.reading() as connection:
            entry = await kept.find(connection, self.table, id_)
        if entry is None:
            raise NoEntry(str(id_))
        return entry

    # replaying

    async def replay(self, id_: int, command: Command) -> QuarantineEntry:
        """Process the row of the entry `id_` again, and return the updated entry.

        Before the row is processed, the replay is recorded in the audit log. If processing fails again, the entry stays
        in quarantine with the new error, and its count of failures rises by 1.

        Args:
            command: Who requests the replay, and why.

        Raises:
            NoEntry: There is no such entry.
            NotWaiting: The entry was replayed before, or no replay is registered for its part of the service.
            Fenced: Another process owns the row's partition.
            Retryable: Something other than the row failed, such as the database. The entry is unchanged.
        """
        entry = await self.find(id_)
        replay = self._replays.get(entry.part)
        if entry.state is not QuarantineState.QUARANTINED or replay is None:
            raise NotWaiting(entry.state.value)
        async with self._store.transaction() as connection:
            await audit.append(
                connection, self._audit, [_replayed(self.service, entry, command)], self._time_source.now()
            )
        error = await _tried(replay, entry)
        async with self._store.transaction() as connection:
            if error is None:
                await kept.mark_replayed(connection, self.table, entry, self._time_source.now())
            else:
                await kept.count_failure(connection, self.table, id_, error_text(error), self._time_source.now())
        outcome = QuarantineState.REPLAYED if error is None else QuarantineState.QUARANTINED
        _log.info("row.replayed", service=self.service, part=entry.part, position=entry.position, outcome=outcome.value)
        await self.count()
        return await self.find(id_)

    # levels

    async def run(self) -> None:
        """Call `count` every ten seconds until cancelled, to keep the metric of quarantined rows right."""
        while True:
            await self.count()
            await asyncio.sleep(COUNT_EVERY_SECONDS)

    async def count(self) -> Mapping[str, int]:
        """Count the rows that wait in the quarantine (those that could not be processed), and set their metric.

        The result is part of the service -> number of waiting rows.
        """
        async with self._store.reading() as connection:
            waiting = await kept.count_waiting(connection, self.table)
        self._parts |= waiting.keys()
        for part in self._parts:
            self._metrics.quarantined.labels(self.service, part).set(waiting.get(part, 0))
        return waiting

    async def sweep_replayed(self, horizon: datetime) -> AsyncIterator[Mapping[str, int]]:
        """Delete the entries that were replayed before the instant `horizon`, at most 200 in a transaction.

        After each transaction that deleted entries, the generator yields table name -> number of deleted rows.
        """
        while True:
            async with self._store.transaction() as connection:
                gone = await kept.forget_replayed(connection, self.table, horizon, _FORGOTTEN_AT_ONCE)
            if gone:
                yield {self.table.name: gone}
            if gone < _FORGOTTEN_AT_ONCE:
                return


def envelope_of(entry: QuarantineEntry) -> Envelope:
    """Return the event that was quarantined as this entry.

    Raises:
        BadEnvelope: The entry cannot be read as an event.
    """
    headers = [(name, value.encode()) for name, value in entry.headers.items()]
    try:
        topic = Topic(entry.topic)
    except ValueError as error:
        raise BadEnvelope(f"there is no topic {entry.topic!r}") from error
    decoded = read_record(topic, entry.key.encode() or None, entry.data, headers)
    if isinstance(decoded, Watermark):
        raise BadEnvelope("a watermark says nothing any more")
    return decoded


def _replayed(service: str, entry: QuarantineEntry, command: Command) -> Act:
    return Act(
        name=ActName.QUARANTINE_REPLAYED,
        command=command,
        object=f"{service}/{entry.id}",
        before=entry.digest,
        details={"part": entry.part, "event": entry.event, "type": entry.type, "failures": entry.count},
    )


async def _tried(replay: Replay, entry: QuarantineEntry) -> Exception | None:
    try:
        await replay(entry)
    except Fenced:
        raise
    except Exception as error:
        if fault_of(error) is Fault.PASSING:
            raise as_retryable(error) from error
        return error
    return None


def row_of_event(envelope: Envelope, part: str, position: str, partition: int = 0) -> QuarantineRow:
    """Return an event as a row for the quarantine.

    This is the inverse of `envelope_of`.

    Args:
        part: The part of the service that could not process the event.
        position: Where the event was, as text.
        partition: The number of the event's partition.
    """
    return QuarantineRow(
        part=part,
        position=position,
        partition=partition,
        topic=envelope.topic.value,
        key=envelope.key,
        event=envelope.id,
        type=envelope.type,
        headers={name: (value or b"").decode() for name, value in headers_of(envelope)},
        data=envelope.data,
    )


def _row_of(record: QuarantinedRecord) -> QuarantineRow:
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    return QuarantineRow(
        part=CONSUME,
        position=f"{record.topic}/{record.partition}/{record.offset}",
        partition=record.partition,
        topic=record.carries.value if record.carries is not None else record.topic,
        key=(record.key or b"").decode("utf-8", "replace"),
        event=headers.get("ce_id", ""),
        type=headers.get("ce_type", ""),
        headers=headers,
        data=record.value or b"",
    )
