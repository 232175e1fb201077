"""Deliveries and sources in few words, and what a translation says in one line an event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import orjson
from tests.translated import translate

from sla_catalogue.source import Authentication, AuthenticationKind, Dialect, Source, SourceId, TicketPhase
from sla_domain.event import IncidentEvent
from sla_ingest.dialect import Accepted, Delivery, Ignored, Outcome, Parked, Refused, Translation

RECEIVED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def source(dialect: Dialect, **values: Any) -> Source:
    bare = {"id": SourceId("desk"), "dialect": dialect, "authentication": Authentication(kind=AuthenticationKind.NONE)}
    return Source(**{**bare, **{name: _frozen(value) for name, value in values.items()}})


def _frozen(value: Any) -> Any:
    return MappingProxyType(value) if isinstance(value, dict) else value


def translated(payload: Any, by: Source, **headers: str) -> Translation:
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    sent = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return translate(Delivery(body=body, headers=sent, received_at=RECEIVED), by)


def events(outcome: Outcome) -> list[IncidentEvent]:
    assert isinstance(outcome, Accepted), outcome
    return [one.event for one in outcome.events]


def said(outcome: Outcome) -> str:
    """`waiting customer; priority_changed P1`, or the reason."""
    match outcome:
        case Accepted():
            return "; ".join(map(_line, events(outcome)))
        case Ignored(reason) | Parked(reason):
            return reason.code
        case Refused():
            return f"{outcome.status} {outcome.pointer}"


def _line(event: IncidentEvent) -> str:
    words = [event.kind.value]
    if event.waiting_on is not None:
        words.append(event.waiting_on.value)
    if event.kind.value != "opened":
        words += [value or "-" for name, value in event.attributes.items() if name != "status"]
    if event.merged_into is not None:
        words.append(event.merged_into)
    if event.known_as is not None:
        words.append(f"{event.incident} as {event.known_as}")
    return " ".join(words)


def phases(**words: str) -> Mapping[str, TicketPhase]:
    return MappingProxyType({word.replace("_", " "): TicketPhase(phase) for word, phase in words.items()})
