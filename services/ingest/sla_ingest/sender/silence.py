"""How long a sender may be silent, learned from its own history. Pure.

Assumption: a sender keeps its weekly rhythm. After a delivery on Friday evening, it may be silent as long as it was
after its deliveries of Friday evenings before, and half as long again. Holidays are not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import pairwise
from math import ceil

HISTORY = timedelta(days=28)
LEAST_DELIVERIES = 20
LEAST_SPAN = timedelta(days=3)
LEAST_SILENCE = timedelta(minutes=15)
MARGIN = 1.5
QUANTILE = 0.95
_WEEK_HOURS = 168
_AROUND = 1  # hours of the week before and behind
_LEAST_WEEKS = 2


class SilenceBasis(Enum):
    """From which earlier silences the longest expected silence of a sender was computed.

    A silence is the time between two deliveries. The value is the assumption in words.
    """

    HOUR_OF_WEEK = "as long as after this hour of the week before, and half as long again"
    ALL = "as long as ever in its history, and half as long again: of this hour of the week there is too little"
    TOO_LITTLE = "nothing is expected: there is too little history"


@dataclass(frozen=True, slots=True)
class ExpectedSilence:
    """How long a sender (ticketing system) may be silent after its last delivery before the silence is unusual."""

    longest: timedelta | None
    """The longest silence that is expected. None if nothing is expected."""
    basis: SilenceBasis


NOTHING_EXPECTED = ExpectedSilence(None, SilenceBasis.TOO_LITTLE)


def expected_silence(received: Sequence[datetime]) -> ExpectedSilence:
    """Return how long a sender may be silent after the last of its deliveries, judged by its earlier silences.

    A silence is the time between two deliveries. The silences that began at the same hour of the week as the last
    delivery, give or take one hour, are used if they are from two weeks or more: the result is their 95 % quantile.
    Otherwise the result is the longest silence of all. Either is multiplied by `MARGIN`, and is at least
    `LEAST_SILENCE`. With fewer than `LEAST_DELIVERIES` deliveries, or less than `LEAST_SPAN` between the first and the
    last, nothing is expected.

    Args:
        received: When the deliveries were received, the earliest first.
    """
    if len(received) < LEAST_DELIVERIES or received[-1] - received[0] < LEAST_SPAN:
        return NOTHING_EXPECTED
    last = received[-1]
    silences = [(begun, after - begun) for begun, after in pairwise(received)]
    alike = [(begun, silence) for begun, silence in silences if _same_hour(begun, last)]
    weeks = {(last - begun + timedelta(days=3.5)) // timedelta(days=7) for begun, _ in alike}
    if len(weeks - {0}) >= _LEAST_WEEKS:
        found, basis = _quantile([silence for _, silence in alike]), SilenceBasis.HOUR_OF_WEEK
    else:
        found, basis = max(silence for _, silence in silences), SilenceBasis.ALL
    return ExpectedSilence(max(found * MARGIN, LEAST_SILENCE), basis)


def _same_hour(one: datetime, other: datetime) -> bool:
    apart = abs(_hour_of_week(one) - _hour_of_week(other))
    return min(apart, _WEEK_HOURS - apart) <= _AROUND


def _hour_of_week(at: datetime) -> int:
    at = at.astimezone(UTC)
    return at.weekday() * 24 + at.hour


def _quantile(silences: Sequence[timedelta]) -> timedelta:
    """Of few the longest, as ceil leads to the last."""
    return sorted(silences)[ceil(QUANTILE * len(silences)) - 1]
