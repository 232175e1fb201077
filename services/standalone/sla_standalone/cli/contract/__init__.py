"""`slad contract …`: what was promised to whom, in files and in a service; changed, ended, exported and linked to."""

from __future__ import annotations

import typer

from sla_standalone.cli.contract.change import apply, end, export
from sla_standalone.cli.contract.importing import import_
from sla_standalone.cli.contract.link import link
from sla_standalone.cli.contract.part import person, role
from sla_standalone.cli.contract.sheet import list_contracts, show


def register(app: typer.Typer) -> None:
    """Add the commands `slad contract …` to the application."""
    group = typer.Typer(
        name="contract",
        no_args_is_help=True,
        help="What was promised to whom: contracts listed, shown, applied, ended, imported, exported and linked to, "
        "with their people and roles.",
    )
    group.command("list")(list_contracts)
    group.command("show")(show)
    group.command("apply")(apply)
    group.command("end")(end)
    group.command("import")(import_)
    group.command("export")(export)
    group.command("person")(person)
    group.command("role")(role)
    group.command("link")(link)
    app.add_typer(group)
