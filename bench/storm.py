"""The notifier alone in a storm: many breaches of one contract at once, and another contract's pages beside it.

    python -m bench.storm --breaches 10000 [--store sqlite] [--profile]

The facts are given to the notifier as its consumer gets them, in batches of 500 from four partitions; it decides, and
sends to a mail server on this machine. Each breach is an alert of its own, of one contract with one person on call. A
fact of the other contract comes every quarter of a second, in a partition of its own. Figures: facts a second through
taking in and deciding (of the clock, and of the processor's time that this process used), how late the other contract's
pages are at the mail server, and how long after the last fact was taken in all of the storm had been told, in how many
mails. PostgreSQL and the mail server run on the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import pstats
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from bench.delivery import lateness
from bench.results import keep, load
from bench.timers import opened
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select

import sla_standalone  # noqa: F401 - it makes the kinds of channels known to the catalogue
from sla_catalogue import load_catalogue
from sla_domain.clock import clock_id
from sla_domain.event import IncidentId
from sla_domain.fact import FactKind
from sla_domain.plan import MetricId
from sla_notifier import tables
from sla_notifier.channel.registry import open_channels
from sla_notifier.context import NotifierContext
from sla_notifier.delivery.state import UNFINISHED
from sla_notifier.intake.handler import FactHandler
from sla_notifier.intake.scheduler import FairScheduler
from sla_notifier.send.pace import Pace
from sla_notifier.send.sender import Sender
from sla_notifier.service import notifier_context
from sla_platform.bus import Batch, WakeSignal
from sla_platform.envelope import Envelope
from sla_platform.local.ports import free_ports
from sla_platform.settings import Settings
from sla_platform.store.schema import create_all
from sla_platform.timesource import SystemTime
from sla_platform.wire import ClockFact, encode_clock_fact

BATCH = 500
PARTITIONS = 4
EVERY_SECONDS = 0.25
CALM_SECONDS = 3.0
PATIENCE_SECONDS = 300.0
STORM, OTHER = "storm", "other"
METRIC = MetricId("first_response")


class Mailbox:
    """A mail server that notes when each mail came, and to whom."""

    def __init__(self) -> None:
        self.mails: Counter[str] = Counter()
        self.last: dict[str, float] = {}
        self.arrived: dict[str, float] = {}
        """Of the other contract: subject's ticket -> when its page came."""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        now = time.monotonic()
        for address in envelope.rcpt_tos:
            name = address.partition("@")[0]
            self.mails[name] += 1
            self.last[name] = now
            if name.startswith(OTHER):
                self.arrived.setdefault(name, now)
        return "250 taken"


def catalogue(folder: Path, others: int) -> Path:
    """Every page of the other contract goes to a person of its own, so that no digest gathers them."""
    people = {STORM: {"name": "Storm", "email": f"{STORM}@bench.example"}}
    people |= {f"{OTHER}{n}": {"name": f"Other {n}", "email": f"{OTHER}{n}@bench.example"} for n in range(others)}
    levels = {"levels": [{"after": "0m", "tell": ["on_call"]}]}
    content = {
        "settings": {"local": True, "default_contract": STORM},
        "coverages": {"always": {"hours": "24x7"}},
        "plans": {
            "quick": {
                "priorities": [{"id": "P1", "title": "P1"}], "rules": {"default": "P1"}, "roles": ["on_call"],
                "targets": [{"metric": METRIC, "coverage": "always", "by_priority": {"P1": "1h"}}],
                "escalation": "chain",
            }
        },
        "escalations": {"chain": levels}
        | {f"to{n}": {"levels": [{"after": "0m", "tell": [f"{OTHER}{n}"]}]} for n in range(others)},
        "people": people,
        "contracts": {
            STORM: {"plan": "quick", "zone": "UTC", "customers": ["Storm"], "roles": {"on_call": [STORM]}},
            OTHER: {"plan": "quick", "zone": "UTC", "customers": ["Other"], "roles": {"on_call": [f"{OTHER}0"]},
                    "people": {name: person for name, person in people.items() if name != STORM}},
        },
    }  # fmt: skip
    del content["people"]
    content["contracts"][STORM]["people"] = {STORM: people[STORM]}  # type: ignore[index]
    (folder / "bench.yaml").write_text(json.dumps(content))
    return folder / "bench.yaml"


def breach(contract: str, number: int, escalation: str) -> Envelope:
    """A breach that has just happened, as the timer says it."""
    incident = IncidentId(f"{contract}:{number}")
    now = SystemTime().now()
    clock = clock_id(incident, METRIC, 1)
    return encode_clock_fact(
        ClockFact(
            kind=FactKind.CLOCK_BREACHED, incident=incident, at=now, fired_at=now, clock=clock, metric=METRIC,
            threshold="breach", due_at=now, contract=contract, plan="quick", customer=contract.title(), priority="P1",
            title="Checkout is down", zone="UTC", allowed="1h", hours="wall", escalation=escalation,
            state="running", breached="breached",
        ),
        "0/breach",
    )  # fmt: skip


async def measured(arguments: argparse.Namespace, context: NotifierContext, mail: Mailbox) -> dict[str, Any]:
    handler, scheduler = FactHandler(context), FairScheduler(context)
    sender = Sender(context, open_channels(arguments.settings, context.catalogue), Pace(lease_seconds=60.0))
    due: dict[str, float] = {}
    running = [asyncio.create_task(scheduler.run()), asyncio.create_task(sender.run())]
    other = asyncio.create_task(_others(handler, due, arguments.others))
    await asyncio.sleep(CALM_SECONDS)
    begun, worked = time.monotonic(), time.process_time()
    numbers = range(arguments.breaches)
    await asyncio.gather(*(_herd(handler, numbers[part::PARTITIONS], part) for part in range(PARTITIONS)))
    taken_in = time.monotonic()
    await _until(context, select(func.count()).select_from(tables.waiting))
    decided, worked = time.monotonic(), time.process_time() - worked
    unfinished = [state.value for state in UNFINISHED]
    d = tables.delivery.c
    await _until(context, select(func.count()).where(d.contract == STORM, d.state.in_(unfinished)))
    await asyncio.sleep(1.0)
    other.cancel()
    await asyncio.gather(other, return_exceptions=True)
    await asyncio.sleep(2.0)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    in_storm = {name: at for name, at in due.items() if begun <= at < decided}
    figures: dict[str, Any] = {
        "store": arguments.store,
        "breaches": arguments.breaches,
        "taken_in_seconds": taken_in - begun,
        "decided_seconds": decided - begun,
        "facts_per_second": arguments.breaches / (decided - begun),
        "facts_per_cpu_second": arguments.breaches / worked,
        "told_after_herd_seconds": mail.last.get(STORM, 0.0) - taken_in,
        "storm_mails": mail.mails[STORM],
    }
    for word, names in (("calm", set(due) - set(in_storm)), ("storm", set(in_storm))):
        late = sorted(mail.arrived[name] - due[name] for name in names if name in mail.arrived)
        figures |= {f"{word}_pages": len(late), f"{word}_missed": len(names) - len(late)}
        figures |= lateness(f"{word}_page", late)
    return figures


async def _herd(handler: FactHandler, numbers: Sequence[int], partition: int) -> None:
    for first in range(0, len(numbers), BATCH):
        facts = tuple(breach(STORM, number, "chain") for number in numbers[first : first + BATCH])
        await handler.handle(Batch(partition, facts, None))


async def _others(handler: FactHandler, due: dict[str, float], most: int) -> None:
    for number in range(most):
        due[f"{OTHER}{number}"] = time.monotonic()
        await handler.handle(Batch(PARTITIONS, (breach(OTHER, number, f"to{number}"),), None))
        await asyncio.sleep(EVERY_SECONDS)


async def _until(context: NotifierContext, count: Any) -> None:
    """Wait until a count of rows is zero."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        async with context.store.reading() as connection:
            left = (await connection.execute(count)).scalar_one()
        if not left:
            return
        if time.monotonic() > ends:
            raise SystemExit(f"{left} rows were left after {PATIENCE_SECONDS:.0f} s")
        await asyncio.sleep(0.05)


async def run(arguments: argparse.Namespace) -> dict[str, Any]:
    mail = Mailbox()
    (port,) = free_ports(1)
    controller = Controller(mail, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        with tempfile.TemporaryDirectory() as name:
            file = catalogue(Path(name), arguments.others)
            found = load_catalogue(file)
            async with opened(arguments.store, Path(name)) as store:
                await create_all(store, [tables.metadata])
                arguments.settings = Settings(smtp_url=f"smtp+plain://127.0.0.1:{port}", catalogue=str(file))
                context = notifier_context(
                    arguments.settings, store, WakeSignal(), SystemTime(), CollectorRegistry(), lambda: found
                )
                return await measured(arguments, context, mail)
    finally:
        controller.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--breaches", type=int, default=10_000)
    parser.add_argument("--others", type=int, default=400, help="pages of the other contract at most")
    parser.add_argument("--store", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    before = load()
    profile = cProfile.Profile() if arguments.profile else None
    figures = profile.runcall(asyncio.run, run(arguments)) if profile is not None else asyncio.run(run(arguments))
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)
    keep(figures, before)


if __name__ == "__main__":
    main()
