"""Counted time beside wall-clock time: how much is left, or how late a clock is, in the hours that count.

A clock counts in the hours of a calendar, or in wall-clock time. Facts name which (`hours_name`); a service that has
the catalogue finds the calendar by that name (`calendar_named`). The name ends with the digest of the calendar's
content, so that a calendar that has changed since is not found, instead of giving another result. Outside hours a
running clock stands still, by the calendar alone; paused is by the incident's state. The two are different things.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sla_domain.calendar import Calendar, PieceKind
from sla_domain.contract import ContractId
from sla_domain.errors import CalendarError
from sla_domain.plan import Coverage
from sla_domain.rulebook import Rulebook

WALL = "wall"
UNKNOWN = ""  # in facts of older releases
_AHEAD = timedelta(days=8)  # how far ahead the next close is looked for
_NOTICEABLE = timedelta(minutes=1)


def hours_name(calendar: Calendar | None) -> str:
    """Return the name of a calendar's hours as facts carry it; `wall` without a calendar."""
    return WALL if calendar is None else f"{calendar.identity.id}@{calendar.identity.revision}"


def calendar_named(rulebook: Rulebook, contract: ContractId, name: str) -> Calendar | None:
    """Return the calendar with this name (`hours_name`) among those of the contract's plan and base plan.

    Return None for wall-clock time, and if no calendar has the name.
    """
    if name in (WALL, UNKNOWN):
        return None
    known = rulebook.contracts.get(contract) or rulebook.contracts[rulebook.default_contract]
    for coverage in _coverages(rulebook, known.plan, known.base_plan):
        calendar = rulebook.calendars.calendar(known, coverage)
        if hours_name(calendar) == name:
            return calendar
    return None


def _coverages(rulebook: Rulebook, *plans: object) -> Iterator[Coverage]:
    for id_, plan in rulebook.plans.items():
        if id_ in plans:
            yield from plan.coverages.values()


@dataclass(frozen=True, slots=True)
class OpeningTimes:
    """Whether it is open at an instant, and the next change.

    `closes` is given while open, `opens` while closed; None: not known.
    """

    open: bool = True
    opens: datetime | None = None
    closes: datetime | None = None


ALWAYS = OpeningTimes()


def opening_times(calendar: Calendar | None, at: datetime) -> OpeningTimes:
    """Return whether the calendar is open at `at` and when that changes next; always open without a calendar.

    A close more than eight days ahead is not given.
    """
    if calendar is None:
        return ALWAYS
    try:
        if not calendar.is_open(at):
            return OpeningTimes(open=False, opens=calendar.next_open(at))
        ahead = calendar.pieces(at, at + _AHEAD)
    except CalendarError:  # the end of what is known; or it never opens again
        return ALWAYS if _open(calendar, at) else OpeningTimes(open=False)
    return OpeningTimes(closes=next((piece.start for piece in ahead if piece.kind is not PieceKind.OPEN), None))


def _open(calendar: Calendar, at: datetime) -> bool:
    try:
        return calendar.is_open(at)
    except CalendarError:
        return True


def counted_time(calendar: Calendar | None, start: datetime, end: datetime) -> timedelta | None:
    """Return the counted time from `start` to `end`, negative if `end` is the earlier one.

    Without a calendar all time counts. Return None beyond the calendar's years.
    """
    if calendar is None:
        return end - start
    try:
        return calendar.between(start, end)
    except CalendarError:
        return None


@dataclass(frozen=True, slots=True)
class CountedSpan:
    """A span of time measured twice: in the hours in which a clock counts, and in wall-clock time.

    `counted` is None if the hours are not known, or the span goes beyond the years of their calendar.
    """

    counted: timedelta | None
    wall: timedelta

    @property
    def primary(self) -> timedelta:
        """Return the span to show first: the counted time, or the wall-clock time if the counted one is not known."""
        return self.wall if self.counted is None else self.counted

    @property
    def differs(self) -> bool:
        """Return whether counted and wall-clock time differ by a minute or more, so that both are worth showing."""
        return self.counted is not None and abs(self.counted - self.wall) >= _NOTICEABLE


def counted_span(calendar: Calendar | None, hours: str, start: datetime, end: datetime) -> CountedSpan:
    """Return the span from `start` to `end` for a clock that counts in the hours named `hours`.

    `calendar` is the calendar of that name, None for wall-clock time and if it is not known.
    """
    by_wall = hours == WALL
    known = by_wall or calendar is not None
    return CountedSpan(counted_time(None if by_wall else calendar, start, end) if known else None, end - start)
