"""A look at the ticket travels with its event, whole, and records without one mean what they meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from jsonschema import Draft202012Validator

from sla_domain.event import EventId, EventKind, IncidentEvent, IncidentId, Snapshot, WaitingOn
from sla_domain.phase import Phase
from sla_platform.asyncapi.schema import EVENT_TYPES, data_schema
from sla_platform.wire import decode_event, encode_event

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FULL = Snapshot(
    at=NOON + timedelta(seconds=5),
    created_at=NOON - timedelta(days=5),
    phase=Phase.WAITING,
    waiting_on=WaitingOn.VENDOR,
    ended_at=NOON,
    attributes={"priority": "P1", "assignee": ""},
    version=7,
)


def _event(kind: EventKind, snapshot: Snapshot | None) -> IncidentEvent:
    return IncidentEvent(
        id=EventId("desk/1/0"),
        incident=IncidentId("desk:1"),
        kind=kind,
        occurred_at=NOON,
        received_at=NOON,
        source="desk",
        snapshot=snapshot,
    )


@pytest.mark.parametrize("snapshot", [None, Snapshot(at=NOON), FULL], ids=["none", "empty", "full"])
def test_what_is_written_is_read_back(snapshot: Snapshot | None) -> None:
    event = _event(EventKind.RESPONDED, snapshot)
    assert decode_event(encode_event(event)) == event


def test_an_event_without_one_is_written_as_before() -> None:
    assert b"snapshot" not in encode_event(_event(EventKind.CLOSED, None)).data


def test_an_observation_fits_its_schema_and_is_none_without_its_snapshot() -> None:
    one = next(one for one in EVENT_TYPES if one.name == "io.slad.incident.observed.v1")
    validator = Draft202012Validator(data_schema(one))
    told = MappingProxyType({"incident": "desk:1", "source": "desk", "received_at": "2026-11-23T12:00:00Z"})
    assert validator.is_valid({**told, "snapshot": {"at": "2026-11-23T12:00:00Z", "phase": "closed"}})
    assert not validator.is_valid(told | {})
    assert not validator.is_valid({**told, "snapshot": {"at": "2026-11-23T12:00:00Z", "phase": "sleeping"}})
