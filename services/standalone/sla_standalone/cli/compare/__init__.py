"""`slad compare FILE --engine NAME`: the verdicts of another SLA engine beside slad's, differences with the reason."""

from __future__ import annotations

from sla_standalone.cli.compare.command import register

__all__ = ["register"]
