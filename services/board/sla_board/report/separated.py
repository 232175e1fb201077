"""A report as one CSV: a line for each value of a table, so that spreadsheets and programs can pick what they want."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from sla_board.report.model import ContractReport, Frozen, ReportFigures, ReportNote, ReportTable
from sla_board.report.value import CellKind, ReportCell
from sla_board.report.wording import ReportWriter, heading, period_text, shown_share

_RISKY = ("=", "+", "-", "@", "\t", "\r")


def report_csv(report: ContractReport, frozen: Frozen | None, writer: ReportWriter) -> str:
    """Return a report as CSV, in the language of `writer`.

    Numbers are plain, shares are from 0 to 1, and lengths of time are in hours. Instants are ISO 8601 in the reader's
    zone. A text that a spreadsheet could read as a formula gets an apostrophe before it.

    Args:
        frozen: The data of the stored report. None if the report is not frozen.
        writer: Formats the report's values as text.
    """
    out = StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    words = writer.words
    lines.writerow([safe(heading(report, words))])
    lines.writerow([words.text("page.contract"), safe(report.contract)])
    lines.writerow([words.text("page.period"), period_text(report.period, words, long=True), report.first, report.end])
    lines.writerow([words.text("page.zone"), writer.zone])
    lines.writerow([safe(writer.frozen(frozen))])
    for section in report.sections:
        lines.writerow([])
        lines.writerow([words.text(f"section.{section.id}")])
        for part in section.parts:
            match part:
                case ReportNote():
                    lines.writerow([safe(writer.note(part))])
                case ReportFigures(items):
                    lines.writerows([words.text(key), _plain(cell, writer)] for key, cell in items)
                case ReportTable():
                    lines.writerows(_table(part, writer))
    return out.getvalue()


def _table(table: ReportTable, writer: ReportWriter) -> Iterator[list[str]]:
    words = writer.words
    if table.title:
        yield [words.text(table.title)]
    yield [words.text(key) for key in table.columns]
    for row in table.rows:
        yield [_plain(cell, writer) for cell in row]
    if table.left_out:
        yield [words.text("page.more", table.left_out).format(count=table.left_out), table.rest]


def _plain(cell: ReportCell, writer: ReportWriter) -> str:
    match cell.kind:
        case CellKind.SHARE:
            return f"{shown_share(cell.share):f}"
        case CellKind.SPAN:
            return f"{cell.span.total_seconds() / 3600:.4f}"
        case CellKind.INSTANT:
            return cell.instant.astimezone(writer.tz).isoformat(" ", "seconds")
        case CellKind.COUNT | CellKind.PERCENT | CellKind.NUMBER | CellKind.DAY | CellKind.PERIOD:
            return str(cell.value)
        case _:
            return safe(writer.text(cell))


def safe(text: str) -> str:
    """Return a text in a form that no spreadsheet reads as a formula.

    A text that begins like a formula gets an apostrophe before it.
    """
    return f"'{text}" if text.startswith(_RISKY) else text
