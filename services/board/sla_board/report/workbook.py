"""A report as a workbook (XLSX): a sheet for the overview, and one for each section; numbers and dates stay such."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from sla_board.report.model import ContractReport, Frozen, ReportFigures, ReportNote, ReportSection, ReportTable
from sla_board.report.value import CellKind, ReportCell
from sla_board.report.wording import ReportWriter, heading, shown_share

_LONGEST_NAME = 31
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_SECONDS_OF_DAY = 86_400
_WIDTHS = {CellKind.TEXT: 26, CellKind.INSTANT: 17, CellKind.NAME: 20}


def report_workbook(report: ContractReport, frozen: Frozen | None, writer: ReportWriter, base: str = "") -> bytes:
    """Return a report as an XLSX file. The same report always gives the same bytes.

    Counts and shares are numbers. Lengths of time are Excel durations. Instants are dates in the reader's zone. Texts
    are never formulas.

    Args:
        frozen: The data of the stored report. None if the report is not frozen.
        writer: Formats the report's values as text.
        base: Address of the board, put before all links. "" for no links.
    """
    out = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
        "remove_timezone": True,
    }
    book = xlsxwriter.Workbook(out, options)
    made = (frozen.frozen_at if frozen is not None else report.made_at).replace(tzinfo=None, microsecond=0)
    book.set_properties({"title": heading(report, writer.words), "author": "slad", "created": made})
    sheets = _Sheets(book, writer, base)
    sheets.overview(report, frozen)
    for section in report.sections:
        sheets.section(section)
    book.close()
    return out.getvalue()


class _Sheets:
    """The sheets of one workbook, written one after the other."""

    def __init__(self, book: Any, writer: ReportWriter, base: str) -> None:
        self._book = book
        self._writer = writer
        self._base = base
        self._names: set[str] = set()
        self._bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        formats = {
            CellKind.COUNT: "#,##0", CellKind.SHARE: "0.00%", CellKind.PERCENT: "0.##%", CellKind.NUMBER: "#,##0.##",
            CellKind.SPAN: "[h]:mm:ss", CellKind.INSTANT: "yyyy-mm-dd hh:mm", CellKind.DAY: "yyyy-mm-dd",
        }  # fmt: skip
        self._formats = {
            kind: book.add_format({"num_format": shape, "valign": "top"}) for kind, shape in formats.items()
        }

    def overview(self, report: ContractReport, frozen: Frozen | None) -> None:
        """Write the sheet that says which report this is."""
        words = self._writer.words
        sheet = self._sheet(words.text(f"kind.{report.kind.value}"))
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 60)
        sheet.write_string(0, 0, heading(report, words), self._title)
        facts = [
            ("page.contract", f"{report.title} ({report.contract})"),
            ("page.customers", ", ".join(report.customers)),
            ("page.period", report.period),
            ("page.zone", self._writer.zone),
            ("page.made", self._writer.instant(report.made_at)),
        ]
        for row, (key, said) in enumerate(facts, 2):
            sheet.write_string(row, 0, words.text(key), self._bold)
            sheet.write_string(row, 1, said, self._wrapped)
        sheet.write_string(len(facts) + 3, 0, self._writer.frozen(frozen))

    def section(self, section: ReportSection) -> None:
        """Write the sheet of one section: its sentences, figures and tables, one below the other."""
        words = self._writer.words
        title = words.text(f"section.{section.id}")
        sheet = self._sheet(title)
        sheet.write_string(0, 0, title, self._title)
        row, widths = 2, dict[int, int]()
        for part in section.parts:
            match part:
                case ReportNote():
                    sheet.write_string(row, 0, self._writer.note(part))
                    row += 2
                case ReportFigures(items):
                    for key, cell in items:
                        sheet.write_string(row, 0, words.text(key), self._bold)
                        self._cell(sheet, row, 1, cell)
                        row += 1
                    row += 1
                case ReportTable():
                    row = self._table(sheet, row, part, widths) + 1
        for column in range(max(widths, default=1) + 1):
            sheet.set_column(column, column, max(widths.get(column, 14), 14))

    def _table(self, sheet: Any, row: int, table: ReportTable, widths: dict[int, int]) -> int:
        words = self._writer.words
        if table.title:
            sheet.write_string(row, 0, words.text(table.title), self._title)
            row += 1
        for column, key in enumerate(table.columns):
            sheet.write_string(row, column, words.text(key), self._bold)
        for cells in table.rows:
            row += 1
            for column, cell in enumerate(cells):
                widths[column] = max(widths.get(column, 0), _WIDTHS.get(cell.kind, 14))
                self._cell(sheet, row, column, cell)
        if table.left_out:
            row += 1
            sheet.write_string(row, 0, words.text("page.more", table.left_out).format(count=table.left_out))
        return row + 1

    def _cell(self, sheet: Any, row: int, column: int, cell: ReportCell) -> None:
        shape = self._formats.get(cell.kind, self._wrapped)
        match cell.kind:
            case CellKind.NOTHING:
                return
            case CellKind.COUNT:
                sheet.write_number(row, column, int(cell.value), shape)
            case CellKind.SHARE:
                sheet.write_number(row, column, float(shown_share(cell.share)), shape)
            case CellKind.PERCENT:
                sheet.write_number(row, column, float(cell.decimal) / 100, shape)
            case CellKind.NUMBER:
                sheet.write_number(row, column, float(cell.decimal), shape)
            case CellKind.SPAN:
                sheet.write_number(row, column, cell.span.total_seconds() / _SECONDS_OF_DAY, shape)
            case CellKind.INSTANT:
                local = cell.instant.astimezone(self._writer.tz)
                sheet.write_datetime(row, column, local.replace(tzinfo=None), shape)
            case CellKind.DAY:
                day = cell.day
                sheet.write_datetime(row, column, datetime(day.year, day.month, day.day), shape)  # noqa: DTZ001 - a day
            case _:
                said = self._writer.text(cell)
                if self._base and cell.link:
                    sheet.write_url(row, column, f"{self._base}{cell.link}", string=said)
                else:
                    sheet.write_string(row, column, said, shape)

    def _sheet(self, title: str) -> Any:
        """A sheet with a name that Excel takes, and no other one has."""
        plain = title.translate(_FORBIDDEN).strip()[:_LONGEST_NAME] or "slad"
        name, number = plain, 1
        while name.casefold() in self._names:
            number += 1
            name = f"{plain[: _LONGEST_NAME - 4]} {number}"
        self._names.add(name.casefold())
        return self._book.add_worksheet(name)
