"""The port of the tick: claim timers that are due and fire them.

One adapter a database (`postgres`, `sqlite`), chosen by `adapters`; both are held to one conformance suite,
`tests/conformance/test_firing.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Fired:
    """A claimed timer row. `live` is False for a stale one, of which nothing was published."""

    fire_at: datetime
    kind: str
    provisional: bool
    live: bool


@dataclass(frozen=True, slots=True)
class ClaimBounds:
    """Which timer rows one claim takes.

    `now`: the instant up to which to fire. `since`: the lower bound of the claim, None for a sweep of everything
    overdue. `patience`: how long a partition may be behind before its clocks fire as `provisional`. `limit`: rows of
    one partition. `only`: this partition alone. `lane` of `lanes`: the partitions whose number modulo `lanes` is
    `lane`, so that several claims can run at once.
    """

    now: datetime
    since: datetime | None
    patience: timedelta
    limit: int
    only: int | None = None
    lane: int = 0
    lanes: int = 1


class Firing(Protocol):
    """Fires due timers of one store: deletes their rows, marks their clocks and writes the facts, in one transaction.

    A timer fires once, never before its instant, and never past what has been applied of its partition but for
    `ClaimBounds.patience`.
    """

    @property
    def lanes(self) -> int:
        """Return how many claims of this process are worth making at once when many rows are due."""
        ...

    async def fire(self, bounds: ClaimBounds) -> list[Fired]:
        """Fire one batch, the oldest first; a full one (`limit` rows of a partition) means there may be more.

        Raises Retryable when the store is away or busy, and the driver's error when it refuses a row.
        """
        ...

    async def quarantine(self, bounds: ClaimBounds, partition: int, error: str) -> bool:
        """Move the row that a claim of one would take next from this partition to the quarantine.

        Returns False when there is none. `error` is cut to what the column holds.
        """
        ...

    async def partitions(self) -> list[int]:
        """Return the partitions in which there may be timers, in order; never none."""
        ...
