"""Replay: a history of incidents through a plan, in virtual time, and what it would have come to.

A log (`history`: JSON lines by `line`, a CSV file by `mapping` and `table`) becomes lives of incidents (`life`);
`judge` folds each under a plan; `play` does so for all of them, with as many processes as are wanted; `figures` adds
up what they came to (`count`, `difference`), `report` makes plain values of it. A log larger than memory goes through
temporary files (`spill`, `record`). Nothing is sent.
"""

from __future__ import annotations

from sla_standalone.replay.count import Agreement, Confusion, Disagreement, Group, Tally
from sla_standalone.replay.difference import Change, Turn, difference
from sla_standalone.replay.figures import Figures, disagreements
from sla_standalone.replay.history import BadLog, History, read_lines, read_table
from sla_standalone.replay.instant import BadInstant, at_zone
from sla_standalone.replay.judge import Outcome, Verdict, judge
from sla_standalone.replay.life import Life, Reject
from sla_standalone.replay.line import BadLine, Claimed, LineReader
from sla_standalone.replay.mapping import BadMapping, Mapping, parse_mapping, read_mapping
from sla_standalone.replay.play import Played, Ruling, play
from sla_standalone.replay.record import Record
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
    "Figures",
    "Group",
    "History",
    "Life",
    "LineReader",
    "Mapping",
    "Outcome",
    "Played",
    "Record",
    "Reject",
    "Ruling",
    "TableReader",
    "Tally",
    "Turn",
    "Verdict",
    "at_zone",
    "difference",
    "disagreements",
    "judge",
    "parse_mapping",
    "play",
    "read_lines",
    "read_mapping",
    "read_table",
]
