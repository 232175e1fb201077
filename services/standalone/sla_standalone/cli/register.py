"""Which commands there are."""

from __future__ import annotations

import typer

from sla_standalone.cli import check, demo, run, when


def all_commands(app: typer.Typer) -> None:
    for module in (run, demo, when, check):
        module.register(app)
