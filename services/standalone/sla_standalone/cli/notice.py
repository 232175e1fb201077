"""`slad notice show`: who was notified of a critical fix, and who has acknowledged it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from sla_standalone.cli.output import WRONG, emit, say, table_console
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, fetch_json, open_client


def register(app: typer.Typer) -> None:
    """Add the commands `slad notice …` to the application."""
    group = typer.Typer(
        name="notice",
        help="Notices of critical fixes: whom they were told, and who has answered.",
        no_args_is_help=True,
    )
    group.callback()(_group)
    group.command("show")(show)
    app.add_typer(group)


def _group() -> None: ...


def show(
    notice: Annotated[str, typer.Argument(metavar="NOTICE", help="The publisher's id of the notice.")],
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the newest revision of a critical-fix notice: who was notified in each contract, how, and who acknowledged.

    Needs a key with the scope read; a key of one contract shows only that contract. Exit status: 0 no acknowledgement
    is outstanding, 1 one is, or the notice is not known, 2 the call makes no sense.
    """
    with open_client(url, key) as client:
        found = fetch_json(client, f"/v1/notices/{quote(notice, safe='')}")
    if json:
        emit(found)
    else:
        _print(found)
    if found["outstanding"]:
        raise typer.Exit(WRONG)


def _print(found: dict[str, Any]) -> None:
    cause = f", {found['cause'].replace('_', ' ')}" if found["cause"] else ""
    say(f"{found['id']} · {found['title']} ({found['severity']}{cause}; revision {found['revision']})")
    if found["withdrawn"]:
        say(f"withdrawn: {found['reason']}")
    say(f"{found['told']} told, {found['delivered']} delivered, {len(found['outstanding'])} outstanding")
    for contract in found["contracts"]:
        say(f"\n{contract['contract']}: {_answer(contract)}")
        table = Table(box=None, pad_edge=False)
        for name in ("person", "side", "told at", "by", "state", "revision"):
            table.add_column(name, overflow="fold")
        for one in contract["people"]:
            channel, revision = one["channel"], str(one["revision"])
            table.add_row(one["person"], one["side"], one["told_at"], channel, one["state"], revision)
        table_console().print(table)


def _answer(contract: dict[str, Any]) -> str:
    match contract["state"]:
        case "open":
            return "nobody has acknowledged it"
        case "acknowledged":
            return f"acknowledged by {contract['acknowledged_by']} at {contract['acknowledged_at']}"
        case "closed":
            return f"closed ({contract['close_reason'].replace('_', ' ')})"
        case _:
            return "for information, nobody was asked"
