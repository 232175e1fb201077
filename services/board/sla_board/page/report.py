"""Reports as HTML: as a page of the board, and alone, for mails, files and paper."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from sla_board.page.security import CONTENT_SECURITY_POLICY
from sla_board.report.model import ContractReport, Frozen, Part, ReportFigures, ReportNote, ReportTable
from sla_board.report.plot import plot_svg
from sla_board.report.value import CellKind
from sla_board.report.wording import ReportWriter, heading, period_text
from sla_board.report.words import words_in
from sla_board.report.words.words import ReportWords
from sla_domain.report_schedule import ReportKind

_DAY = timedelta(days=1)


class ReportPages:
    """Renders reports as HTML. The same report always gives the same text.

    Args:
        templates: The board's templates.
        style: The style sheet of reports, which standalone documents include.
    """

    def __init__(self, templates: Environment, style: str) -> None:
        self._templates = templates
        self._style = f"\n{style}"
        digest = b64encode(sha256(self._style.encode()).digest()).decode()
        self.policy = CONTENT_SECURITY_POLICY.replace("style-src 'self'", f"style-src 'self' 'sha256-{digest}'")

    def alone(self, report: ContractReport, frozen: Frozen | None, writer: ReportWriter, base: str = "") -> str:
        """Return a report as a standalone HTML document, for mails and files.

        Serve the document with the content security policy in the attribute `policy`, which allows its style sheet.

        Args:
            frozen: The data of the stored report. None if the report is not frozen (stored unchangeably).
            writer: Formats the report's values as text.
            base: Address of the board, put before all links. "" for links that begin with a slash.
        """
        style = Markup(self._style)  # noqa: S704 - it is the style sheet that this package ships
        return self._templates.get_template("report_alone.html").render(
            **self._values(report, frozen, writer, base), style=style
        )

    def on_board(
        self,
        report: ContractReport,
        frozen: Frozen | None,
        writer: ReportWriter,
        now: datetime,
        downloads: Mapping[str, str],
        stored: Sequence[Any],
    ) -> str:
        """Return a report as a page of the board.

        Args:
            frozen: The data of the stored report. None if the report is not frozen (stored unchangeably).
            writer: Formats the report's values as text.
            now: The server's present instant (aware).
            downloads: File format, such as `pdf` -> path of the report in this format.
            stored: The frozen reports of the contract, each with `path` and `label`.
        """
        return self._templates.get_template("report.html").render(
            **self._values(report, frozen, writer, ""),
            now=now,
            downloads=downloads,
            stored=stored,
            kinds=tuple(ReportKind),
            kind_words=lambda kind: words_in("en").text(f"kind.{kind.value}"),
        )

    def _values(self, report: ContractReport, frozen: Frozen | None, writer: ReportWriter, base: str) -> dict[str, Any]:
        words: ReportWords = writer.words
        span = words.text("page.span").format(first=writer.day(report.first), last=writer.day(report.end - _DAY))

        def plot(table: ReportTable, title: str) -> Markup:
            return Markup(plot_svg(table, writer, title))  # noqa: S704 - every text in it is escaped there

        return {
            "shown": report,
            "words": words,
            "write": writer,
            "base": base,
            "title": heading(report, words),
            "period": period_text(report.period, words, long=True),
            "span": span,
            "stamp": writer.frozen(frozen),
            "plot": plot,
            "columns": lambda table: _columns(table, words),
            "part_kind": _part_kind,
        }


def _part_kind(part: Part) -> str:
    match part:
        case ReportNote():
            return "note"
        case ReportFigures():
            return "figures"
        case ReportTable():
            return "table"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a table that is shown: its place in the rows, its heading, whether it holds numbers."""

    place: int
    title: str
    numeric: bool


def _columns(table: ReportTable, words: ReportWords) -> list[_Column]:
    """Those that are not empty in every row, and the first."""
    found = []
    for place, key in enumerate(table.columns):
        first = next((row[place] for row in table.rows if row[place].kind is not CellKind.NOTHING), None)
        if first is not None or not place:
            found.append(_Column(place, words.text(key), first is not None and first.kind.numeric))
    return found
