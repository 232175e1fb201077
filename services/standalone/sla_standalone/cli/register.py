"""The commands and their modules. Only the module of the command that is called is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

import typer

# In the order of the help; a module registers its commands itself.
MODULES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "run": ("run", "ingest", "timer", "notifier", "board", "migrate", "config"),
        "demo": ("demo",),
        "when": ("when",),
        "who": ("who",),
        "check": ("check",),
        "contract": ("contract",),
        "oncall": ("oncall",),
        "ledger": ("ledger",),
        "attainment": ("attainment",),
        "report": ("report",),
        "openslo": ("openslo",),
        "explain": ("explain",),
        "evidence": ("evidence",),
        "incidents": ("incidents",),
        "replay": ("replay",),
        "compare": ("compare",),
        "apply": ("apply",),
        "send": ("send",),
        "ack": ("ack",),
        "linking": ("link", "unlink"),
        "breach": ("breach",),
        "pauses": ("pauses",),
        "connect": ("connect",),
        "sources": ("sources",),
        "notice": ("notice",),
        "importing": ("import",),
        "mapping": ("map",),
        "calendar": ("calendar",),
        "quarantine": ("quarantine",),
        "rebuild": ("rebuild",),
        "key": ("key",),
        "audit": ("audit",),
    }
)


def commands(app: typer.Typer, called: str = "") -> None:
    """Add the commands of `slad` to the application.

    Args:
        app: The application.
        called: The name of the command that the user calls. Only the module with this command is imported, and its
            commands are added. If no command has the name, all commands are added.
    """
    wanted = [module for module, names in MODULES.items() if called in names] or list(MODULES)
    for module in wanted:
        import_module(f"sla_standalone.cli.{module}").register(app)
    app.callback()(_group)  # so that a lone command is still called by its name


def _group() -> None: ...
