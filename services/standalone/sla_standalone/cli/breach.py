"""`slad breach list|explain`: breaches and their reasons, listed and stated at a running service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import httpx2
import typer
from rich.table import Table

from sla_domain.language_table import LANGUAGES_LISTED
from sla_standalone.cli.output import WRONG, emit, note, say, stop, table_console
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, fetch_json, open_client, stop_refused

_PAGE = 500
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Language = Annotated[str, typer.Option(help=f"Of the titles of reasons: {LANGUAGES_LISTED}.")]
_Metric = Annotated[str, typer.Option(help="Only this one, e.g. resolution.")]


def register(app: typer.Typer) -> None:
    """Add the commands `slad breach …` to the application."""
    group = typer.Typer(name="breach", help="Breaches and their reasons.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("explain")(explain)
    app.add_typer(group)


def list_(
    contract: Annotated[str, typer.Option(help="Only of this one.")] = "",
    period: Annotated[str, typer.Option(help="2026-11, 2026-Q4 or 2026, in the contract's zone, else UTC.")] = "",
    metric: _Metric = "",
    unexplained: Annotated[bool, typer.Option("--unexplained", help="Only those without a reason.")] = False,
    lacking: Annotated[
        bool, typer.Option("--lacking", help="Only those whose plan wants a reason, and has none.")
    ] = False,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=100_000)] = 50,
    lang: _Language = "en",
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: _Json = False,
) -> None:
    """List breaches, the newest first, with their reasons.

    The report of a period cannot be frozen while a breach lacks a reason that its plan requires (--lacking). Needs a
    key with the scope read. Exit status: 0 listed; with --unexplained or --lacking, 0 if there is no such breach and 1
    if there is one; 2 the call makes no sense or a service does not answer.
    """
    given = {
        "contract": contract,
        "period": period,
        "metric": metric,
        "unexplained": "true" if unexplained else "",
        "lacking": "true" if lacking else "",
    }
    asked = {name: value for name, value in given.items() if value} | {"lang": lang}
    with open_client(url, key) as client:
        found = list(_listed(client, asked, limit))
    _tell(found, json)
    if found and (unexplained or lacking):
        raise typer.Exit(WRONG)


def explain(
    incident: Annotated[str, typer.Argument(help="<source>:<its own id>, e.g. demo:DEMO-1.")],
    code: Annotated[str, typer.Option(help="One of those that the plan offers.")],
    text: Annotated[str, typer.Option(help="In your own words.")] = "",
    metric: _Metric = "",
    cycle: Annotated[
        int | None, typer.Option(help="Of several breaches of the metric: this clock, from 1.", min=1)
    ] = None,
    by: Annotated[str, typer.Option(help="Who says so. Default: the key alone is recorded.")] = "",
    lang: _Language = "en",
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: _Json = False,
) -> None:
    """State the reason of a breach. Earlier reasons stay on record.

    Needs a key with the scopes read and ack. Exit status: 0 it is recorded, or was already; 1 there is no such breach;
    2 the call makes no sense, such as a code that the plan does not offer.
    """
    with open_client(url, key) as client:
        clock = _breach_of(client, incident, metric, cycle)
        answer = client.put(
            f"/v1/breaches/{clock}/reason", params={"lang": lang}, json={"code": code, "text": text, "by": by}
        )
        if answer.status_code >= httpx2.codes.BAD_REQUEST:
            stop_refused(answer)
        said: dict[str, Any] = answer.json()
    if json:
        emit(said)
        return
    reason = said["reason"]
    words = f"{reason['title']}: {reason['text']}" if reason["text"] else reason["title"]
    done = "recorded" if said["changed"] else "that was said already"
    say(f"{said['incident']} {said['metric']}: {words} ({reason['by']}); {done}")


def _breach_of(client: httpx2.Client, incident: str, metric: str, cycle: int | None) -> str:
    """The clock of the one breach that is meant; the command ends where there is none, or more than one."""
    known = fetch_json(client, f"/v1/board/incidents/{quote(incident, safe='')}")
    found = [one for one in known["breaches"] if metric in ("", one["metric"]) and cycle in (None, one["cycle"] + 1)]
    if not found:
        stop(f"{known['id']} has no breach{f' of {metric}' if metric else ''}", WRONG)
    if len(found) > 1:
        named = ", ".join(f"{one['metric']} (cycle {one['cycle'] + 1})" for one in found)
        stop(f"{known['id']} has several breaches: {named}; say which with --metric and --cycle")
    clock: str = found[0]["clock"]
    return clock


def _listed(client: httpx2.Client, asked: Mapping[str, str], limit: int) -> Iterator[dict[str, Any]]:
    left, after = limit, ""
    while left > 0:
        page = fetch_json(client, "/v1/breaches", {**asked, "after": after, "limit": min(left, _PAGE)})
        yield from page["breaches"]
        left -= len(page["breaches"])
        if page["next"] is None:
            return
        after = page["next"]


def _tell(found: list[dict[str, Any]], json: bool) -> None:
    if json:
        emit({"breaches": found})
        return
    if not found:
        note("no breach fits")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("incident", "metric", "contract", "was due", "now", "reason", "by"):
        table.add_column(column, overflow="fold")
    for one in found:
        table.add_row(
            one["incident"], one["metric"], one["contract"], one["breached_at"][:16] + "Z", one["state"],
            _reason(one), "" if one["reason"] is None else one["reason"]["by"],
        )  # fmt: skip
    table_console().print(table)


def _reason(one: Mapping[str, Any]) -> str:
    reason = one["reason"]
    if reason is not None:
        return f"{reason['title']}: {reason['text']}" if reason["text"] else str(reason["title"])
    if one["exempt"]:
        return "exempt"
    return "none, and the plan wants one" if one["reason_required"] else "none"
