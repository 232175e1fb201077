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
from sla_domain.contract import Contract, ContractId
from sla_domain.errors import CalendarError
from sla_domain.plan import Coverage, PlanId
from sla_domain.rulebook import Rulebook
from sla_domain.window import BookedWindow, windows_for

WALL = "wall"
UNKNOWN = ""  # in facts of older releases
_AHEAD = timedelta(days=8)  # how far ahead the next close is looked for
_NOTICEABLE = timedelta(minutes=1)


def hours_name(calendar: Calendar | None) -> str:
    """Return the name of a calendar in published events, such as `gold-hours@3f2a9c04d1e7`.

    The name has the calendar's id and revision, so it changes when the calendar changes.

    Args:
        calendar: The calendar. None gives `wall` (wall-clock time).
    """
    return WALL if calendar is None else f"{calendar.identity.id}@{calendar.identity.revision}"


def calendar_named(rulebook: Rulebook, contract: ContractId, name: str) -> Calendar | None:
    """Return the calendar of a contract that has the name `name` in published events.

    The calendars of the contract's plans and base plans are searched. If the rulebook does not have the contract, those
    of the default contract are searched. The result is None for `wall`, and for a name that is not found.

    Args:
        rulebook: The plans, contracts and calendars.
        name: A name from `hours_name`.
    """
    if name in (WALL, UNKNOWN):
        return None
    known = rulebook.contracts.get(contract) or rulebook.contracts[rulebook.default_contract]
    for windows in _window_sets(rulebook, known):
        for coverage in _coverages(rulebook, *known.plans):
            calendar = rulebook.calendars.calendar(known, coverage, windows)
            if hours_name(calendar) == name:
                return calendar
    return None


def _window_sets(rulebook: Rulebook, contract: Contract) -> Iterator[tuple[BookedWindow, ...]]:
    """Without booked windows, then those that count for each priority: on any product, and on those they name."""
    yield ()
    if not contract.windows:
        return
    plans = [plan for id_ in contract.plans if (plan := rulebook.plans.get(id_)) is not None]
    priorities = dict.fromkeys(one.id for plan in plans for one in plan.priorities)
    products = {product for window in contract.windows for product in window.products}
    sets = (windows_for(contract.windows, priority, product) for priority in priorities for product in ("", *products))
    yield from dict.fromkeys(one for one in sets if one)


def _coverages(rulebook: Rulebook, *plans: PlanId | None) -> Iterator[Coverage]:
    for id_ in dict.fromkeys(plans):
        if id_ is not None and (plan := rulebook.plans.get(id_)) is not None:
            yield from plan.coverages.values()


@dataclass(frozen=True, slots=True)
class OpeningTimes:
    """Whether a calendar is open at an instant, and when that changes next."""

    open: bool = True
    opens: datetime | None = None
    """The next opening. None if the calendar is open now, or if the opening is not known."""
    closes: datetime | None = None
    """The next close. None if the calendar is closed now, or if the close is not known."""


ALWAYS = OpeningTimes()


def opening_times(calendar: Calendar | None, at: datetime) -> OpeningTimes:
    """Return whether the calendar is open at `at`, and when that changes next.

    Without a calendar (None), the result is always open. In the result, `closes` is None if the calendar does not close
    within eight days, and `opens` is None if the calendar never opens again. Both are None if the next change lies
    outside the calendar's years. If `at` itself lies outside these years, the result is open.
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
    """Return the open time from `start` to `end`.

    The result is negative if `end` is earlier than `start`. The result is None if the time lies outside the calendar's
    years.

    Args:
        calendar: The hours in which time is counted. None means that all time is counted.
    """
    if calendar is None:
        return end - start
    try:
        return calendar.between(start, end)
    except CalendarError:
        return None


@dataclass(frozen=True, slots=True)
class CountedSpan:
    """A span of time, measured in the hours of a clock and in wall-clock time."""

    counted: timedelta | None
    """The time within the hours. None if the hours are not known, or if the span goes beyond the calendar's years."""
    wall: timedelta
    """The wall-clock time."""

    @property
    def primary(self) -> timedelta:
        """Return the length to show first: `counted`, or `wall` if `counted` is None."""
        return self.wall if self.counted is None else self.counted

    @property
    def differs(self) -> bool:
        """Return whether `counted` and `wall` differ by a minute or more, so that both should be shown.

        The result is False if `counted` is None.
        """
        return self.counted is not None and abs(self.counted - self.wall) >= _NOTICEABLE


def counted_span(calendar: Calendar | None, hours: str, start: datetime, end: datetime) -> CountedSpan:
    """Return two durations from `start` to `end`: the time within certain hours, and the wall-clock time.

    If `calendar` is None and `hours` is not `wall`, the time within the hours is not known. In this case, `counted` of
    the result is None.

    Args:
        calendar: The calendar of the hours.
        hours: The name of the hours, made by `hours_name`.
    """
    by_wall = hours == WALL
    known = by_wall or calendar is not None
    return CountedSpan(counted_time(None if by_wall else calendar, start, end) if known else None, end - start)
