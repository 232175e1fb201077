"""Sending records so that every one of them is either acknowledged, refused for good, or known to be in doubt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import NoReturn

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka import errors as kafka

from sla_platform.bus.kafka.access import KafkaAccess
from sla_platform.bus.kafka.client import START_SECONDS, close_producer, new_producer
from sla_platform.bus.record import OutgoingRecord
from sla_platform.errors import BadSettings, BusUnavailable

_log = structlog.get_logger(__name__)

# The broker will refuse the same record next time.
_REFUSALS = (kafka.MessageSizeTooLargeError, kafka.RecordListTooLargeError)
_TROUBLE = (kafka.KafkaError, OSError, TimeoutError)


class Publisher:
    """Sends records to Kafka for one task: `publish` waits for acknowledgements, `post` does not.

    The connection is opened at the first use, and replaced after a failure (aiokafka issue 1017).

    Args:
        client: The publisher's name at the broker.
        largest_record: The greatest size of a record in bytes.
        linger_ms: For how many milliseconds a batch may wait to be filled.
        patience: Seconds to wait for acknowledgements.
    """

    def __init__(
        self, access: KafkaAccess, client: str, *, largest_record: int, linger_ms: int = 5, patience: float = 10.0
    ) -> None:
        self._access = access
        self._client = client
        self._largest_record = largest_record
        self._linger_ms = linger_ms
        self._patience = patience
        self._producer: AIOKafkaProducer | None = None
        self._posted: list[asyncio.Future[object]] = []
        self._posted_at = 0.0

    async def expect_partitions(self, topics: Sequence[str], partitions: int) -> None:
        """Check that each of these topics has this number of partitions.

        Raises:
            BadSettings: A topic has another number.
            BusUnavailable: The number cannot be found out.
        """
        producer = await self._ready()
        for topic in topics:
            try:
                async with asyncio.timeout(self._patience):
                    found = await producer.partitions_for(topic)
            except _TROUBLE as error:
                await self._discard()
                raise BusUnavailable(
                    f"no topic {topic} to be found ({error!r}); has `slad migrate` been run?"
                ) from error
            if len(found) != partitions:
                raise BadSettings(
                    f"the topic {topic} has {len(found)} partitions and SLAD_PARTITIONS says {partitions}; "
                    "order holds only while both stay the same"
                )

    async def publish(self, records: Sequence[OutgoingRecord]) -> frozenset[int]:
        """Send records in order, wait for Kafka's answers, and return the indexes of the refused records.

        Kafka refuses whole batches, so good records may be refused together with a bad one. To find the bad one, call
        this method again for each refused record alone. If a record is too large, this record and all later records
        with the same key are not sent, and their indexes are returned too. Any other error in sending a record is
        raised.

        Raises:
            BusUnavailable: Acknowledgements are missing. Any of the records may have arrived.
        """
        producer = await self._ready()
        outcomes: dict[int, asyncio.Future[object] | BaseException] = {}
        refused_keys: dict[bytes | None, BaseException] = {}
        try:
            async with asyncio.timeout(self._patience):
                for index, record in enumerate(records):
                    if (refusal := refused_keys.get(record.key)) is not None:
                        outcomes[index] = refusal  # nothing may overtake a predecessor of its key
                        continue
                    try:
                        outcomes[index] = await _send(producer, record)
                    except _REFUSALS as error:
                        outcomes[index] = refused_keys[record.key] = error
                if pending := [future for future in outcomes.values() if isinstance(future, asyncio.Future)]:
                    await asyncio.wait(pending)
        except _TROUBLE as error:
            await self._doubt(error)
        except Exception:
            # A record that cannot be written at all. What went before it is in doubt, and it may be sent again.
            await self._discard()
            raise
        failures = {index: failure for index, outcome in outcomes.items() if (failure := _failure(outcome)) is not None}
        if not failures:
            return frozenset()
        # A refused batch leaves a hole in the producer's sequence numbers, at which the next ones fail.
        await self._discard()
        if any(isinstance(failure, _REFUSALS) for failure in failures.values()):
            return frozenset(failures)
        first = next(iter(failures.values()))
        raise BusUnavailable(f"Kafka did not acknowledge: {first!r}") from first

    async def post(self, records: Sequence[OutgoingRecord]) -> bool:
        """Send records in order, without waiting for acknowledgements, and return whether they were sent.

        Nothing is sent while records of the previous call are not acknowledged.

        Raises:
            BusUnavailable: Kafka cannot be reached, a record of the previous call failed, or those records have waited
                for longer than `patience` seconds.
        """
        if any(not future.done() for future in self._posted):
            if time.monotonic() - self._posted_at > self._patience:
                await self._doubt(TimeoutError("no acknowledgement"))
            return False
        posted, self._posted = self._posted, []
        if failed := next((error for future in posted if (error := _failure(future)) is not None), None):
            await self._doubt(failed)
        producer = await self._ready()
        self._posted_at = time.monotonic()
        try:
            async with asyncio.timeout(self._patience):
                for record in records:
                    self._posted.append(await _send(producer, record))
        except _TROUBLE as error:
            await self._doubt(error)
        return True

    async def close(self) -> None:
        """Send the records that are still pending, for up to 5 seconds, and close the producer."""
        if self._producer is not None:
            await self._discard(flush=True)

    async def _ready(self) -> AIOKafkaProducer:
        if self._producer is not None:
            return self._producer
        producer = new_producer(self._access, self._client, self._largest_record, self._linger_ms)
        try:
            async with asyncio.timeout(START_SECONDS):
                await producer.start()
        except _TROUBLE as error:
            await close_producer(producer, flush=False)
            raise BusUnavailable(await self._access.why(error)) from error
        except BaseException:
            await close_producer(producer, flush=False)
            raise
        self._producer = producer
        return producer

    async def _doubt(self, error: BaseException) -> NoReturn:
        await self._discard()
        raise BusUnavailable(f"Kafka did not acknowledge in time: {error!r}") from error

    async def _discard(self, *, flush: bool = False) -> None:
        producer, self._producer = self._producer, None
        self._posted = []
        if producer is not None:
            await close_producer(producer, flush=flush)


async def _send(producer: AIOKafkaProducer, record: OutgoingRecord) -> asyncio.Future[object]:
    future: asyncio.Future[object] = await producer.send(
        record.topic,
        record.value,
        record.key,
        record.partition,
        timestamp_ms=record.at_ms,
        headers=list(record.headers),
    )
    future.add_done_callback(_seen)
    return future


def _failure(outcome: asyncio.Future[object] | BaseException) -> BaseException | None:
    if isinstance(outcome, BaseException):
        return outcome
    return asyncio.CancelledError() if outcome.cancelled() else outcome.exception()


def _seen(future: asyncio.Future[object]) -> None:
    """Ask for the exception, so that asyncio does not report it where a discarded producer left it behind."""
    if not future.cancelled():
        future.exception()
