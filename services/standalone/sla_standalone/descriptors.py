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
    """How many connections a process can hold under its limit on open files."""

    connections: int
    """The number of connections in all."""
    per_address: int
    """The number of connections from one address."""
    backlog: int
    """How many new connections may wait in the system's queue until the process accepts them."""


def raise_limit() -> int:
    """Raise this process's soft limit on open files to 65,536, and return the limit.

    If the hard limit is lower, the soft limit is raised to the hard limit. A higher limit is not changed. If there is
    no limit, 65,536 is returned.
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
    """Return how many connections fit if the process may open `limit` files.

    The result never exceeds the settings. 160 files (RESERVED) are kept for the database, mails and webhooks.

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
    """Raise the limit on open files, and return how many connections fit under it.

    The limit is raised as far as allowed, to at most 65,536. A warning is logged if fewer connections fit than the
    settings allow.

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
