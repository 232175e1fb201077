"""The customer's voice: ratings of the service, and escalations to management (clause B7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import and_, select

from sla_board import tables
from sla_board.history.part import ONE_CONTRACT
from sla_board.projection.store import envelope_of
from sla_board.report.model import Part, ReportFigures, ReportNote, ReportSection, ReportTable
from sla_board.report.subject import MOST_ROWS, ReportSubject
from sla_board.report.value import ReportCell, count, instant, number, text, word
from sla_board.shown.row import incident_path
from sla_domain.event import EventKind, IncidentEvent
from sla_platform.errors import BadEnvelope
from sla_platform.wire import decode_event
from sla_platform.wire.incident import event_type

_event, _listed = tables.event.c, tables.listed.c
_HUNDREDTH = Decimal("0.01")
_WHEN, _WHO = ("column.incident", "column.at"), ("column.by", "column.remark")
# The types of the events that this section reads; an index of `board_event` names them.
_KINDS = {event_type(kind): kind for kind in (EventKind.RATED, EventKind.ESCALATED)}


@dataclass(frozen=True, slots=True)
class _Said:
    """A rating or an escalation, and the name that people use for its ticket."""

    ticket: str
    event: IncidentEvent


async def voice(subject: ReportSubject) -> ReportSection:
    """Return the section on what customers said in the period: ratings of incidents, and escalations to management.

    The oldest come first.
    """
    said = [one for one in map(_said, await _rows(subject)) if one is not None]
    ratings = [one for one in said if one.event.kind is EventKind.RATED and one.event.score is not None]
    escalations = [one for one in said if one.event.kind is EventKind.ESCALATED]
    if not ratings and not escalations:
        return ReportSection("voice", (ReportNote("note.no_voice"),))
    parts: list[Part] = [ReportFigures(tuple(_figures(ratings, escalations)))]
    if ratings:
        parts.append(_table("ratings", (*_WHEN, "column.score", *_WHO), ratings))
    if escalations:
        parts.append(_table("escalations", (*_WHEN, *_WHO), escalations))
    return ReportSection("voice", tuple(parts))


def _figures(ratings: Sequence[_Said], escalations: Sequence[_Said]) -> list[tuple[str, ReportCell]]:
    found = [("figure.ratings", count(len(ratings)))]
    if ratings:
        mean = Decimal(sum(one.event.score or 0 for one in ratings)) / len(ratings)
        found.append(("figure.score", number(mean.quantize(_HUNDREDTH, ROUND_HALF_UP))))
    return [*found, ("figure.escalations", count(len(escalations)))]


async def _rows(subject: ReportSubject) -> Sequence[Any]:
    """Of incidents that were this contract's then: an incident that has moved away counts until it left."""
    theirs = and_(
        _listed.incident == _event.incident,
        _listed.contract == subject.id,
        _listed.part.in_(ONE_CONTRACT),
        (_listed.left_at.is_(None)) | (_listed.left_at > _event.at),
    )
    query = (
        select(tables.event, _listed.ticket)
        .join(tables.listed, theirs)
        .where(tables.VOICE, _event.at >= subject.bounds.start, _event.at < subject.bounds.end)
        .order_by(_event.at, _event.id)
        .limit(MOST_ROWS)
    )
    return (await subject.connection.execute(query)).all()


def _said(row: Any) -> _Said | None:
    try:
        return _Said(row.ticket, decode_event(envelope_of(row)))
    except BadEnvelope:
        return None


def _table(id_: str, columns: tuple[str, ...], said: Sequence[_Said]) -> ReportTable:
    return ReportTable(id_, columns, tuple(map(_row, said)), title=f"table.{id_}")


def _row(said: _Said) -> tuple[ReportCell, ...]:
    event = said.event
    score = (count(event.score),) if event.kind is EventKind.RATED and event.score is not None else ()
    who = text(event.actor_name) if event.actor_name else word(f"actor.{event.actor.value}")
    incident = text(said.ticket or event.incident, incident_path(event.incident))
    return (incident, instant(event.occurred_at), *score, who, text(event.reason))
