"""What proves a verdict: the clocks of an incident computed from its events by each version that judged them. Pure.

The timer makes it for `slad evidence`, and `slad evidence verify` makes it again from what the file contains.
"""

from sla_timer.evidence.basis import Basis, BasisIncomplete, rulebooks_of
from sla_timer.evidence.event import event_of
from sla_timer.evidence.judged import (
    FoldKey,
    JudgedFold,
    RefoldedClock,
    judged_clocks,
    needed_folds,
    verdict_differences,
)
from sla_timer.evidence.lines import calendar_lines, clock_line, explanation_line, incident_line
from sla_timer.evidence.published import ClockOnRecord, evidence_instant

__all__ = [
    "Basis",
    "BasisIncomplete",
    "ClockOnRecord",
    "FoldKey",
    "JudgedFold",
    "RefoldedClock",
    "calendar_lines",
    "clock_line",
    "event_of",
    "evidence_instant",
    "explanation_line",
    "incident_line",
    "judged_clocks",
    "needed_folds",
    "rulebooks_of",
    "verdict_differences",
]
