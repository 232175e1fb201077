"""What differs between another engine's clocks and slad's, clock by clock, and why. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sla_domain.target_text import elapsed_text
from sla_standalone.compare.clock import OurClock, TheirClock, TheirVerdict
from sla_standalone.compare.reason import why_dues_differ, why_verdicts_differ


class DifferenceKind(StrEnum):
    """How slad and another SLA engine, such as ServiceNow's, differ on one clock."""

    VERDICT = "verdict"
    """One engine says met, and the other says missed."""
    UNDECIDED = "undecided"
    """Only one engine has a verdict."""
    DUE = "due"
    """The verdicts are equal, but the due instants are not."""
    ONLY_THEY = "only_they"
    """slad has no such clock."""
    ONLY_WE = "only_we"
    """The other engine has no such clock."""
    NO_INCIDENT = "no_incident"
    """slad does not know the ticket."""


@dataclass(frozen=True, slots=True)
class ClockDifference:
    """A clock (the measurement of one target on one ticket) on which slad and another SLA engine differ."""

    kind: DifferenceKind
    """How they differ."""
    ticket: str
    """Name of the ticket."""
    metric: str
    ours: OurClock | None
    """slad's clock. None if slad has none."""
    theirs: TheirClock | None
    """The other engine's clock. None if it has none."""
    why: tuple[str, ...]
    """The reasons, in words."""


@dataclass(slots=True)
class EngineComparison:
    """The result of comparing slad's clocks with those of another SLA engine: counts and differences."""

    compared: int = 0
    """How many clocks both engines have."""
    agree: int = 0
    """How many of these clocks have equal verdicts and due instants."""
    verdicts: int = 0
    """How many of these clocks are decided by both engines."""
    same_verdict: int = 0
    """How many of the decided clocks have equal verdicts."""
    counts: Counter[DifferenceKind] = field(default_factory=Counter)
    """Kind of difference -> number of differences."""
    differences: list[ClockDifference] = field(default_factory=list)
    """All differences, sorted by ticket and metric."""

    @property
    def ratio(self) -> float | None:
        """Return how often the verdicts are equal, from 0 to 1, over the clocks on which both engines have a verdict.

        The result is None if there are no such clocks.
        """
        return self.same_verdict / self.verdicts if self.verdicts else None

    def add(self, found: ClockDifference) -> None:
        """Append a difference to `differences`, and count it by its kind."""
        self.counts[found.kind] += 1
        self.differences.append(found)


def compare(
    theirs: Iterable[TheirClock],
    ours: Mapping[str, Sequence[OurClock] | None],
    metrics: Collection[str],
    until: datetime,
    tolerance: timedelta,
) -> EngineComparison:
    """Compare the clocks of another engine with slad's, and return the differences and counts.

    Args:
        theirs: The clocks of the other engine.
        ours: Maps a ticket, by its first name in the export, to slad's clocks. None for a ticket that slad does not
            know.
        metrics: The metrics of the other engine. slad's clocks of other metrics are left out.
        until: The instant as of which open clocks are judged.
        tolerance: Two instants count as equal if they are at most this far apart.
    """
    by_ticket: dict[str, list[TheirClock]] = {}
    for clock in theirs:
        by_ticket.setdefault(clock.names[0], []).append(clock)
    found = EngineComparison()
    for ticket, their in sorted(by_ticket.items()):
        own = ours.get(ticket)
        if own is None:
            why = ("slad knows no such ticket",)
            for clock in their:
                found.add(ClockDifference(DifferenceKind.NO_INCIDENT, ticket, clock.metric, None, clock, why))
            continue
        for metric in sorted({clock.metric for clock in their} | {clock.metric for clock in own} & set(metrics)):
            mine = [clock for clock in own if clock.metric == metric]
            other = [clock for clock in their if clock.metric == metric]
            for our, their_clock in _pairs(mine, other):
                _compare(found, ticket, metric, our, their_clock, until, tolerance)
    return found


def _pairs(ours: Sequence[OurClock], theirs: Sequence[TheirClock]) -> list[tuple[OurClock | None, TheirClock | None]]:
    """Each of their clocks with the free one of ours that began nearest; without a start, with the last free one."""
    free = sorted(ours, key=lambda clock: clock.cycle)
    found: list[tuple[OurClock | None, TheirClock | None]] = []
    for clock in sorted(theirs, key=_place):
        start = clock.started_at
        if not free:
            found.append((None, clock))
            continue
        nearest = free[-1] if start is None else min(free, key=lambda one: abs(one.started_at - start))
        free.remove(nearest)
        found.append((nearest, clock))
    return [*found, *((clock, None) for clock in free if clock.state.value != "cancelled")]


def _place(clock: TheirClock) -> tuple[bool, float, int]:
    start = clock.started_at
    return start is None, 0.0 if start is None else start.timestamp(), clock.row


def _compare(
    found: EngineComparison,
    ticket: str,
    metric: str,
    ours: OurClock | None,
    theirs: TheirClock | None,
    until: datetime,
    tolerance: timedelta,
) -> None:
    if ours is None or theirs is None:
        kind = DifferenceKind.ONLY_THEY if ours is None else DifferenceKind.ONLY_WE
        found.add(ClockDifference(kind, ticket, metric, ours, theirs, (_lone(ours, theirs),)))
        return
    found.compared += 1
    verdict = ours.verdict(until)
    kept, other = verdict.kept, theirs.verdict.kept
    decided = kept is not None and other is not None
    found.verdicts += decided
    found.same_verdict += decided and kept is other
    dues = why_dues_differ(ours, theirs, tolerance)
    if decided and kept is not other:
        why = why_verdicts_differ(ours, theirs, tolerance)
        found.add(ClockDifference(DifferenceKind.VERDICT, ticket, metric, ours, theirs, (*why, *dues)))
    elif (kept is None) is not (other is None) or _only_one_cancelled(verdict.value, theirs.verdict):
        said = f"ours is {verdict.value}, theirs {theirs.verdict.value}"
        found.add(ClockDifference(DifferenceKind.UNDECIDED, ticket, metric, ours, theirs, (said, *dues)))
    elif dues:
        found.add(ClockDifference(DifferenceKind.DUE, ticket, metric, ours, theirs, tuple(dues)))
    else:
        found.agree += 1


def _only_one_cancelled(ours: str, theirs: TheirVerdict) -> bool:
    return (ours == "cancelled") is not (theirs is TheirVerdict.CANCELLED)


def _lone(ours: OurClock | None, theirs: TheirClock | None) -> str:
    if ours is not None:
        allowed = f" of {elapsed_text(ours.allowed)}" if ours.allowed is not None else ""
        return f"they have no such target; ours{allowed} began {ours.started_at:%Y-%m-%d %H:%M}Z"
    assert theirs is not None
    label = f" ({theirs.label})" if theirs.label else ""
    return f"slad promises no such target to this ticket{label}"
