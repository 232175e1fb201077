"""A log file → its lines grouped by incident, not yet translated. The edge: files are read here, and only read.

Lines of one incident may be scattered over the file, so the file is read once and kept; what is kept is the cut row or
the raw line, which is a fraction of the events it becomes.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson

from sla_standalone.replay.life import Life, Reject
from sla_standalone.replay.line import BadLine, LineReader
from sla_standalone.replay.mapping import Mapping as MappingFile
from sla_standalone.replay.table import TableReader

Advance = Callable[[int], None]
_STEP = 5_000  # lines between two words about progress
_SHOWN = 500  # characters of a line in a reject


class BadLog(ValueError):
    """The file is no log of incidents: give JSON lines of CloudEvents, or a CSV file with --map."""


class Reader(Protocol):
    """Makes the life of one incident from its lines."""

    def life(self, incident: str, lines: Sequence[Any]) -> Life: ...


@dataclass(slots=True)
class History:
    """`lives` maps an incident's key to its numbered lines, in the order in which incidents first appear."""

    reader: Reader
    lives: dict[str, list[Any]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    lines: int = 0

    def __len__(self) -> int:
        return len(self.lives)

    def chunks(self, size: int) -> Iterator[list[tuple[str, list[Any]]]]:
        pairs = iter(self.lives.items())
        while chunk := list(itertools.islice(pairs, size)):
            yield chunk


def read_table(path: Path, mapping: MappingFile, advance: Advance = lambda lines: None) -> History:
    """A CSV file. Raises BadLog, BadMapping, OSError."""
    with path.open(newline="", encoding=mapping.encoding) as stream:
        rows = csv.reader(stream, delimiter=mapping.delimiter)
        try:
            header = next(rows, None)
            if header is None:
                raise BadLog(f"{path} is empty")
            reader = TableReader(mapping, header)
            history = History(reader)
            _collect(rows, reader, history, advance)
        except UnicodeDecodeError as error:
            raise BadLog(f"{path} is not {mapping.encoding}: say `encoding:` in the mapping ({error.reason})") from None
        except csv.Error as error:
            raise BadLog(f"{path}:{rows.line_num}: {error}") from None
    return history


def _collect(rows: Any, reader: TableReader, history: History, advance: Advance) -> None:
    take, width, own = reader.take, reader.width, reader.incident_of
    lives = history.lives
    for cells in rows:
        history.lines += 1
        if not history.lines % _STEP:
            advance(_STEP)
        if len(cells) != width:
            if cells:
                history.rejects.append(_short(rows.line_num, cells, width))
            continue
        row = take(cells)
        incident = own(row)
        if not incident:
            history.rejects.append(
                Reject(rows.line_num, "the row names no incident", reader.mapping.delimiter.join(cells)[:_SHOWN])
            )
        elif incident in lives:
            lives[incident].append((rows.line_num, row))
        else:
            lives[incident] = [(rows.line_num, row)]
    advance(history.lines % _STEP)


def _short(line: int, cells: Sequence[str], width: int) -> Reject:
    return Reject(line, f"the row has {len(cells)} cells, the header {width}", ",".join(cells)[:_SHOWN])


def read_lines(path: Path, reader: LineReader, advance: Advance = lambda lines: None) -> History:
    """JSON lines, or one JSON array of events (a CloudEvents batch). Raises BadLog, OSError."""
    history = History(reader)
    with path.open("rb") as stream:
        for number, line in _lines(stream, path):
            history.lines += 1
            if not history.lines % _STEP:
                advance(_STEP)
            try:
                incident = reader.incident_of(line)
            except BadLine as error:
                history.rejects.append(Reject(number, str(error), line[:_SHOWN].decode("utf-8", "replace")))
                continue
            history.lives.setdefault(incident, []).append((number, line))
    advance(history.lines % _STEP)
    if not history.lives and history.rejects:
        raise BadLog(f"{path}:{history.rejects[0].line}: {history.rejects[0].reason}; a CSV file needs --map")
    return history


def _lines(stream: BinaryIO, path: Path) -> Iterator[tuple[int, bytes]]:
    first = stream.readline()
    if first.lstrip()[:1] == b"[":
        try:
            events = orjson.loads(first + stream.read())
        except orjson.JSONDecodeError as error:
            raise BadLog(f"{path}: {error}") from None
        yield from ((number, orjson.dumps(event)) for number, event in enumerate(events, start=1))
        return
    rest: Iterable[bytes] = itertools.chain([first], stream)
    yield from ((number, line) for number, line in enumerate(rest, start=1) if line.strip())
