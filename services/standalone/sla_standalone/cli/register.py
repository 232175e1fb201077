"""Which commands there are."""

from __future__ import annotations

import typer

from sla_standalone.cli import apply, calendar, check, demo, explain, importing, replay, run, send, when


def all_commands(app: typer.Typer) -> None:
    for module in (run, demo, when, check, explain, replay, apply, send, importing, calendar):
        module.register(app)
