"""Reading a log file: its lines grouped by incident, not yet translated. Files are only read."""

from __future__ import annotations

import csv
import itertools
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson

from sla_standalone.replay.life import IncidentLife, Reject
from sla_standalone.replay.line import BadLine, LineReader
from sla_standalone.replay.mapping import Mapping as MappingFile
from sla_standalone.replay.spill import LogBucket, Scatter, piece_path
from sla_standalone.replay.table import TableReader

Advance = Callable[[int], None]
Chunk = list[tuple[str, list[Any]]]
HELD_BYTES = 32 * 1_048_576  # a larger file goes through temporary files
_BUCKET_BYTES = 8 * 1_048_576  # of the file, for one temporary file; in memory it is five times as much
_MOST_BUCKETS = 200  # as many files are open at once
_STEP = 5_000  # lines between two words about progress
_SHOWN = 500  # characters of a line in a reject


class BadLog(ValueError):
    """Raised when a file is not a log of incidents.

    A log consists of CloudEvents as JSON lines or as a JSON array, or is a CSV file that is read by a mapping file.
    """


class Reader(Protocol):
    """Protocol: translates the lines of one incident to events. The lines are JSON lines or the rows of a table."""

    def life(self, incident: str, lines: Sequence[Any]) -> IncidentLife:
        """Return the events of one incident, given its lines in the log.

        Args:
            incident: The incident's id.
            lines: Pairs of a line's number in the log and the line.
        """


@dataclass(slots=True)
class ReplayHistory:
    """The lines of a log, grouped by incident.

    A large log is kept in temporary files. `close`, or the end of the `with` block, deletes them.
    """

    reader: Reader
    """Translates the lines of an incident to events."""
    lives: dict[str, list[Any]] = field(default_factory=dict)
    """Maps an incident to pairs of number and line, in the order in which the log first names the incidents."""
    buckets: list[LogBucket] = field(default_factory=list)
    """Temporary files, each with all lines of some incidents. They are used instead of `lives` for a log of more than
    32 MiB."""
    rejects: list[Reject] = field(default_factory=list)
    """Lines that name no incident or cannot be read."""
    lines: int = 0
    """The number of lines read."""
    folder: Path | None = None
    """The folder of the temporary files. None if there are no such files."""
    _finish: ExitStack = field(default_factory=ExitStack, repr=False, compare=False)

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield the incidents that are kept in memory, in lists of at most `size` incidents.

        An item of a list is a pair: the incident's id, and its lines with their numbers. Incidents that are kept in
        temporary files are left out.
        """
        return in_chunks(self.lives, size)

    def each(self) -> Iterator[tuple[str, list[Any]]]:
        """Yield every incident as a pair of its id and its lines, which are pairs (number, line).

        The incidents in memory come first, then those in temporary files.
        """
        yield from self.lives.items()
        for bucket in self.buckets:
            yield from bucket.lives().items()

    def spill(self) -> Path:
        """Return the folder for temporary files, which the first call creates; `close` deletes it."""
        if self.folder is None:
            self.folder = Path(self._finish.enter_context(tempfile.TemporaryDirectory(prefix="slad-replay-")))
        return self.folder

    def __enter__(self) -> ReplayHistory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the temporary files."""
        self._finish.close()


def in_chunks(lives: dict[str, list[Any]], size: int) -> Iterator[Chunk]:
    """Yield the incidents of a log in lists of at most `size` incidents, in the order of `lives`.

    An item of a list is a pair of an incident's id and its lines.

    Args:
        lives: Maps an incident's id to its lines.
    """
    pairs = iter(lives.items())
    while chunk := list(itertools.islice(pairs, size)):
        yield chunk


def read_table(path: Path, mapping: MappingFile, advance: Advance = lambda lines: None) -> ReplayHistory:
    """Read a CSV file by its mapping file, and return its rows grouped by incident.

    Empty rows are skipped. A row that has more or fewer cells than the header, or that has no incident's id, is put
    into `rejects` of the result.

    Args:
        advance: Called from time to time with the number of lines read since the last call.

    Raises:
        BadLog: The file is empty, is not in the encoding of the mapping file, or is not CSV.
        BadMapping: The file lacks a column of the mapping.
        OSError: The file cannot be read.
    """
    with path.open(newline="", encoding=mapping.encoding) as stream:
        rows = csv.reader(stream, delimiter=mapping.delimiter)
        try:
            header = next(rows, None)
            if header is None:
                raise BadLog(f"{path} is empty")
            reader = TableReader(mapping, header)
            history = ReplayHistory(reader)
            _collect(rows, reader, history, _buckets(path), advance)
        except UnicodeDecodeError as error:
            raise BadLog(f"{path} is not {mapping.encoding}: say `encoding:` in the mapping ({error.reason})") from None
        except csv.Error as error:
            raise BadLog(f"{path}:{rows.line_num}: {error}") from None
    return history


def _buckets(path: Path) -> int:
    """Over how many temporary files a log is shared out; 0: it is held in memory."""
    size = path.stat().st_size
    return 0 if size <= HELD_BYTES else min(max(size // _BUCKET_BYTES, 2), _MOST_BUCKETS)


def _collect(rows: Any, reader: TableReader, history: ReplayHistory, buckets: int, advance: Advance) -> None:
    if not buckets:
        _take_rows(rows, reader, history, _into(history.lives), advance)
        return
    with Scatter(history.spill(), 0, buckets) as scatter:
        _take_rows(rows, reader, history, scatter.add, advance)
    history.buckets = [LogBucket((piece_path(history.spill(), 0, number),), (0,)) for number in range(buckets)]


def _into(lives: dict[str, list[Any]]) -> Callable[[str, int, Any], None]:
    def add(incident: str, number: int, line: Any) -> None:
        if incident in lives:
            lives[incident].append((number, line))
        else:
            lives[incident] = [(number, line)]

    return add


def _take_rows(
    rows: Any, reader: TableReader, history: ReplayHistory, add: Callable[[str, int, Any], None], advance: Advance
) -> None:
    take, width, own = reader.take, reader.width, reader.incident_of
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
        if incident:
            add(incident, rows.line_num, row)
        else:
            text = reader.mapping.delimiter.join(cells)[:_SHOWN]
            history.rejects.append(Reject(rows.line_num, "the row names no incident", text))
    advance(history.lines % _STEP)


def _short(line: int, cells: Sequence[str], width: int) -> Reject:
    return Reject(line, f"the row has {len(cells)} cells, the header {width}", ",".join(cells)[:_SHOWN])


# -- JSON lines


def read_lines(path: Path, reader: LineReader, advance: Advance = lambda lines: None, jobs: int = 1) -> ReplayHistory:
    """Read JSON lines, or one JSON array of events (a CloudEvents batch), and return them grouped by incident.

    A line that is not JSON, or names no incident, is put into `rejects` of the result. An array has to fit in memory.

    Args:
        advance: Called from time to time with the number of lines read since the last call.
        jobs: How many processes read a file of more than 32 MiB. A smaller file is read by this process alone.

    Raises:
        BadLog: The file has no JSON lines and no JSON array of events.
        OSError: The file cannot be read.
    """
    history = ReplayHistory(reader)
    buckets = _buckets(path)
    with path.open("rb") as stream:
        if buckets and not _is_array(stream):
            _share(path, reader, history, buckets, jobs, advance)
        else:
            part = _FilePart()
            _take_lines(_lines(stream, path), reader, _into(history.lives), part, advance)
            history.lines, history.rejects = part.lines, part.rejects
    if history.rejects and not history.lives and not any(bucket.lives() for bucket in history.buckets):
        raise BadLog(f"{path}:{history.rejects[0].line}: {history.rejects[0].reason}; a CSV file needs --map")
    return history


@dataclass(slots=True)
class _FilePart:
    """What was found in a part of the file beside its events; the lines are numbered from its beginning."""

    lines: int = 0
    numbered: int = 0
    rejects: list[Reject] = field(default_factory=list)


def _share(path: Path, reader: LineReader, history: ReplayHistory, buckets: int, jobs: int, advance: Advance) -> None:
    folder, ranges = history.spill(), _ranges(path, max(jobs, 1))
    try:
        if jobs <= 1:
            parts = [_scatter(path, reader, folder, buckets, number, *span) for number, span in enumerate(ranges)]
        else:
            with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
                flying = [
                    pool.submit(_scatter_afresh, path, folder, buckets, number, *span)
                    for number, span in enumerate(ranges)
                ]
                parts = [future.result() for future in flying]
    except BaseException:
        history.close()
        raise
    before = 0
    offsets = []
    for part in parts:
        offsets.append(before)
        history.lines += part.lines
        history.rejects += [Reject(one.line + before, one.reason, one.text) for one in part.rejects]
        before += part.numbered
        advance(part.lines)
    history.buckets = [
        LogBucket(tuple(piece_path(folder, part, number) for part in range(len(parts))), tuple(offsets))
        for number in range(buckets)
    ]


def _ranges(path: Path, count: int) -> list[tuple[int, int]]:
    """Parts of a file of about one size, each from the beginning of a line to the beginning of another."""
    size = os.path.getsize(path)
    cuts = [0]
    with path.open("rb") as stream:
        for number in range(1, count):
            stream.seek(size * number // count)
            stream.readline()
            cuts.append(max(min(stream.tell(), size), cuts[-1]))
    return list(itertools.pairwise([*cuts, size]))


def _scatter_afresh(path: Path, folder: Path, buckets: int, number: int, begin: int, end: int) -> _FilePart:
    """Read in another process: the incident of a line does not depend on the catalogue."""
    return _scatter(path, LineReader({}), folder, buckets, number, begin, end)


def _scatter(
    path: Path, reader: LineReader, folder: Path, buckets: int, number: int, begin: int, end: int
) -> _FilePart:
    part = _FilePart()
    with path.open("rb") as stream, Scatter(folder, number, buckets) as scatter:
        stream.seek(begin)
        _take_lines(_until(stream, end - begin, part), reader, scatter.add, part, lambda lines: None)
    return part


def _until(stream: BinaryIO, size: int, part: _FilePart) -> Iterator[tuple[int, bytes]]:
    left = size
    while left > 0 and (line := stream.readline()):
        left -= len(line)
        part.numbered += 1
        if line.strip():
            yield part.numbered, line


def _take_lines(
    lines: Iterable[tuple[int, bytes]], reader: LineReader, add: Callable[[str, int, Any], None], part: _FilePart,
    advance: Advance,
) -> None:  # fmt: skip
    for number, line in lines:
        part.lines += 1
        if not part.lines % _STEP:
            advance(_STEP)
        try:
            incident = reader.incident_of(line)
        except BadLine as error:
            part.rejects.append(Reject(number, str(error), line[:_SHOWN].decode("utf-8", "replace")))
            continue
        add(incident, number, line)
    advance(part.lines % _STEP)


def _is_array(stream: BinaryIO) -> bool:
    first = stream.readline()
    stream.seek(0)
    return first.lstrip()[:1] == b"["


def _lines(stream: BinaryIO, path: Path) -> Iterator[tuple[int, bytes]]:
    if _is_array(stream):
        try:
            events = orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise BadLog(f"{path}: {error}") from None
        yield from ((number, orjson.dumps(event)) for number, event in enumerate(events, start=1))
        return
    yield from ((number, line) for number, line in enumerate(stream, start=1) if line.strip())
