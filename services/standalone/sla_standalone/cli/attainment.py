"""`slad attainment`: what share of its promises a contract got in a period, and how its objectives stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.table import Table

from sla_standalone.cli.output import emit, say, table_console
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, fetch_json, open_client

PATH = "/v1/attainment"
_WORDS = {
    "nothing_due": "no promises fell due",
    "kept": "met",
    "at_risk": "at risk",
    "exhausted": "cannot be met any more",
    "missed": "missed",
}


def register(app: typer.Typer) -> None:
    """Add the command `slad attainment` to the application."""
    app.command("attainment")(show)


def show(
    contract: Annotated[str, typer.Argument(help="A contract's id. Default: all that the key may see.")] = "",
    period: Annotated[
        str, typer.Option(help="2026-11, 2026-Q4, or 2026/27 for a contract year. Default: this month.")
    ] = "",
    language: Annotated[str, typer.Option("--lang", help="The language of titles.")] = "en",
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what share of a contract's promises was kept in a period, and which incidents were left out of the count.

    Also shows the contract's objectives: the shares that it promises, and how many misses they still allow. Needs a key
    with the scope read. Exit status: 0 shown, 1 there is no such contract, 2 the call makes no sense.
    """
    query: dict[str, str | int] = {"period": period, "lang": language}
    with open_client(url, key) as client:
        found = list(_contracts(client, query, contract))
    if json:
        emit({"contracts": found})
        return
    if not found:
        say("No contract has an objective, and no promise fell due.")
    for one in found:
        _print(one)


def _contracts(client: Any, query: dict[str, str | int], contract: str) -> Iterable[dict[str, Any]]:
    if contract:
        yield from fetch_json(client, PATH, query | {"contract": contract})["contracts"]
        return
    after: str | None = ""
    while after is not None:
        page = fetch_json(client, PATH, query | {"limit": 100, "after": after})
        yield from page["contracts"]
        after = page["after"]


def _print(one: dict[str, Any]) -> None:
    say(f"{one['contract']}: {one['title']}, {one['period']} ({one['zone']})")
    for note in one["notes"]:
        say(f"  {note}")
    console = table_console()
    counted = ("in time", "met", "missed", "exempt", "open")
    objectives = Table("objective", "promised", "period", *counted, "stands", "misses left", "forecast", "credit")
    for each in one["objectives"]:
        forecast, credit = _percent(each["forecast"]["share_percent"]), _percent(each["credit_percent"])
        stands = (_WORDS[each["standing"]], str(each["misses_left"]), forecast, credit)
        objectives.add_row(each["title"], _promised(each), each["period"], *_counted(each["counts"]), *stands)
    if objectives.row_count:
        console.print(objectives)
    cells = Table("counted", "entitlement", "metric", "priority", "in time", "met", "missed", "exempt", "open")
    for what in ("requests", "clocks"):
        for cell in one[what]:
            cells.add_row(what, cell["entitlement"], cell["metric"], cell["priority"], *_counted(cell["counts"]))
    if cells.row_count:
        console.print(cells)
    exempt = Table("exempt", "metric", "would be", "reason", "by")
    for each in one["exemptions"]:
        exempt.add_row(each["incident"], each["metric"], each["verdict"], each["reason"], each["by"])
    if exempt.row_count:
        console.print(exempt)


def _promised(objective: dict[str, Any]) -> str:
    named = [*objective["metrics"], *objective["priorities"]]
    of = f" ({', '.join(named)})" if named else ""
    return f"{objective['percent']:g} % of {objective['of']}{of}"


def _counted(counts: dict[str, Any]) -> list[str]:
    share = _percent(counts["share_percent"])
    return [share, *(str(counts[name]["count"]) for name in ("met", "missed", "exempt", "open"))]


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:g} %"
