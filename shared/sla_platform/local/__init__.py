"""Real Apache Kafka and PostgreSQL on this machine, without Docker: for `make up`, tests and benches.

Nothing here runs in production. Each launcher owns one data directory, keeps its process across the
end of the Python that started it, and can stop it, kill it and start it again on the same data.
A machine that lacks what a server needs gets `Unavailable`, which names the part and the remedy.
"""

from __future__ import annotations

from sla_platform.local.errors import LocalError, StartFailed, Unavailable
from sla_platform.local.kafka import BRIEF, KafkaBroker
from sla_platform.local.postgres import DURABLE, FAST, PostgresServer

__all__ = ["BRIEF", "DURABLE", "FAST", "KafkaBroker", "LocalError", "PostgresServer", "StartFailed", "Unavailable"]
