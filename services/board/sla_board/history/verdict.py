"""The verdicts on clocks and incidents in the list of incidents, and the instants by which they are dated.

The verdicts themselves are those of attainment (`sla_domain.attainment.verdict`), so that lists and figures agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sla_board.projection.verdict import judged_clock
from sla_domain.attainment import JudgedClock, PromiseVerdict, judge_request
from sla_domain.clock import ClockState


@dataclass(frozen=True, slots=True)
class ClockVerdict:
    """The verdict on one clock, such as met or missed, and the instant by which the clock is listed and counted."""

    judged: JudgedClock
    """The clock as attainment counts it."""
    verdict: PromiseVerdict
    """The verdict with which lists and figures count the clock."""
    counts_at: datetime | None
    """The instant by which the verdict is dated: the instant at which the clock counts, if there is one. Else it is the
    first promised due instant of an undecided clock, or the end or start of another clock.
    """
    due_at: datetime | None
    """The due instant of an open clock. Else None."""


@dataclass(frozen=True, slots=True)
class IncidentVerdict:
    """The verdict on an incident, such as met, missed or open, and the number of its clocks with each verdict."""

    verdict: PromiseVerdict
    """The verdict with which lists and figures count the request."""
    counts_at: datetime | None
    """The instant by which the verdict is dated: the instant at which the request counts, if there is one. Else it is
    the last instant of its clocks. None if no clock has an instant.
    """
    due_at: datetime | None
    """The first due instant of its open clocks. None if there is none."""
    met: int
    missed: int
    open: int
    exempt: int


def verdict_of_clock(clock: Any) -> ClockVerdict:
    """Return the verdict on a clock, such as met, missed or open.

    Args:
        clock: Row of the table `board_clock`.
    """
    judged = judged_clock(clock)
    if judged.verdict is PromiseVerdict.OPEN:
        dated = judged.due_at or clock.original_due_at or clock.started_at
    else:
        dated = judged.at or clock.stopped_at or clock.started_at
    return ClockVerdict(judged, judged.counted, dated, clock.due_at if ClockState(clock.state).open else None)


def verdict_of_incident(clocks: Sequence[ClockVerdict], ended: bool) -> IncidentVerdict:
    """Return the verdict on an incident, such as met, missed or open, from the verdicts on its clocks.

    Args:
        ended: Whether work on the incident has ended.
    """
    request = judge_request([one.judged for one in clocks], ended)
    numbers = Counter(one.verdict for one in clocks)
    among = [one.counts_at for one in clocks if one.verdict is not PromiseVerdict.NONE and one.counts_at is not None]
    return IncidentVerdict(
        verdict=PromiseVerdict.NONE if request is None else request.counted,
        counts_at=None if request is None else request.counts_at or max(among, default=None),
        due_at=min((one.due_at for one in clocks if one.due_at is not None), default=None),
        met=numbers[PromiseVerdict.MET],
        missed=numbers[PromiseVerdict.MISSED],
        open=numbers[PromiseVerdict.OPEN],
        exempt=numbers[PromiseVerdict.EXEMPT],
    )
