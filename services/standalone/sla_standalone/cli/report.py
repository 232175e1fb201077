"""`slad report CONTRACT`, `slad report frozen|freeze|diff`: a contract's report, made, listed, stored, compared."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import httpx2
import typer
from rich.table import Table
from typer.core import TyperGroup

from sla_domain.language_table import LANGUAGES_LISTED
from sla_standalone.cli.output import emit, note, say, stop, table_console
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, fetch_json, open_client, stop_refused

FORMATS = ("json", "html", "csv", "xlsx", "pdf")
_BINARY = frozenset({"xlsx", "pdf"})
_PATIENCE = 120.0  # seconds: a PDF of many pages takes its time
Contract = Annotated[str, typer.Argument(help="A contract's id.")]
Period = Annotated[str, typer.Option(help="2026-11, 2026-Q4, or 2026/27 for a contract year. Default: this month.")]
Kind = Annotated[
    str,
    typer.Option(help="service_report, review or incident_review. Default: by the length of the period."),
]
Language = Annotated[str, typer.Option("--language", "--lang", help=f"{LANGUAGES_LISTED}.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class _OrShow(TyperGroup):
    """A group in which `slad report acme` means `slad report show acme`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `show` before a first argument that is no command of the group."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["show", *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the commands `slad report …` to the application."""
    group = typer.Typer(
        name="report",
        cls=_OrShow,
        no_args_is_help=True,
        help="A contract's service report or review: `slad report CONTRACT` makes it; freeze, list and compare it.",
    )
    group.command("show")(show)
    group.command("frozen")(frozen)
    group.command("freeze")(freeze)
    group.command("diff")(diff)
    app.add_typer(group)


def show(
    contract: Contract,
    period: Period = "",
    kind: Kind = "",
    language: Language = "en",
    format: Annotated[str, typer.Option("--format", help="json, html, csv, xlsx or pdf.")] = "html",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file. Default: standard output.")] = None,
    zone: Annotated[str, typer.Option(help="Of instants, such as Europe/Warsaw. Default: the contract's.")] = "",
    revision: Annotated[int, typer.Option(help="Of a frozen report. Default: the newest.")] = 0,
    live: Annotated[bool, typer.Option("--live", help="As of now, even if it is frozen.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Write the report of a contract for a period to a file or to standard output.

    If the report is frozen (stored for good), the frozen one is written. Otherwise, or with --live, the report is
    computed as of now. Needs a key with the scope read. Exit status: 0 written, 1 there is no such contract or
    revision, 2 the call makes no sense.
    """
    if format not in FORMATS:
        stop(f"--format {format}: choose one of {', '.join(FORMATS)}")
    if format in _BINARY and output is None and sys.stdout.isatty():
        stop(f"{format} is nothing to read in a terminal: say --output FILE")
    query = _asked(period, kind, revision) | {"format": format, "language": language}
    if zone:
        query["zone"] = zone
    if live:
        query["live"] = "true"
    with open_client(url, key) as client:
        answer = client.get(_path(contract), params=query, timeout=httpx2.Timeout(_PATIENCE, connect=5))
    if answer.status_code >= httpx2.codes.BAD_REQUEST:
        stop_refused(answer)
    if output is None:
        sys.stdout.buffer.write(answer.content)
        return
    output.write_bytes(answer.content)
    note(f"{output}: {len(answer.content)} bytes")


def frozen(contract: Contract, url: Url = DEFAULT_URL, key: Key = "", json: Json = False) -> None:
    """List the frozen reports of a contract (stored for good, they never change), those of the latest periods first.

    Needs a key with the scope read. Exit status: 0 listed, 1 there is no such contract, 2 the call makes no sense.
    """
    with open_client(url, key) as client:
        found = fetch_json(client, f"{_path(contract)}/frozen")
    if json:
        emit(found)
        return
    if not found["reports"]:
        say(f"No report of {contract} is frozen.")
        return
    table = Table("period", "kind", "revision", "frozen", "by", "SHA-256", "reason")
    for one in found["reports"]:
        table.add_row(
            one["period"], one["kind"], str(one["revision"]), one["frozen_at"], one["frozen_by"], one["digest"],
            one["reason"],
        )  # fmt: skip
    table_console().print(table)


def freeze(
    contract: Contract,
    period: Annotated[str, typer.Option(help="2026-11, 2026-Q4, or 2026/27; it must have ended.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")],
    kind: Kind = "",
    revise: Annotated[bool, typer.Option("--revise", help="Store another revision of a frozen report.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Json = False,
) -> None:
    """Freeze the report of a contract and period: store it for good as it is now. A frozen report never changes.

    Needs a key with the scope admin. Exit status: 0 it is frozen, 1 there is no such contract, 2 the period has not
    ended, breaches lack a reason that the plan requires, or the call makes no sense.
    """
    body: dict[str, Any] = {"period": period, "reason": reason, "revise": revise} | ({"kind": kind} if kind else {})
    with open_client(url, key) as client:
        answer = client.post(f"{_path(contract)}/freeze", json=body)
    if answer.status_code >= httpx2.codes.BAD_REQUEST:
        for error in _errors(answer):
            note(f"  {error}")
        stop_refused(answer)
    made = answer.json()
    if json:
        emit(made)
        return
    before = "" if answer.status_code == httpx2.codes.CREATED else " already"
    say(f"{contract} {made['period']} is frozen{before}: revision {made['revision']}, SHA-256 {made['digest']}")


def diff(
    contract: Contract,
    period: Period = "",
    kind: Kind = "",
    revision: Annotated[int, typer.Option(help="Of the frozen report. Default: the newest.")] = 0,
    language: Language = "en",
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Json = False,
) -> None:
    """Show what has changed since a report was frozen (stored for good): figures, then and now, and incidents.

    Needs a key with the scope read. Exit status: 0 nothing has changed, 1 something has, or there is no such report, 2
    the call makes no sense.
    """
    query = _asked(period, kind, revision) | {"language": language}
    with open_client(url, key) as client:
        found = fetch_json(client, f"{_path(contract)}/diff", query)
    if json:
        emit(found)
    else:
        _print(found)
    if not found["same"]:
        raise typer.Exit(1)


def _print(found: dict[str, Any]) -> None:
    say(f"{found['contract']} {found['period']}, revision {found['revision']}, frozen {found['frozen_at']}")
    if found["same"]:
        say("It states what is known now.")
        return
    figures = Table("section", "figure", "of", "was", "is")
    for one in found["figures"]:
        figures.add_row(one["section"], one["figure"], ", ".join(one["row"]), one["was"], one["is"])
    incidents = Table("incident", "was", "is")
    for one in found["incidents"]:
        incidents.add_row(one["incident"], one["was"] or "not counted", one["is"] or "not counted")
    for table in (figures, incidents):
        if table.row_count:
            table_console().print(table)


def _asked(period: str, kind: str, revision: int) -> dict[str, str | int]:
    asked: dict[str, str | int] = {"period": period} if period else {}
    if kind:
        asked["kind"] = kind
    if revision:
        asked["revision"] = revision
    return asked


def _path(contract: str) -> str:
    return f"/v1/reports/{quote(contract, safe='')}"


def _errors(answer: httpx2.Response) -> list[str]:
    try:
        return [str(one["detail"]) for one in answer.json().get("errors", [])]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
