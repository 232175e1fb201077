"""`slad incidents list|export`: incidents, open and ended, and their events for `slad replay`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import httpx2
import typer
from rich.table import Table

from sla_standalone.cli.output import emit, note, stop, table_console
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, fetch_json, open_client, stop_refused

_PAGE = 500
_Several = list[str] | None
_Contract = Annotated[_Several, typer.Option(help="Of this contract; may be given several times, as the next five.")]
_Customer = Annotated[_Several, typer.Option(help="Of this customer: the whole name.")]
_Product = Annotated[_Several, typer.Option(help="Of this product: the whole name.")]
_Priority = Annotated[_Several, typer.Option(help="Such as P1.")]
_State = Annotated[_Several, typer.Option(help="open, waiting, resolved, closed, cancelled, merged; live, ended.")]
_Verdict = Annotated[_Several, typer.Option(help="met, missed, open, exempt or none.")]
_Metric = Annotated[str, typer.Option(help="Such as resolution: a line for each clock of it.")]
_Counted = Annotated[
    str, typer.Option(help="requests or clocks: what the attainment of the one contract counts in the period.")
]
_Date = Annotated[
    str, typer.Option(help="What a period chooses by: counted (what decided it), due, opened, ended or present.")
]
_Period = Annotated[str, typer.Option(help="A month, quarter or year: 2026-11, 2026-Q4, 2026.")]
_From = Annotated[str, typer.Option("--from", help="Dated from this day or instant on: 2026-11-01.")]
_To = Annotated[str, typer.Option("--to", help="Dated before this day or instant.")]
_Zone = Annotated[str, typer.Option(help="In which they are read. Default: that of the one contract, or UTC.")]
_Q = Annotated[
    str, typer.Option("--q", help="A ticket such as SUP-77 or acme/shop#12, or part of a title or customer.")
]


class ListFormat(StrEnum):
    """The output formats of `slad incidents list`."""

    TABLE = "table"
    JSON = "json"
    """One JSON object."""
    CSV = "csv"
    """The whole list as CSV."""


class ExportFormat(StrEnum):
    """The output formats of `slad incidents export`."""

    CSV = "csv"
    JSON_LINES = "jsonl"


def register(app: typer.Typer) -> None:
    """Add the commands `slad incidents …` to the application."""
    group = typer.Typer(
        name="incidents", help="Incidents, open and ended: listed, counted and exported.", no_args_is_help=True
    )
    group.command("list")(list_)
    group.command("export")(export)
    app.add_typer(group)


def list_(
    contract: _Contract = None,
    customer: _Customer = None,
    product: _Product = None,
    priority: _Priority = None,
    state: _State = None,
    verdict: _Verdict = None,
    metric: _Metric = "",
    counted: _Counted = "",
    date: _Date = "",
    period: _Period = "",
    since: _From = "",
    until: _To = "",
    zone: _Zone = "",
    q: _Q = "",
    limit: Annotated[
        int | None, typer.Option(help="How many at most; 50 by default. CSV is always the whole list.", min=1)
    ] = None,
    format: Annotated[ListFormat, typer.Option(help="table, json or csv.")] = ListFormat.TABLE,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """List incidents, open and ended, the newest first, and how many there are by verdict.

    Needs a key with the scope read. With a key of one contract, each incident is shown as it was under that contract.
    Exit status: 0 listed, 2 the call makes no sense or the service does not answer.
    """
    asked = _asked(
        contract, customer, product, priority, state, verdict, metric, counted, date, period, since, until, zone, q
    )  # fmt: skip
    if format is ListFormat.CSV:
        if limit is not None:
            stop("--limit: CSV is the whole list; leave it out")
        with open_client(url, key) as client:
            _stream(client, "/v1/incidents.csv", asked)
        return
    with open_client(url, key) as client:
        found = _listed(client, asked, limit or 50)
    if format is ListFormat.JSON:
        emit(found)
    else:
        _print(found, bool(metric) or counted.lower() == "clocks", bool(verdict))


def export(
    contract: _Contract = None,
    customer: _Customer = None,
    product: _Product = None,
    priority: _Priority = None,
    state: _State = None,
    verdict: _Verdict = None,
    metric: _Metric = "",
    counted: _Counted = "",
    date: _Date = "",
    period: _Period = "",
    since: _From = "",
    until: _To = "",
    zone: _Zone = "",
    q: _Q = "",
    format: Annotated[ExportFormat, typer.Option(help="csv or jsonl.")] = ExportFormat.JSON_LINES,
    events: Annotated[
        bool, typer.Option("--events", help="Their events instead, for slad replay (JSON lines).")
    ] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Print the whole list of incidents, or with --events everything that happened to them, as `slad replay` reads it.

    Needs a key with the scope read. With a key of one contract, only what belonged to that contract is printed. Exit
    status: 0 printed, 2 the call makes no sense or the service does not answer.
    """
    asked = _asked(
        contract, customer, product, priority, state, verdict, metric, counted, date, period, since, until, zone, q
    )  # fmt: skip
    if events and format is not ExportFormat.JSON_LINES:
        stop("--events: events are JSON lines; leave --format out")
    name = "events.jsonl" if events else format.value
    with open_client(url, key) as client:
        _stream(client, f"/v1/incidents.{name}", asked)


_Pairs = list[tuple[str, str | int]]


def _asked(
    contract: _Several, customer: _Several, product: _Several, priority: _Several, state: _Several, verdict: _Several,
    metric: str, counted: str, date: str, period: str, since: str, until: str, zone: str, q: str,
) -> _Pairs:  # fmt: skip
    several = {
        "contract": contract, "customer": customer, "product": product, "priority": priority, "state": state,
        "verdict": verdict,
    }  # fmt: skip
    single = {
        "metric": metric, "counted": counted, "date": date, "period": period, "from": since, "to": until, "zone": zone,
        "q": q,
    }  # fmt: skip
    pairs: _Pairs = [(name, value) for name, values in several.items() for value in values or ()]
    pairs += [(name, value) for name, value in single.items() if value]
    return pairs


def _listed(client: httpx2.Client, asked: _Pairs, limit: int) -> dict[str, Any]:
    """The first page's answer, with the rows of the pages behind it up to the limit."""
    found: dict[str, Any] = {}
    cursor = ""
    while True:
        left = limit - len(found.get("incidents", ()))
        more: _Pairs = [("limit", min(left, _PAGE)), *([("cursor", cursor)] if cursor else [])]
        page = fetch_json(client, "/v1/incidents", [*asked, *more])
        rows = [*found.get("incidents", ()), *page["incidents"]]
        found = (found or page) | {"incidents": rows, "next": page["next"]}
        cursor = page["next"] or ""
        if not cursor or len(rows) >= limit:
            return found


def _stream(client: httpx2.Client, path: str, asked: _Pairs) -> None:
    with client.stream("GET", path, params=tuple(asked)) as answer:
        if answer.status_code >= httpx2.codes.BAD_REQUEST:
            answer.read()
            stop_refused(answer)
        if answer.headers.get("slad-filling"):
            _warn()
        for piece in answer.iter_text():
            typer.echo(piece, nl=False)


def _warn() -> None:
    note("incidents of an earlier release are still being entered or brought up to date: the list may change")


def _print(found: dict[str, Any], of_clocks: bool, of_verdict: bool) -> None:
    if found["filling"]:
        _warn()
    if not found["incidents"]:
        note("no incident fits")
        return
    table = Table(box=None, pad_edge=False)
    names = (
        "verdict",
        "ticket",
        "title",
        "priority",
        *(("metric",) if of_clocks else ()),
        "customer",
        "contract",
        "state",
    )
    for name in (*names, "dated"):
        table.add_column(name, overflow="fold")
    for one in found["incidents"]:
        table.add_row(*(str(one[name] or "") for name in names), one["counts_at"][:16].replace("T", " ") + "Z")
    table_console().print(table)
    shown = "" if found["total"] == len(found["incidents"]) else f"{len(found['incidents'])} of "
    verdicts = ", ".join(f"{number} {name}" for name, number in found["verdicts"].items() if number)
    more = "at least " if found["at_least"] else ""
    said = f"{shown}{more}{found['total']} {'clocks' if of_clocks else 'incidents'}"
    note(said if of_verdict else f"{said}: {verdicts}")
