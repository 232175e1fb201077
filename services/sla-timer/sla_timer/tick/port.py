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
    """A timer row that was taken from the store because it was due."""

    fire_at: datetime
    """The due instant."""
    kind: str
    """`breach…` or a warning such as `warn-75`."""
    provisional: bool
    """Whether the timer fired although events up to `fire_at` may be missing."""
    live: bool
    """Whether the timer still applied. False if its clock no longer runs or has another target now. Nothing was then
    published."""


@dataclass(frozen=True, slots=True)
class ClaimBounds:
    """Limits for one call of `Firing.fire`: which timer rows it takes, and how many."""

    now: datetime
    """Take rows due up to this instant."""
    since: datetime | None
    """Take rows due after this instant. None means no lower limit."""
    patience: timedelta
    """How long timers wait for missing events before they fire as `provisional`."""
    limit: int
    """The highest number of rows for each partition."""
    only: int | None = None
    """The only partition. None means all partitions."""
    lane: int = 0
    """This call takes only partitions whose number modulo `lanes` is this number."""
    lanes: int = 1
    """How many calls share the work."""


class Firing(Protocol):
    """Protocol: fires the due timers of one store.

    To fire is to publish the warning or breach, update the clock, and delete the row of the timer, all in one
    transaction. A timer fires once and never before its instant. A timer waits until the events of its partition are
    applied up to its instant, but no longer than `ClaimBounds.patience`.
    """

    @property
    def lanes(self) -> int:
        """Return how many calls of `fire` this process should run at the same time if many timers are due."""
        ...

    async def fire(self, bounds: ClaimBounds) -> list[Fired]:
        """Fire one batch of due timers and return their rows.

        To fire is to publish the warning or breach of the timer and delete the timer's row. If the store refuses a row,
        the driver's error is raised. After an error nothing is fired.

        Args:
            bounds: Which rows to take. At most `bounds.limit` rows of each partition are taken; if that many are
                returned for a partition, more may be due.

        Raises:
            Retryable: The store is busy or cannot be reached.
        """
        ...

    async def quarantine(self, bounds: ClaimBounds, partition: int, error: str) -> bool:
        """Move the due timer of `partition` that `fire` would take first into the quarantine.

        The quarantine is the table of what could not be processed. There the timer waits for a replay. Returns whether
        a timer was moved. The result is False if no timer is due, or if other transactions have locked all due timers.

        Args:
            bounds: Only `now` and `patience` are used: which timers are due. `now` is also stored as the time of the
                move.
            error: The reason for the quarantine, shortened if too long to store.
        """
        ...

    async def partitions(self) -> list[int]:
        """Return the numbers of the partitions that may have timers, in ascending order; at least one."""
        ...
