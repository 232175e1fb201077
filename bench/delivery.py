"""From the due instant of a promise to the mail's DATA and to the webhook's last byte, through running processes.

    python -m bench.delivery --incidents 400 [--production]

Incidents are posted to ingest, one contract each, at a steady pace; each promises an answer within three seconds that
nobody gives. Its breach goes to one person by mail and to another by webhook. Embedded is one `slad run` on SQLite;
production is the four services with PostgreSQL and Kafka. Every part runs on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from aiosmtpd.controller import Controller
from bench.results import keep, load
from tests.e2e.fleet import Fleet, Profile
from tests.kill.drill import PAGER_SECRET
from tests.real.webhook import WebhookReceiver

from sla_platform.local import KafkaBroker, PostgresServer
from sla_platform.local.ports import free_ports
from sla_platform.timesource import SystemTime

KEY = "bench-ingest-key-0123456789"
ALLOWED = timedelta(seconds=3)
HEADERS = {"content-type": "application/cloudevents+json", "authorization": f"Bearer {KEY}"}


class Mailbox:
    """A mail server that notes when each address got its message."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        for address in envelope.rcpt_tos:
            self.arrived.setdefault(address.partition("@")[0], time.monotonic())
        return "250 taken"


def catalogue(folder: Path, count: int, sink: str) -> Path:
    numbers = range(count)
    folder.mkdir()
    content = {
        "settings": {"local": True, "default_contract": "c0"},
        "coverages": {"always": {"hours": "24x7"}},
        "plans": {
            "quick": {
                "priorities": [{"id": "P1", "title": "P1"}],
                "rules": {"default": "P1"},
                "targets": [{"metric": "first_response", "coverage": "always",
                             "by_priority": {"P1": f"{ALLOWED.total_seconds():g}s"}}],
                "escalation": "chain",
                "roles": ["on_call"],
            }
        },
        "escalations": {"chain": {"levels": [{"after": "0m", "tell": ["on_call"]}]}},
        "people": {f"mail-{n}": {"name": f"Mail {n}", "email": f"m{n}@bench.example"} for n in numbers}
        | {f"hook-{n}": {"name": f"Hook {n}", "webhook": f"hook-{n}"} for n in numbers},
        "channels": {
            f"hook-{n}": {"kind": "webhook", "url": f"{sink}/{n}", "secret": PAGER_SECRET, "private_addresses": True}
            for n in numbers
        },
        "contracts": {
            f"c{n}": {"plan": "quick", "zone": "UTC", "customers": [f"customer {n}"],
                      "roles": {"on_call": [f"mail-{n}", f"hook-{n}"]}}
            for n in numbers
        },
        "sources": {"bench": {"dialect": "cloudevents", "authentication": {"kind": "bearer", "secret": KEY}}},
        "keys": {"ingest": {"key": KEY, "scopes": ["ingest"]}},
    }  # fmt: skip
    (folder / "bench.yaml").write_text(json.dumps(content))
    return folder


async def measured(arguments: argparse.Namespace, fleet: Fleet, mail: Mailbox, hook: WebhookReceiver) -> dict[str, Any]:
    await fleet.start()
    due: dict[str, float] = {}
    async with httpx2.AsyncClient(base_url=fleet.url("ingest"), headers=HEADERS) as client:
        for number in range(arguments.incidents):
            at, clock = SystemTime().now(), time.monotonic()
            answer = await client.post("/v1/events", content=json.dumps(opened(number, at)))
            answer.raise_for_status()
            due[f"{number}"] = clock + ALLOWED.total_seconds()
            await asyncio.sleep(1 / arguments.pace)
    deadline = time.monotonic() + ALLOWED.total_seconds() + 20
    while time.monotonic() < deadline:
        hooks = {one.target.strip("/"): one.arrived for one in reversed(hook.requests.all())}
        if len(hooks) >= arguments.incidents <= len(mail.arrived):
            break
        await asyncio.sleep(0.2)
    figures: dict[str, Any] = {"profile": fleet.profile.value, "incidents": arguments.incidents}
    for name, arrivals in (("mail", {k[1:]: v for k, v in mail.arrived.items()}), ("webhook", hooks)):
        late = sorted(arrivals[number] - due[number] for number in due if number in arrivals)
        figures |= {f"{name}_missed": len(due) - len(late), f"{name}_early": sum(one < 0 for one in late)}
        figures |= lateness(name, late)
    return figures


def opened(number: int, at: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": f"bench-{number}", "source": "bench", "type": "io.slad.incident.opened.v1",
        "subject": f"B-{number}", "time": at.isoformat(), "datacontenttype": "application/json",
        "data": {"customer": f"customer {number}", "priority": "P1", "title": "Checkout is down"},
    }  # fmt: skip


def lateness(name: str, late: Sequence[float]) -> dict[str, float]:
    """The middle, the 99th percentile and the most of sorted seconds, in milliseconds; nothing of none."""
    if not late:
        return {}
    shares = {"p50": late[len(late) // 2], "p99": late[len(late) * 99 // 100], "max": late[-1]}
    return {f"{name}_{share}_ms": 1000 * seconds for share, seconds in shares.items()}


@asynccontextmanager
async def installed(folder: Path, environment: dict[str, str], *, production: bool) -> AsyncIterator[Fleet]:
    """One instance of each process, to be started, with what it stands on; all of it is gone afterwards."""
    server, broker = None, None
    if production:
        server, broker = PostgresServer(folder / "pg"), KafkaBroker(folder / "kafka")
        server.start()
        await asyncio.to_thread(broker.start)
        environment |= {"SLAD_STORE_URL": await server.create_database("slad"), "SLAD_BUS_URL": broker.url}
    profile = Profile.PRODUCTION if production else Profile.EMBEDDED
    fleet = Fleet(folder / "fleet", profile, environment, instances=1)
    try:
        yield fleet
    finally:
        fleet.kill()
        for part in (server, broker):
            if part is not None:
                await asyncio.to_thread(part.discard)


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    mail = Mailbox()
    (port,) = free_ports(1)
    controller = Controller(mail, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        with tempfile.TemporaryDirectory() as name, WebhookReceiver() as hook:
            folder = Path(name)
            environment = {
                "SLAD_CATALOGUE": str(catalogue(folder / "catalogue", arguments.incidents, hook.url)),
                "SLAD_SMTP_URL": f"smtp+plain://127.0.0.1:{port}",
                "SLAD_WEBHOOK_ALLOW": '["127.0.0.0/8"]',
                "SLAD_RATE_PER_MINUTE": "1000000",
            }
            async with installed(folder, environment, production=arguments.production) as fleet:
                return await measured(arguments, fleet, mail, hook)
    finally:
        controller.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=400)
    parser.add_argument("--pace", type=float, default=20, help="incidents a second")
    parser.add_argument("--production", action="store_true")
    arguments = parser.parse_args()
    before = load()
    keep(asyncio.run(run(arguments)), before)


if __name__ == "__main__":
    main()
