"""`slad evidence INCIDENT` and `slad evidence verify FILE`: what proves a verdict, as a file that others can check."""

from __future__ import annotations

from sla_standalone.cli.evidence.commands import register

__all__ = ["register"]
