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

    The file is created with the first block. Values must be of types that Python's `marshal` can write. `read_blocks`
    reads the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._held: list[Any] = []

    def add(self, value: Any) -> None:
        """Append a value to the file.

        The value's type must be one that Python's `marshal` can write. The value stays in memory until its block of 200
        is full, or until `close`.
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
    """Temporary files with all lines of some of a log's incidents; `lives` reads them.

    A large log may be read in several parts, by several processes.
    """

    pieces: tuple[Path, ...]
    """A file for each part, in which lines are numbered from the beginning of the part."""
    before: tuple[int, ...]
    """For each part, the number of lines of the log before it. `lives` adds this to the line numbers."""

    def lives(self) -> dict[str, list[Any]]:
        """Return the lines of each incident, as pairs of number in the log and line, in the order of the log."""
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
    """Distributes lines of a log over `count` files in `folder`: call `add` for each line.

    All lines of an incident go to the same file. File names have the number of the file and of the part: `007.002` is
    file 7 of part 2. Use the object as a context manager, which closes the files at the end.

    Args:
        part: The number of the part of the log that is being read.
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
    """Return the path of the file for one bucket and one part of the log.

    A bucket has all lines of some incidents. For bucket 7 and part 2 the path is `folder/007.002`.
    """
    return folder / f"{bucket:03}.{part:03}"
