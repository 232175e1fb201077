"""The client objects of aiokafka: how they are set up, and how they are got rid of.

Their own `stop` waits for the broker, sometimes for ever (a producer flushes, a consumer finishes a rebalance), so
every end here is bounded and then enforced through their inner parts. This is the only place that reaches into them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

from sla_platform.bus.kafka.access import KafkaAccess

START_SECONDS = 15.0
_POLITE_SECONDS = 5.0
_FORCED_SECONDS = 2.0

SESSION_SECONDS = 8.0  # how long the partitions of a killed instance lie idle, unless it comes back under its name
REBALANCE_SECONDS = 30.0  # how long a member may take to finish its units when others join or leave


def new_consumer(access: KafkaAccess, group: str, instance: str, largest_record: int) -> AIOKafkaConsumer:
    """Return an aiokafka consumer (reader of records) of a consumer group, not started yet.

    The consumer does not commit offsets by itself: the caller must do so. A topic that is new to the group is read from
    its start.

    Args:
        group: The group's name.
        instance: A name of this process, by which a restarted process gets its partitions back.
        largest_record: The greatest size of a record in bytes.
    """
    return AIOKafkaConsumer(
        **access.options(),
        client_id=instance,
        group_id=group,
        group_instance_id=instance,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        # Range gives one member the same partition number of every topic: a key's events meet in one place.
        partition_assignment_strategy=(RangePartitionAssignor,),
        session_timeout_ms=int(SESSION_SECONDS * 1000),
        heartbeat_interval_ms=int(SESSION_SECONDS * 1000 / 4),
        rebalance_timeout_ms=int(REBALANCE_SECONDS * 1000),
        max_partition_fetch_bytes=largest_record,
        metadata_max_age_ms=30_000,
    )


def new_producer(access: KafkaAccess, client: str, largest_record: int, linger_ms: int) -> AIOKafkaProducer:
    """Return an aiokafka producer (sender of records), not started yet.

    The producer is idempotent: its records reach each partition in order and only once.

    Args:
        client: The producer's name at the broker.
        largest_record: The greatest size of a record in bytes.
        linger_ms: For how many milliseconds a batch may wait to be filled.
    """
    return AIOKafkaProducer(
        **access.options(),
        client_id=client,
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        linger_ms=linger_ms,
        max_batch_size=65_536,
        max_request_size=largest_record,
        metadata_max_age_ms=30_000,
    )


async def close_consumer(consumer: AIOKafkaConsumer) -> None:
    """Close a consumer within about ten seconds, even when aiokafka hangs or the broker is away.

    If the broker does not notice the closing, the group keeps the partitions for 8 seconds (SESSION_SECONDS) for a new
    consumer with the same instance name.
    """
    if await _politely(consumer.stop()):
        return
    coordinator: Any = consumer._coordinator
    fetcher: Any = consumer._fetcher
    tasks = []
    if coordinator is not None:
        tasks += [coordinator._coordination_task, coordinator._heartbeat_task, coordinator._commit_refresh_task]
    if fetcher is not None:
        tasks += [fetcher._fetch_task, *fetcher._pending_tasks]
    await _forced(tasks, consumer._client)


async def close_producer(producer: AIOKafkaProducer, *, flush: bool) -> None:
    """Close a producer within about ten seconds, even when the broker is away.

    Records that are still unsent are dropped.

    Args:
        flush: Whether to try first to send the pending records, for up to 5 seconds.
    """
    if flush and await _politely(producer.stop()):
        return
    producer._closed = True  # its finaliser would complain otherwise
    sender: Any = producer._sender
    tasks = [] if sender is None else [sender.sender_task]
    await _forced(tasks, producer.client)


async def _politely(stop: Coroutine[Any, Any, None], seconds: float = _POLITE_SECONDS) -> bool:
    """Whether it ended well in time.

    In a task of its own: with the broker away aiokafka raises the CancelledError of its own tasks, which must not be
    taken for ours.
    """
    stopping = asyncio.create_task(stop)
    try:
        await asyncio.wait({stopping}, timeout=seconds)
    finally:
        stopping.cancel()
    return stopping.done() and not stopping.cancelled() and stopping.exception() is None


async def _forced(tasks: list[asyncio.Task[Any] | None], client: Any) -> None:
    alive = [task for task in tasks if task is not None and not task.done()]
    for task in alive:
        task.cancel()
    # Closing the connections fails the requests that those tasks insist on finishing.
    await _politely(client.close(), _FORCED_SECONDS)
    if alive:
        await asyncio.wait(alive, timeout=_FORCED_SECONDS)
    for task in alive:
        if task.done() and not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not report it
