"""Compare: the verdicts of other SLA engines, read from their exports, beside slad's own; differences with the reason.

A new engine is a file in `engine` and a line in its registry.
"""

from sla_standalone.compare.clock import OurClock, TheirClock, TheirVerdict, UnreadableRow
from sla_standalone.compare.difference import ClockDifference, DifferenceKind, EngineComparison, compare
from sla_standalone.compare.document import BadExport, read_export
from sla_standalone.compare.engine import ENGINES, Engine, ReadOptions

__all__ = [
    "ENGINES",
    "BadExport",
    "ClockDifference",
    "DifferenceKind",
    "Engine",
    "EngineComparison",
    "OurClock",
    "ReadOptions",
    "TheirClock",
    "TheirVerdict",
    "UnreadableRow",
    "compare",
    "read_export",
]
