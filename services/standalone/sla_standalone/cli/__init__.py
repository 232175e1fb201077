"""The command line `slad`. Commands with results have `--json`; each has exit statuses that a script can use."""

from __future__ import annotations

from sla_standalone.cli.app import main

__all__ = ["main"]
