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
    """One long-running duty of a service; `run` ends only by cancellation."""

    name: str
    run: Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Service:
    """What a composition root starts: parts, readiness checks (None = ready, text = why not), and a clean end.

    `remarks` are asked like checks, and what they say is shown, but makes nothing unready.

    `drain` comes first, when the process has been asked to stop: it lets go of callers who would wait for ever
    (streams), so that the HTTP server can finish. `close` comes last, after every part has ended.
    """

    name: str
    parts: Sequence[Part] = ()
    checks: dict[str, Check] = field(default_factory=dict)
    remarks: dict[str, Check] = field(default_factory=dict)
    close: Callable[[], Awaitable[None]] | None = None
    drain: Callable[[], Awaitable[None]] | None = None


@contextlib.asynccontextmanager
async def running(services: Sequence[Service]) -> AsyncIterator[asyncio.Event]:
    """Run every part of every service for as long as the context lasts; yields the event that a part has failed."""
    tasks: list[asyncio.Task[None]] = []
    failed: asyncio.Event = asyncio.Event()

    async def guarded(service: Service, part: Part) -> None:
        try:
            await part.run()
        except asyncio.CancelledError:
            if asked_to_end():
                raise
            # A cancellation that leaked out of a library: the part is over and nobody would notice.
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
    """Whether the running task has been cancelled by somebody; False in a CancelledError that leaked from inside."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


async def until_signalled(failed: asyncio.Event) -> bool:
    """Wait for SIGINT or SIGTERM (True), or for a failed part (False)."""
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
