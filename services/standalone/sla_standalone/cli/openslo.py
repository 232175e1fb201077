"""`slad openslo`: the objectives of contracts as OpenSLO v1, for tools that read it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sla_catalogue.openslo import openslo_of, openslo_yaml
from sla_standalone.cli.book import book_of, usual_book
from sla_standalone.cli.output import emit, note, say
from sla_standalone.cli.place import path


class OpenSloFormat(StrEnum):
    """The output formats of `slad openslo`."""

    YAML = "yaml"
    """A stream of YAML documents."""
    JSON = "json"
    """One JSON array."""


def register(app: typer.Typer) -> None:
    """Add the command `slad openslo` to the application."""
    app.command("openslo")(export)


def export(
    contract: Annotated[str, typer.Argument(help="A contract's id, from the catalogue. Default: every contract.")] = "",
    language: Annotated[str, typer.Option("--lang", help="The language of titles.")] = "en",
    form: Annotated[OpenSloFormat, typer.Option("--format", help="yaml or json.")] = OpenSloFormat.YAML,
    catalogue: Annotated[Path | None, typer.Option(parser=path, help="Catalogue directory or file.")] = None,
) -> None:
    """Print the objectives of contracts as OpenSLO v1: a Service for each contract, an SLO for each objective.

    What OpenSLO cannot express is named on standard error. Exit status: 0 printed, 2 the call makes no sense.
    """
    if contract:
        contracts = [book_of(contract, catalogue)[1]]
    else:
        contracts = list(usual_book(catalogue).rulebook.contracts.values())
    exports = [openslo_of(one, language) for one in contracts]
    for each in exports:
        for sentence in each.left_out:
            note(sentence)
    documents = [document for each in exports for document in each.documents]
    if form is OpenSloFormat.JSON:
        emit(documents)
    elif not documents:
        note("no contract here has an objective that could be printed")
    else:
        for document in documents:
            say(openslo_yaml(document), nl=False)
