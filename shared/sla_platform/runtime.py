"""Starting and stopping: a service is a list of long-running parts, run together and drained in reverse.

A part that fails by its surroundings (no file descriptor, no memory, a database that is away) is run again after a
pause, as after a restart, and nothing else of the process ends. So a loop need not know what may fail around it; it
catches such errors itself only where it must go on sooner, or from where it was. A part that fails with any other
error, or is cancelled by nobody, brings the process down: a supervisor restarts it, and nothing is lost because nothing
true lives in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from sla_platform.backoff import Backoff
from sla_platform.fault import error_text, passes_by_itself, raised_at

_log = structlog.get_logger(__name__)
PREPARE_SECONDS = 60.0  # how long a start waits for its services
SETTLED_SECONDS = 30.0  # a part that has run for so long is run again after the shortest pause

Check = Callable[[], Awaitable[str | None]]


@dataclass(slots=True)
class Part:
    """One long-running task of a service."""

    name: str
    """The name for logs."""
    run: Callable[[], Awaitable[None]]
    """The coroutine function of the task. It must run until cancelled. After an error of the surroundings it is called
    again."""


@dataclass(slots=True)
class Service:
    """A service ready to run: its long-running parts, its readiness checks, and how it ends."""

    name: str
    parts: Sequence[Part] = ()
    checks: dict[str, Check] = field(default_factory=dict)
    """Name -> function that returns None when the service is ready, else why not."""
    remarks: dict[str, Check] = field(default_factory=dict)
    """Name -> function whose text is shown at `/readyz`, but does not make the service unready."""
    prepare: Callable[[], Awaitable[None]] | None = None
    """Function to call before any part runs, to read what the parts need. It is called again after an error of the
    surroundings, such as StoreBusy."""
    close: Callable[[], Awaitable[None]] | None = None
    """Function to call last, after every part has ended."""
    drain: Callable[[], Awaitable[None]] | None = None
    """Function to call first at shutdown, to release callers that would wait for ever (streams)."""


@contextlib.asynccontextmanager
async def run_services(services: Sequence[Service]) -> AsyncIterator[asyncio.Event]:
    """Run every part (long-running task) of every service within the `with` block.

    A service's parts start when its `Service.prepare` has succeeded. The `with` block is entered when every service has
    tried `prepare` once, but no later than after 60 seconds (PREPARE_SECONDS).

    If a part fails because of the network, the database or the like (`passes_by_itself`), it is run again after a pause
    of 0.1 s, which doubles with each failure up to 5 s. After any other error of a part, the failure is logged and the
    yielded event is set; the other parts continue. At the end of the block the parts are cancelled, and then the
    services are closed, both in reverse order.
    """
    tasks: list[asyncio.Task[None]] = []
    failed: asyncio.Event = asyncio.Event()

    async def guarded(service: Service, part: Part) -> None:
        try:
            await _run_again(service, part)
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
        starts = [_Start(service) for service in services]
        for start in starts:
            for part in start.parts():
                name = f"{start.service.name}.{part.name}"
                tasks.append(asyncio.create_task(guarded(start.service, part), name=name))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PREPARE_SECONDS):
                for start in starts:
                    await start.tried.wait()
        yield failed
    finally:
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for service in reversed(services):
            if service.close is not None:
                await service.close()


class _Start:
    """The start of a service. `tried`: set after the first attempt to prepare it, which may have failed."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.tried = asyncio.Event()
        self._prepared = asyncio.Event()

    def parts(self) -> Iterator[Part]:
        """Yield the preparing itself as a part, then the parts of the service, which wait for it."""
        yield Part("prepare", self._prepare)
        for part in self.service.parts:
            yield Part(part.name, partial(self._run, part))

    async def _run(self, part: Part) -> None:
        await self._prepared.wait()
        await part.run()

    async def _prepare(self) -> None:
        try:
            if self.service.prepare is not None:
                await self.service.prepare()
            self._prepared.set()
        finally:
            self.tried.set()


async def _run_again(service: Service, part: Part) -> None:
    """Run a part, and run it again while its surroundings fail."""
    patience = Backoff()
    while True:
        began = time.monotonic()
        try:
            await part.run()
        except Exception as error:
            if not passes_by_itself(error):
                raise
            if time.monotonic() - began > SETTLED_SECONDS:
                patience.reset()
            pause = patience.pause()
            _log.warning("part.again", service=service.name, part=part.name, error=error_text(error)[:500],
                         at=raised_at(error), seconds=pause)  # fmt: skip
            await asyncio.sleep(pause)
        else:
            return


def asked_to_end() -> bool:
    """Return whether the running task was cancelled.

    Call this after catching CancelledError. The result is False when a library raised that error without a
    cancellation. The result is True outside of a task.
    """
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


async def until_signalled(failed: asyncio.Event) -> bool:
    """Wait for SIGINT or SIGTERM, or until the event `failed` is set, and return whether a signal came."""
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
