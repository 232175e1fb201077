"""The verdict on an incident, folded from those on its clocks, and the instant by which it is dated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sla_domain.clock import ClockState


class ListedVerdict(StrEnum):
    """The result of a promise: of one clock, or of all clocks of an incident."""

    MET = "met"
    """The promise was kept."""
    MISSED = "missed"
    """The due instant passed first."""
    OPEN = "open"
    """The promise is not decided."""
    EXEMPT = "exempt"
    """A person left the promise out of the attainment."""
    NONE = "none"
    """Nothing was promised, or every clock was cancelled."""

    @property
    def words(self) -> str:
        """Return the verdict as text for people, such as `Missed`."""
        return "No verdict" if self is ListedVerdict.NONE else self.value.capitalize()


@dataclass(frozen=True, slots=True)
class ClockVerdict:
    """The verdict on one clock."""

    verdict: ListedVerdict
    counts_at: datetime | None
    """The instant by which the verdict is dated. MISSED: the due instant that passed. MET: the stop. OPEN: the next due
    instant, or the first promised one while the clock is paused. Otherwise: the end, or else the start.
    """
    due_at: datetime | None
    """The due instant of an open clock. Else None."""


@dataclass(frozen=True, slots=True)
class IncidentVerdict:
    """The verdict on an incident, and how many of its clocks have which verdict."""

    verdict: ListedVerdict
    counts_at: datetime | None
    """The instant by which the verdict is dated. None if no clock has an instant."""
    due_at: datetime | None
    """The first due instant of its open clocks. None if there is none."""
    met: int
    missed: int
    open: int
    exempt: int


def verdict_of_clock(clock: Any, exempt: bool) -> ClockVerdict:
    """Return the verdict on a clock.

    Args:
        clock: Row of the table `board_clock`.
        exempt: Whether a person left the clock out of the attainment.
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
    """Return the verdict on an incident, which follows from the verdicts on its clocks.

    - MISSED if a clock was missed. The date is that of the first missed clock.
    - Else OPEN if a clock is open. The date is that of the last open clock.
    - Else MET if a clock was met. The date is the last stop. But while the incident has not ended, the verdict is OPEN
      with this date, as another clock may start.
    - Else EXEMPT if a clock is exempt, and NONE otherwise.

    Args:
        live: Whether the incident has not ended.
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
