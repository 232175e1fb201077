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
    """The party that had to act while time passed, such as the customer (clause H11, docs/clauses.md)."""

    OWN = "own"
    """The support's side, with or without a holder."""
    CUSTOMER = "customer"
    """The incident waited for the customer."""
    VENDOR = "vendor"
    """The incident waited for a vendor."""
    DEFECT = "defect"
    """The incident waited for a vendor to repair a defect that the attribute `defect` names (clause E15)."""
    OTHER = "other"
    """The incident waited for another party."""
    ENDED = "ended"
    """The incident had ended, before it was reopened."""


@dataclass(frozen=True, slots=True, order=True)
class Holder:
    """The assignee, group and support line responsible for an incident. A field is "" if the ticket names none."""

    assignee: str = ""
    group: str = ""
    line: str = ""
    """The support line, such as `2`."""


@dataclass(frozen=True, slots=True)
class TimeSums:
    """An amount of time in three measures: wall-clock time, time in service hours, and time counted."""

    wall: timedelta = _ZERO
    """Wall-clock time."""
    within: timedelta = _ZERO
    """The time within the clock's hours. For an incident it equals `wall`."""
    counted: timedelta = _ZERO
    """The time that the clock consumed, without pauses. For an incident: the time on the support's own side."""

    def __add__(self, other: TimeSums) -> TimeSums:
        return TimeSums(self.wall + other.wall, self.within + other.within, self.counted + other.counted)


NOTHING = TimeSums()


@dataclass(frozen=True, slots=True)
class BreakdownPart:
    """The part of an incident's or clock's time with one holder and one party.

    The holder is the assignee, group and support line that had the incident. The party is the one that had to act, such
    as the customer.
    """

    holder: Holder
    party: Party
    sums: TimeSums


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The time of an incident or clock, divided by holder (assignee, group, line) and party (who had to act).

    The parts sum exactly to the whole.
    """

    parts: tuple[BreakdownPart, ...] = ()
    """One part for each pair of holder and party, in the order in which the pairs first occur."""

    @property
    def whole(self) -> TimeSums:
        """Return the sums over all parts."""
        return sum((part.sums for part in self.parts), NOTHING)

    def by_party(self) -> Mapping[Party, TimeSums]:
        """Return the time of each party, in the order of `Party`. Parties without time are left out."""
        found = self._by(lambda part: part.party)
        return {party: found[party] for party in Party if party in found}

    def by_holder(self) -> Mapping[Holder, TimeSums]:
        """Return the time of each holder (assignee, group and support line), in the order in which they first had the
        incident.
        """
        return self._by(lambda part: part.holder)

    def _by(self, key: Callable[[BreakdownPart], _Key]) -> dict[_Key, TimeSums]:
        found: dict[_Key, TimeSums] = {}
        for part in self.parts:
            name = key(part)
            found[name] = found.get(name, NOTHING) + part.sums
        return found


@dataclass(frozen=True, slots=True)
class GoingOn:
    """Who has an incident, and which party has to act, from the incident's last event until the next.

    A stored breakdown ends at the last event. `extended` uses this object to continue the breakdown to a later instant.
    """

    since: datetime
    """The instant from which this holds."""
    holder: Holder
    party: Party
    counts: bool
    """Whether the clock consumes the time. For an incident: whether the time is the support's own."""


def summed(pieces: Iterable[tuple[Holder, Party, TimeSums]]) -> Breakdown:
    """Return the breakdown that pieces of time add up to. Pieces with the same holder and party become one part.

    Args:
        pieces: For each piece: who had the incident (assignee, group, line), which party had to act, and the time.
    """
    found: dict[tuple[Holder, Party], TimeSums] = {}
    for holder, party, sums in pieces:
        key = (holder, party)
        known = found.get(key)
        found[key] = sums if known is None else known + sums
    return Breakdown(tuple(BreakdownPart(holder, party, sums) for (holder, party), sums in found.items()))


def total(breakdowns: Iterable[Breakdown]) -> Breakdown:
    """Return the sum of several breakdowns, such as those of all incidents of a month."""
    return summed((part.holder, part.party, part.sums) for one in breakdowns for part in one.parts)
