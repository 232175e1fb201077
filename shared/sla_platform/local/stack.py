"""The servers behind `make up`: one PostgreSQL and one Kafka broker with their data in one folder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from sla_platform.local.errors import LocalError
from sla_platform.local.kafka import KafkaBroker
from sla_platform.local.postgres import DURABLE, PostgresServer

Say = Callable[[str], None]
_DATABASE = "slad"


@dataclass(frozen=True, slots=True)
class Export:
    """An environment variable, such as `SLAD_STORE_URL`, that makes slad use a local server."""

    name: str
    value: str

    def line(self) -> str:
        """Return the shell line that exports the variable."""
        return f"export {self.name}='{self.value}'"


@dataclass(frozen=True, slots=True)
class StackOutcome:
    """The result of `up`: which local servers run now, and which could not be started."""

    exports: tuple[Export, ...]
    """A variable for each running server."""
    failures: tuple[LocalError, ...]
    """An error for each server that could not be started."""


def up(folder: Path, say: Say) -> StackOutcome:
    """Start local PostgreSQL and Kafka servers with their data in `folder`.

    A server that already runs is not started again. If a server fails, the other is still started.

    Args:
        say: Function to call with each line about the progress.
    """
    exports: list[Export] = []
    failures: list[LocalError] = []
    for start in (_postgres_up, _kafka_up):
        try:
            exports.append(start(folder, say))
        except LocalError as error:
            failures.append(error)
    return StackOutcome(tuple(exports), tuple(failures))


def down(folder: Path, say: Say) -> None:
    """Stop the servers with data in `folder` cleanly. The data are kept.

    A server that does not run is skipped.

    Args:
        say: Function to call with a line for each stopped server.
    """
    broker = KafkaBroker(folder / "kafka")
    if broker.running:
        broker.stop()
        say("Apache Kafka stopped")
    try:
        server = PostgresServer(folder / "postgres")
    except LocalError:
        return  # without server programs nothing of ours can be running
    if server.running:
        server.stop()
        say("PostgreSQL stopped")


def _postgres_up(folder: Path, say: Say) -> Export:
    server = PostgresServer(folder / "postgres", settings=DURABLE)
    found = server.running
    server.start()
    asyncio.run(_ensure_database(server))
    say(f"PostgreSQL {server.version} {_how(found)}, data in {server.data_dir}")
    return Export("SLAD_STORE_URL", server.url(_DATABASE))


def _kafka_up(folder: Path, say: Say) -> Export:
    broker = KafkaBroker(folder / "kafka")
    found = broker.running
    broker.start()
    say(f"Apache Kafka {broker.version} {_how(found)}, data in {broker.data_dir}")
    return Export("SLAD_BUS_URL", broker.url)


async def _ensure_database(server: PostgresServer) -> None:
    try:
        await server.create_database(_DATABASE)
    except asyncpg.DuplicateDatabaseError:
        return


def _how(found: bool) -> str:
    return "was running" if found else "started"
