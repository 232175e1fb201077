"""An event of an incident read back from the JSON in which the timer shows it (`answer.event_json`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sla_domain.event import (
    Actor,
    AgreedTarget,
    EventId,
    EventKind,
    IncidentEvent,
    IncidentId,
    Snapshot,
    TimeQuality,
    WaitingOn,
)
from sla_domain.phase import Phase


def event_of(answer: Mapping[str, Any], incident: str) -> IncidentEvent:
    """Parse an event of an incident from the timer's JSON (`answer.event_json`).

    Args:
        answer: The event as JSON.
        incident: The incident's id.
    """
    agreed, merged = answer.get("agreed"), answer.get("merged_into")
    known_as, carried_from = answer.get("known_as"), answer.get("carried_from")
    said_as, copy_of = answer.get("said_as"), answer.get("copy_of")
    waiting = answer.get("waiting_on")
    occurred, received = _at(answer["occurred_at"]), _at(answer["received_at"])
    assert occurred is not None
    assert received is not None
    return IncidentEvent(
        id=EventId(answer["id"]),
        incident=IncidentId(incident),
        kind=EventKind(answer["kind"]),
        occurred_at=occurred,
        received_at=received,
        source=answer.get("source", ""),
        quality=TimeQuality(answer["quality"]),
        version=answer.get("version", 0),
        actor=Actor(answer["actor"]),
        actor_name=answer.get("actor_name", ""),
        actor_id=answer.get("actor_id", ""),
        attributes=answer["attributes"],
        waiting_on=None if waiting is None else WaitingOn(waiting),
        agreed=None if agreed is None else _agreed(agreed),
        merged_into=None if merged is None else IncidentId(merged),
        known_as=None if known_as is None else IncidentId(known_as),
        said_as=None if said_as is None else IncidentId(said_as),
        copy_of=None if copy_of is None else EventId(copy_of),
        carried_from=None if carried_from is None else IncidentId(carried_from),
        metrics=tuple(answer.get("metrics", ())),
        score=answer.get("score"),
        reason=answer["reason"],
        warnings=tuple(answer.get("warnings", ())),
        snapshot=None if answer.get("snapshot") is None else _snapshot(answer["snapshot"]),
        history=answer.get("history", False),
    )


def _snapshot(answer: Mapping[str, Any]) -> Snapshot:
    at = _at(answer["at"])
    assert at is not None
    return Snapshot(
        at=at,
        created_at=_at(answer["created_at"]),
        phase=None if answer["phase"] is None else Phase(answer["phase"]),
        waiting_on=None if answer["waiting_on"] is None else WaitingOn(answer["waiting_on"]),
        ended_at=_at(answer["ended_at"]),
        attributes=answer["attributes"],
        version=answer["version"],
        before=answer["before"],
    )


def _agreed(answer: Mapping[str, Any]) -> AgreedTarget:
    due = _at(answer["due_at"])
    assert due is not None
    return AgreedTarget(
        metric=answer["metric"],
        due_at=due,
        agreed_by=answer["agreed_by"],
        reason=answer["reason"],
        moved_by_pauses=answer["moved_by_pauses"],
    )


def _at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
