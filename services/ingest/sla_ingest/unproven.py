"""Deliveries with a bad proof of origin, counted where they were turned away: as anybody can send them, none is stored.

Each process counts its own, from its start on. A database write for each would let a stranger keep the database busy.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sla_ingest.auth import AuthFailure
from sla_ingest.heard import HOUR, hour_begun

DAY = timedelta(days=1)


@dataclass(slots=True)
class _Source:
    hours: deque[tuple[datetime, Counter[AuthFailure]]] = field(default_factory=deque)
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class BadProofs:
    """The deliveries of a source with a bad proof, such as a wrong signature, as counted by one process.

    Only the last hours are counted.
    """

    reasons: Counter[AuthFailure]
    """Reason -> deliveries of the last 24 hours; the hour in which these began counts whole."""
    last_at: datetime | None
    """When the last one came. None if there was none since the process started."""


class BadProofCounter:
    """Counts deliveries whose proof of the sender (such as a signature) was bad, by source and hour, in memory.

    Args:
        since: When the process started to count.
    """

    def __init__(self, since: datetime) -> None:
        self.since = since
        self._sources: dict[str, _Source] = {}

    def count(self, source: str, why: AuthFailure, at: datetime) -> None:
        """Count one delivery with a bad proof.

        Args:
            source: The id of a source of the catalogue; never a name that a stranger has chosen.
            why: What is wrong with the proof.
            at: When the delivery was received.
        """
        one = self._sources.setdefault(source, _Source())
        begun = hour_begun(at)
        if not one.hours or one.hours[-1][0] < begun:
            one.hours.append((begun, Counter()))
        one.hours[-1][1][why] += 1
        one.last = at
        while one.hours[0][0] <= at - DAY - HOUR:
            one.hours.popleft()

    def of(self, source: str, now: datetime) -> BadProofs:
        """Return how many deliveries of a source had a bad proof in the 24 hours before `now`."""
        one = self._sources.get(source, _Source())
        recent = (reasons for begun, reasons in one.hours if begun > now - DAY - HOUR)
        return BadProofs(sum(recent, Counter[AuthFailure]()), one.last)
