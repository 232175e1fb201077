"""All services in one process on SQLite, under a clock that stands still until everything due has been done.

`VirtualWeek.go` moves the clock from one instant at which something is due to the next, so a week passes in seconds and
every message leaves at the instant at which it would.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from tests.real.smtp import Mail, SmtpServer

from sla_board.projection.projector import TOPICS as BOARD_TOPICS
from sla_notifier.intake.handler import TOPICS as NOTIFIER_TOPICS
from sla_platform.bus.feeds import WRITERS
from sla_platform.envelope import Topic
from sla_platform.settings import Settings
from sla_platform.store.log import Cursor
from sla_platform.timesource import SteeredTime
from sla_standalone.compose import ALL, RunningProcess, run_process

PATIENCE_SECONDS = 20.0
STEP = timedelta(hours=1)  # what is due by no row of a table, such as a handover, is looked for so often
_LOOK_SECONDS = 0.01
_READERS = {"timer": (Topic.INCIDENTS,), "notifier": NOTIFIER_TOPICS, "board": BOARD_TOPICS}
_DUE = (
    "SELECT min(fire_at) FROM timer_timer",
    "SELECT min(fire_at) FROM notifier_step",
    "SELECT min(next_at) FROM notifier_delivery WHERE state IN ('queued', 'sending', 'retrying') AND carried_by = ''",
)


@dataclass(frozen=True, slots=True)
class Told:
    """A mail, and the instant at which it left."""

    at: datetime
    mail: Mail


@dataclass
class VirtualWeek:
    """The process, its mail server, and what has been told so far."""

    process: RunningProcess
    mailbox: SmtpServer
    clock: Path
    database: Path
    now: datetime
    told: list[Told] = field(default_factory=list)

    async def post(self, path: str, body: Any, **headers: str) -> Mapping[str, Any]:
        """Send a request with the administrator's key, and return the answer, which must be a success."""
        transport = httpx2.ASGITransport(app=self.process.app)
        base = self.process.context.settings.public_url
        async with httpx2.AsyncClient(transport=transport, base_url=base) as client:
            answer = await client.post(path, json=body, headers={"authorization": "Bearer week-admin-key", **headers})
        assert answer.is_success, answer.text
        found: Mapping[str, Any] = answer.json()
        return found

    async def go(self, to: datetime) -> None:
        """Let time pass up to an instant, from one instant at which something is due to the next."""
        await self.settle()
        while self.now < to:
            due = self._next_due()
            self.now = min(to, self.now + STEP, *([due] if due is not None and due > self.now else []))
            SteeredTime.steer(self.clock, self.now)
            await self.settle()

    async def settle(self) -> None:
        """Wait until nothing that is due has not been done; then note the mails that have come."""
        ends = time.monotonic() + PATIENCE_SECONDS
        quiet = 0
        while quiet < 3:
            await asyncio.sleep(_LOOK_SECONDS)
            waits = self._waits_for()
            quiet = 0 if waits else quiet + 1
            assert time.monotonic() < ends, f"{self.now}: {waits}"
        new = self.mailbox.accepted.all()[len(self.told) :]
        self.told += sorted((Told(self.now, mail) for mail in new), key=lambda each: _order(each.mail))

    def _waits_for(self) -> str:
        """What is still to be done at this instant; empty if nothing is."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as asked:
            for reader, topics in _READERS.items():
                for writer in sorted({WRITERS[topic] for topic in topics}):
                    mine = [topic.value for topic in topics if WRITERS[topic] == writer]
                    if _behind(asked, reader, writer, mine):
                        return f"{reader} reads the log of {writer}"
            if asked.execute("SELECT 1 FROM notifier_waiting").fetchone():
                return "facts wait for the notifier"
            # Its row is due only when its lease ends, a minute from now.
            if asked.execute("SELECT 1 FROM notifier_delivery WHERE state = 'sending'").fetchone():
                return "a message is being sent"
            if asked.execute("SELECT 1 FROM timer_deferred").fetchone():
                return "events wait for the timer"
            due = self._due(asked)
        return f"something was due at {due}" if due is not None and due <= self.now else ""

    def _next_due(self) -> datetime | None:
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as asked:
            return self._due(asked)

    @staticmethod
    def _due(asked: sqlite3.Connection) -> datetime | None:
        found = [row[0] for query in _DUE for row in asked.execute(query) if row[0] is not None]
        return min((_instant(value) for value in found), default=None)


def _behind(asked: sqlite3.Connection, reader: str, writer: str, topics: Sequence[str]) -> bool:
    found = asked.execute(f"SELECT cursor FROM {reader}_cursor WHERE log = ?", (f"{writer}_log",)).fetchone()
    position = Cursor.parse(found[0]).position if found else 0
    marks = ",".join("?" for _ in topics)
    query = f"SELECT 1 FROM {writer}_log WHERE position > ? AND topic IN ({marks}) LIMIT 1"
    return asked.execute(query, (position, *topics)).fetchone() is not None


def _instant(value: Any) -> datetime:
    if isinstance(value, int):
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=value)
    read = datetime.fromisoformat(value)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _order(mail: Mail) -> tuple[str, str]:
    return mail.recipients[0], str(mail.parsed["subject"])


@asynccontextmanager
async def virtual_week(folder: Path, catalogue: Path, begins: datetime) -> AsyncIterator[VirtualWeek]:
    """Run all services from an instant on; yields the week, with nothing told."""
    clock, database = folder / "clock", folder / "slad.db"
    SteeredTime.steer(clock, begins)
    with SmtpServer() as mailbox:
        settings = Settings(
            store_url=f"sqlite:///{database}",
            catalogue=str(catalogue),
            time=f"steered:{clock}",
            smtp_url=f"smtp+plain://127.0.0.1:{mailbox.port}",
            link_secret="week-link-secret-0123456789abcdef",
            tick_ms=10,
            provisional_after_seconds=1_000_000_000,
        )  # fmt: skip
        async with run_process(settings, ALL) as process:
            yield VirtualWeek(process, mailbox, clock, database, begins)
