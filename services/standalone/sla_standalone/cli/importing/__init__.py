"""`slad import CSV --map FILE`: incidents of another system, closed or open, into a running service as CloudEvents."""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import httpx2
import typer

from sla_catalogue import CatalogueInvalid
from sla_domain.event import IncidentEvent
from sla_platform.settings import Settings
from sla_platform.timesource import SystemTime
from sla_standalone.cli.book import catalogue_at
from sla_standalone.cli.importing.batch import ImportAccount, NotImported, batches
from sla_standalone.cli.importing.post import StillBusy, post
from sla_standalone.cli.importing.preview import ImportPreview
from sla_standalone.cli.log import open_log
from sla_standalone.cli.output import WRONG, Advance, emit, note, progress, say, stop
from sla_standalone.cli.place import path
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url
from sla_standalone.replay import ReplayHistory


def register(app: typer.Typer) -> None:
    """Add the command `slad import` to the application."""
    app.command("import")(import_)


def import_(
    table: Annotated[
        Path, typer.Argument(parser=path, metavar="CSV", help="The table, one row an incident or one per update.")
    ],
    mapping: Annotated[Path, typer.Option("--map", parser=path, help="What its columns mean; see examples/replay.")],
    url: Url = DEFAULT_URL,
    key: Key = "",
    rejects: Annotated[
        Path | None, typer.Option(parser=path, help="Where to list what was not taken. Default: CSV.rejects.")
    ] = None,
    batch: Annotated[int, typer.Option(help="Events a request.", min=1, max=5000)] = 500,
    tell: Annotated[
        bool, typer.Option("--tell", help="Notify people of open incidents that are breached already.")
    ] = False,
    catalogue: Annotated[
        Path | None,
        typer.Option(
            parser=path, help="Whose promises and people, to count what would be sent. Default: SLAD_CATALOGUE."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only read and count; send nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Import incidents from a table (CSV) into a running service.

    Exit status: 0 all imported, 1 some lines or events were not imported, 2 misuse or no service answers.
    """
    run = _Run(tell=tell, outlook=_outlook(catalogue))
    if not dry_run:
        note(_WILL_TELL if tell else _TELLS_NOBODY)
    with open_log(table, mapping, {}) as history, progress("importing lines", history.lines) as advance:
        run.account.refusals += [NotImported(r.line, "", r.reason, r.text) for r in history.rejects]
        lives = run.lives(history, advance)
        if dry_run:
            for _ in lives:
                pass
        else:
            _send(url, key, lives, batch, run.account)
    where = _write(run.account, rejects or table.with_name(f"{table.name}.rejects"))
    if json:
        emit(
            run.account.as_json()
            | {"kinds": dict(run.kinds), "rejects": where and str(where), "sent": not dry_run, "tell": tell}
            | {"remarks": dict(run.remarks), "would_tell": None if run.outlook is None else run.outlook.as_json()}
        )
    else:
        _tell(run, where, sent=not dry_run)
    raise typer.Exit(WRONG if run.account.refusals else 0)


_TELLS_NOBODY = (
    "no one is notified of what became true before this import (--tell would); breaches from now on are notified"
)
_WILL_TELL = "people are notified of open incidents that are breached already, and of no incident that is over"


@dataclass(slots=True)
class _Run:
    """One import: what was found on the way."""

    tell: bool
    outlook: ImportPreview | None
    account: ImportAccount = field(default_factory=ImportAccount)
    kinds: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)

    def lives(self, history: ReplayHistory, advance: Advance) -> Iterator[Sequence[IncidentEvent]]:
        """Incident by incident, each in the order of its life."""
        for own, rows in history.each():
            life = history.reader.life(own, rows)
            self.account.incidents += 1
            self.account.refusals += [NotImported(r.line, own, r.reason, r.text) for r in life.rejects]
            self.remarks.update(life.remarks)
            self.remarks.update(warning for event in life.events for warning in event.warnings)
            events = [replace(event, history=not self.tell) for event in life.events]
            events.sort(key=lambda event: event.order)
            self.account.events += len(events)
            self.kinds.update(event.kind.value for event in events)
            if self.outlook is not None:
                self.outlook.look(events)
            yield events
            advance(len(rows))


def _outlook(path: Path | None) -> ImportPreview | None:
    """By the catalogue that is named, else by the one that a service started here would have in force."""
    usual = Settings().catalogue
    if path is None and not usual.exists():
        return None
    try:
        return ImportPreview(catalogue_at(path or usual), SystemTime().now())
    except CatalogueInvalid:
        if path is not None:
            raise
        note(f"slad: {usual} does not form a catalogue (slad check {usual}): not counted what would be sent")
        return None


def _send(url: str, key: str, lives: Iterator[Sequence[IncidentEvent]], size: int, account: ImportAccount) -> None:
    try:
        asyncio.run(_posted(url, key, lives, size, account))
    except httpx2.ConnectError:
        stop(f"nothing answers at {url}: start it with `slad run`, or say --url")
    except httpx2.HTTPError as error:
        stop(f"{url}: {type(error).__name__} {error}; run it again, what was taken is not taken twice".rstrip())
    except StillBusy as busy:
        stop(f"{busy}; run it again later, what was taken is not taken twice")


async def _posted(
    url: str, key: str, lives: Iterator[Sequence[IncidentEvent]], size: int, account: ImportAccount
) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    time = SystemTime()
    async with httpx2.AsyncClient(base_url=url.rstrip("/"), headers=headers, timeout=60, trust_env=False) as client:
        for batch in batches(lives, size):
            await post(client, batch, account, time)


def _write(account: ImportAccount, where: Path) -> Path | None:
    if not account.refusals:
        return None
    with where.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["line", "incident", "reason", "text"])
        for one in account.refusals:
            out.writerow([one.line or "", one.incident, one.reason, one.text])
    return where


def _tell(run: _Run, where: Path | None, *, sent: bool) -> None:
    account = run.account
    counted = ", ".join(f"{kind} {count}" for kind, count in sorted(run.kinds.items()))
    say(f"{account.incidents} incidents, {account.events} events: {counted}")
    if sent:
        say(f"{account.accepted} accepted, {account.duplicate} known already")
    else:
        say("nothing was sent")
    if run.outlook is None:
        say("give --catalogue to see what --tell would send, and to whom")
    else:
        say(_notifications(run.outlook, account, tell=run.tell, sent=sent))
    for remark, count in run.remarks.most_common(_REMARKS_SHOWN):
        note(f"{count} x {remark}")
    if where is not None:
        note(f"{len(account.refusals)} not taken: {where}")


def _notifications(outlook: ImportPreview, account: ImportAccount, *, tell: bool, sent: bool) -> str:
    """What people hear of, or would: never of events that the service knew already."""
    if sent and not account.accepted:
        return "no one is notified: the service took nothing new"
    known = " of what was not known already" if sent and account.duplicate else ""
    return f"--tell {'sends' if tell and sent else 'would send'}{known}: {outlook.in_words()}"


_REMARKS_SHOWN = 20
