"""The outcomes of incidents in the order of the log, in memory or in files."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

from sla_standalone.replay.judge import ClockOutcome, Verdict
from sla_standalone.replay.spill import BlockWriter, read_blocks

_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)


class Record(NamedTuple):
    """The outcomes of one past incident's clocks, under one plan or under each of two plans to compare."""

    line: int
    """Where the log first names the incident."""
    incident: str
    outcomes: tuple[tuple[ClockOutcome, ...], ...]
    """For each plan, the outcomes of the clocks under that plan."""
    claims: Mapping[str, bool]
    """Maps a metric to another system's verdict. True means met."""
    remarks: tuple[tuple[str, str], ...] = ()
    """Pairs of kind and text, on what is odd about the incident under the first plan."""

    @property
    def undecided(self) -> bool:
        """Return whether a clock of the incident is open. When the log ends, it may become OVERDUE (see `settled`)."""
        return any(outcome.verdict is Verdict.OPEN for outcomes in self.outcomes for outcome in outcomes)

    def settled(self, until: datetime) -> Record:
        """Return this incident's record as of `until`, the end of the log.

        An open clock whose due instant has passed at `until` becomes OVERDUE. Warnings whose instants have passed at
        `until` are counted. The outcomes of ended clocks do not change.
        """
        outcomes = tuple(tuple(outcome.settled(until) for outcome in each) for each in self.outcomes)
        return self._replace(outcomes=outcomes)


def write_records(records: Iterable[Record], path: Path) -> None:
    """Append records to the file at `path`, sorted by their `line`, the order of the log."""
    writer = BlockWriter(path)
    for record in sorted(records, key=attrgetter("line")):
        outcomes = tuple(tuple(_packed(outcome) for outcome in each) for each in record.outcomes)
        writer.add((record.line, record.incident, outcomes, dict(record.claims), record.remarks))
    writer.close()


@dataclass(frozen=True, slots=True)
class StoredRecords:
    """Reads records (results of incidents) from the files that `write_records` wrote, as an iterable.

    The records come in the order of the log. Each iteration reads the files again, and never has all records in memory.
    """

    files: Sequence[Path]

    def __iter__(self) -> Iterator[Record]:
        return heapq.merge(*(_read(file) for file in self.files), key=attrgetter("line"))


@dataclass(frozen=True, slots=True)
class SettledRecords:
    """An iterable of records (results of incidents) as of `until`, the end of the log.

    Records with open clocks are yielded as `Record.settled` returns them.
    """

    records: Iterable[Record]
    until: datetime

    def __iter__(self) -> Iterator[Record]:
        for record in self.records:
            yield record.settled(self.until) if record.undecided else record


def _read(path: Path) -> Iterator[Record]:
    for block in read_blocks(path):
        for line, incident, outcomes, claims, remarks in block:
            unpacked = tuple(tuple(_unpacked(one) for one in each) for each in outcomes)
            yield Record(line, incident, unpacked, claims, remarks)


def _packed(outcome: ClockOutcome) -> tuple[Any, ...]:
    return tuple(_plain(value) for value in outcome)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, tuple):
        return tuple((at - _EPOCH) // _MICROSECOND for at in value)
    return str(value) if isinstance(value, str) else value  # an enum's word is written as a word


def _unpacked(values: tuple[Any, ...]) -> ClockOutcome:
    found = ClockOutcome(*values)
    return found._replace(
        verdict=Verdict(found.verdict),
        started_at=_at(values[8]),
        due_at=None if values[9] is None else _at(values[9]),
        breached_at=None if values[10] is None else _at(values[10]),
        ended_at=None if values[11] is None else _at(values[11]),
        pending=tuple(_at(micros) for micros in values[13]),
    )


def _at(micros: int) -> datetime:
    return _EPOCH + _MICROSECOND * micros
