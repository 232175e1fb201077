"""How each ticketing system is connected: its steps, the YAML of its source, what deliveries tell, its traps."""

from __future__ import annotations

from sla_catalogue.system.entry import SECRETS, SOURCE_ID, secret_file_line, source_lines, webhook_address
from sla_catalogue.system.known import (
    FACTS,
    SampleDelivery,
    SecretMaker,
    System,
    UnknownSystem,
    filled_step,
    plain_step,
    system_names,
    system_of,
)

__all__ = [
    "FACTS",
    "SECRETS",
    "SOURCE_ID",
    "SampleDelivery",
    "SecretMaker",
    "System",
    "UnknownSystem",
    "filled_step",
    "plain_step",
    "secret_file_line",
    "source_lines",
    "system_names",
    "system_of",
    "webhook_address",
]
