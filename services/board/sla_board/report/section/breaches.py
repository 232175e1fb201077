"""The broken promises, each with its incident, why it was late, and how its instants came about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from sla_board import tables
from sla_board.history.part import ONE_CONTRACT
from sla_board.report.model import Note, Part, PlotKind, ReportTable, Section
from sla_board.report.subject import MOST_ROWS, ReportSubject
from sla_board.report.value import NOTHING, Cell, count, instant, span, text, word
from sla_board.shown.row import incident_path
from sla_domain.attainment import PromiseVerdict

_clock, _listed = tables.clock.c, tables.listed.c


async def breaches(subject: ReportSubject) -> Section:
    """Return the section with the promises that were broken in the period, the oldest first, at most 500."""
    chosen = _missed(subject)
    whole = select(func.count()).select_from(tables.clock).where(chosen)
    number = int((await subject.connection.execute(whole)).scalar_one())
    if not number:
        return Section("breaches", (Note("note.no_breaches"),))
    rows = await _rows(subject, chosen)
    table = ReportTable(
        "breaches",
        (
            "column.incident", "column.title", "column.metric", "column.priority", "column.due", "column.done",
            "column.late", "column.why", "column.remark", "column.explanation",
        ),
        tuple(_cells(row, subject) for row in rows),
        left_out=max(number - len(rows), 0),
        rest=subject.listed("missed"),
    )  # fmt: skip
    parts: list[Part] = [table]
    if any(row.exempt for row in rows):
        parts.append(Note("note.exempt_breaches"))
    return Section("breaches", tuple(parts))


async def _rows(subject: ReportSubject, chosen: ColumnElement[bool]) -> Sequence[Any]:
    mine = and_(
        _listed.incident == _clock.incident, _listed.contract == _clock.decided_contract, _listed.part.in_(ONE_CONTRACT)
    )
    query = (
        select(
            _clock.id, _clock.incident, _clock.metric, _clock.decided_priority, _clock.decided_at, _clock.stopped_at,
            _clock.state, _clock.exempt, _listed.ticket, _listed.title,
        )
        .select_from(tables.clock.outerjoin(tables.listed, mine))
        .where(chosen)
        .order_by(_clock.decided_at, _clock.id)
        .limit(MOST_ROWS)
    )  # fmt: skip
    return (await subject.connection.execute(query)).all()


def _missed(subject: ReportSubject) -> ColumnElement[bool]:
    return and_(
        _clock.decided_contract == subject.id,
        _clock.decided_at >= subject.bounds.start,
        _clock.decided_at < subject.bounds.end,
        _clock.verdict == PromiseVerdict.MISSED.value,
    )


def _cells(row: Any, subject: ReportSubject) -> tuple[Cell, ...]:
    page = incident_path(row.incident)
    stopped = row.stopped_at if row.stopped_at is not None and row.stopped_at >= row.decided_at else None
    until = stopped or (subject.now if row.state in ("running", "paused") else None)
    return (
        text(row.ticket or row.incident, page),
        text(row.title or ""),
        subject.names.metric(row.metric),
        subject.names.priority(row.decided_priority),
        instant(row.decided_at),
        instant(stopped) if stopped else word("state.still_open") if until else NOTHING,
        span(until - row.decided_at) if until else NOTHING,
        NOTHING,
        text(row.exempt),
        word("word.explain", f"{page}#why"),
    )


async def causes(subject: ReportSubject) -> Section:
    """Return the section that counts the broken promises of the period by metric."""
    query = select(_clock.metric, func.count()).where(_missed(subject)).group_by(_clock.metric)
    found = Counter({row[0]: int(row[1]) for row in (await subject.connection.execute(query)).all()})
    if not found:
        return Section("causes", (Note("note.no_breaches"),))
    rows = [
        (subject.names.metric(metric), count(number, subject.listed("missed", metric=metric)))
        for metric, number in found.most_common()
    ]
    table = ReportTable("missed_by_metric", ("column.metric", "column.missed"), tuple(rows), plot=PlotKind.BARS)
    return Section("causes", (table,))
