"""Changes since a report was frozen: the old and new figures, and the incidents that changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sla_board.report.model import ContractReport, ReportFigures, ReportTable
from sla_board.report.value import NOTHING, ReportCell
from sla_domain.report_schedule import ReportKind

COMPARED = ("summary", "attainment", "priorities")
"""Sections whose figures are compared; the others tell of the same incidents."""
_KEYS = {"objectives": 3, "counted": 2, "requests_by_priority": 1}
"""Table -> how many of its first columns name a row; other tables are not compared."""
_IGNORED = frozenset({"column.left", "column.forecast"})


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure that differs between a frozen report and the same report computed now."""

    section: str
    """Id of the section."""
    figure: str
    """Key of the figure's heading in the language tables."""
    row: tuple[ReportCell, ...]
    """The cells that identify the row in a table. Empty for a single figure."""
    was: ReportCell
    """The value in the frozen report. An empty cell if there was none."""
    is_: ReportCell
    """The value now. An empty cell if there is none."""


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """An incident whose verdict differs between a frozen report and the same report computed now."""

    incident: str
    was: str
    """The verdict in the frozen report: met, missed or exempt. "" if the incident was not included."""
    is_: str
    """The verdict now: met, missed or exempt. "" if the incident is not included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCorrection:
    """The differences between a frozen report (stored unchangeably) and the same report computed now.

    They show which figures of a report that was sent have become wrong since.
    """

    kind: ReportKind
    period: str
    revision: int
    """The revision of the frozen report."""
    digest: str
    """The SHA-256 of the frozen report, in hex."""
    frozen_at: datetime
    figures: tuple[FigureChange, ...]
    incidents: tuple[IncidentChange, ...]

    @property
    def empty(self) -> bool:
        """Return whether there are no differences."""
        return not self.figures and not self.incidents


def figure_changes(was: ContractReport, now: ContractReport) -> tuple[FigureChange, ...]:
    """Return the figures that differ between two reports of the same contract, kind and period."""
    before, after = dict(_figures(was)), dict(_figures(now))
    found: list[FigureChange] = []
    for key in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(key, NOTHING), after.get(key, NOTHING)
        if (old.kind, old.value) != (new.kind, new.value):
            section, figure, row = key
            found.append(FigureChange(section, figure, row, old, new))
    return tuple(found)


def incident_changes(was: Mapping[str, str], now: Mapping[str, str]) -> tuple[IncidentChange, ...]:
    """Return the incidents whose verdicts differ, in the order of their ids.

    Args:
        was: Incident -> verdict in the frozen report.
        now: Incident -> verdict now.
    """
    names = sorted({*was, *now})
    return tuple(
        IncidentChange(each, was.get(each, ""), now.get(each, ""))
        for each in names
        if was.get(each, "") != now.get(each, "")
    )


_Key = tuple[str, str, tuple[ReportCell, ...]]


def _figures(report: ContractReport) -> Iterator[tuple[_Key, ReportCell]]:
    for section in report.sections:
        if section.id not in COMPARED:
            continue
        for part in section.parts:
            if isinstance(part, ReportFigures):
                yield from (((section.id, key, ()), cell) for key, cell in part.items)
            elif isinstance(part, ReportTable) and part.id in _KEYS:
                yield from _cells_of(section.id, part, _KEYS[part.id])


def _cells_of(section: str, table: ReportTable, width: int) -> Iterator[tuple[_Key, ReportCell]]:
    for row in table.rows:
        named = tuple(ReportCell(cell.kind, cell.value) for cell in row[:width])
        for heading, cell in zip(table.columns[width:], row[width:], strict=True):
            if heading not in _IGNORED:
                yield (section, heading, named), cell
