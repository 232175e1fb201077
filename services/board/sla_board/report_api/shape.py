"""A report in the form that is asked for: JSON, HTML, CSV, XLSX or PDF."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from enum import StrEnum

import orjson
from fastapi.responses import Response

from sla_board.page.security import PAGE_HEADERS
from sla_board.paper.printer import NoPdfHere, NotPrinted, PrinterBusy
from sla_board.report.canonical import shown_json
from sla_board.report.separated import report_csv
from sla_board.report.wording import ReportWriter
from sla_board.report.words import words_in
from sla_board.report.workbook import report_workbook
from sla_board.report_api.deps import MadeReport, ReportDeps, bad_input
from sla_domain.calendar import load_zone
from sla_domain.errors import UnknownZone
from sla_domain.rfc3339 import rfc3339
from sla_platform.http.problem import Problem

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"


class ReportFormat(StrEnum):
    """The file formats in which a report can be downloaded."""

    JSON = "json"
    HTML = "html"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Shape:
    """The requested format, language and time zone of a report."""

    format: ReportFormat
    language: str
    """Language tag, such as `pl`."""
    zone: str
    """IANA name. "" for the contract's zone."""


async def shaped(made: MadeReport, shape: Shape, deps: ReportDeps) -> Response:
    """Return a report as an HTTP response in the requested format.

    Raises:
        Problem: 422 for an unknown zone. For a PDF also 501 if WeasyPrint or a font is missing, 503 if too many pages
            wait for conversion, 500 if the conversion failed.
    """
    if shape.zone:
        try:
            load_zone(shape.zone)
        except UnknownZone:
            raise bad_input("zone", f"{shape.zone!r} is no time zone; write it as Europe/Warsaw") from None
    writer = ReportWriter.of(made.report, words_in(shape.language), shape.zone)
    headers = PAGE_HEADERS | {"Content-Disposition": _disposition(made, shape)}
    match shape.format:
        case ReportFormat.JSON:
            return Response(_json(made), media_type="application/json", headers={"Cache-Control": "no-store"})
        case ReportFormat.HTML:
            html = await asyncio.to_thread(_html, made, writer, deps, deps.public_url)
            policy = {"Content-Security-Policy": deps.pages.reports.policy}
            return Response(html, media_type="text/html; charset=utf-8", headers=headers | policy)
        case ReportFormat.CSV:
            text = await asyncio.to_thread(report_csv, made.report, made.frozen, writer)
            return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)
        case ReportFormat.XLSX:
            book = await asyncio.to_thread(report_workbook, made.report, made.frozen, writer, deps.public_url)
            return Response(book, media_type=XLSX, headers=headers)
        case ReportFormat.PDF:
            html = await asyncio.to_thread(_html, made, writer, deps, deps.public_url)
            return Response(await _pdf(html, deps), media_type=PDF, headers=headers)


def _html(made: MadeReport, writer: ReportWriter, deps: ReportDeps, base: str) -> str:
    return deps.pages.reports.alone(made.report, made.frozen, writer, base)


def _json(made: MadeReport) -> bytes:
    found = shown_json(made.report)
    frozen = made.frozen
    found["frozen"] = (
        None
        if frozen is None
        else {
            "revision": frozen.revision,
            "digest": frozen.digest,
            "frozen_at": rfc3339(frozen.frozen_at, "microseconds"),
            "frozen_by": frozen.frozen_by,
            "reason": frozen.reason,
        }
    )
    return orjson.dumps(found)


async def _pdf(html: str, deps: ReportDeps) -> bytes:
    try:
        return await deps.printer.pdf(html)
    except NoPdfHere as missing:
        raise Problem(501, "no-pdf-here", "No PDF can be made here", str(missing)) from None
    except PrinterBusy:
        headers = {"Retry-After": "10"}
        raise Problem(
            503, "try-again", "Not now", "Too many pages wait to be made a PDF of.", headers=headers
        ) from None
    except NotPrinted:
        detail = "The PDF could not be made; the log of the board says why. The page itself can be printed."
        raise Problem(500, "pdf-failed", "No PDF was made", detail) from None


def file_name(made: MadeReport, shape: Shape) -> str:
    """Return the file name of a report in ASCII, such as `slad-acme-2026-Q4-pl.xlsx`."""
    report = made.report
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", f"slad-{report.contract}-{report.period}-{shape.language}")
    return f"{plain}.{shape.format.value}"


def _disposition(made: MadeReport, shape: Shape) -> str:
    how = "inline" if shape.format in (ReportFormat.HTML, ReportFormat.PDF) else "attachment"
    return f'{how}; filename="{file_name(made, shape)}"'
