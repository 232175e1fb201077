"""`slad connect`: connect a ticketing system, from the catalogue's YAML to its first delivery."""

from __future__ import annotations

from sla_standalone.cli.connect.command import register

__all__ = ["register"]
