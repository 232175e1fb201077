"""`slad when CONTRACT …`: what would be due for an incident, and by which row of the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from sla_domain.explain import sentence_words
from sla_domain.explain.language import words_for
from sla_domain.explain.text import allowed_text, title_of
from sla_domain.plan import Plan
from sla_domain.preview import Preview, PreviewLine, preview
from sla_platform.timesource import SystemTime
from sla_standalone.cli.attribute import attributes_of
from sla_standalone.cli.book import book_of, instant_of
from sla_standalone.cli.output import emit, table_console
from sla_standalone.cli.place import path
from sla_standalone.cli.words import WHEN, Lang
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
    lang: Lang = "en",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show when each metric (such as resolution) would be due for an incident that is opened now, or at --opened."""
    book, found = book_of(contract, catalogue)
    attributes = attributes_of(product, type_, attribute or [])
    at = instant_of(opened, found.zone, "--opened") if opened else SystemTime().now()
    found_out = preview(found, priority, attributes, at, book.rulebook)
    answer = preview_json(found_out)
    if json:
        emit(answer)
    else:
        _show(answer, found_out, book.rulebook.plans.get(found_out.plan), lang)


def _show(answer: dict[str, Any], preview: Preview, plan: Plan | None, lang: str) -> None:
    """English names metrics, hours and targets as the catalogue does; other languages by their titles."""
    out, words = table_console(), WHEN[lang]
    out.print(
        words.head.format(
            contract=answer["contract"],
            plan=answer["plan"],
            priority=answer["priority"] or "-",
            opened=answer["opened_at"],
            zone=answer["zone"],
        )
    )
    table = Table(*words.columns)
    lines = {line.metric: line for line in preview.lines}
    for line in answer["metrics"]:
        due = line["due_at"] or sentence_words(line["missing"], lang) or "-"
        metric, target, hours = line["metric"], line["target"] or "-", line["coverage"]
        if lang != "en":
            metric, target, hours = _titled(lines[metric], plan, lang)
        if line["conditional"]:
            metric = words.conditional.format(metric=metric)
        warnings = "\n".join(f"{warning['key']} {warning['at']}" for warning in line["warnings"])
        row = " ".join(part for part in (line["clause"], line["row"]) if part)
        table.add_row(metric, due, target, hours, warnings, row)
    out.print(table)
    for remark in answer["remarks"]:
        out.print(f"· {sentence_words(remark['text'], lang)}")


def _titled(line: PreviewLine, plan: Plan | None, lang: str) -> tuple[str, str, str]:
    """Metric, target and hours of a line in the words of the language."""
    metric = next((one for one in plan.metrics if one.id == line.metric), None) if plan is not None else None
    hours = plan.coverages.get(line.coverage) if plan is not None else None
    return (
        (title_of(metric.titles, lang) if metric is not None else "") or line.metric,
        allowed_text(line.target.allowed, words_for(lang)) if line.target is not None else "-",
        (title_of(hours.titles, lang) if hours is not None else "") or line.coverage,
    )
