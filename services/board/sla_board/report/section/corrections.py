"""Corrections of earlier frozen reports: which figures changed, and because of which incidents."""

from __future__ import annotations

from sla_board.report.correction import IncidentChange, ReportCorrection
from sla_board.report.model import Part, ReportNote, ReportSection, ReportTable
from sla_board.report.subject import MOST_ROWS, ReportSubject
from sla_board.report.value import NOTHING, ReportCell, count, day, period, text, word
from sla_board.shown.row import incident_path

_FIGURES = ("column.section", "column.figure", "column.of", "column.and", "column.was", "column.is")
_INCIDENTS = ("column.incident", "column.was", "column.is")


async def corrections(subject: ReportSubject) -> ReportSection:
    """Return the section on what has changed since earlier reports were frozen (stored unchangeably).

    The section is empty if nothing has changed.
    """
    parts: list[Part] = []
    for number, one in enumerate(subject.corrections):
        if not one.empty:
            parts += correction_parts(one, f"{number + 1}")
    return ReportSection("corrections", tuple(parts))


def correction_parts(one: ReportCorrection, number: str) -> list[Part]:
    """Return the differences between a frozen report and the same report computed now, as notes and tables.

    Args:
        number: The last part of the tables' ids. It differs between the corrections in one report.
    """
    said = {
        "period": period(one.period),
        "kind": word(f"kind.{one.kind.value}"),
        "revision": count(one.revision),
        "day": day(one.frozen_at.date()),
    }
    parts: list[Part] = [ReportNote("note.correction", said)]
    if one.figures:
        rows = [
            (word(f"section.{each.section}"), word(each.figure), *_row_name(each.row), each.was, each.is_)
            for each in one.figures
        ]
        parts.append(ReportTable(f"figures_{number}", _FIGURES, tuple(rows[:MOST_ROWS])))
    if one.incidents:
        shown = [_incident(each) for each in one.incidents[:MOST_ROWS]]
        left = max(len(one.incidents) - MOST_ROWS, 0)
        parts.append(ReportTable(f"changed_{number}", _INCIDENTS, tuple(shown), "table.changed", left_out=left))
    return parts


def _row_name(row: tuple[ReportCell, ...]) -> tuple[ReportCell, ...]:
    """The first name of the row, and the last of its others that says something: a table has two columns for them."""
    others = [cell for cell in row[1:] if cell.value]
    return row[0] if row else NOTHING, others[-1] if others else NOTHING


def _incident(each: IncidentChange) -> tuple[ReportCell, ...]:
    return (text(each.incident, incident_path(each.incident)), _verdict(each.was), _verdict(each.is_))


def _verdict(verdict: str) -> ReportCell:
    return word(f"verdict.{verdict}") if verdict else word("word.not_counted")
