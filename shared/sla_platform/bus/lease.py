"""One relay at a time per log: a lock that ends with its holder, also when the holder only sleeps.

The port is `LeaseLock`; its adapters, one a database, are in `lease_locks` and held to one conformance suite,
`tests/conformance/test_lease.py`. Two relays at once would do no harm (see relay.py); the lease saves them from sending
everything twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import NoReturn, Protocol

import structlog

from sla_platform.errors import Retryable

_log = structlog.get_logger(__name__)

CONFIRM_SECONDS = 1.0


class LeaseLock(Protocol):
    """A lock that at most one process holds at a time, and that is released when this process ends.

    `while_held` uses it. When a method raises Retryable, the lock may be lost: the work that it protects must
    then stop.
    """

    async def take(self) -> bool:
        """Try to take the lock, without waiting, and return whether this object holds the lock now.

        The result is also True if this object held the lock already.
        """

    async def confirm(self) -> None:
        """Check that this object still holds the lock, after `take` has returned True.

        Raises:
            Retryable: The lock is lost, or its state cannot be found out.
        """

    async def give_back(self) -> None:
        """Release the lock.

        Nothing is done if the lock is not held.
        """


async def while_held(lock: LeaseLock, work: Callable[[], Awaitable[None]], held: Callable[[bool], None]) -> NoReturn:
    """Run `work` whenever this process holds the lock, until cancelled.

    Without the lock, the process tries every second to take it. If the lock is lost, `work` is cancelled, and started
    again once the lock has been taken again. If `work` ends without an error, it is started again a second later.
    Errors of `work` other than Retryable are raised.

    Args:
        held: Function to call with True before `work` starts, with False when `work` has ended, and with False after
            each failed try to take the lock.
    """
    try:
        while True:
            try:
                if await lock.take():
                    held(True)
                    await _work_and_confirm(lock, work)
            except Retryable as error:
                _log.warning("relay.lease_lost", error=str(error))
                await lock.give_back()
            finally:
                held(False)
            await asyncio.sleep(CONFIRM_SECONDS)
    finally:
        await lock.give_back()


async def _work_and_confirm(lock: LeaseLock, work: Callable[[], Awaitable[None]]) -> None:
    working = asyncio.ensure_future(work())
    try:
        while not working.done():
            await asyncio.wait([working], timeout=CONFIRM_SECONDS)
            await lock.confirm()
        await working
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await working
