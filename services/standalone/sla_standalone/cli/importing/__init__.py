"""`slad import CSV --map FILE`: history or open tickets of another system into a running service, as CloudEvents.

Running it twice changes nothing the second time; what could not be taken stands in a file of rejects, to be corrected
and imported again. Incidents that are still open come under watch at once, with what they have missed already.
"""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import httpx2
import typer

from sla_domain.event import IncidentEvent
from sla_platform.timesource import SystemTime
from sla_standalone.cli.importing.batch import Account, Refusal, batches
from sla_standalone.cli.importing.post import StillBusy, post
from sla_standalone.cli.log import opened
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url
from sla_standalone.cli.say import WRONG, Advance, emit, note, progress, stop
from sla_standalone.replay import History


def register(app: typer.Typer) -> None:
    app.command("import")(import_)


def import_(
    table: Annotated[Path, typer.Argument(metavar="CSV", help="The table, one row an incident or one per update.")],
    mapping: Annotated[Path, typer.Option("--map", help="What its columns mean; see examples/replay.")],
    url: Url = DEFAULT_URL,
    key: Key = "",
    rejects: Annotated[
        Path | None, typer.Option(help="Where to list what was not taken. Default: CSV.rejects.")
    ] = None,
    batch: Annotated[int, typer.Option(help="Events a request.", min=1, max=5000)] = 500,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only read and count; send nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Import incidents from a table. Exit status: 0 all taken, 1 there are rejects, 2 misuse or nobody answers."""
    account = Account()
    kinds: Counter[str] = Counter()
    with opened(table, mapping, {}) as history, progress("importing lines", history.lines) as advance:
        account.refusals += [Refusal(r.line, "", r.reason, r.text) for r in history.rejects]
        events = _events(history, account, kinds, advance)
        if dry_run:
            for _ in events:
                pass
        else:
            _send(url, key, events, batch, account)
    where = _write(account, rejects or table.with_name(f"{table.name}.rejects"))
    if json:
        emit(account.as_json() | {"kinds": dict(kinds), "rejects": where and str(where), "sent": not dry_run})
    else:
        _tell(account, kinds, where, sent=not dry_run)
    raise typer.Exit(WRONG if account.refusals else 0)


def _events(history: History, account: Account, kinds: Counter[str], advance: Advance) -> Iterator[IncidentEvent]:
    """Incident by incident, each in the order of its life."""
    for own, rows in history.each():
        life = history.reader.life(own, rows)
        account.incidents += 1
        account.refusals += [Refusal(r.line, own, r.reason, r.text) for r in life.rejects]
        for event in sorted(life.events, key=lambda event: event.order):
            account.events += 1
            kinds[event.kind.value] += 1
            yield event
        advance(len(rows))


def _send(url: str, key: str, events: Iterator[IncidentEvent], size: int, account: Account) -> None:
    try:
        asyncio.run(_posted(url, key, events, size, account))
    except httpx2.ConnectError:
        stop(f"nothing answers at {url}: start it with `slad run`, or say --url")
    except httpx2.HTTPError as error:
        stop(f"{url}: {type(error).__name__} {error}; run it again, what was taken is not taken twice".rstrip())
    except StillBusy as busy:
        stop(f"{busy}; run it again later, what was taken is not taken twice")


async def _posted(url: str, key: str, events: Iterator[IncidentEvent], size: int, account: Account) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    time = SystemTime()
    async with httpx2.AsyncClient(base_url=url.rstrip("/"), headers=headers, timeout=60, trust_env=False) as client:
        for batch in batches(events, size):
            await post(client, batch, account, time)


def _write(account: Account, where: Path) -> Path | None:
    if not account.refusals:
        return None
    with where.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["line", "incident", "reason", "text"])
        for one in account.refusals:
            out.writerow([one.line or "", one.incident, one.reason, one.text])
    return where


def _tell(account: Account, kinds: Counter[str], where: Path | None, *, sent: bool) -> None:
    counted = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    typer.echo(f"{account.incidents} incidents, {account.events} events: {counted}")
    if sent:
        typer.echo(f"{account.accepted} accepted, {account.duplicate} known already")
    else:
        typer.echo("nothing was sent")
    if where is not None:
        note(f"{len(account.refusals)} not taken: {where}")
