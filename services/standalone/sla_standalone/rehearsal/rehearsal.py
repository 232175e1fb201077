"""All services in one process on a fresh database, under a clock that stands still until everything due has been done.

`Rehearsal.go` moves the clock from one instant at which something is due to the next, so a week passes in seconds and
every message leaves at the instant at which it would.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from sla_domain.event import IncidentEvent
from sla_ingest.published import append_new_events
from sla_notifier.channel.port import Channel, OutgoingMessage
from sla_platform.settings import Settings
from sla_platform.timesource import SteeredTime
from sla_standalone.compose import RunningProcess, run_process
from sla_standalone.migrate import migrate
from sla_standalone.rehearsal.channel import recording_channels
from sla_standalone.rehearsal.pending import Pending, read_pending

PATIENCE_SECONDS = 180.0
STEP = timedelta(hours=1)  # what is due by no row of a table, such as a handover, is looked for so often
SERVICES = ("timer", "notifier")
_LOOK_SECONDS = 0.01
_LOOKS = 3  # in a row at which nothing was left to do: between two tables something may be on its way


class NeverQuiet(Exception):
    """Raised if the services of a rehearsal do not finish the work that is due. This is a bug in slad."""


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """A message that slad would have sent at the instant `at`, if the rehearsal were not only a trial."""

    at: datetime
    message: OutgoingMessage


@dataclass
class Rehearsal:
    """A rehearsal: slad's services on an empty database, with a clock that only the methods `go` and `step` move.

    So the caller sees at once what slad would do over hours or days. Create it by the function `rehearsal`. `messages`
    lists the messages that the services would have sent so far.
    """

    process: RunningProcess
    services: Collection[str]
    clock: Path
    """The file that holds the instant that the clock shows."""
    now: datetime
    messages: list[LeftMessage] = field(default_factory=list)
    left: list[OutgoingMessage] = field(default_factory=list)
    """The messages that the channels were given, in that order."""

    async def happen(self, events: Iterable[IncidentEvent]) -> None:
        """Pass events of incidents to the services, at the present instant of the rehearsal's clock.

        Returns when the services have processed the events.
        """
        context = self.process.context
        async with context.store.transaction() as connection:
            await append_new_events(connection, events)
        context.feeds.wake_signal("ingest").wake()
        await self.settle()

    async def go(self, to: datetime) -> None:
        """Move the clock forward to the instant `to`.

        The clock stops at each instant at which something is due, until the services have done it.
        """
        await self.settle()
        while self.now < to:
            await self.step(to)

    async def step(self, to: datetime) -> None:
        """Move the clock forward to the next instant at which something is due, and wait until it is done.

        The clock is moved by an hour at most.

        Args:
            to: The clock is not moved beyond this instant.
        """
        due = (await self.pending()).due
        self.now = min(to, self.now + STEP, *([due] if due is not None and due > self.now else []))
        SteeredTime.steer(self.clock, self.now)
        await self.settle()

    async def pending(self) -> Pending:
        """Return the work that the services have not done yet."""
        async with self.process.context.store.reading() as connection:
            return await read_pending(connection, self.services)

    async def settle(self) -> None:
        """Wait until the services have done everything that is due, and append the new messages to `messages`.

        Raises:
            NeverQuiet: The services have not finished after three minutes.
        """
        ends, quiet = time.monotonic() + PATIENCE_SECONDS, 0
        while quiet < _LOOKS:
            await asyncio.sleep(_LOOK_SECONDS)
            waits = (await self.pending()).reason_not_quiet(self.now)
            quiet = 0 if waits else quiet + 1
            if time.monotonic() > ends:
                raise NeverQuiet(f"at {self.now} after {PATIENCE_SECONDS:.0f} s: {waits or 'the services are busy'}")
        self.messages += [LeftMessage(self.now, each) for each in self.left[len(self.messages) :]]


def rehearsal_settings(folder: Path, catalogue: Path, **changed: object) -> Settings:
    """Return settings for `rehearsal`. Environment variables are ignored.

    Args:
        folder: The folder for the database and the clock's file.
        catalogue: The file or folder with the contracts.
        changed: Other settings that are to differ from their defaults, by name.
    """
    values = {name: each.get_default(call_default_factory=True) for name, each in Settings.model_fields.items()}
    values |= {
        "store_url": f"sqlite:///{folder / 'slad.db'}",
        "catalogue": str(catalogue),
        "time": f"steered:{folder / 'clock'}",
        "link_secret": "rehearsal-rehearsal-rehearsal-01",
        "tick_ms": 10.0,
        "provisional_after_seconds": 1_000_000_000.0,  # no system reports meanwhile, and none is silent
    }
    return Settings(**values | changed)


@contextmanager
def _only_errors_logged() -> Iterator[None]:
    """What the services log of an instant that is not now would mislead."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)


@asynccontextmanager
async def rehearsal(
    folder: Path,
    settings: Settings,
    begins: datetime,
    *,
    services: Collection[str] = SERVICES,
    sends: bool = False,
) -> AsyncIterator[Rehearsal]:
    """Run services with an empty database during the `with` block, and yield the object that moves their clock.

    Args:
        folder: An empty folder, for the database and the clock's file.
        settings: The settings that `rehearsal_settings` returned.
        begins: The instant that the clock shows at first.
        services: Any of `ingest`, `timer`, `notifier` and `board`.
        sends: Whether messages are really sent, through the channels of the catalogue. False means that they are only
            recorded, in `messages`.

    Raises:
        BadSettings: A setting or the catalogue cannot be used.
        CatalogueInvalid: The catalogue has errors.
    """
    clock = folder / "clock"
    SteeredTime.steer(clock, begins)
    left: list[OutgoingMessage] = []
    channels: Mapping[str, Channel] | None = None if sends else recording_channels(left)
    with _only_errors_logged():
        await migrate(settings)
        async with run_process(settings, services, channels=channels) as process:
            yield Rehearsal(process, services, clock, begins, left=left)
