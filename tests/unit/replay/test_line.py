"""JSON lines become events, as ingest would read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from tests.unit.replay.made import PLAN

from sla_catalogue import Catalogue
from sla_domain.event import Actor, AgreedTarget, EventId, EventKind, IncidentEvent, IncidentId, WaitingOn
from sla_platform.wire.incident import encode_event
from sla_standalone.replay import BadLine, LineReader, VerdictAttribute

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def line(**changes: Any) -> bytes:
    event: dict[str, Any] = {
        "specversion": "1.0", "id": "1", "source": "/desk", "type": "io.slad.incident.opened.v1", "subject": "A1",
        "time": "2026-03-02T10:00:00+01:00", "data": {"customer": "One", "priority": "P1", "actor": "customer"},
    }  # fmt: skip
    return orjson.dumps({name: value for name, value in (event | changes).items() if value is not None})


def test_a_cloud_event_of_a_sender() -> None:
    reader = LineReader({})
    assert reader.incident_of(line()) == "desk:A1"
    event = reader.event(line())
    assert (event.id, event.incident, event.kind, event.occurred_at) == ("1", "desk:A1", EventKind.OPENED, AT)
    assert (event.source, event.actor, dict(event.attributes)) == (
        "desk", Actor.CUSTOMER, {"customer": "One", "priority": "P1"},
    )  # fmt: skip


def test_an_event_as_slad_puts_it_on_the_bus_comes_back_whole() -> None:
    agreed = AgreedTarget(metric="resolution", due_at=AT, agreed_by="Ada", reason="spare part", moved_by_pauses=True)
    event = IncidentEvent(
        id=EventId("desk/1/0"), incident=IncidentId("desk:A1"), kind=EventKind.TARGET_AGREED, occurred_at=AT,
        received_at=AT.replace(hour=12), source="desk", version=7, actor=Actor.STAFF, actor_name="Erik",
        attributes={"priority": "P1"}, waiting_on=WaitingOn.VENDOR, agreed=agreed, metrics=("resolution",), score=3,
        reason="as told",
    )  # fmt: skip
    sent = encode_event(event)
    written = {"id": sent.id, "source": sent.source, "type": sent.type, "subject": sent.subject}
    again = orjson.dumps(written | {"time": sent.time.isoformat(), "data": orjson.loads(sent.data)})
    assert LineReader({}).event(again) == event


def test_the_incident_may_stand_in_the_data_when_the_subject_says_nothing() -> None:
    data = {"incident": "A1", "customer": "One"}
    assert {LineReader({}).incident_of(line(subject=said, data=data)) for said in (None, "", "  ", "a\nb", [])} == {
        "desk:A1"
    }
    assert LineReader({}).incident_of(line(subject=7)) == "desk:7"


def test_what_is_said_again_is_the_same_and_has_its_own_time() -> None:
    reader = LineReader({})
    first, again = (reader.event(line(id=str(n), time=f"2026-03-02T1{n}:00:00Z")) for n in range(2))
    assert (first.occurred_at.hour, again.occurred_at.hour) == (10, 11)
    assert first.attributes == again.attributes == {"customer": "One", "priority": "P1"}
    other = reader.event(line(type="described"))
    assert (other.kind, other.attributes) == (EventKind.DESCRIBED, first.attributes)
    late = reader.event(line(data={"customer": "One", "received_at": "2026-03-05T09:00:00Z"}))
    assert late.received_at - late.occurred_at == timedelta(days=3)


def test_the_same_words_of_two_senders_are_translated_by_each_ones_table(load: Callable[[str], Catalogue]) -> None:
    known = load(
        PLAN + "sources: {desk: {dialect: cloudevents, authentication: {secret: x}, priorities: {urgent: P1}}}\n"
        "settings: {local: true}\n"
    )
    reader = LineReader(known.sources)
    told = [reader.event(line(source=sender, data={"priority": "urgent"})) for sender in ("/desk", "/shop", "/desk")]
    assert [event.attributes["priority"] for event in told] == ["P1", "urgent", "P1"]


def test_words_of_a_source_that_the_catalogue_knows_are_translated(load: Callable[[str], Catalogue]) -> None:
    known = load(
        PLAN + "sources: {desk: {dialect: cloudevents, authentication: {secret: x}, priorities: {urgent: P1}}}\n"
        "settings: {local: true}\n"
    )
    urgent = line(data={"priority": "urgent"})
    assert LineReader(known.sources).event(urgent).attributes["priority"] == "P1"
    assert LineReader({}).event(urgent).attributes["priority"] == "urgent"


@pytest.mark.parametrize(
    "written", ["2026-03-02T09:00:00Z", "2026-03-02T09:00:00.000Z", "2026-03-02 09:00:00", 1772442000]
)
def test_the_time_in_any_shape_that_ingest_reads(written: Any) -> None:
    assert LineReader({}).event(line(time=written)).occurred_at == AT


def test_the_time_may_stand_in_the_data() -> None:
    data = {"occurred_at": "2026-03-02T09:00:00Z"}
    assert LineReader({}).event(line(time=None, data=data)).occurred_at == AT


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"{", "not JSON"),
        (b"[]", "a JSON object is expected"),
        (line(subject=None), "no subject"),
        (line(type="io.slad.clock.started.v1"), "none of slad's"),
        (line(time=None), "no time"),
        (line(time="soon"), "time: 'soon' is no time"),
        (line(data="text"), "data is not an object"),
        (line(data={"actor": "robot"}), "/data/actor: actor is one of"),
        (line(type="waiting", data={}), "needs waiting_on"),
    ],
)
def test_a_line_that_is_no_event_says_why(bad: bytes, why: str) -> None:
    with pytest.raises(BadLine) as refused:
        LineReader({}).event(bad)
    assert why in str(refused.value)


def test_a_life_keeps_what_can_be_read_and_names_the_lines_that_cannot() -> None:
    life = LineReader({}).life("desk:A1", [(1, line()), (4, line(time="soon")), (9, line(id="2", type="resolved"))])
    assert [event.kind for event in life.events] == [EventKind.OPENED, EventKind.RESOLVED]
    assert [reject.line for reject in life.rejects] == [4]


def test_the_last_event_that_states_a_verdict_is_the_claim() -> None:
    first = line(data={"made_sla": "TRUE"})
    last = line(id="2", type="closed", time="2026-03-03T10:00:00Z", data={"made_sla": "FALSE"})
    reader = LineReader({}, VerdictAttribute("made_sla"))
    assert reader.life("desk:A1", [(2, last), (1, first)]).claims == {"resolution": False}
    assert reader.life("desk:A1", [(1, line(data={"made_sla": "unknown"}))]).claims == {}
    assert LineReader({}).life("desk:A1", [(1, first)]).claims == {}
