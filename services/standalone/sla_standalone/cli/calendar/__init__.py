"""`slad calendar …`: business-time arithmetic on its own, and the holidays it rests on."""

from __future__ import annotations

import typer

from sla_standalone.cli.calendar import difference, evaluate, holidays


def register(app: typer.Typer) -> None:
    """Add the commands `slad calendar …` to the application."""
    group = typer.Typer(
        name="calendar",
        help="Business-time arithmetic, holidays, and what newer ones would move.",
        no_args_is_help=True,
    )
    for module in (evaluate, difference, holidays):
        module.register(group)
    app.add_typer(group)
