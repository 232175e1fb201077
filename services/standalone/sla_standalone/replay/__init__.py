"""Replay: a history of incidents through a plan, in virtual time, and what it would have come to.

A log (`history`: JSON lines by `line`, a CSV file by `mapping` and `table`) becomes lives of incidents (`life`);
`judge` folds each under a plan; `play` does so for all of them, with as many processes as are wanted; `count` and
`difference` make the figures, `report` the plain values. Everything but `history` and `play` is pure. Nothing is
written or sent.
"""

from __future__ import annotations

from sla_standalone.replay.count import Agreement, Confusion, Disagreement, Group, Tally, agreement, attainment
from sla_standalone.replay.difference import Change, Turn, difference
from sla_standalone.replay.history import BadLog, History, read_lines, read_table
from sla_standalone.replay.instant import BadInstant, at_zone
from sla_standalone.replay.judge import Outcome, Verdict, judge
from sla_standalone.replay.life import Life, Reject
from sla_standalone.replay.line import BadLine, Claimed, LineReader
from sla_standalone.replay.mapping import BadMapping, Mapping, parse_mapping, read_mapping
from sla_standalone.replay.play import Played, Ruling, play
from sla_standalone.replay.table import TableReader

__all__ = [
    "Agreement",
    "BadInstant",
    "BadLine",
    "BadLog",
    "BadMapping",
    "Change",
    "Claimed",
    "Confusion",
    "Disagreement",
    "Group",
    "History",
    "Life",
    "LineReader",
    "Mapping",
    "Outcome",
    "Played",
    "Reject",
    "Ruling",
    "TableReader",
    "Tally",
    "Turn",
    "Verdict",
    "agreement",
    "at_zone",
    "attainment",
    "difference",
    "judge",
    "parse_mapping",
    "play",
    "read_lines",
    "read_mapping",
    "read_table",
]
