"""Handing batches to a handler alike on every adapter: with growing pauses, quarantining what can never be handled."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from sla_platform.bus.port import Batch, Handler
from sla_platform.envelope import Envelope
from sla_platform.errors import Fenced, PlatformError
from sla_platform.fault import Fault, as_retryable, fault_of
from sla_platform.rows import in_parts

_log = structlog.get_logger(__name__)

FENCED_PAUSE_SECONDS = 1.0  # before a lost partition is taken again, if the group still assigns it


class StallDetector:
    """Detects a stuck reader of events: events wait for some time, and none is handled.

    The reader calls `note_waiting` and `note_handled`. `stalled` says whether the reader is stuck.

    Args:
        limit: The number of seconds after which the reader is stuck.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._waiting_since: float | None = None

    def note_waiting(self) -> None:
        """Note that events wait, or may wait.

        `stalled` becomes True unless `note_handled` is called in the next `limit` seconds. Further calls before
        `note_handled` change nothing.
        """
        if self._waiting_since is None:
            self._waiting_since = time.monotonic()

    def note_handled(self) -> None:
        """Note that an event was handled, or that none waits.

        `stalled` becomes False. The next `note_waiting` starts counting the seconds again.
        """
        self._waiting_since = None

    @property
    def stalled(self) -> bool:
        """Return whether events have waited for more than `limit` seconds without any event being handled."""
        return self._waiting_since is not None and time.monotonic() - self._waiting_since > self._limit


async def hand_over(handler: Handler, batch: Batch, dead: Callable[[Envelope, Exception], Awaitable[None]]) -> None:
    """Pass a batch of events to the handler; events that fail are quarantined, so that the others are handled.

    If the batch fails, its halves are passed one after the other, and halved again, until a single event fails. This
    event is passed to `dead`, and the events after it are handled. If a batch without events fails, its error is
    raised.

    Args:
        dead: Function to call with the failed event and its error, to quarantine the event.

    Raises:
        Retryable: The batch must be tried again later.
        Fenced: Another process owns the partition.
    """
    if not batch.envelopes:
        await _whole(handler, batch)
        return
    through_given = False

    async def work(envelopes: Sequence[Envelope]) -> None:
        nonlocal through_given
        through = batch.through if len(envelopes) == len(batch.envelopes) else None
        await handler.handle(Batch(batch.partition, tuple(envelopes), through))
        through_given = through_given or through is not None

    await in_parts(batch.envelopes, work, dead)
    if batch.through is not None and not through_given:
        await _whole(handler, Batch(batch.partition, (), batch.through))


async def _whole(handler: Handler, batch: Batch) -> None:
    """An empty batch: no event can be at fault, so an error is either of the surroundings or a bug to be seen."""
    try:
        await handler.handle(batch)
    except Fenced:
        raise
    except Exception as error:
        if fault_of(error) is Fault.PASSING:
            raise as_retryable(error) from error
        raise


async def revoke(handler: Handler, partitions: frozenset[int]) -> None:
    """Call `handler.revoked` for partitions that this process has lost.

    A PlatformError of the handler is logged, not raised: the partitions are lost in any case.
    """
    try:
        await handler.revoked(partitions)
    except PlatformError as error:
        _log.warning("bus.revoke_failed", partitions=sorted(partitions), error=str(error))
