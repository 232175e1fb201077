"""Every command that the documentation names is there and explains itself."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from sla_standalone.cli.register import all_commands

COMMANDS = (
    "run", "demo", "ingest", "timer", "notifier", "board", "migrate", "config", "check", "apply", "when", "explain",
    "replay", "import", "send", "calendar",
)  # fmt: skip


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    built = typer.Typer()
    all_commands(built)
    return built


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_is_there(app: typer.Typer, command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"])
    assert shown.exit_code == 0, shown.output
    assert "Usage" in shown.output
