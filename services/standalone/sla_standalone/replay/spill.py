"""Lines and results in temporary files, grouped and ordered as a replay needs them: a log may be larger than memory."""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

_BLOCK = 200  # records
_BUFFER = 1 << 16  # bytes a file


class BlockWriter:
    """Appends values to the file `path` in blocks of 200.

    The file is created when the first block is written; an existing file is continued. Values must be of types that
    Python's `marshal` can write. Read the file by `read_blocks`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._held: list[Any] = []

    def add(self, value: Any) -> None:
        """Append a value to the file.

        The value stays in memory until its block of 200 values is full, or until `close`.
        """
        self._held.append(value)
        if len(self._held) >= _BLOCK:
            self._flush()

    def close(self) -> None:
        """Write the last block and close the file."""
        if self._held:
            self._flush()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _flush(self) -> None:
        if self._file is None:
            self._file = self._path.open("ab", buffering=_BUFFER)
        block = marshal.dumps(self._held)
        self._file.write(len(block).to_bytes(4, "big") + block)
        self._held = []


def read_blocks(path: Path) -> Iterator[list[Any]]:
    """Yield the blocks of values that a BlockWriter has written to a file.

    A block is a list of up to 200 values. A missing file has no blocks.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        while size := file.read(4):
            yield marshal.loads(file.read(int.from_bytes(size, "big")))  # noqa: S302 - our own file of this run


@dataclass(frozen=True, slots=True)
class LogBucket:
    """Temporary files that together have all lines of some incidents of a large log. `lives` reads the files.

    Several processes may read the log, each a part of it. Each part has its own file here.
    """

    pieces: tuple[Path, ...]
    """A file for each part, in which lines are numbered from the beginning of the part."""
    before: tuple[int, ...]
    """For each part, the number of lines of the log before it. `lives` adds this to the line numbers."""

    def lives(self) -> dict[str, list[Any]]:
        """Return a mapping of each incident to its lines, in the order of the log.

        A line is a pair (number in the log, content).
        """
        found: dict[str, list[Any]] = {}
        for piece, offset in zip(self.pieces, self.before, strict=True):
            for block in read_blocks(piece):
                for incident, number, line in block:
                    numbered = (number + offset, line)
                    if incident in found:
                        found[incident].append(numbered)
                    else:
                        found[incident] = [numbered]
        return found


class Scatter:
    """Distributes lines of a log over several files. Call `add` for each line.

    All lines of an incident are written to the same file. Use the object as a context manager, which closes the files
    at the end.

    Args:
        folder: The folder of the files. `piece_path` returns their paths.
        part: The number of the part of the log that is being read.
        count: How many files to use.
    """

    def __init__(self, folder: Path, part: int, count: int) -> None:
        self._writers = [BlockWriter(piece_path(folder, part, number)) for number in range(count)]

    def add(self, incident: str, number: int, line: Any) -> None:
        """Write a line of the log to the file of its incident.

        Args:
            number: The line's number within the part of the log that is being read.
            line: The line's content, of types that Python's `marshal` can write.
        """
        at = zlib.crc32(incident.encode("utf-8", "surrogatepass")) % len(self._writers)
        self._writers[at].add((incident, number, line))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers:
            writer.close()


def piece_path(folder: Path, part: int, bucket: int) -> Path:
    """Return the path of a temporary file: `folder/007.002` for bucket 7 and part 2.

    A bucket is a set of incidents of a log. A part is a section of the log that one process reads. The file has the
    lines of the bucket's incidents in this part.
    """
    return folder / f"{bucket:03}.{part:03}"
