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
    """A timer row that was taken from the store because it was due.

    `fire_at`: its due instant. `kind`: `breach…` or a warning such as `warn-75`. `provisional`: it fired although
    events up to `fire_at` may still be missing. `live`: False if its clock no longer runs, or has another target than
    the one for which the timer was set; nothing was published.
    """

    fire_at: datetime
    kind: str
    provisional: bool
    live: bool


@dataclass(frozen=True, slots=True)
class ClaimBounds:
    """Which timer rows one call of `Firing.fire` takes.

    `now`: rows due up to this instant. `since`: rows due after this instant; None: however long overdue. `patience`:
    how long timers wait for missing events before they fire as `provisional`. `limit`: rows per partition. `only`: this
    partition alone; None: all. `lane`, `lanes`: so that `lanes` calls share the work, this one takes only the
    partitions whose number modulo `lanes` is `lane`.
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

    A timer fires once and never before its instant. It waits until the events of its partition are applied up to that
    instant, but no longer than `ClaimBounds.patience`.
    """

    @property
    def lanes(self) -> int:
        """Return how many calls of `fire` this process should run at once when many rows are due."""
        ...

    async def fire(self, bounds: ClaimBounds) -> list[Fired]:
        """Fire one batch of due timers and return their rows.

        To fire is to publish the warning or breach of the timer and delete its row. `bounds`: which rows to take. At
        most `bounds.limit` rows of each partition are taken; when a partition yields that many, more may be due in it.
        Raises Retryable when the store is away or busy, and the driver's error when it refuses a row; nothing was fired
        then.
        """
        ...

    async def quarantine(self, bounds: ClaimBounds, partition: int, error: str) -> bool:
        """Move one due timer of `partition` into the quarantine: the one that `fire` would take first.

        There it waits for a replay. Return whether one was moved: False if none is due, or all are held by other
        transactions. `bounds`: only `now` and `patience` count; `now` is also stored. `error`: the reason, cut if too
        long to store.
        """
        ...

    async def partitions(self) -> list[int]:
        """Return the numbers of the partitions that may have timers, in ascending order; at least one."""
        ...
