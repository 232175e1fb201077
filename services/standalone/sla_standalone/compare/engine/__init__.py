"""The engines whose verdicts can be read, by name; a new one is a file here and a line below."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sla_standalone.compare.engine import linear, plain, servicenow, zammad
from sla_standalone.compare.engine.port import Engine, ReadOptions

ENGINES: Mapping[str, Engine] = MappingProxyType(
    {
        "servicenow": Engine(servicenow.read, servicenow.METRICS, "the table task_sla, CSV or JSON"),
        "zammad": Engine(zammad.read, zammad.METRICS, "tickets of /api/v1/tickets, JSON or CSV"),
        "linear": Engine(linear.read, linear.METRICS, "issues of the GraphQL API or IssueSLA webhooks, JSON"),
        "plain": Engine(plain.read, plain.METRICS, "webhooks of SLA status transitions, JSON lines"),
    }
)

__all__ = ["ENGINES", "Engine", "ReadOptions"]
