"""The stored form of a catalogue: JSON with every value, holiday row and version in it, and no secret.

The hash is taken over what matters; `lines` (where rows were written, for explanations) stays outside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sla_catalogue.holiday.row import FeedSpan, HolidayRow, HolidayTable, Horizon, RowKind, WorkedDay
from sla_catalogue.problem import CatalogueError, Path, Position
from sla_catalogue.retired import with_notice_terms, without_retired
from sla_catalogue.tree import Plain
from sla_domain.rota import ListedShift

FORMAT = 2
_OLDER = 1  # it knew keys that nothing read


class UnreadableText(CatalogueError):
    """Raised for a stored text that cannot be read as a catalogue, for example because its format is unknown.

    The caller can load the catalogue's files instead.
    """


@dataclass(frozen=True, slots=True)
class StoredCatalogue:
    """The content of a catalogue in the form in which it is stored: values, holidays, and versions of the data used.

    Secrets are not stored.
    """

    sections: dict[str, Plain]
    """The values."""
    positions: dict[Path, Position]
    """Keys down to a value -> where the value was written."""
    tables: dict[str, HolidayTable]
    """Code -> holidays."""
    horizon: Horizon
    """The years for which calendars are compiled."""
    holidays_version: str
    """Version of the package `holidays`. "" if no table has a day."""
    tzdata_version: str
    """Version of the time zone data."""
    version: str = ""
    """Version of the stored text that was read. "" for a catalogue from files."""
    listed: Mapping[str, Mapping[int, tuple[ListedShift, ...]]] = field(default_factory=dict)
    """Rota id -> number of the layer, from 0 -> shifts from calendar files."""


def serialize_stored(stored: StoredCatalogue) -> tuple[str, str]:
    """Return (stored text, version) of a catalogue.

    The version is a hash of the content, in twelve hexadecimal digits. The text also has the file and line of each
    target, which do not affect the version.
    """
    content = {
        "format": FORMAT,
        "catalogue": stored.sections,
        "horizon": [stored.horizon.first, stored.horizon.last],
        "holidays": {code: _table(table) for code, table in sorted(stored.tables.items())},
        "versions": {"holidays": stored.holidays_version, "tzdata": stored.tzdata_version},
    }
    if stored.listed:  # a catalogue without feeds of rotas keeps the version that it had before there were any
        content["shifts"] = {rota: _shifts(layers) for rota, layers in sorted(stored.listed.items())}
    parts = {key: _json(value) for key, value in content.items()}  # what is large is written out once
    return _joined({**parts, "lines": _json(_lines(stored.positions))}), _digest(_joined(parts))


def parse_stored(text: str) -> StoredCatalogue:
    """Return the catalogue of a stored text, converted to the present format.

    Raises:
        UnreadableText: The text has any other form.
    """
    try:
        content = json.loads(text)
        if content["format"] not in (_OLDER, FORMAT):
            raise UnreadableText(f"the stored catalogue has format {content['format']}, this slad reads {FORMAT}")
        lines = content.pop("lines")
        older = content["format"] == _OLDER
        return StoredCatalogue(
            sections=with_notice_terms(without_retired(content["catalogue"]) if older else content["catalogue"]),
            positions={tuple(path): Position(*where) for path, where in lines},
            tables={code: _read_table(code, rows) for code, rows in content["holidays"].items()},
            horizon=Horizon(*content["horizon"]),
            holidays_version=content["versions"]["holidays"],
            tzdata_version=content["versions"]["tzdata"],
            version=_version(content),
            listed={rota: _read_shifts(layers) for rota, layers in content.get("shifts", {}).items()},
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableText(f"the stored catalogue cannot be read: {error!r}") from None


def _version(content: Mapping[str, Any]) -> str:
    return _digest(_json(content))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]


def _joined(parts: Mapping[str, str]) -> str:
    """Return the JSON of a mapping whose values are JSON already, as `_json` writes it."""
    return "{" + ",".join(f'"{key}":{parts[key]}' for key in sorted(parts)) + "}"


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _lines(positions: Mapping[Path, Position]) -> list[Any]:
    """The places of rows alone: explanations quote no others."""
    return [
        [list(path), [where.file, where.line, where.column]]
        for path, where in positions.items()
        if "targets" in path[2:3] and len(path) <= 6
    ]


def _table(table: HolidayTable) -> dict[str, Any]:
    rows = [[row.date.isoformat(), row.kind.value, row.name, row.source, row.closes_at] for row in table.rows]
    spans = [[span.start.isoformat(), span.end.isoformat(), span.name, span.source] for span in table.spans]
    worked = [[day.date.isoformat(), day.reason] for day in table.worked]
    return {"rows": rows, "spans": spans} | ({"worked": worked} if worked else {})


def _shifts(layers: Mapping[int, tuple[ListedShift, ...]]) -> dict[str, Any]:
    return {
        str(place): [[shift.start.isoformat(), shift.end.isoformat(), shift.person] for shift in shifts]
        for place, shifts in sorted(layers.items())
    }


def _read_shifts(layers: Mapping[str, Any]) -> dict[int, tuple[ListedShift, ...]]:
    return {
        int(place): tuple(
            ListedShift(datetime.fromisoformat(start), datetime.fromisoformat(end), person)
            for start, end, person in shifts
        )
        for place, shifts in layers.items()
    }


def _read_table(code: str, content: Mapping[str, Any]) -> HolidayTable:
    rows = [
        HolidayRow(date.fromisoformat(day), RowKind(kind), name, source, closes_at)
        for day, kind, name, source, closes_at in content["rows"]
    ]
    spans = [
        FeedSpan(datetime.fromisoformat(start), datetime.fromisoformat(end), name, source)
        for start, end, name, source in content["spans"]
    ]
    worked = [WorkedDay(date.fromisoformat(day), reason) for day, reason in content.get("worked", ())]
    return HolidayTable(code, tuple(rows), tuple(spans), tuple(worked))
