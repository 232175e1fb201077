"""The objectives: what was promised, what was met, which credit is due; and all that was counted."""

from __future__ import annotations

from collections.abc import Sequence

from sla_board.attainment.counts import CountCell
from sla_board.attainment.model import ObjectiveResult, query_of_objective
from sla_board.report.model import Part, ReportNote, ReportSection, ReportTable
from sla_board.report.subject import LISTED, ReportSubject
from sla_board.report.value import NOTHING, ReportCell, count, percent, period, share, text, word
from sla_board.shown.row import incident_path
from sla_domain.attainment import Tally


async def attainment(subject: ReportSubject) -> ReportSection:
    """Return the section on attainment: the contract's objectives, and the counts of clocks by metric and priority."""
    parts: list[Part] = []
    if not subject.of.objectives:
        parts.append(ReportNote("note.no_objectives"))
    else:
        parts.append(_objectives(subject))
        parts += _forecast(subject)
    if subject.attained.clocks:
        parts.append(_clocks(subject))
    if subject.attained.exempt:
        parts.append(_exempt(subject))
    return ReportSection("attainment", tuple(parts))


def _objectives(subject: ReportSubject) -> ReportTable:
    results = subject.attained.objectives
    ahead = any(one.figure.provisional for one in results)
    credits = any(one.objective.credits for one in results)
    columns = [
        "column.objective", "column.entitlement", "column.period", "column.promised", "column.in_time", "column.met",
        "column.missed", "column.exempt", "column.standing",
    ]  # fmt: skip
    columns += ["column.left", "column.forecast"] if ahead else []
    columns += ["column.credit"] if credits else []
    return ReportTable("objectives", tuple(columns), tuple(_objective(one, subject, ahead, credits) for one in results))


def _objective(one: ObjectiveResult, subject: ReportSubject, ahead: bool, credits: bool) -> tuple[ReportCell, ...]:
    figure = one.figure
    tally, query = figure.tally, query_of_objective(one)

    def listed(*verdicts: str) -> str:
        return f"{LISTED}?{query.text(*verdicts)}"

    cells = [
        subject.names.objective(one.objective),
        text(one.entitlement),
        period(one.period.label),
        percent(one.objective.percent),
        share(figure.share, listed("met", "missed")),
        count(tally.met, listed("met")),
        count(tally.missed, listed("missed")),
        count(tally.exempt, listed("exempt")),
        word(f"standing.{figure.standing.value}"),
    ]
    if ahead:
        left = count(figure.misses_left, listed("missed")) if figure.provisional else NOTHING
        cells += [left, share(figure.forecast.share, listed("met", "missed", "open"))]
    if credits:
        cells.append(percent(figure.credit) if figure.credit is not None else NOTHING)
    return tuple(cells)


def _forecast(subject: ReportSubject) -> list[ReportNote]:
    """What the forecast supposes."""
    supposed = any(
        one.figure.provisional and one.figure.forecast.share is not None for one in subject.attained.objectives
    )
    return [ReportNote("note.forecast")] if supposed else []


def _clocks(subject: ReportSubject) -> ReportTable:
    """By metric and priority, whatever the entitlement."""
    found: dict[tuple[str, str], Tally] = {}
    for cell in subject.attained.clocks:
        key = (cell.metric, cell.priority)
        found[key] = found.get(key, Tally()) + cell.tally
    rows = [
        (
            subject.names.metric(metric),
            subject.names.priority(priority),
            *tally_cells(subject, tally, metric=metric, priority=priority),
        )
        for (metric, priority), tally in sorted(found.items())
    ]
    columns = ("column.metric", "column.priority", *TALLY)
    return ReportTable("counted", columns, tuple(rows), title="table.counted")


TALLY = ("column.in_time", "column.met", "column.missed", "column.exempt", "column.open")
"""The headings of the columns of `tally_cells`."""


def tally_cells(
    subject: ReportSubject, tally: Tally, *, metric: str = "", priority: str | None = None
) -> tuple[ReportCell, ...]:
    """Return the cells of a table's row for the columns `TALLY`: share met, met, missed, exempt and open.

    Each cell has a link to the list of the requests (incidents) or clocks that it counts.

    Args:
        tally: The numbers to show.
        metric: The metric of the counted clocks. "" if requests are counted.
        priority: The priority of the counted promises, "" for promises without one. None for all.
    """
    numbers = {"met": tally.met, "missed": tally.missed, "exempt": tally.exempt, "open": tally.open}
    return (
        share(tally.share, subject.counted("met", "missed", metric=metric, priority=priority)),
        *(
            count(number, subject.counted(verdict, metric=metric, priority=priority))
            for verdict, number in numbers.items()
        ),
    )


def _exempt(subject: ReportSubject) -> ReportTable:
    rows = [
        (
            text(one.incident, incident_path(one.incident)),
            subject.names.metric(one.metric),
            subject.names.priority(one.priority),
            word(f"verdict.{one.verdict}"),
            text(one.exempt),
            text(one.exempt_by),
        )
        for one in subject.attained.exempt
    ]
    columns = ("column.incident", "column.metric", "column.priority", "column.would_be", "column.reason", "column.by")
    return ReportTable("exempt", columns, tuple(rows), title="table.exempt")


async def priorities(subject: ReportSubject) -> ReportSection:
    """Return the section of a technical review that counts requests (incidents) by priority and clocks by metric."""
    parts: list[Part] = []
    if subject.attained.requests:
        parts.append(_by_priority(subject, subject.attained.requests))
    if subject.attained.clocks:
        parts.append(_clocks(subject))
    return ReportSection("priorities", tuple(parts) or (ReportNote("note.nothing_due"),))


def _by_priority(subject: ReportSubject, cells: Sequence[CountCell]) -> ReportTable:
    found: dict[str, Tally] = {}
    for cell in cells:
        found[cell.priority] = found.get(cell.priority, Tally()) + cell.tally
    rows = [
        (subject.names.priority(priority), *tally_cells(subject, tally, priority=priority))
        for priority, tally in sorted(found.items())
    ]
    return ReportTable("requests_by_priority", ("column.priority", *TALLY), tuple(rows), title="table.requests")
