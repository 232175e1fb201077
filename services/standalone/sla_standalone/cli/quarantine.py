"""`slad quarantine list|show|replay`: events that a service could not process, listed and processed again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import httpx2
import typer
from rich.table import Table

from sla_standalone.cli.output import MISUSED, WRONG, emit, note, say, stop, table_console
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, open_client, problem_text, stop_refused

SERVICES = ("ingest", "timer", "notifier", "board")
_PAGE = 500
_Rows = Annotated[
    list[str] | None, typer.Argument(metavar="SERVICE/ID…", help="Such as timer/12, as `list` shows them.")
]
_One = Annotated[str, typer.Argument(metavar="SERVICE/ID", help="Such as timer/12, as `list` shows it.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands `slad quarantine …` to the application."""
    group = typer.Typer(
        name="quarantine",
        help="What a service could not process: listed, shown, given to it again.",
        no_args_is_help=True,
    )
    group.command("list")(list_rows)
    group.command("show")(show_row)
    group.command("replay")(replay_rows)
    app.add_typer(group)


def list_rows(
    url: Url = DEFAULT_URL,
    key: Key = "",
    service: Annotated[str, typer.Option(help="Only this one: ingest, timer, notifier or board.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Those that were replayed, too.")] = False,
    json: _Json = False,
) -> None:
    """List the events in quarantine (events that a service could not process), by service, the oldest first.

    Needs a key with the scope admin. Exit status: 0 no event waits, 1 at least one waits, 2 the call makes no sense or
    a service does not answer.
    """
    with open_client(url, key) as client:
        rows = list(_all(client, _services(service), "any" if every else "quarantined"))
    if json:
        emit({"quarantined": rows})
    elif rows:
        _table(rows)
    else:
        note("nothing is in quarantine")
    if any(row["state"] == "quarantined" for row in rows):
        raise typer.Exit(WRONG)


def show_row(row: _One, url: Url = DEFAULT_URL, key: Key = "", json: _Json = False) -> None:
    """Show one event in quarantine: its attributes, the error and its raw data.

    The quarantine holds events that a service could not process. Exit status: 0 shown, 1 no such event, 2 the call
    makes no sense.
    """
    with open_client(url, key) as client:
        answer = client.get(_path(row))
        if answer.status_code >= httpx2.codes.BAD_REQUEST:
            stop_refused(answer)
        found: dict[str, Any] = answer.json()
    if json:
        emit(found)
        return
    for name in ("part", "position", "key", "event", "type", "error", "count", "first_at", "last_at", "state"):
        say(f"{name:>9}  {found[name]}")
    for name, value in found["headers"].items():
        say(f"{name:>9}  {value}")
    say(found["data"])


def replay_rows(
    rows: _Rows = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
    every: Annotated[bool, typer.Option("--all", help="Everything that waits, the oldest first.")] = False,
    service: Annotated[str, typer.Option(help="With --all: only of this service.")] = "",
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
    json: _Json = False,
) -> None:
    """Process events in quarantine again, after the cause of the error was removed.

    Exit status: 0 all were processed, 1 at least one stays in quarantine, 2 the call makes no sense.
    """
    if bool(rows) == every:
        stop("say which rows, as `slad quarantine list` shows them, or --all")
    with open_client(url, key) as client:
        waiting = (f"{row['service']}/{row['id']}" for row in _all(client, _services(service), "quarantined"))
        done = [_again(client, name, reason) for name in (list(waiting) if every else rows or ())]
    if json:
        emit({"replayed": done})
    failed = [one for one in done if one["state"] != "replayed"]
    if not json:
        for one in done:
            say(f"{one['row']}  {one['state']}" + (f"  {one['error']}" if one["error"] else ""))
    if failed:
        raise typer.Exit(WRONG)


def _again(client: httpx2.Client, row: str, reason: str) -> dict[str, str]:
    answer = client.post(f"{_path(row)}/replay", params={"reason": reason} if reason else {})
    if answer.status_code not in (httpx2.codes.OK, httpx2.codes.CONFLICT):
        stop_refused(answer)
    done = answer.status_code == httpx2.codes.OK
    error = "" if done else problem_text(answer)
    return {"row": row, "state": "replayed" if done else "quarantined", "error": error}


def _all(client: httpx2.Client, services: tuple[str, ...], state: str) -> Iterator[dict[str, Any]]:
    """Every row of these services; one that is not served behind this address is named on stderr."""
    for service in services:
        after = 0
        while True:
            given: dict[str, str | int] = {"state": state, "after": after, "limit": _PAGE}
            answer = client.get(f"/v1/quarantine/{service}", params=given)
            if answer.status_code == httpx2.codes.NOT_FOUND:
                if len(services) == 1:
                    stop(f"{service} is not served at {client.base_url}", MISUSED)
                note(f"{service} is not served at {client.base_url}: ask its own address for what it holds")
                break
            if answer.status_code >= httpx2.codes.BAD_REQUEST:
                stop_refused(answer)
            page = answer.json()
            yield from page["quarantined"]
            if page["next"] is None:
                break
            after = page["next"]


def _services(service: str) -> tuple[str, ...]:
    if service and service not in SERVICES:
        stop(f"--service {service}: it is one of {', '.join(SERVICES)}")
    return (service,) if service else SERVICES


def _path(row: str) -> str:
    service, _, number = row.partition("/")
    if service not in SERVICES or not (number.isascii() and number.isdigit()):
        stop(f"{row}: a row is named SERVICE/ID, such as timer/12")
    return f"/v1/quarantine/{service}/{number}"


def _table(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("row", "part", "key", "event", "count", "last at", "state", "error"):
        table.add_column(name, overflow="fold")
    for row in rows:
        error = row["error"].splitlines()[0][:120] if row["error"] else ""
        table.add_row(
            f"{row['service']}/{row['id']}", row["part"], row["key"], row["event"], str(row["count"]),
            row["last_at"], row["state"], error,
        )  # fmt: skip
    table_console().print(table)
