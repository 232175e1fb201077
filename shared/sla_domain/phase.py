"""Where an incident stands in its life."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """The phase of an incident: open or waiting, or ended in one of four ways."""

    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"

    @property
    def live(self) -> bool:
        """Return whether the incident has not ended: it is open or waiting."""
        return self in _LIVE


_LIVE = frozenset({Phase.OPEN, Phase.WAITING})
