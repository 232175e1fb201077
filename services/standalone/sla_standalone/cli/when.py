"""`slad when CONTRACT …`: what would be due for an incident, and by which row of the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from sla_domain.preview import preview
from sla_platform.timesource import SystemTime
from sla_standalone.cli.book import book_of, instant_of
from sla_standalone.cli.output import emit, stop, table_console
from sla_standalone.cli.place import path
from sla_timer.answer import preview_json


def register(app: typer.Typer) -> None:
    """Add the command `slad when` to the application."""
    app.command("when")(when)


def when(
    contract: Annotated[str, typer.Argument(help="A contract's id, from the catalogue or the built-in plans.")],
    priority: Annotated[str, typer.Option(help="P1 … as the plan names them.")] = "",
    opened: Annotated[str, typer.Option(help="ISO 8601; without an offset in the contract's zone. Default: now.")] = "",
    product: Annotated[str, typer.Option(help="The incident's product.")] = "",
    type_: Annotated[str, typer.Option("--type", help="The incident's request type.")] = "",
    attribute: Annotated[list[str] | None, typer.Option("--attribute", "-a", help="NAME=VALUE, repeatable.")] = None,
    catalogue: Annotated[Path | None, typer.Option(parser=path, help="Catalogue directory or file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show when each metric would be due for an incident that is opened now, or at --opened."""
    book, found = book_of(contract, catalogue)
    attributes = _attributes(product, type_, attribute or [])
    at = instant_of(opened, found.zone, "--opened") if opened else SystemTime().now()
    answer = preview_json(preview(found, priority, attributes, at, book.rulebook))
    if json:
        emit(answer)
    else:
        _show(answer)


def _attributes(product: str, type_: str, pairs: list[str]) -> dict[str, str]:
    attributes = {"product": product, "type": type_}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            stop(f"--attribute {pair!r}: write NAME=VALUE")
        attributes[name] = value
    return {name: value for name, value in attributes.items() if value}


def _show(answer: dict[str, Any]) -> None:
    out = table_console()
    out.print(
        f"{answer['contract']} · plan {answer['plan']} · priority {answer['priority'] or '-'} · "
        f"opened {answer['opened_at']} ({answer['zone']})"
    )
    table = Table("metric", "due", "target", "coverage", "warnings", "row")
    for line in answer["metrics"]:
        due = line["due_at"] or line["missing"] or "-"
        metric = f"{line['metric']} (once armed)" if line["conditional"] else line["metric"]
        warnings = "\n".join(f"{warning['key']} {warning['at']}" for warning in line["warnings"])
        row = " ".join(part for part in (line["clause"], line["row"]) if part)
        table.add_row(metric, due, line["target"] or "-", line["coverage"], warnings, row)
    out.print(table)
    for remark in answer["remarks"]:
        out.print(f"· {remark['text']}")
