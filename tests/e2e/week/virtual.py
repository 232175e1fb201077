"""All services in one process with a real SMTP server, under a clock that stands still until all due is done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from tests.real.smtp import Mail, SmtpServer

from sla_standalone.compose import ALL
from sla_standalone.rehearsal.rehearsal import Rehearsal, rehearsal, rehearsal_settings


@dataclass(frozen=True, slots=True)
class Told:
    """A mail, and the instant at which it left."""

    at: datetime
    mail: Mail


@dataclass
class VirtualWeek:
    """The process, its mail server, and what has been told so far."""

    rehearsal: Rehearsal
    mailbox: SmtpServer
    told: list[Told] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """Return the instant that the clock shows."""
        return self.rehearsal.now

    async def post(self, path: str, body: Any, **headers: str) -> Mapping[str, Any]:
        """Send a request with the administrator's key, and return the answer, which must be a success."""
        process = self.rehearsal.process
        transport = httpx2.ASGITransport(app=process.app)
        async with httpx2.AsyncClient(transport=transport, base_url=process.context.settings.public_url) as client:
            answer = await client.post(path, json=body, headers={"authorization": "Bearer week-admin-key", **headers})
        assert answer.is_success, answer.text
        found: Mapping[str, Any] = answer.json()
        return found

    async def go(self, to: datetime) -> None:
        """Let time pass up to an instant; of each instant on the way the mails are noted."""
        await self.settle()
        while self.now < to:
            await self.rehearsal.step(to)
            self._note()

    async def settle(self) -> None:
        """Wait until nothing that is due has not been done; then note the mails that have come."""
        await self.rehearsal.settle()
        self._note()

    def _note(self) -> None:
        new = self.mailbox.accepted.all()[len(self.told) :]
        self.told += sorted((Told(self.now, mail) for mail in new), key=lambda each: _order(each.mail))


def _order(mail: Mail) -> tuple[str, str]:
    return mail.recipients[0], str(mail.parsed["subject"])


@asynccontextmanager
async def virtual_week(folder: Path, catalogue: Path, begins: datetime) -> AsyncIterator[VirtualWeek]:
    """Run all services from an instant on; yields the week, with nothing told."""
    with SmtpServer() as mailbox:
        settings = rehearsal_settings(folder, catalogue, smtp_url=f"smtp+plain://127.0.0.1:{mailbox.port}")
        async with rehearsal(folder, settings, begins, services=ALL, sends=True) as run:
            yield VirtualWeek(run, mailbox)
