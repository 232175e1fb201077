"""Where an incident stands in its life."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"

    @property
    def live(self) -> bool:
        return self in _LIVE


_LIVE = frozenset({Phase.OPEN, Phase.WAITING})
