"""The command line `slad`. Every command has `--json` where it has something to say, and a meaningful exit status."""

from __future__ import annotations

from sla_standalone.cli.app import main

__all__ = ["main"]
