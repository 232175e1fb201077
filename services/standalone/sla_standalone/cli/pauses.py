"""`slad pauses`: the audit of pauses, from a running service: how long, met while paused, and whose pauses they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

import httpx2
import typer
from rich.table import Table

from sla_domain.target_text import elapsed_text
from sla_standalone.cli.book import instant_of
from sla_standalone.cli.output import emit, note, say, table_console
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, fetch_json, open_client

_PAGE = 500


class WaitingParty(StrEnum):
    """Who is waited for while a clock is paused, such as the customer: the values of `--waiting-on`."""

    CUSTOMER = "customer"
    VENDOR = "vendor"
    OTHER = "other"


def register(app: typer.Typer) -> None:
    """Add the command `slad pauses` to the application."""
    app.command("pauses")(pauses)


def pauses(
    contract: Annotated[str, typer.Option(help="Only of this one.")] = "",
    start: Annotated[str, typer.Option("--from", help="That began from this instant on (UTC without an offset).")] = "",
    end: Annotated[str, typer.Option("--to", help="That began before this instant.")] = "",
    longer_than: Annotated[str, typer.Option(help="At least so long: 4h, 90m, 2d.")] = "",
    counted: Annotated[bool, typer.Option("--counted", help="Measure in counted time, not by the wall clock.")] = False,
    waiting_on: Annotated[WaitingParty | None, typer.Option(help="Only such.")] = None,
    open: Annotated[bool, typer.Option("--open", help="Only those that last.")] = False,
    met: Annotated[bool, typer.Option("--met", help="Only those in which the clock was met.")] = False,
    spoken: Annotated[bool, typer.Option("--spoken", help="Only on the customer, who has spoken since.")] = False,
    shares: Annotated[bool, typer.Option("--shares", help="Sum up by person instead of listing.")] = False,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=100_000)] = 50,
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the pauses of clocks, the newest first; with --shares, sum up the paused time by person instead.

    A clock is paused while the incident waits, for example for the customer. Needs a key with the scope read. Exit
    status: 0 listed, 2 the call makes no sense or a service does not answer.
    """
    asked = {
        "contract": contract,
        "from": instant_of(start, "UTC", "--from").isoformat() if start else "",
        "to": instant_of(end, "UTC", "--to").isoformat() if end else "",
        "longer_than": longer_than,
        "measure": "counted" if counted else "",
        "waiting_on": "" if waiting_on is None else waiting_on.value,
        "open": "true" if open else "",
        "met": "true" if met else "",
        "spoken": "true" if spoken else "",
    }
    asked = {name: value for name, value in asked.items() if value}
    with open_client(url, key) as client:
        if shares:
            _tell_shares(fetch_json(client, "/v1/pauses/shares", asked), json)
        else:
            _tell(list(_listed(client, asked, limit)), json)


def _listed(client: httpx2.Client, asked: Mapping[str, str], limit: int) -> Iterator[dict[str, Any]]:
    left, after = limit, ""
    while left > 0:
        page = fetch_json(client, "/v1/pauses", {**asked, "after": after, "limit": min(left, _PAGE)})
        if not after and page["behind"]:
            note(f"{page['behind']} incidents with something new are being read: ask again in a moment")
        yield from page["pauses"]
        left -= len(page["pauses"])
        if page["next"] is None:
            return
        after = page["next"]


def _tell(found: list[dict[str, Any]], json: bool) -> None:
    if json:
        emit({"pauses": found})
        return
    if not found:
        note("no pause fits")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("incident", "metric", "waiting on", "since", "paused", "counted", "set by", "held by", "remarks"):
        table.add_column(column, overflow="fold")
    for one in found:
        table.add_row(
            one["incident"], one["metric"], one["waiting_on"] or "nobody", one["started_at"][:16] + "Z",
            _span(one["wall_seconds"]), _span(one["counted_seconds"]), one["set_by"] or "-",
            ", ".join(one["holders"]) or "-", ", ".join(_remarks(one)),
        )  # fmt: skip
    table_console().print(table)


def _remarks(one: Mapping[str, Any]) -> Iterator[str]:
    if one["ended_at"] is None:
        yield "it lasts"
    if one["verdict"]:
        yield f"{one['verdict']} while paused"
    if one["customer_words"]:
        yield "the customer spoke"
    if one["defect"]:
        yield f"defect {one['defect']}"


def _tell_shares(sums: dict[str, Any], json: bool) -> None:
    if json:
        emit(sums)
        return
    more = "" if sums["complete"] else " or more; the newest are counted"
    say(f"{sums['pauses']} pauses{more}, {_span(sums['wall_seconds'])} by the wall clock")
    for heading, name in (("held by", "by_holder"), ("set by", "by_setter"), ("waiting on", "by_party")):
        table = Table(box=None, pad_edge=False)
        for column in (heading, "paused", "share"):
            table.add_column(column, overflow="fold")
        for one in sums[name]:
            table.add_row(one["name"] or "nobody stated", _span(one["wall_seconds"]), f"{one['share']:.0%}")
        if sums[name]:
            table_console().print(table)


def _span(seconds: float | None) -> str:
    """To the minute, shorter ones to the second."""
    if seconds is None:
        return "-"
    return elapsed_text(timedelta(seconds=seconds if seconds < 60 else seconds // 60 * 60))
