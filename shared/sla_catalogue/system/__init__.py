"""How each ticketing system is connected: its steps, the YAML of its source, what deliveries tell, its traps."""

from __future__ import annotations

from sla_catalogue.system.entry import source_lines
from sla_catalogue.system.known import (
    FACTS,
    SampleDelivery,
    SecretMaker,
    System,
    UnknownSystem,
    plain_step,
    system_names,
    system_of,
)

__all__ = [
    "FACTS",
    "SampleDelivery",
    "SecretMaker",
    "System",
    "UnknownSystem",
    "plain_step",
    "source_lines",
    "system_names",
    "system_of",
]
