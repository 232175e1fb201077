"""The phase of an incident, by the timer's newest fact: any fact that carries it, or `phase.changed` alone.

The board's own reading of the events (`incident.incident_row`) stands in for it until that word is here, and where an
older release has never said it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sla_board.projection.newest import newest_rows
from sla_domain.incident import Phase
from sla_platform.wire import ClockFact

_PHASES = frozenset(phase.value for phase in Phase)


def phase_rows(facts: Iterable[ClockFact]) -> list[dict[str, Any]]:
    """Return rows of `board_phase`, at most one for an incident: the newest. Unknown phases are skipped."""
    return newest_rows(
        {
            "incident": fact.incident,
            "phase": fact.phase,
            "at": fact.fired_at or fact.at,
            "rank": fact.events,
        }
        for fact in facts
        if fact.phase in _PHASES
    )
