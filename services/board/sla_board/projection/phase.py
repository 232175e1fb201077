"""The phase of an incident, from the timer's newest fact that carries it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sla_board.projection.newest import newest_rows
from sla_domain.incident import Phase
from sla_platform.wire import ClockFact

_PHASES = frozenset(phase.value for phase in Phase)


def phase_rows(facts: Iterable[ClockFact]) -> list[dict[str, Any]]:
    """Return one row for the table `board_phase` for each incident, sorted by incident, with its phase.

    For each incident the fact published last is used. Facts without a phase, or with an unknown phase, are left out.

    Args:
        facts: Events that slad published about incidents.
    """
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
