"""`slad when CONTRACT …`: what would be due, and by which row of the plan."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console
from rich.table import Table

from sla_catalogue import Catalogue, builtin_catalogue, load_catalogue
from sla_domain.contract import Contract, ContractId
from sla_domain.preview import preview
from sla_platform.timesource import SystemTime
from sla_timer.answer import preview_json

_out = Console()
_err = Console(stderr=True)


def register(app: typer.Typer) -> None:
    app.command("when")(when)


def when(
    contract: Annotated[str, typer.Argument(help="A contract's id, from the catalogue or the built-in plans.")],
    priority: Annotated[str, typer.Option(help="P1 … as the plan names them.")] = "",
    opened: Annotated[str, typer.Option(help="ISO 8601; without an offset in the contract's zone. Default: now.")] = "",
    product: Annotated[str, typer.Option(help="The incident's product.")] = "",
    type_: Annotated[str, typer.Option("--type", help="The incident's request type.")] = "",
    attribute: Annotated[list[str] | None, typer.Option("--attribute", "-a", help="NAME=VALUE, repeatable.")] = None,
    catalogue: Annotated[Path | None, typer.Option(help="Catalogue directory or file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell every metric's due instant for an incident opened then."""
    book, found = _find(contract, catalogue)
    attributes = _attributes(product, type_, attribute or [])
    answer = preview_json(preview(found, priority, attributes, _instant(opened, found), book.rulebook))
    if json:
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    else:
        _show(answer)


def _find(name: str, path: Path | None) -> tuple[Catalogue, Contract]:
    """In the given catalogue if there is one, else among the shipped plans' example contracts."""
    books = [load_catalogue(path)] if path is not None else [builtin_catalogue()]
    known: list[str] = []
    for book in books:
        found = book.rulebook.contracts.get(ContractId(name))
        if found is not None:
            return book, found
        known += book.rulebook.contracts
    _err.print(f"No contract {name!r}. Known: {', '.join(sorted(known))}", style="red", highlight=False)
    raise typer.Exit(2)


def _instant(opened: str, contract: Contract) -> datetime:
    if not opened:
        return SystemTime().now()
    try:
        instant = datetime.fromisoformat(opened)
    except ValueError:
        _err.print(f"--opened {opened!r} is no ISO 8601 time, e.g. 2026-11-10T16:30", style="red", highlight=False)
        raise typer.Exit(2) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(contract.zone))


def _attributes(product: str, type_: str, pairs: list[str]) -> dict[str, str]:
    attributes = {"product": product, "type": type_}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            _err.print(f"--attribute {pair!r}: write NAME=VALUE", style="red", highlight=False)
            raise typer.Exit(2)
        attributes[name] = value
    return {name: value for name, value in attributes.items() if value}


def _show(answer: dict[str, Any]) -> None:
    _out.print(
        f"[bold]{answer['contract']}[/bold] · plan {answer['plan']} · priority {answer['priority'] or '-'} · "
        f"opened {answer['opened_at']} ({answer['zone']})"
    )
    table = Table("metric", "due", "target", "coverage", "warnings", "row")
    for line in answer["metrics"]:
        due = line["due_at"] or line["missing"] or "-"
        metric = f"{line['metric']} (once armed)" if line["conditional"] else line["metric"]
        warnings = "\n".join(f"{warning['key']} {warning['at']}" for warning in line["warnings"])
        row = " ".join(part for part in (line["clause"], line["row"]) if part)
        table.add_row(metric, due, line["target"] or "-", line["coverage"], warnings, row)
    _out.print(table)
    for remark in answer["remarks"]:
        _out.print(f"· {remark['text']}")
