"""How a dialect hands on what a delivery says of the whole ticket, and how a CloudEvents sender states it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.ingest.made import RECEIVED, events, said, source, translated

from sla_catalogue.source import Dialect, Lookup, SourceId
from sla_domain.event import EventId, EventKind, IncidentEvent, IncidentId, Snapshot, TimeQuality, WaitingOn
from sla_domain.phase import Phase
from sla_ingest.dialect.port import (
    ClaimedTime,
    Delivery,
    EventDraft,
    Ignored,
    IgnoredBecause,
    IngestRemark,
    TranslatedEvent,
    ignore_with_snapshot,
)
from sla_ingest.dialect.port import number_events as numbered
from sla_ingest.settle import with_accepted_time

DESK = source(Dialect.CLOUDEVENTS)
DELIVERY = Delivery(body=b"{}", headers={}, received_at=RECEIVED)
AN_HOUR_AGO = RECEIVED - timedelta(hours=1)
STAMP = ClaimedTime(at=AN_HOUR_AGO, quality=TimeQuality.EXACT)


def test_the_last_event_of_a_delivery_carries_the_snapshot() -> None:
    seen = Snapshot(at=AN_HOUR_AGO, phase=Phase.OPEN)
    kinds = (EventKind.REOPENED, EventKind.ASSIGNED)
    found = numbered(DELIVERY, DESK, IncidentId("desk:1"), "d", [EventDraft(kind=k, stamp=STAMP) for k in kinds], seen)
    assert [one.event.snapshot for one in found.events] == [None, seen]


def test_an_ignored_delivery_brings_its_look_at_the_ticket_as_an_event_of_that_instant() -> None:
    seen = Snapshot(at=AN_HOUR_AGO, version=3, attributes={"priority": "P1"})
    outcome = ignore_with_snapshot(
        DELIVERY, DESK, IncidentId("desk:1"), "d", Ignored(IgnoredBecause.BOT_COMMENT, "x"), seen
    )
    assert outcome.observed is not None
    event = outcome.observed.event
    assert (outcome.reason, outcome.detail) == (IgnoredBecause.BOT_COMMENT, "x")
    assert (event.kind, event.occurred_at, event.version, event.snapshot) == (
        EventKind.OBSERVED, AN_HOUR_AGO, 3, seen,
    )  # fmt: skip
    assert ignore_with_snapshot(DELIVERY, DESK, IncidentId("desk:1"), "d", outcome, None) is outcome


def test_nobody_has_seen_a_ticket_after_the_delivery_was_received() -> None:
    ahead = Snapshot(at=RECEIVED + timedelta(hours=1))
    (one,) = numbered(
        DELIVERY, DESK, IncidentId("desk:1"), "d", [EventDraft(kind=EventKind.UPDATED, stamp=STAMP)], ahead
    ).events
    assert one.event.snapshot is not None
    assert one.event.snapshot.at == RECEIVED


def test_a_value_that_is_too_long_for_its_column_is_shortened_in_a_snapshot_too() -> None:
    seen = Snapshot(at=AN_HOUR_AGO, attributes={"priority": "P" * 10_000})
    (one,) = numbered(
        DELIVERY, DESK, IncidentId("desk:1"), "d", [EventDraft(kind=EventKind.UPDATED, stamp=STAMP)], seen
    ).events
    assert one.event.snapshot is not None
    assert len(one.event.snapshot.attributes["priority"]) < 10_000
    assert [noted.remark for noted in one.remarks] == [IngestRemark.SHORTENED]


# -- CloudEvents


def _posted(data: dict[str, Any], kind: str = "observed", by: Any = DESK, time: str = "2026-11-20T11:00:00Z") -> Any:
    event = {"specversion": "1.0", "id": "1", "source": "desk", "type": kind, "subject": "7", "data": data}
    return translated(event | ({"time": time} if time else {}), by, content_type="application/cloudevents+json").outcome


def test_a_sender_may_state_how_its_ticket_stands() -> None:
    desk = source(
        Dialect.CLOUDEVENTS,
        id=SourceId("desk"),
        priorities={"urgent": "P1"},
        customer=Lookup(values={"pol": "Polaris"}),
    )
    (event,) = events(
        _posted(
            {
                "snapshot": {
                    "created_at": "2026-11-15T08:00:00Z",
                    "phase": "waiting",
                    "waiting_on": "vendor",
                    "version": 4,
                    "attributes": {"priority": "Urgent", "customer": "POL", "assignee": "", "title": None},
                }
            },
            by=desk,
        )
    )
    assert event.kind is EventKind.OBSERVED
    assert event.snapshot == Snapshot(
        at=datetime(2026, 11, 20, 11, tzinfo=UTC),
        created_at=datetime(2026, 11, 15, 8, tzinfo=UTC),
        phase=Phase.WAITING,
        waiting_on=WaitingOn.VENDOR,
        attributes={"priority": "P1", "customer": "Polaris", "assignee": ""},
        version=4,
    )


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({}, "/data/snapshot"),
        ({"snapshot": 3}, "/data/snapshot"),
        ({"snapshot": {"phase": "sleeping"}}, "/data/snapshot/phase"),
        ({"snapshot": {"phase": "merged"}}, "/data/snapshot/phase"),
        ({"snapshot": {"waiting_on": "godot"}}, "/data/snapshot/waiting_on"),
        ({"snapshot": {"created_at": "yesterday"}}, "/data/snapshot/created_at"),
        ({"snapshot": {"ended_at": "9999-12-31T23:59:59Z"}}, "/data/snapshot/ended_at"),
        ({"snapshot": {"version": -1}}, "/data/snapshot/version"),
        ({"snapshot": {"attributes": ["x"]}}, "/data/snapshot/attributes"),
        ({"snapshot": {"attributes": {"priority": "P" * 5_000}}}, "/data/snapshot/attributes/priority"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(data: dict[str, Any], place: str) -> None:
    assert said(_posted(data)) == f"422 {place}"


def test_a_snapshot_holds_for_the_instant_of_its_event_or_names_one() -> None:
    assert said(_posted({"snapshot": {"phase": "open"}}, time="")) == "422 /data/snapshot/at"
    (event,) = events(_posted({"snapshot": {"at": "2026-11-20T10:59:00Z", "phase": "open"}}, time=""))
    assert event.snapshot is not None
    assert event.snapshot.at == datetime(2026, 11, 20, 10, 59, tzinfo=UTC)


def test_an_unknown_field_of_a_snapshot_is_named() -> None:
    (one,) = _posted({"snapshot": {"phase": "open", "mood": "grim"}}).events
    assert [(noted.remark, noted.detail) for noted in one.remarks] == [(IngestRemark.FIELD_IGNORED, "snapshot.mood")]


def test_a_ticket_shown_as_of_the_future_speaks_against_nothing_that_comes_before_then() -> None:
    """The sender's clock is six minutes ahead: the receipt stands in for every instant, also where only a look is."""
    received = datetime(2026, 11, 16, 9, tzinfo=UTC)
    ahead = received + timedelta(minutes=6)
    shown = Snapshot(at=ahead, created_at=received - timedelta(hours=1), phase=Phase.OPEN, ended_at=ahead)
    event = IncidentEvent(
        id=EventId("e"), incident=IncidentId("s:1"), kind=EventKind.OBSERVED, occurred_at=received,
        received_at=received, source="s", snapshot=shown,
    )  # fmt: skip
    settled_shown = with_accepted_time(TranslatedEvent(event=event), timedelta(minutes=5)).event.snapshot
    assert settled_shown == replace(shown, at=received, ended_at=received)
    near = replace(event, snapshot=replace(shown, at=received + timedelta(minutes=4), ended_at=None))
    assert with_accepted_time(TranslatedEvent(event=near), timedelta(minutes=5)).event.snapshot == near.snapshot
