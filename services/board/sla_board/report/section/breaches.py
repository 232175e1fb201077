"""The breaches: the incident of each, the reason, and how its instants were computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from sla_board import tables
from sla_board.history.part import ONE_CONTRACT
from sla_board.reason.reason import SaidReason, reason_in_force
from sla_board.reason.store import reasons_of
from sla_board.report.model import Part, PlotKind, ReportNote, ReportSection, ReportTable
from sla_board.report.subject import MOST_ROWS, ReportSubject
from sla_board.report.value import NOTHING, ReportCell, count, instant, span, text, word
from sla_board.shown.row import incident_path
from sla_domain.attainment import PromiseVerdict

MOST_COUNTED = 50_000
"""The most breaches of a period whose causes are counted."""
_BATCH = 500
_clock, _listed = tables.clock.c, tables.listed.c


async def breaches(subject: ReportSubject) -> ReportSection:
    """Return the section on the breaches of the period.

    At most 500 are listed, the oldest first.
    """
    chosen = _missed(subject)
    whole = select(func.count()).select_from(tables.clock).where(chosen)
    number = int((await subject.connection.execute(whole)).scalar_one())
    if not number:
        return ReportSection("breaches", (ReportNote("note.no_breaches"),))
    rows = await _rows(subject, chosen)
    said = await reasons_of(subject.connection, [UUID(str(row.id)) for row in rows])
    table = ReportTable(
        "breaches",
        (
            "column.incident", "column.title", "column.metric", "column.priority", "column.due", "column.done",
            "column.late", "column.late_wall", "column.why", "column.remark", "column.explanation",
        ),
        tuple(_cells(row, reason_in_force(said.get(UUID(str(row.id)), ()), subject.id), subject) for row in rows),
        left_out=max(number - len(rows), 0),
        rest=subject.counted("missed", "exempt", metric="*"),
    )  # fmt: skip
    parts: list[Part] = [table]
    if any(row.exempt for row in rows):  # their reasons are among the remarks
        parts.append(ReportNote("note.exempt_breaches"))
    return ReportSection("breaches", tuple(parts))


async def _rows(subject: ReportSubject, chosen: ColumnElement[bool]) -> Sequence[Any]:
    mine = and_(
        _listed.incident == _clock.incident, _listed.contract == _clock.decided_contract, _listed.part.in_(ONE_CONTRACT)
    )
    query = (
        select(
            _clock.id, _clock.incident, _clock.metric, _clock.decided_priority, _clock.decided_at, _clock.stopped_at,
            _clock.state, _clock.exempt, _clock.hours, _listed.ticket, _listed.title,
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


def _why(said: SaidReason | None, subject: ReportSubject) -> ReportCell:
    return NOTHING if said is None else subject.names.reason(said.code)


def _cells(row: Any, said: SaidReason | None, subject: ReportSubject) -> tuple[ReportCell, ...]:
    page = incident_path(row.incident)
    stopped = row.stopped_at if row.stopped_at is not None and row.stopped_at >= row.decided_at else None
    until = stopped or (subject.now if row.state in ("running", "paused") else None)
    late = None if until is None else subject.hours.look(subject.id, row.hours).span(row.decided_at, until)
    return (
        text(row.ticket or row.incident, page),
        text(row.title or ""),
        subject.names.metric(row.metric),
        subject.names.priority(row.decided_priority),
        instant(row.decided_at),
        instant(stopped) if stopped else word("state.still_open") if until else NOTHING,
        span(None if late is None else late.counted),
        span(None if late is None else late.wall),
        _why(said, subject),
        text(" · ".join(part for part in (said.text if said is not None else "", row.exempt) if part)),
        word("word.explain", f"{page}#why"),
    )


async def causes(subject: ReportSubject) -> ReportSection:
    """Return the section that counts the breaches of the period by reason and by metric.

    Breaches that a person exempted from the attainment are left out.
    """
    query = select(_clock.id, _clock.metric).where(_missed(subject), _clock.exempt == "").limit(MOST_COUNTED)
    rows = (await subject.connection.execute(query)).all()
    if not rows:
        return ReportSection("causes", (ReportNote("note.no_breaches"),))
    by_metric = Counter(row.metric for row in rows)
    by_code: Counter[str] = Counter()
    for begin in range(0, len(rows), _BATCH):
        clocks = [UUID(str(row.id)) for row in rows[begin : begin + _BATCH]]
        said = await reasons_of(subject.connection, clocks)
        found = (reason_in_force(said.get(clock, ()), subject.id) for clock in clocks)
        by_code.update(one.code if one is not None else "" for one in found)
    metrics = [
        (subject.names.metric(metric), count(number, subject.counted("missed", metric=metric)))
        for metric, number in by_metric.most_common()
    ]
    codes = [
        (
            subject.names.reason(code) if code else word("word.no_reason"),
            count(number, subject.counted("missed", metric="*", reason=code)),
        )
        for code, number in by_code.most_common()
    ]
    return ReportSection(
        "causes",
        (
            _bars("missed_by_reason", "column.why", codes),
            _bars("missed_by_metric", "column.metric", metrics),
        ),
    )


def _bars(id_: str, heading: str, rows: Sequence[tuple[ReportCell, ...]]) -> ReportTable:
    return ReportTable(id_, (heading, "column.missed"), tuple(rows), title=f"table.{id_}", plot=PlotKind.BARS)
