"""The records of an export: rows of a CSV, or objects of JSON in one of the shapes in which APIs give lists."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

MOST_BYTES = 512 * 1024**2
_LISTS = ("result", "records", "tickets", "issues", "threads", "nodes", "edges", "data", "items", "payloads")
_DEEP = 4
csv.field_size_limit(16 * 1024**2)
Record = Mapping[str, Any]


class BadExport(Exception):
    """Raised for a file from which no records can be read. The message says what is wrong with the file."""


def read_export(path: Path) -> Iterator[tuple[int, Record]]:
    """Yield (number, record) for each record of an export, a CSV or JSON file.

    In a `.csv` file a record is a row, and its number is that of the line. Names in the header are put into lower case,
    with `_` for spaces. Any other file is JSON: an array, an object with an array inside, a single object, or one
    object per line. JSON records are numbered from 1.

    Raises:
        BadExport: The file is neither such a CSV file nor such JSON.
        OSError: The file cannot be read.
    """
    if path.stat().st_size > MOST_BYTES:
        raise BadExport(f"{path} is larger than {MOST_BYTES // 1024**2} MB: export it in parts")
    if path.suffix.lower() == ".csv":
        yield from _rows(path)
        return
    yield from enumerate(_objects(path), 1)


def _rows(path: Path) -> Iterator[tuple[int, Record]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            header = [_column(name) for name in next(reader, [])]
            if not header:
                raise BadExport(f"{path} is empty")
            for row in reader:
                if row:
                    yield reader.line_num, dict(zip(header, row, strict=False))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadExport(f"{path} is no CSV in UTF-8: {error}") from error


def _column(name: str) -> str:
    return "_".join(name.strip().lower().split())


def _objects(path: Path) -> list[Record]:
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        return _listed(orjson.loads(raw), _DEEP)
    except ValueError:
        pass
    found = []
    for number, line in enumerate(raw.splitlines(), 1):
        if line.strip():
            try:
                found.append(orjson.loads(line))
            except ValueError:
                raise BadExport(f"{path}:{number} is no JSON; a table ends with .csv") from None
    if not found:
        raise BadExport(f"{path} is empty")
    return [each for each in found if isinstance(each, dict)]


def _listed(value: Any, deep: int) -> list[Record]:
    if isinstance(value, list):
        return [_bare(each) for each in value if isinstance(each, dict)]
    if not isinstance(value, dict):
        raise BadExport("the file holds no records: an array of objects, or an object a line, is expected")
    for name in _LISTS if deep else ():
        if isinstance(value.get(name), list | dict):
            inner = value[name]
            if isinstance(inner, list) or any(one in inner for one in _LISTS):
                return _listed(inner, deep - 1)
    return [value]


def _bare(record: dict[str, Any]) -> Record:
    """A connection of GraphQL wraps each object in an edge."""
    node = record.get("node")
    return node if isinstance(node, dict) and set(record) <= {"node", "cursor"} else record
