"""`slad oncall …`: who is on call, by files or by a running service; overrides of rotas in a running service."""

from __future__ import annotations

import typer

from sla_standalone.cli.oncall.override import end, override, overrides
from sla_standalone.cli.oncall.show import oncall


def register(app: typer.Typer) -> None:
    """Add the commands `slad oncall` and `slad oncall …` to the application."""
    group = typer.Typer(name="oncall", invoke_without_command=True)
    group.callback()(oncall)
    group.command("override")(override)
    group.command("overrides")(overrides)
    group.command("end")(end)
    app.add_typer(group)
