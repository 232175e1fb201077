"""The sending loop: claim due deliveries, send each by its channel, store the results.

Results are recorded together, as many as are there. A sender that is cancelled claims nothing more, waits a little for
what it has begun, and records it; what it could not finish is claimed again under the same id when the lease has run
out.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson
import structlog

from sla_notifier.channel.port import Busy, Channel, Failure, Outcome, OutgoingMessage, Rejected, Retry, Sent
from sla_notifier.channel.registry import one_server_kinds
from sla_notifier.context import NotifierContext
from sla_notifier.delivery import quarantined
from sla_notifier.delivery.claim import Lease, claim_due, due_endpoints, due_ids, lease_until
from sla_notifier.delivery.endpoint import FinishedAttempt
from sla_notifier.delivery.policy import AttemptResult
from sla_notifier.delivery.record import record_attempts
from sla_notifier.delivery.row import DeliveryRow, thread_of
from sla_notifier.notification.digest import compose_digest
from sla_notifier.send.pace import Pace, Quickness, places_by_endpoint
from sla_platform.bus import signalled_within
from sla_platform.errors import Retryable
from sla_platform.fault import Fault, as_retryable, error_text, fault_of
from sla_platform.rows import in_parts, one_row
from sla_platform.store.instant import store_now
from sla_platform.store.quarantine import QuarantineEntry

_log = structlog.get_logger(__name__)


class Sender:
    """The loop that sends due deliveries; call `run`.

    A process has one loop. Several processes may share a database.

    Args:
        channels: Maps a kind of channel, such as `email`, to the channel. A message of another kind is tried again
            later.
        pace: The limits. None means the default limits.
    """

    def __init__(self, context: NotifierContext, channels: Mapping[str, Channel], pace: Pace | None = None) -> None:
        self._context = context
        self._channels = channels
        self._pace = pace or Pace()
        self._quickness = Quickness(self._pace)
        self._sending: dict[str, tuple[DeliveryRow, asyncio.Task[None]]] = {}
        self._done: list[FinishedAttempt] = []
        self._finished = asyncio.Event()
        self._recording = asyncio.Lock()
        self.last_pass = time.monotonic()
        context.quarantine.register_replay(quarantined.SEND, self._put_back)

    async def run(self) -> None:
        """Claim due deliveries, send them and store the results, until cancelled.

        After the cancellation, attempts under way may finish within `drain_seconds`. Unfinished attempts are made again
        when their lease (the claim of this process) has ended.
        """
        recording = asyncio.create_task(self._record_forever(), name="notifier.record")
        claiming = asyncio.create_task(self._claim_forever(), name="notifier.claim")
        try:
            ended, _ = await asyncio.wait({claiming, recording}, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()  # neither ends but by failing
        finally:
            claiming.cancel()
            await asyncio.gather(claiming, return_exceptions=True)
            await self._drain()
            recording.cancel()
            await asyncio.gather(recording, return_exceptions=True)

    async def once(self) -> int:
        """Send all deliveries that are due now, store the results, and return the number of attempts."""
        attempts = 0
        while claimed := await self._claim():
            for row in claimed:
                self._begin(row)
            await asyncio.gather(*(task for _, task in self._sending.values()))
            await self._record()
            attempts += len(claimed)
        return attempts

    # -- claiming -----------------------------------------------------------------------------------------

    async def _claim_forever(self) -> None:
        with self._context.deliveries_due.listen() as signalled:
            while True:
                signalled.clear()
                try:
                    claimed = await self._claim_whole()
                except Retryable as error:
                    _log.warning("delivery.claim_refused", error=str(error))
                    await asyncio.sleep(self._pace.pause_seconds)
                    continue
                self.last_pass = time.monotonic()
                if not claimed:
                    await signalled_within(signalled, self._pace.poll_seconds)

    async def _claim_whole(self) -> list[DeliveryRow]:
        """Claim and begin; a claim under way when the sender is stopped is still sent, not left to its lease."""
        claiming = asyncio.create_task(self._claim())
        try:
            await asyncio.shield(claiming)
        finally:
            await asyncio.wait({claiming})
            claimed = [] if claiming.cancelled() or claiming.exception() is not None else claiming.result()
            for row in claimed:
                self._begin(row)
        return claimed

    async def _claim(self) -> list[DeliveryRow]:
        if len(self._sending) >= self._pace.at_once:
            return []
        async with self._context.store.reading() as connection:
            due = await due_endpoints(connection, await store_now(connection, self._context.time_source))
        busy = Counter(row.endpoint for row, _ in self._sending.values())
        self._quickness.forget(busy.keys() | set(due))
        room = places_by_endpoint(due, busy, self._pace, self._servers(), self._quickness)
        if not room:
            return []
        try:
            claimed = await self._claimed(room)
        except Exception as error:
            if fault_of(error) is Fault.PASSING:
                raise as_retryable(error) from error
            _log.error("delivery.claim_split", error=error_text(error)[:500])
            claimed = await self._claimed_one_by_one(room)
        self._context.log_appended.wake()
        return claimed

    def _servers(self) -> dict[str, int | None]:
        """Servers for everybody and how many messages each has use for: the rest may be overtaken, or gathered."""
        return {name: self._channels[name].room for name in one_server_kinds() if name in self._channels}

    async def _claimed(self, room: Mapping[str, int], only: str | None = None) -> list[DeliveryRow]:
        async with self._context.writing() as connection:
            now = await store_now(connection, self._context.time_source)
            return await claim_due(connection, room, now, self._lease(now), self._composed, only)

    def _composed(self, digest: DeliveryRow, carried: Sequence[DeliveryRow], now: datetime) -> DeliveryRow:
        manner = self._context.render_config
        return compose_digest(digest, carried, manner.texts, manner.links, self._context.catalogue(), now)

    def _lease(self, now: datetime) -> Lease:
        until = lease_until(now, self._pace.lease_seconds)
        return Lease(uuid4().hex, until, frozenset(self._sending))

    async def _claimed_one_by_one(self, room: Mapping[str, int]) -> list[DeliveryRow]:
        """The row that cannot be claimed is quarantined, and the others are sent."""
        async with self._context.store.reading() as connection:
            now = await store_now(connection, self._context.time_source)
            due = await due_ids(connection, room, now, self._lease(now))
        claimed: list[DeliveryRow] = []
        for id_ in due:

            async def claim_this(id_: str = id_) -> None:
                claimed.extend(await self._claimed(room, id_))

            if (error := await one_row(claim_this)) is not None:
                await self._quarantine(id_, error)
        return claimed

    async def _quarantine(self, id_: str, error: Exception) -> None:
        await self._context.quarantine.move(lambda connection, now: quarantined.take_out(connection, id_, now), error)

    async def _put_back(self, entry: QuarantineEntry) -> None:
        """Queue a delivery out of the quarantine."""
        async with self._context.store.transaction() as connection:
            await quarantined.put_back(connection, entry.event, await store_now(connection, self._context.time_source))
        self._context.deliveries_due.wake()

    # -- sending ------------------------------------------------------------------------------------------

    def _begin(self, row: DeliveryRow) -> None:
        task = asyncio.create_task(self._send(row), name=f"notifier.send.{row.id}")
        self._sending[row.id] = (row, task)

    async def _send(self, row: DeliveryRow) -> None:
        begun = time.monotonic()
        outcome = await self._outcome(row)
        self._quickness.note(row.endpoint, time.monotonic() - begun, sent=isinstance(outcome, Sent))
        self._done.append(FinishedAttempt(row, outcome, self._context.time_source.now()))
        self._finished.set()

    async def _outcome(self, row: DeliveryRow) -> Outcome:
        channel = self._channels.get(row.channel)
        if channel is None:
            return Retry(Failure.NOT_CONFIGURED, f"no way to send {row.channel or 'anything'} is set up")
        try:
            return await channel.send(outgoing_message(row, self._context.time_source.now()))
        except Exception as error:
            if fault_of(error) is Fault.PASSING:
                _log.warning("delivery.channel_hindered", delivery=row.id, error=error_text(error)[:500])
                return Retry(Failure.UNREACHABLE, f"hindered on this side: {type(error).__name__}")
            # A channel's error on one message must not stop the others; the error is stored in the row.
            _log.exception("delivery.channel_broke", delivery=row.id, channel=row.channel)
            return Rejected(Failure.PROTOCOL, f"the channel broke: {type(error).__name__}")

    # -- recording ----------------------------------------------------------------------------------------

    async def _record_forever(self) -> None:
        while True:
            await self._finished.wait()
            self._finished.clear()
            if not await self._record():
                await asyncio.sleep(self._pace.pause_seconds)
                self._finished.set()

    async def _record(self) -> bool:
        """Write every outcome that is there; False when the database refused (they are kept)."""
        async with self._recording:
            done, self._done = self._done, []
            return not done or await self._write(done)

    async def _write(self, done: list[FinishedAttempt]) -> bool:
        try:
            await in_parts(done, self._settle, self._unrecorded)
        except Retryable as error:
            left = [item for item in done if item.row.id in self._sending]
            _log.warning("delivery.record_refused", error=str(error), waiting=len(left))
            self._done = left + self._done
            return False
        return True

    async def _settle(self, done: Sequence[FinishedAttempt]) -> None:
        async with self._context.store.transaction() as connection:
            now = await store_now(connection, self._context.time_source)
            settled = await record_attempts(connection, done, now)
        for item in done:
            self._sending.pop(item.row.id, None)
        self._measure(done, settled, now)
        self._context.signal()

    async def _unrecorded(self, item: FinishedAttempt, error: Exception) -> None:
        """An outcome that cannot be written, such as words of a peer that no column takes: written without them."""
        _log.error("delivery.unrecorded", delivery=item.row.id, error=error_text(error)[:500])
        plain = replace(item, outcome=_without_words(item.outcome))
        if (second := await one_row(lambda: self._settle([plain]))) is not None:
            await self._quarantine(item.row.id, second)
            self._sending.pop(item.row.id, None)

    def _measure(
        self, done: Sequence[FinishedAttempt], settled: list[tuple[DeliveryRow, AttemptResult]], now: datetime
    ) -> None:
        if len(settled) < len(done):
            _log.warning("delivery.lease_lost", count=len(done) - len(settled))
        for row, what in settled:
            self._context.metrics.delivered(row, now)
            _log.info(
                "delivery.attempted",
                delivery=row.id,
                incident=row.incident,
                notice=row.notice,
                kind=row.kind.value,
                channel=row.channel,
                state=row.state.value,
                attempt=row.attempts,
                failure=str(what.failure),
            )

    async def _drain(self) -> None:
        tasks = [task for _, task in self._sending.values()]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._pace.drain_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._record()


def _without_words(outcome: Outcome) -> Outcome:
    said = "what was answered cannot be kept"
    match outcome:
        case Busy():
            return Busy(said)
        case Retry():
            return Retry(outcome.failure, said, maybe_arrived=outcome.maybe_arrived)
        case Rejected():
            return replace(outcome, detail=said)
        case Sent():
            return outcome


def outgoing_message(row: DeliveryRow, now: datetime) -> OutgoingMessage:
    """Return a delivery as the message that its channel sends.

    Args:
        now: The instant of the attempt.
    """
    payload = orjson.loads(row.payload)
    return OutgoingMessage(
        id=row.id,
        address=row.address,
        subject=row.subject,
        text=row.text,
        html=row.html,
        payload=payload,
        thread=thread_of(row),
        attempt=row.attempts,
        possibly_duplicate=row.possibly_duplicate,
        created_at=row.created_at,
        at=now,
        unsubscribe=_unsubscribe(payload),
    )


def _unsubscribe(payload: Mapping[str, Any]) -> str:
    data = payload.get("data")
    return str(data.get("unsubscribe_url") or "") if isinstance(data, dict) else ""
