"""Every command that the documentation names is there and explains itself."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from sla_standalone.cli.register import MODULES, commands

COMMANDS = (
    "run", "demo", "ingest", "timer", "notifier", "board", "migrate", "config", "check", "apply", "when", "explain",
    "replay", "import", "send", "ack", "calendar", "quarantine", "ledger",
)  # fmt: skip


def built(called: str = "") -> typer.Typer:
    app = typer.Typer()
    commands(app, called)
    return app


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    return built()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_is_there(app: typer.Typer, command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"])
    assert shown.exit_code == 0, shown.output
    assert "Usage" in shown.output


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_that_is_called_is_found_without_loading_the_others(command: str) -> None:
    shown = CliRunner().invoke(built(command), [command, "--help"])
    assert shown.exit_code == 0, shown.output
    assert f"{command} " in shown.output.splitlines()[1]


def test_every_module_registers_what_the_table_says(app: typer.Typer) -> None:
    names = [info.name for info in app.registered_commands] + [group.name for group in _groups(app)]
    assert sorted(str(name) for name in names) == sorted(name for module in MODULES.values() for name in module)


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(built("nonsense"), ["nonsense"]).exit_code == 2


def _groups(app: typer.Typer) -> list[typer.models.TyperInfo]:
    return [group.typer_instance.info for group in app.registered_groups if group.typer_instance is not None]
