"""Where an incident stands in its life."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"

    @property
    def live(self) -> bool:
        """Return whether the incident has not ended."""
        return self in _LIVE


_LIVE = frozenset({Phase.OPEN, Phase.WAITING})
