"""Whose time it was: the time of an incident or of a clock, divided by holder and by party (clauses B9, H11, E15).

The values are in `model`, the rule in `divide`: `incident_breakdown`, `clock_breakdown`, and `total` of many.
"""

from __future__ import annotations

from sla_domain.breakdown.divide import (
    clock_breakdown,
    consumed_until,
    extended,
    going_on,
    incident_breakdown,
    party_of,
)
from sla_domain.breakdown.model import Breakdown, BreakdownPart, GoingOn, Holder, Party, TimeSums, summed, total

__all__ = [
    "Breakdown",
    "BreakdownPart",
    "GoingOn",
    "Holder",
    "Party",
    "TimeSums",
    "clock_breakdown",
    "consumed_until",
    "extended",
    "going_on",
    "incident_breakdown",
    "party_of",
    "summed",
    "total",
]
