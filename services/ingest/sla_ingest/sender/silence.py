"""How long a sender may be silent, learned from its own history. Pure.

Assumption: a sender keeps its weekly rhythm. After a delivery on Friday evening, it may be silent as long as it was
after its deliveries of Friday evenings before, and half as long again. The history is given by hours, so that it is as
short for a sender of a hundred deliveries a second as for one of a few a day. Holidays are not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import pairwise

from sla_ingest.heard import HeardHour

LEAST_DELIVERIES = 20
LEAST_SPAN = timedelta(days=3)
LEAST_SILENCE = timedelta(minutes=15)
MARGIN = 1.5
MANY = 20  # deliveries at an hour of the week, of all weeks: then one week of three or more is left out
LEAST_WEEKS = 2
_WEEK_HOURS = 168
_AROUND = 1  # hours of the week before and behind


class SilenceBasis(Enum):
    """From which earlier silences the longest expected silence of a sender was computed.

    A silence is the time between two deliveries. The member's value says it in words.
    """

    HOUR_OF_WEEK = "as long as after this hour of the week before, and half as long again"
    ALL = "as long as ever in its history, and half as long again: of this hour of the week there is too little"
    TOO_LITTLE = "nothing is expected: there is too little history"
    TOO_FEW_READ = "nothing is expected: the deliveries that are read for one contract do not reach back far enough"


@dataclass(frozen=True, slots=True)
class ExpectedSilence:
    """How long a sender (ticketing system) may be silent after its last delivery before the silence is unusual."""

    longest: timedelta | None
    """The longest silence that is expected. None if nothing is expected."""
    basis: SilenceBasis


NOTHING_EXPECTED = ExpectedSilence(None, SilenceBasis.TOO_LITTLE)


def expected_silence(hours: Sequence[HeardHour], last: datetime) -> ExpectedSilence:
    """Return how long a sender may be silent after its last delivery, judged by its earlier silences.

    A silence is the time between two deliveries. It belongs to the hour of the week in which it began, such as Friday
    17:00.

    - Of each earlier week, the longest silence counts that began at the hour of the week of the last delivery, give or
      take one hour. If at least `LEAST_WEEKS` weeks have such a silence, the result is the longest of these, or a
      longer one of the last two hours.
    - If there are three weeks or more, and these hours had `MANY` deliveries together, the week with the longest
      silence is left out, because it may have been an outage.
    - If fewer than `LEAST_WEEKS` weeks have such a silence, the result is the longest silence of all.

    The result is multiplied by `MARGIN`, and is at least `LEAST_SILENCE`. Nothing is expected if there are fewer than
    `LEAST_DELIVERIES` deliveries, or less than `LEAST_SPAN` between the first and the last.

    Args:
        hours: The hours in which the sender sent something, the earliest first. The present hour may be missing.
        last: When the last delivery was received.
    """
    if sum(hour.deliveries for hour in hours) < LEAST_DELIVERIES or last - hours[0].first < LEAST_SPAN:
        return NOTHING_EXPECTED
    silences = _silences(hours)
    weeks: dict[int, timedelta] = {}
    deliveries = 0
    for hour, silence in silences:
        if _same_hour(hour.begun, last):
            week = (last - hour.begun + timedelta(days=3.5)) // timedelta(days=7)
            weeks[week] = max(silence, weeks.get(week, silence))
            deliveries += hour.deliveries
    present = weeks.pop(0, timedelta())
    if len(weeks) >= LEAST_WEEKS:
        ranked = sorted(weeks.values())
        if len(ranked) > LEAST_WEEKS and deliveries >= MANY:
            ranked.pop()
        found, basis = max(ranked[-1], present), SilenceBasis.HOUR_OF_WEEK
    else:
        found, basis = max(silence for _, silence in silences), SilenceBasis.ALL
    return ExpectedSilence(max(found * MARGIN, LEAST_SILENCE), basis)


def _silences(hours: Sequence[HeardHour]) -> list[tuple[HeardHour, timedelta]]:
    """Each hour with the longest silence that began in it; of the last hour, the one after its end is not known."""
    after = [later.first - earlier.last for earlier, later in pairwise(hours)]
    return [(hour, max(hour.longest, gap)) for hour, gap in zip(hours, [*after, timedelta()], strict=True)]


def _same_hour(one: datetime, other: datetime) -> bool:
    apart = abs(_hour_of_week(one) - _hour_of_week(other))
    return min(apart, _WEEK_HOURS - apart) <= _AROUND


def _hour_of_week(at: datetime) -> int:
    at = at.astimezone(UTC)
    return at.weekday() * 24 + at.hour
