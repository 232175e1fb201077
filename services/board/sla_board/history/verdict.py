"""The verdict on an incident, folded from those on its clocks, and the instant by which it is dated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sla_domain.clock import ClockState


class ListedVerdict(StrEnum):
    """What came of a promise: of a clock, or of all clocks of an incident.

    MET: kept. MISSED: its due instant passed before, whether it has ended or not. OPEN: not decided. EXEMPT: a person
    took it out of the count. NONE: nothing was promised, or every clock was cancelled.
    """

    MET = "met"
    MISSED = "missed"
    OPEN = "open"
    EXEMPT = "exempt"
    NONE = "none"

    @property
    def words(self) -> str:
        """Return the verdict as text for people, such as `Missed`."""
        return "No verdict" if self is ListedVerdict.NONE else self.value.capitalize()


@dataclass(frozen=True, slots=True)
class ClockVerdict:
    """The verdict on one clock.

    `counts_at`: the instant by which it is dated. For MISSED it is the due instant that passed, for MET the stop. For
    OPEN it is the due instant ahead, or that promised first while the clock is paused. Otherwise it is the end, or the
    start if there is no end. `due_at`: the due instant of an open clock; None if it has none.
    """

    verdict: ListedVerdict
    counts_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class IncidentVerdict:
    """The verdict on an incident, with the instant by which it is dated, and how many clocks have which verdict.

    `counts_at`: None if no clock has an instant. `due_at`: the first due instant of its open clocks; None for none.
    """

    verdict: ListedVerdict
    counts_at: datetime | None
    due_at: datetime | None
    met: int
    missed: int
    open: int
    exempt: int


def verdict_of_clock(clock: Any, exempt: bool) -> ClockVerdict:
    """Return the verdict on a clock.

    `clock`: its row of the table `board_clock`. `exempt`: whether a person took it out of the count.
    """
    state = ClockState(clock.state)
    ended = clock.stopped_at or clock.breached_at or clock.due_at or clock.started_at
    ahead = clock.due_at if state.open else None
    if exempt:
        return ClockVerdict(ListedVerdict.EXEMPT, clock.breached_at or ended, ahead)
    if state is ClockState.MISSED or (state.open and clock.breached_at is not None):
        return ClockVerdict(ListedVerdict.MISSED, clock.breached_at or ended, ahead)
    if state is ClockState.MET:
        return ClockVerdict(ListedVerdict.MET, ended, None)
    if state is ClockState.CANCELLED:
        return ClockVerdict(ListedVerdict.NONE, ended, None)
    return ClockVerdict(ListedVerdict.OPEN, clock.due_at or clock.original_due_at or clock.started_at, ahead)


def verdict_of_incident(clocks: Sequence[ClockVerdict], live: bool) -> IncidentVerdict:
    """Return the verdict on an incident with these clocks.

    One missed clock makes it MISSED, dated by the first that was missed. Else it is OPEN while a clock is open, or
    while the incident is `live` (it has not ended) and may get another clock; then it is dated by the last due instant
    ahead. Else it is MET if a clock was met, dated by the last stop. Clocks that are exempt or cancelled count only if
    there are no others.
    """
    by = {verdict: [one for one in clocks if one.verdict is verdict] for verdict in ListedVerdict}
    verdict, among = _decided(by, live)
    instants = [one.counts_at for one in among if one.counts_at is not None]
    chosen = min if verdict is ListedVerdict.MISSED else max
    return IncidentVerdict(
        verdict=verdict,
        counts_at=chosen(instants) if instants else None,
        due_at=min(_known(one.due_at for one in clocks), default=None),
        met=len(by[ListedVerdict.MET]),
        missed=len(by[ListedVerdict.MISSED]),
        open=len(by[ListedVerdict.OPEN]),
        exempt=len(by[ListedVerdict.EXEMPT]),
    )


def _decided(by: dict[ListedVerdict, list[ClockVerdict]], live: bool) -> tuple[ListedVerdict, list[ClockVerdict]]:
    """The verdict, and the clocks by which it is dated."""
    if by[ListedVerdict.MISSED]:
        return ListedVerdict.MISSED, by[ListedVerdict.MISSED]
    if by[ListedVerdict.OPEN] or (by[ListedVerdict.MET] and live):
        return ListedVerdict.OPEN, by[ListedVerdict.OPEN] or by[ListedVerdict.MET]
    for verdict in (ListedVerdict.MET, ListedVerdict.EXEMPT):
        if by[verdict]:
            return verdict, by[verdict]
    return ListedVerdict.NONE, []


def _known(instants: Iterable[datetime | None]) -> list[datetime]:
    return [at for at in instants if at is not None]
