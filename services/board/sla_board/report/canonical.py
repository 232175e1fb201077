"""A report as canonical JSON, and back: the same report always gives the same bytes, and so the same digest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

import orjson

from sla_board.report.model import (
    FORMAT,
    Chapter,
    ContractReport,
    Part,
    PlotKind,
    ReportFigures,
    ReportNote,
    ReportSection,
    ReportTable,
)
from sla_board.report.value import CellKind, ReportCell
from sla_domain.report_schedule import ReportKind
from sla_domain.rfc3339 import rfc3339
from sla_platform.store.types import from_micros, to_micros


class UnknownFormat(ValueError):
    """Raised for a stored report that this release cannot read; the message names the report's format."""


def canonical_bytes(report: ContractReport) -> bytes:
    """Return a report as canonical JSON: UTF-8, names sorted, no spaces."""
    return orjson.dumps(report_json(report), option=orjson.OPT_SORT_KEYS)


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of a stored report, in hex.

    Args:
        data: The report as canonical JSON.
    """
    return sha256(data).hexdigest()


def report_json(report: ContractReport) -> dict[str, Any]:
    """Return a report as JSON values.

    Instants are microseconds since 1970 UTC, and shares are exact fractions.
    """
    return {
        "format": FORMAT,
        "kind": report.kind.value,
        "contract": report.contract,
        "title": report.title,
        "customers": list(report.customers),
        "zone": report.zone,
        "period": report.period,
        "first": report.first.isoformat(),
        "end": report.end.isoformat(),
        "start": to_micros(report.start),
        "until": to_micros(report.until),
        "zones": list(report.zones),
        "made_at": to_micros(report.made_at),
        "provisional": report.provisional,
        "chapters": [
            {"id": one.id, "sections": [_section_json(section) for section in one.sections]} for one in report.chapters
        ],
        "names": {key: dict(texts) for key, texts in report.names.items()},
        "verdicts": dict(report.verdicts),
    }


def report_of(data: bytes) -> ContractReport:
    """Return the report in stored bytes.

    Args:
        data: The report as canonical JSON.

    Raises:
        UnknownFormat: This release cannot read the bytes.
    """
    found: dict[str, Any] = orjson.loads(data)
    if found.get("format") != FORMAT:
        raise UnknownFormat(f"the stored report is in the format {found.get('format')!r}; this release reads {FORMAT}")
    return ContractReport(
        kind=ReportKind(found["kind"]),
        contract=found["contract"],
        title=found["title"],
        customers=tuple(found["customers"]),
        zone=found["zone"],
        period=found["period"],
        first=date.fromisoformat(found["first"]),
        end=date.fromisoformat(found["end"]),
        start=from_micros(found["start"]),
        until=from_micros(found["until"]),
        zones=tuple(found["zones"]),
        made_at=from_micros(found["made_at"]),
        provisional=found["provisional"],
        chapters=tuple(
            Chapter(one["id"], tuple(_section_of(section) for section in one["sections"])) for one in found["chapters"]
        ),
        names=found["names"],
        verdicts=found["verdicts"],
    )


def _section_json(section: ReportSection) -> dict[str, Any]:
    return {"id": section.id, "missing": section.missing, "parts": [_part_json(part) for part in section.parts]}


def _section_of(found: Mapping[str, Any]) -> ReportSection:
    return ReportSection(found["id"], tuple(_part_of(part) for part in found["parts"]), found["missing"])


def _part_json(part: Part) -> dict[str, Any]:
    match part:
        case ReportNote(key, args, grave):
            said = {name: _cell_json(cell) for name, cell in args.items()}
            return {"part": "note", "key": key, "args": said, "grave": grave}
        case ReportFigures(items):
            return {"part": "figures", "items": [[key, _cell_json(cell)] for key, cell in items]}
        case ReportTable():
            return {
                "part": "table",
                "id": part.id,
                "columns": list(part.columns),
                "rows": [[_cell_json(cell) for cell in row] for row in part.rows],
                "title": part.title,
                "plot": None if part.plot is None else part.plot.value,
                "left_out": part.left_out,
                "rest": part.rest,
            }


def _part_of(found: Mapping[str, Any]) -> Part:
    match found["part"]:
        case "note":
            return ReportNote(
                found["key"], {name: _cell_of(cell) for name, cell in found["args"].items()}, found["grave"]
            )
        case "figures":
            return ReportFigures(tuple((key, _cell_of(cell)) for key, cell in found["items"]))
        case _:
            return ReportTable(
                id=found["id"],
                columns=tuple(found["columns"]),
                rows=tuple(tuple(_cell_of(cell) for cell in row) for row in found["rows"]),
                title=found["title"],
                plot=None if found["plot"] is None else PlotKind(found["plot"]),
                left_out=found["left_out"],
                rest=found["rest"],
            )


def _cell_json(cell: ReportCell) -> list[Any]:
    return [cell.kind.value, cell.value, cell.link] if cell.link else [cell.kind.value, cell.value]


def _cell_of(found: list[Any]) -> ReportCell:
    return ReportCell(CellKind(found[0]), found[1], found[2] if len(found) > 2 else "")


def shown_json(report: ContractReport) -> dict[str, Any]:
    """Return a report as JSON for programs, with readable instants.

    Each value is an object with `kind` and `value`. A value that is counted from a list of incidents also has `page`
    and `api`, the paths of the list.
    """
    found = report_json(report)
    for name, at in (("start", report.start), ("until", report.until), ("made_at", report.made_at)):
        found[name] = rfc3339(at, "seconds")
    for chapter, of in zip(found["chapters"], report.chapters, strict=True):
        for section, values in zip(chapter["sections"], of.sections, strict=True):
            section["parts"] = [
                _shown_part(part, one) for part, one in zip(section["parts"], values.parts, strict=True)
            ]
    return found


def _shown_part(part: dict[str, Any], of: Part) -> dict[str, Any]:
    match of:
        case ReportNote(_, args, _):
            return part | {"args": {name: _shown_cell(cell) for name, cell in args.items()}}
        case ReportFigures(items):
            return part | {"items": [{"id": key, **_shown_cell(cell)} for key, cell in items]}
        case ReportTable():
            return part | {"rows": [[_shown_cell(cell) for cell in row] for row in of.rows]}


def _shown_cell(cell: ReportCell) -> dict[str, Any]:
    value: Any = cell.value if cell.kind is not CellKind.INSTANT else rfc3339(cell.instant, "microseconds")
    if cell.kind is CellKind.NOTHING:
        value = None
    found: dict[str, Any] = {"kind": cell.kind.value, "value": value}
    if cell.link:
        found["page"] = cell.link
    if cell.link.startswith("/incidents?"):
        found["api"] = f"/v1{cell.link}"
    return found
