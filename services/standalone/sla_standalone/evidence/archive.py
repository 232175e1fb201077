"""The zip: equal content gives equal bytes when written, and nothing in it is trusted when read."""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

MOST_FILES = 200_000
MOST_BYTES = 4 * 1024**3  # of all files together, unpacked
MOST_IN_MEMORY = 512 * 1024**2  # of one file
_LONGEST_NAME = 200
_EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip knows no earlier time
_PIECE = 1024 * 1024
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


class BadEvidence(Exception):
    """Raised for a file that is not evidence made by slad, is damaged, or could do harm. The message says why."""


def write_archive(target: Path, folder: Path, more: Mapping[str, bytes]) -> None:
    """Write the files of a folder, and the files in `more`, into a new zip.

    Equal content gives equal bytes: files are sorted by name and have the same date.

    Args:
        target: The path of the zip.
        folder: The folder, which may have subfolders.
        more: Maps the name of an additional file to its content. It replaces a file of this name in the folder.
    """
    names = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted({*names, *more}):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # whichever system writes it
            entry.external_attr = 0o644 << 16
            if name in more:
                archive.writestr(entry, more[name])
                continue
            entry.file_size = names[name].stat().st_size
            with names[name].open("rb") as source, archive.open(entry, "w") as sink:
                while piece := source.read(_PIECE):
                    sink.write(piece)


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """An opened zip with the evidence of an incident."""

    archive: zipfile.ZipFile
    sizes: Mapping[str, int]
    """Name of a member (a file in the zip) -> unpacked size in bytes. No member is read beyond this size."""

    def __contains__(self, name: object) -> bool:
        return name in self.sizes

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the content of a member (a file in the zip) in pieces.

        Raises:
            BadEvidence: The member is damaged or missing.
        """
        if name not in self.sizes:
            raise BadEvidence(f"{name} is missing")
        try:
            with self.archive.open(name) as stream:
                while piece := stream.read(_PIECE):
                    yield piece
        except _DAMAGED as error:
            raise BadEvidence(f"{name} is damaged: {error}") from error

    def read(self, name: str) -> bytes:
        """Return the content of a member (a file in the zip).

        Raises:
            BadEvidence: The member is damaged, missing, or larger than 512 MB.
        """
        if self.sizes.get(name, 0) > MOST_IN_MEMORY:
            raise BadEvidence(f"{name} is larger than {MOST_IN_MEMORY // 1024**2} MB")
        return b"".join(self.pieces(name))

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a member (a file in the zip), in hex.

        Raises:
            BadEvidence: The member is damaged or missing.
        """
        found = hashlib.sha256()
        for piece in self.pieces(name):
            found.update(piece)
        return found.hexdigest()

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the JSON object of each line of a member (a file in the zip). Nothing is yielded if it is missing.

        Raises:
            BadEvidence: A line is not a JSON object, or the member is damaged.
        """
        if name not in self.sizes:
            return
        left, number = b"", 0
        for piece in self.pieces(name):
            *lines, left = (left + piece).split(b"\n")
            for line in lines:
                number += 1
                yield _object(line, f"{name}:{number}")
        if left:
            yield _object(left, f"{name}:{number + 1}")


@contextmanager
def open_evidence(path: Path) -> Iterator[EvidenceFile]:
    """Open a zip with evidence for reading.

    Raises:
        BadEvidence: The file is not a zip, or it could do harm: it has paths that leave the folder, links, repeated
            names, encrypted files, too many files or too many bytes.
        OSError: There is no such file.
    """
    with path.open("rb") as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except _DAMAGED as error:
            raise BadEvidence(f"{path} is no zip file, or a damaged one: {error}") from error
        with archive:
            yield EvidenceFile(archive, _sizes(archive))


def _sizes(archive: zipfile.ZipFile) -> dict[str, int]:
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise BadEvidence(f"it holds {len(entries)} files; evidence has {MOST_FILES} at most")
    sizes: dict[str, int] = {}
    for entry in entries:
        if why := _refusal(entry):
            raise BadEvidence(f"it is refused: {entry.filename[:_LONGEST_NAME]!r} {why}")
        if entry.filename in sizes:
            raise BadEvidence(f"it is refused: {entry.filename!r} is in it twice")
        sizes[entry.filename] = entry.file_size
    if sum(sizes.values()) > MOST_BYTES:
        raise BadEvidence(f"it is refused: unpacked it would take more than {MOST_BYTES // 1024**3} GB")
    return sizes


def _refusal(entry: zipfile.ZipInfo) -> str:
    name = entry.filename
    parts = name.split("/")
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        return "is no name of a file"
    if name.startswith("/") or "\\" in name or ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
        return "leads out of the folder"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "is no plain file"
    if entry.flag_bits & 0x1:
        return "is encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in a way that slad does not use"
    return ""


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        found = orjson.loads(line)
    except ValueError:
        raise BadEvidence(f"{where} is no JSON") from None
    if not isinstance(found, dict):
        raise BadEvidence(f"{where} is no JSON object")
    return found
