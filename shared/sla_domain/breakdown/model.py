"""A breakdown as values: parts by holder and party, each measured three times, that sum to the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

_ZERO = timedelta()
_Key = TypeVar("_Key")


class Party(StrEnum):
    """On whose side time passed.

    `OWN`: the support's, whether somebody held the incident or not. `CUSTOMER`, `VENDOR`, `OTHER`: the incident waited
    on them (clause H11, docs/clauses.md). `DEFECT`: it waited on the vendor for a defect that the attribute `defect`
    names (clause E15). `ENDED`: it was over, before it was reopened.
    """

    OWN = "own"
    CUSTOMER = "customer"
    VENDOR = "vendor"
    DEFECT = "defect"
    OTHER = "other"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, order=True)
class Holder:
    """Who held an incident: the assignee, the group and the support line; "" for what was not stated."""

    assignee: str = ""
    group: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class TimeSums:
    """An amount of time, measured three times.

    `wall`: wall-clock time. `within`: the part of it within the hours in which the clock counts. `counted`: the part of
    that which the clock consumed; the rest are pauses, and time that a restart has wiped out. Of a whole incident
    `within` is `wall`, and `counted` is the time of the support's own side.
    """

    wall: timedelta = _ZERO
    within: timedelta = _ZERO
    counted: timedelta = _ZERO

    def __add__(self, other: TimeSums) -> TimeSums:
        return TimeSums(self.wall + other.wall, self.within + other.within, self.counted + other.counted)


NOTHING = TimeSums()


@dataclass(frozen=True, slots=True)
class BreakdownPart:
    """The time for which one holder had the incident while it was on the side of one party."""

    holder: Holder
    party: Party
    sums: TimeSums


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Time divided by holder and party, without remainder: the parts sum exactly to the whole.

    `parts`: one for each pair of holder and party that has time, in the order in which they began.
    """

    parts: tuple[BreakdownPart, ...] = ()

    @property
    def whole(self) -> TimeSums:
        """Return the sums over all parts."""
        return sum((part.sums for part in self.parts), NOTHING)

    def by_party(self) -> Mapping[Party, TimeSums]:
        """Return the time of each party that has any, in the order of `Party`."""
        found = self._by(lambda part: part.party)
        return {party: found[party] for party in Party if party in found}

    def by_holder(self) -> Mapping[Holder, TimeSums]:
        """Return the time of each holder, in the order in which they first held the incident."""
        return self._by(lambda part: part.holder)

    def by_assignee(self) -> Mapping[str, TimeSums]:
        """Return the time of each assignee; "" for the time in which nobody was assigned."""
        return self._by(lambda part: part.holder.assignee)

    def by_group(self) -> Mapping[str, TimeSums]:
        """Return the time of each group; "" for the time in which no group was stated."""
        return self._by(lambda part: part.holder.group)

    def by_line(self) -> Mapping[str, TimeSums]:
        """Return the time of each support line; "" for the time in which no line was stated (clause B9)."""
        return self._by(lambda part: part.holder.line)

    def _by(self, key: Callable[[BreakdownPart], _Key]) -> dict[_Key, TimeSums]:
        found: dict[_Key, TimeSums] = {}
        for part in self.parts:
            name = key(part)
            found[name] = found.get(name, NOTHING) + part.sums
        return found


@dataclass(frozen=True, slots=True)
class GoingOn:
    """Whose time passes from the instant `since` on, while nothing else happens.

    `counts`: whether a clock consumes it, of a whole incident whether it is the support's own.
    """

    since: datetime
    holder: Holder
    party: Party
    counts: bool


def summed(pieces: Iterable[tuple[Holder, Party, TimeSums]]) -> Breakdown:
    """Return the breakdown of pieces of time: those of equal holder and party become one part."""
    found: dict[tuple[Holder, Party], TimeSums] = {}
    for holder, party, sums in pieces:
        key = (holder, party)
        known = found.get(key)
        found[key] = sums if known is None else known + sums
    return Breakdown(tuple(BreakdownPart(holder, party, sums) for (holder, party), sums in found.items()))


def total(breakdowns: Iterable[Breakdown]) -> Breakdown:
    """Return the sum of breakdowns, such as of all incidents of a month; its parts sum to the sum of their wholes."""
    return summed((part.holder, part.party, part.sums) for one in breakdowns for part in one.parts)
