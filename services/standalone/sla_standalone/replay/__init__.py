"""Replay: past incidents judged by a plan in virtual time, and the figures that result."""

from __future__ import annotations

from sla_standalone.replay.count import ConfusionMatrix, Disagreement, Group, VerdictAgreement, VerdictCounts
from sla_standalone.replay.difference import ChangedOutcome, OutcomeChange, changed_outcomes
from sla_standalone.replay.figures import Figures, disagreements
from sla_standalone.replay.history import BadLog, ReplayHistory, read_lines, read_table
from sla_standalone.replay.instant import BadTableInstant, at_zone
from sla_standalone.replay.judge import ClockOutcome, Verdict, judge
from sla_standalone.replay.life import IncidentLife, Reject
from sla_standalone.replay.line import BadLine, LineReader, VerdictAttribute
from sla_standalone.replay.mapping import BadMapping, Mapping, parse_mapping, read_mapping
from sla_standalone.replay.play import Played, ReplayRules, play
from sla_standalone.replay.record import Record
from sla_standalone.replay.table import TableReader

__all__ = [
    "BadLine",
    "BadLog",
    "BadMapping",
    "BadTableInstant",
    "ChangedOutcome",
    "ClockOutcome",
    "ConfusionMatrix",
    "Disagreement",
    "Figures",
    "Group",
    "IncidentLife",
    "LineReader",
    "Mapping",
    "OutcomeChange",
    "Played",
    "Record",
    "Reject",
    "ReplayHistory",
    "ReplayRules",
    "TableReader",
    "Verdict",
    "VerdictAgreement",
    "VerdictAttribute",
    "VerdictCounts",
    "at_zone",
    "changed_outcomes",
    "disagreements",
    "judge",
    "parse_mapping",
    "play",
    "read_lines",
    "read_mapping",
    "read_table",
]
