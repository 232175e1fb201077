"""The incidents of the period, with the names of who reported, opened and closed them (clauses H9, I7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, func, select

from sla_board import tables
from sla_board.history.condition import present
from sla_board.history.part import ONE_CONTRACT
from sla_board.projection.store import envelope_of
from sla_board.report.model import ReportNote, ReportSection, ReportTable
from sla_board.report.subject import MOST_ROWS, ReportSubject
from sla_board.report.value import NOTHING, ReportCell, instant, text, word
from sla_board.shown.row import incident_path
from sla_domain.attainment import PromiseVerdict
from sla_domain.event import EventKind, IncidentEvent
from sla_platform.envelope import Topic
from sla_platform.errors import BadEnvelope
from sla_platform.wire import decode_event
from sla_platform.wire.incident import event_type

_row, _event = tables.listed.c, tables.event.c
_ENDS = (EventKind.RESOLVED, EventKind.CLOSED, EventKind.CANCELLED, EventKind.MERGED)
_TELL = {event_type(kind): kind for kind in (EventKind.OPENED, *_ENDS)}
_PART = 200


@dataclass(slots=True)
class _Names:
    """Who reported, opened and closed an incident; "" for what nobody stated."""

    reported: str = ""
    opened: str = ""
    closed: str = ""


async def incidents(subject: ReportSubject) -> ReportSection:
    """Return the section that lists the incidents that were open at any time in the period.

    At most 500 incidents are listed, the oldest first.
    """
    chosen = _open_then(subject)
    whole = select(func.count()).select_from(tables.listed).where(chosen)
    number = int((await subject.connection.execute(whole)).scalar_one())
    if not number:
        return ReportSection("incidents", (ReportNote("note.no_incidents"),))
    query = select(tables.listed).where(chosen).order_by(_row.opened_at, _row.incident).limit(MOST_ROWS)
    rows = (await subject.connection.execute(query)).all()
    names = await _names(subject, rows)
    table = ReportTable(
        "incidents",
        (
            "column.incident", "column.title", "column.product", "column.priority", "column.state", "column.verdict",
            "column.opened", "column.reported_by", "column.opened_by", "column.closed", "column.closed_by",
        ),
        tuple(_cells(row, names.get(row.incident, _Names()), subject) for row in rows),
        left_out=max(number - len(rows), 0),
        rest=subject.dated("present"),
    )  # fmt: skip
    return ReportSection("incidents", (table,))


def _open_then(subject: ReportSubject) -> ColumnElement[bool]:
    mine = (_row.contract == subject.id, _row.part.in_(ONE_CONTRACT))
    return and_(*mine, *present(_row, subject.bounds.start, subject.bounds.end))


async def _names(subject: ReportSubject, rows: Sequence[Any]) -> dict[str, _Names]:
    """Of those alone that have always been this contract's: of the others the events may be another's."""
    mine = [row.incident for row in rows if row.part == 0]
    found: dict[str, _Names] = {}
    for begin in range(0, len(mine), _PART):
        part = mine[begin : begin + _PART]
        reporters = select(tables.incident.c.id, tables.incident.c.attributes).where(tables.incident.c.id.in_(part))
        for id_, attributes in (await subject.connection.execute(reporters)).all():
            found[id_] = _Names(reported=str(orjson.loads(attributes).get("reporter", "")))
        telling = (
            select(tables.event)
            .where(_event.incident.in_(part), _event.topic == Topic.INCIDENTS.value, _event.type.in_(sorted(_TELL)))
            .order_by(_event.at, _event.position)
        )
        for row in (await subject.connection.execute(telling)).all():
            _note(found.setdefault(row.incident, _Names()), row)
    return found


def _note(names: _Names, row: Any) -> None:
    try:
        event: IncidentEvent = decode_event(envelope_of(row))
    except BadEnvelope:
        return
    if event.kind is EventKind.OPENED:
        names.opened = names.opened or event.actor_name
        names.reported = names.reported or event.attributes.get("reporter", "")
    elif event.actor_name:
        names.closed = event.actor_name


def _cells(row: Any, names: _Names, subject: ReportSubject) -> tuple[ReportCell, ...]:
    verdict = PromiseVerdict(row.verdict)
    return (
        text(row.ticket or row.incident, incident_path(row.incident)),
        text(row.title),
        text(row.product),
        subject.names.priority(row.priority),
        word(f"phase.{row.phase}"),
        word(f"verdict.{verdict.value}"),
        instant(row.opened_at),
        text(names.reported),
        text(names.opened),
        instant(row.ended_at) if row.ended_at is not None else NOTHING,
        text(names.closed) if row.ended_at is not None else NOTHING,
    )
