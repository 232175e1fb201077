"""Counted time as people are told it: what is left or how late it is in the hours that count, beside the wall clock.

A clock counts in the hours of a calendar, or by the wall. Facts name which (`name_of`); whoever has the catalogue finds
the calendar by that name (`calendar_named`) and can tell the standing of the clock at any instant. The name ends with
the digest of the calendar's content, so that nobody counts in hours that have changed since: then it is not known.
Outside hours a running clock stands still, by the calendar alone; paused is by the incident's state. Two things.
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
    """Return the hours of a calendar as facts name them; those of no calendar are the wall's."""
    return WALL if calendar is None else f"{calendar.identity.id}@{calendar.identity.revision}"


def calendar_named(rulebook: Rulebook, contract: ContractId, name: str) -> Calendar | None:
    """Return the calendar of that name among those of the contract's plans; None for the wall, and where none is
    known.
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
    """The hours around an instant: open, perhaps until it `closes`; or closed until it `opens` (None: not known)."""

    open: bool = True
    opens: datetime | None = None
    closes: datetime | None = None


ALWAYS = OpeningTimes()


def opening_times(calendar: Calendar | None, at: datetime) -> OpeningTimes:
    """By the wall it is always open. A close more than eight days ahead is not told."""
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
    """Counted time from `start` to `end`, negative when `end` is the earlier one; None beyond the calendar's years."""
    if calendar is None:
        return end - start
    try:
        return calendar.between(start, end)
    except CalendarError:
        return None


@dataclass(frozen=True, slots=True)
class CountedSpan:
    """A stretch of time twice: counted in the clock's hours, and by the wall.

    `counted` is None where nobody can tell: the hours are not known here, or end before.
    """

    counted: timedelta | None
    wall: timedelta

    @property
    def primary(self) -> timedelta:
        """Return what is told first: counted time where it is known."""
        return self.wall if self.counted is None else self.counted

    @property
    def differs(self) -> bool:
        """Return whether the wall clock tells another story, so that both are worth telling."""
        return self.counted is not None and abs(self.counted - self.wall) >= _NOTICEABLE


def counted_span(calendar: Calendar | None, hours: str, start: datetime, end: datetime) -> CountedSpan:
    """From `start` to `end` for a clock that counts in `hours`, of which `calendar` is what is known."""
    by_wall = hours == WALL
    known = by_wall or calendar is not None
    return CountedSpan(counted_time(None if by_wall else calendar, start, end) if known else None, end - start)
