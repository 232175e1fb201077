"""Handing batches to a handler alike on every adapter: with patience, setting aside what can never be handled."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import structlog

from sla_platform.bus.port import Batch, Handler
from sla_platform.envelope import Envelope
from sla_platform.errors import Permanent, PlatformError

_log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
FENCED_PAUSE_SECONDS = 1.0  # before a partition we lost is taken again, if the group still says it is ours


class Patience:
    """Growing pauses between attempts at the same thing."""

    def __init__(self, first: float = FIRST_PAUSE_SECONDS, longest: float = LONGEST_PAUSE_SECONDS) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def pause(self) -> float:
        """Seconds to wait before the next attempt."""
        this, self._next = self._next, min(self._next * 2, self._longest)
        return this

    def reset(self) -> None:
        self._next = self._first


class Pulse:
    """Whether waiting events are being handled. `limit` in seconds."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._waiting_since: float | None = None

    def waiting(self) -> None:
        """Events are there, or nobody can tell that there are none."""
        if self._waiting_since is None:
            self._waiting_since = time.monotonic()

    def moved(self) -> None:
        """Something was handled, or nothing is left to handle."""
        self._waiting_since = None

    @property
    def stalled(self) -> bool:
        return self._waiting_since is not None and time.monotonic() - self._waiting_since > self._limit


async def hand_over(handler: Handler, batch: Batch, dead: Callable[[Envelope, Permanent], Awaitable[None]]) -> None:
    """Handle a batch; if an event in it can never be handled, give them one by one and put that one aside.

    Raises what the handler raises, but Permanent only for an empty batch, in which there is nothing to put aside.
    """
    try:
        await handler.handle(batch)
    except Permanent as error:
        if not batch.envelopes:
            raise
        if len(batch.envelopes) == 1:
            await dead(batch.envelopes[0], error)
        else:
            for envelope in batch.envelopes:
                await hand_over(handler, Batch(batch.partition, (envelope,), None), dead)
        if batch.through is not None:
            await handler.handle(Batch(batch.partition, (), batch.through))


async def let_go(handler: Handler, partitions: frozenset[int]) -> None:
    """Tell the handler that these are no longer its own; they are lost whether or not it takes that well."""
    try:
        await handler.revoked(partitions)
    except PlatformError as error:
        _log.warning("bus.revoke_failed", partitions=sorted(partitions), error=str(error))
