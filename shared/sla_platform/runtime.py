"""Starting and stopping: a service is a list of long-running parts, run together and drained in reverse.

A part that fails with an unexpected error, or is cancelled by nobody, brings the process down: a supervisor restarts
it, and nothing is lost because nothing true lives in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

_log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[str | None]]


@dataclass(slots=True)
class Part:
    """One long-running task of a service; `run` ends only by cancellation."""

    name: str
    run: Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Service:
    """A service ready to run: its long-running parts, its readiness checks, and how it ends.

    `checks`: name -> function that returns None when the service is ready, else why not. `remarks`: like `checks`,
    shown at `/readyz`, but they never make the service unready. `drain`: called first at shutdown, to release callers
    that would wait for ever (streams). `close`: called last, after every part has ended.
    """

    name: str
    parts: Sequence[Part] = ()
    checks: dict[str, Check] = field(default_factory=dict)
    remarks: dict[str, Check] = field(default_factory=dict)
    close: Callable[[], Awaitable[None]] | None = None
    drain: Callable[[], Awaitable[None]] | None = None


@contextlib.asynccontextmanager
async def run_services(services: Sequence[Service]) -> AsyncIterator[asyncio.Event]:
    """Run every part of every service within the `with` block; yield an event that is set when a part has failed.

    A failed part is logged; the others run on. At the end of the block the parts are cancelled and then the services
    closed, both in reverse order.
    """
    tasks: list[asyncio.Task[None]] = []
    failed: asyncio.Event = asyncio.Event()

    async def guarded(service: Service, part: Part) -> None:
        try:
            await part.run()
        except asyncio.CancelledError:
            if asked_to_end():
                raise
            # A cancellation that leaked out of a library: the part would end unnoticed.
            _log.exception("part.failed", service=service.name, part=part.name)
            failed.set()
            raise
        except Exception:
            _log.exception("part.failed", service=service.name, part=part.name)
            failed.set()
            raise

    try:
        for service in services:
            for part in service.parts:
                tasks.append(asyncio.create_task(guarded(service, part), name=f"{service.name}.{part.name}"))
        yield failed
    finally:
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for service in reversed(services):
            if service.close is not None:
                await service.close()


def asked_to_end() -> bool:
    """Return whether somebody cancelled the running task; ask this after catching CancelledError.

    False when a library raised that error by itself. True outside of a task.
    """
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


async def until_signalled(failed: asyncio.Event) -> bool:
    """Wait for SIGINT or SIGTERM and return True, or return False when `failed` is set before."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    waits = [asyncio.create_task(asked.wait()), asyncio.create_task(failed.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return asked.is_set()
