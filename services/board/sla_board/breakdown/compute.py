"""From the events of one incident to its rows of `board_breakdown` and `board_pause`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sla_board.breakdown.pause import PauseReader
from sla_board.breakdown.stored import going_on_text, parts_text
from sla_domain.breakdown import clock_breakdown, going_on, incident_breakdown
from sla_domain.calendar import Calendar
from sla_domain.clock import Clock, ClockId
from sla_domain.contract_view import contract_view
from sla_domain.cycles import with_published_ids
from sla_domain.errors import CalendarError
from sla_domain.event import IncidentEvent
from sla_domain.explain import calendar_of
from sla_domain.fold import fold
from sla_domain.fold.carried import is_foldable
from sla_domain.fold.linked import counting_events
from sla_domain.hours import UNKNOWN, WALL, hours_name
from sla_domain.incident import Incident
from sla_domain.rulebook import Rulebook

WHOLE = ""
MOST_CLOCKS = 1_000  # of one incident, the latest


@dataclass(frozen=True, slots=True)
class KnownClock:
    """A clock of an incident, as the published facts describe it.

    When the clocks are computed again from the incident's events, these fields tell which computed clock is this one.
    """

    metric: str
    started_at: datetime | None
    breaches: frozenset[datetime]
    """The due instants that the clock passed."""
    start: str = ""


@dataclass(frozen=True, slots=True)
class ComputedRows:
    """The rows computed for one incident: breakdowns of its time, and pauses of its clocks.

    A breakdown divides time by holder (assignee, group, support line) and party (who had to act).
    """

    breakdowns: list[dict[str, Any]] = field(default_factory=list)
    """Rows of the table `board_breakdown`."""
    pauses: list[dict[str, Any]] = field(default_factory=list)
    """Rows of the table `board_pause`."""


def computed_rows(
    events: Sequence[IncidentEvent], rulebook: Rulebook, known: Mapping[ClockId, KnownClock]
) -> ComputedRows:
    """Compute the breakdowns and pauses of one incident, as of its last event, as rows of their tables.

    A breakdown divides time by holder (assignee, group, support line) and party (who had to act). If no event opens the
    incident, there are no rows.

    Args:
        events: All events of the incident, in any order.
        rulebook: The plans, contracts and calendars in force.
        known: Clock id -> the clock as published, for each published clock of the incident.
    """
    if not is_foldable(events):
        return ComputedRows()
    incident = _folded(events, rulebook, known)
    contracts = {period.contract for period in incident.periods}
    alone = len(contracts) == 1
    rows = list(_breakdowns(incident, rulebook, WHOLE, incident.changed_at, summed=alone))
    for contract in () if alone else sorted(contracts):
        seen = contract_view(events, incident.periods, contract)
        if seen is not None:
            part = seen.of(_folded(seen.events, rulebook, known))
            rows += _breakdowns(part, rulebook, contract, seen.until or part.changed_at, left=seen.until is not None)
    reader = PauseReader(incident, counting_events(sorted(events, key=lambda event: event.order)))
    pauses = [row for clock in incident.clocks for row in reader.rows_of(clock, *_hours(clock, incident, rulebook))]
    return ComputedRows(rows, pauses)


def _folded(events: Iterable[IncidentEvent], rulebook: Rulebook, known: Mapping[ClockId, KnownClock]) -> Incident:
    return with_published_ids(fold(events, rulebook), known)


def _breakdowns(
    incident: Incident, rulebook: Rulebook, view: str, at: datetime, *, left: bool = False, summed: bool = True
) -> Iterator[dict[str, Any]]:
    """The rows as of `at`. `left`: from then on its time is another contract's. `summed`: they count in its sums."""
    common = {"incident": incident.id, "view": view}
    yield common | {
        "subject": "", "contract": view or incident.contract.id, "metric": "", "cycle": 0, "hours": WALL, "state": "",
        "started_at": incident.opened_at, "ended_at": incident.ended_at,
        "parts": parts_text(incident_breakdown(incident, at)),
        "going_on": "" if left else going_on_text(going_on(None, incident)), "summed": summed,
    }  # fmt: skip
    for clock in incident.clocks[-MOST_CLOCKS:]:
        hours, calendar = _hours(clock, incident, rulebook)
        try:
            parts = clock_breakdown(clock, incident, calendar, max(at, clock.started_at))
        except CalendarError:
            continue
        yield common | {
            "subject": str(clock.id), "contract": view or clock.contract, "metric": clock.metric, "cycle": clock.cycle,
            "hours": hours, "state": clock.state.value, "started_at": clock.started_at, "ended_at": clock.stopped_at,
            "parts": parts_text(parts), "going_on": "" if left else going_on_text(going_on(clock, incident)),
            "summed": summed and hours != UNKNOWN,
        }  # fmt: skip


def _hours(clock: Clock, incident: Incident, rulebook: Rulebook) -> tuple[str, Calendar | None]:
    try:
        calendar = calendar_of(clock, incident, rulebook)
    except CalendarError:
        return UNKNOWN, None
    return hours_name(calendar), calendar
