"""Hours in which a sender sent something. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise

HISTORY = timedelta(days=28)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardHour:
    """An hour in which a sender sent something: how many deliveries, and the longest time between two of them."""

    begun: datetime
    """The beginning of the hour, in UTC."""
    outcomes: Mapping[str, int]
    """Outcome -> deliveries with it."""
    first: datetime
    """When its first delivery was received."""
    last: datetime
    """When its last delivery was received."""
    longest: timedelta
    """The longest time between two of its deliveries. 0 if there is only one."""

    @property
    def deliveries(self) -> int:
        """Return the number of deliveries of the hour."""
        return sum(self.outcomes.values())


def hours_of(received: Iterable[tuple[datetime, str]]) -> list[HeardHour]:
    """Return the hours in which deliveries were received, the earliest first.

    Args:
        received: When the deliveries were received and their outcomes, the earliest first.
    """
    hours = []
    for begun, rows in groupby(received, lambda row: hour_begun(row[0])):
        each = list(rows)
        instants = [at for at, _ in each]
        longest = max((after - before for before, after in pairwise(instants)), default=timedelta())
        outcomes = Counter(outcome for _, outcome in each)
        hours.append(HeardHour(begun=begun, outcomes=outcomes, first=instants[0], last=instants[-1], longest=longest))
    return hours


def hour_begun(at: datetime) -> datetime:
    """Return the beginning of the hour, in UTC, in which an instant is."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
