"""How many connections fit under the limit on open files, with enough left for sending notifications."""

from __future__ import annotations

import resource
from dataclasses import dataclass

import structlog

from sla_platform.errors import BadSettings
from sla_platform.settings import Settings

_log = structlog.get_logger(__name__)
# 64 messages being sent, 15 connections to PostgreSQL or 15 files of SQLite, 12 to Kafka, name look-ups, the loop.
RESERVED = 160
LEAST_CONNECTIONS = 16
WANTED = 65_536  # the soft limit is raised to this, as far as the hard one allows


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many connections a process can hold. Each is an open file, whose number the operating system limits."""

    connections: int
    """The number of connections in all."""
    per_address: int
    """The number of connections from one address."""
    backlog: int
    """How many new connections may wait in the system's queue until the process accepts them."""


def raise_limit() -> int:
    """Raise this process's soft limit on open files to 65,536, or to the hard limit if that is lower.

    Returns the soft limit that is in force afterwards, or 65,536 if there is none. The soft limit is not changed if it
    is already higher, or if the system does not allow the change.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = WANTED if hard == unlimited else min(WANTED, hard)
    if soft == unlimited or soft >= wanted:
        return WANTED if soft == unlimited else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # some systems have a lower limit of their own
        return soft
    return wanted


def capacity_under(limit: int, settings: Settings) -> Capacity:
    """Return how many connections the process can hold if it may open `limit` files.

    The numbers never exceed those of the settings. 160 files (RESERVED) are kept for the database, mails and webhooks.

    Raises:
        BadSettings: Fewer than 16 connections fit.
    """
    backlog = min(max((limit - RESERVED) // 4, 8), 128)
    connections = min(settings.max_connections, limit - RESERVED - backlog)
    if connections < LEAST_CONNECTIONS:
        least = RESERVED + 8 + LEAST_CONNECTIONS
        raise BadSettings(
            f"this process may open {limit} files, which is too few: slad keeps {RESERVED} for the database, mails and "
            f"webhooks. Allow at least {least}, better 4096: `ulimit -n 4096`, or LimitNOFILE=4096 in the unit"
        )
    return Capacity(connections, min(settings.max_connections_per_address, max(connections // 2, 4)), backlog)


def measure_capacity(settings: Settings) -> Capacity:
    """Raise the limit on open files (`raise_limit`), and return how many connections the process can then hold.

    A warning is logged if this is fewer than the settings allow.

    Raises:
        BadSettings: Fewer than 16 connections fit.
    """
    limit = raise_limit()
    found = capacity_under(limit, settings)
    if found.connections < settings.max_connections:
        _log.warning(
            "http.connections_bounded", open_files=limit, connections=found.connections, asked=settings.max_connections
        )
    return found
