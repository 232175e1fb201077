"""Contracts in a CSV table, one a line: which columns there are, and what stands in them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sla_catalogue.tree import Plain
from sla_standalone.cli.contract.service import Misfit, WantedContract
from sla_standalone.cli.output import stop

_TEXTS = ("title", "plan", "base_plan", "zone", "country", "subdivision", "holidays")
_LISTS = ("customers", "products", "excluded_products", "languages")
_VALID = {"valid_from": "from", "valid_to": "to"}
ERROR = "error"  # why an import did not take the line; written for people, and not read
_BESIDE = ("id", "effective_from", "reason", ERROR)
_ROLE = "role:"
COLUMNS = (*_BESIDE, *_TEXTS, *_LISTS, *_VALID)
_SEPARATOR = ";"


@dataclass(frozen=True, slots=True)
class TableLine:
    """A line of a table of contracts."""

    wanted: WantedContract
    """The contract that the line states."""
    cells: Mapping[str, str]
    """Maps a column to its text."""


def read_table(file: Path, reason: str) -> tuple[list[str], list[TableLine]]:
    """Return the column names and the lines of a CSV table of contracts.

    Each line is one contract; empty lines are skipped. The command ends if the file cannot be read, a column is unknown
    or occurs twice, the column `id` is missing, or a line has more cells than the header.

    Args:
        reason: Why the contracts are written, for lines without a reason.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip() for name in next(reader, [])]
            _check_header(file, header)
            return header, list(_lines(file, reader, header, reason))
    except OSError as error:
        stop(f"{file}: {error.strerror or error}")
    except UnicodeDecodeError:
        stop(f"{file}: it is not in UTF-8")
    except csv.Error as error:
        stop(f"{file}: {error}")


def _check_header(file: Path, header: list[str]) -> None:
    for name in header:
        if name not in COLUMNS and not (name.startswith(_ROLE) and len(name) > len(_ROLE)):
            stop(f"{file}: no column is called {name!r}; there are {', '.join(COLUMNS)} and role:<role>")
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        stop(f"{file}: two columns are called {twice[0]}")
    if "id" not in header:
        stop(f"{file}: the column id is missing")


def _lines(file: Path, reader: Iterator[list[str]], header: list[str], reason: str) -> Iterator[TableLine]:
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        number: int = reader.line_num  # type: ignore[attr-defined]  # of csv.reader
        cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
        place = f"{file}:{number}"
        if len(row) > len(header):
            stop(f"{place}: it has {len(row)} cells, the header {len(header)}")
        wanted = WantedContract(
            id=cells.get("id", ""),
            section=_section(cells),
            place=place,
            line=number,
            reason=cells.get("reason") or reason,
            effective_from=cells.get("effective_from", ""),
        )
        yield TableLine(wanted, cells)


def _section(cells: Mapping[str, str]) -> dict[str, Plain]:
    section: dict[str, Plain] = {name: cells[name] for name in _TEXTS if cells.get(name)}
    section |= {name: _listed(cells[name]) for name in _LISTS if cells.get(name)}
    valid: Plain = {key: cells[name] for name, key in _VALID.items() if cells.get(name)}
    roles: Plain = {
        name.removeprefix(_ROLE): _listed(text) for name, text in cells.items() if name.startswith(_ROLE) and text
    }
    return section | ({"valid": valid} if valid else {}) | ({"roles": roles} if roles else {})


def _listed(text: str) -> list[Plain]:
    return [part.strip() for part in text.split(_SEPARATOR) if part.strip()]


def merge_with_stored(wanted: WantedContract, newest: Mapping[str, Plain], columns: list[str]) -> WantedContract:
    """Add a contract's stored values to those in a table's line, and return the result.

    A stored value is added only if the table has no column for it. An empty cell therefore removes the value from the
    contract.

    Args:
        wanted: The contract as it was read from the line.
        newest: The contract's newest content in the service.
        columns: The table's columns.
    """
    stated = {name for name in columns if name in (*_TEXTS, *_LISTS)}
    section = {key: value for key, value in newest.items() if key not in stated}
    for key, names in (("valid", _named(columns, _VALID)), ("roles", _roles(columns))):
        before = section.pop(key, None)
        left = {name: each for name, each in before.items() if name not in names} if isinstance(before, dict) else {}
        now = wanted.section.get(key)
        after = left | (now if isinstance(now, dict) else {})
        if after:
            section[key] = after
    stating = {key: value for key, value in wanted.section.items() if key not in ("valid", "roles")}
    return replace(wanted, section=section | stating)


def _named(columns: list[str], names: Mapping[str, str]) -> set[str]:
    return {key for name, key in names.items() if name in columns}


def _roles(columns: list[str]) -> set[str]:
    return {name.removeprefix(_ROLE) for name in columns if name.startswith(_ROLE)}


def column_of(misfit: Misfit) -> str:
    """Return the table's column that a reason for refusal concerns, such as `valid_from`.

    The result is "" if the reason concerns the whole line.
    """
    steps = misfit.pointer.removeprefix("/contract").strip("/").split("/")
    match steps:
        case ["valid", ("from" | "to") as end, *_]:
            return f"valid_{end}"
        case ["roles", role, *_]:
            return f"{_ROLE}{role}"
        case [name, *_] if name in COLUMNS:
            return name
        case _:
            return ""
