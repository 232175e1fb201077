"""The dialect `mapped`: events of any JSON, by the map of its source."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from tests.unit.ingest.made import RECEIVED, events, said, translated
from tests.unit.ingest.mapped import built, mapped

from sla_catalogue.source import Source
from sla_domain.event import Actor, TimeQuality
from sla_domain.phase import Phase
from sla_ingest.dialect import DIALECTS, Delivery, Parked

MAP: dict[str, Any] = {
    "incident": "ticket.id",
    "time": "at",
    "status": "ticket.state",
    "priority": "ticket.priority",
    "title": "ticket.subject",
    "customer": "ticket.company",
    "actor": "by",
    "when": [
        {"when": "kind == 'new'", "event": "opened"},
        {"when": "kind == 'word'", "event": "commented"},
        {"when": "kind == 'state'", "event": "status"},
        {"when": "kind == 'ping'", "event": "ignored"},
        {"when": "kind == 'wait'", "event": "waiting", "waiting_on": "vendor"},
    ],
}
DESK = {
    "map": MAP,
    "statuses": {"open": "open", "pending": "waiting_customer", "solved": "resolved"},
    "priorities": {"1": "P1"},
    "customer": {"values": {"acme inc": "acme"}},
    "staff": {"domains": ["desk.example"]},
    "customers": {"people": ["ann@acme.example"]},
}
BODY: dict[str, Any] = {
    "kind": "new", "at": "2026-11-20T10:00:00Z", "by": "bob@desk.example",
    "ticket": {"id": 7, "state": "open", "priority": 1, "subject": "VPN", "company": "ACME Inc"},
}  # fmt: skip


def desk(**changes: Any) -> Source:
    return mapped(**{**DESK, "map": {**MAP, **changes}})


def body(**changes: Any) -> dict[str, Any]:
    return {**BODY, **changes}


@pytest.mark.parametrize(
    ("payload", "outcome"),
    [
        (body(), "opened"),
        (body(kind="word"), "responded"),
        (body(kind="word", by="ann@acme.example"), "customer_replied"),
        (body(kind="word", by="eve@else.example"), "commented"),
        (body(kind="state", ticket={**BODY["ticket"], "state": "Pending "}), "reopened; waiting customer"),
        (body(kind="state", ticket={**BODY["ticket"], "state": "solved"}), "resolved"),
        (body(kind="state", ticket={**BODY["ticket"], "state": "odd"}), "observed"),
        (body(kind="wait"), "waiting vendor"),
        (body(kind="ping"), "unrelated"),
        (body(kind="else"), "no_entry"),
        (body(ticket={}), "no_incident"),
        (body(ticket={"id": {"x": 1}}), "no_incident"),
        (body(ticket={"id": "x" * 300}), "map_failed"),
        (b"", "400 "),
        (b"{", "400 "),
        (b'{"a":' * 10_000, "400 "),
        (b"[" * 10_000 + b"]" * 10_000, "400 "),
        (b'{"kind": "ping", "kind": "else"}', "400 "),
        (b"\xff", "400 "),
        ([], "no_entry"),
        (None, "no_entry"),
    ],
)
def test_outcomes(payload: Any, outcome: str) -> None:
    assert said(translated(payload, desk()).outcome) == outcome


def test_ten_megabytes_are_read_like_any_other_body() -> None:
    assert said(translated(body(filler="x" * 10_000_000), desk()).outcome) == "opened"


def test_what_an_event_says() -> None:
    (event,) = events(translated(body(), desk()).outcome)
    assert (event.incident, event.occurred_at, event.quality) == (
        "desk:7", datetime(2026, 11, 20, 10, tzinfo=UTC), TimeQuality.EXACT,
    )  # fmt: skip
    assert (event.actor, event.actor_name) == (Actor.STAFF, "bob@desk.example")
    assert event.attributes == {"title": "VPN", "status": "open", "priority": "P1", "customer": "acme"}
    assert event.snapshot is not None
    assert (event.snapshot.phase, event.snapshot.at) == (Phase.OPEN, event.occurred_at)


def test_a_word_of_no_table_is_remarked() -> None:
    outcome = translated(body(kind="word", ticket={"id": 7, "state": "odd", "priority": 9}), desk()).outcome
    (one,) = outcome.events  # type: ignore[union-attr]
    assert [note.remark.code for note in one.remarks] == ["unmapped_status", "unmapped_priority"]


@pytest.mark.parametrize(
    ("keys", "value", "at"),
    [
        ({}, "2026-02-03T04:05:06Z", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ({}, "2026-02-03 04:05:06", datetime(2026, 2, 3, 3, 5, 6, tzinfo=UTC)),
        ({}, 1770091506, datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ({}, "1770091506000", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ({"time_format": "seconds"}, 1770091506.5, datetime(2026, 2, 3, 4, 5, 6, 500_000, tzinfo=UTC)),
        ({"time_format": "seconds"}, 86400, datetime(1970, 1, 2, tzinfo=UTC)),
        ({"time_format": "milliseconds"}, "1770091506000", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ({"time_format": "%d.%m.%Y %H:%M"}, "03.02.2026 04:05", datetime(2026, 2, 3, 3, 5, tzinfo=UTC)),
        ({"time_format": "%a, %d %b %Y %H:%M:%S %z"}, "Tue, 03 Feb 2026 04:05:06 +0200",
         datetime(2026, 2, 3, 2, 5, 6, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_times(keys: dict[str, str], value: Any, at: datetime) -> None:
    by = mapped(**{**DESK, "zone": "Europe/Warsaw", "map": {**MAP, **keys}})
    (event,) = events(translated(body(at=value), by).outcome)
    assert (event.occurred_at, event.quality) == (at, TimeQuality.EXACT)


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("any", None), ("any", "soon"), ("any", {}), ("any", True), ("any", [1]), ("any", "9999-99-99"),
        ("seconds", "x"), ("seconds", True), ("seconds", 1e300), ("seconds", "nan"), ("seconds", -5), ("seconds", 0),
        ("milliseconds", "inf"), ("%d.%m.%Y %H:%M", "2026-02-03T04:05:06Z"), ("%d.%m.%Y %H:%M", 7),
    ],
)  # fmt: skip
def test_a_time_that_is_none_is_the_receipt(form: str, value: Any) -> None:
    outcome = translated(body(at=value), desk(time_format=form)).outcome
    (one,) = outcome.events  # type: ignore[union-attr]
    assert (one.event.occurred_at, one.event.quality) == (RECEIVED, TimeQuality.RECEIPT)
    assert "no_time" in [note.remark.code for note in one.remarks]


def test_the_id_is_the_senders_else_a_digest_of_the_body() -> None:
    with_id = desk(id="uuid")
    assert translated(body(uuid="d1"), with_id).delivery == "d1"
    assert translated(body(uuid=5), with_id).delivery == "5"
    first = translated(body(), with_id).delivery
    assert first.startswith("sha256-")
    assert (translated(body(), with_id).delivery, translated(body(x=1), with_id).delivery == first) == (first, False)


def test_an_expression_that_fails_parks_the_delivery() -> None:
    outcome = translated(body(), desk(title="keys(kind)")).outcome
    assert isinstance(outcome, Parked)
    assert outcome.detail.startswith("title: keys() takes an object, and got string")


def test_more_than_one_entry_may_apply() -> None:
    by = desk(when=[{"when": "note", "event": "commented", "go_on": True}, {"event": "status"}])
    payload = body(note="done", ticket={**BODY["ticket"], "state": "solved"})
    assert said(translated(payload, by).outcome) == "responded; resolved"
    assert said(translated(body(note=""), by).outcome) == "reopened; resumed"


def test_without_when_the_status_decides() -> None:
    assert said(translated(body(kind="x", ticket={"id": 1, "state": "solved"}), desk(when=[])).outcome) == "resolved"


def test_a_batch_is_divided_and_each_event_sees_the_whole_body() -> None:
    by = desk(events="data.items", customer="body().data.tenant", id="n")
    whole = {"data": {"tenant": "Acme Inc", "items": [body(n=1), body(n=2, kind="ping"), "odd"]}}
    dialect = DIALECTS[by.dialect]
    parts = dialect.parts(Delivery(body=orjson.dumps(whole), headers={}, received_at=RECEIVED), by)
    assert parts is not None
    done = [dialect.open(one).translate(by) for one in parts]
    assert [(one.delivery[:6], said(one.outcome)) for one in done] == [
        ("1", "opened"), ("2", "unrelated"), ("sha256", "no_entry"),
    ]  # fmt: skip
    assert events(done[0].outcome)[0].attributes["customer"] == "acme"
    assert [dialect.parts(one, by) for one in parts] == [None] * 3  # a part is not divided again when it is replayed
    assert said(translated({"data": {}}, by).outcome) == "unknown_type"


@pytest.mark.parametrize(
    ("keys", "payload", "outcome"),
    [
        ({"merged_into": "into", "when": ["merged"]}, {"into": 9}, "merged desk:9"),
        ({"merged_into": "into", "when": ["merged"]}, {}, "map_failed"),
        ({"known_as": "key", "when": ["renamed"]}, {"key": "OPS-1"}, "renamed desk:7 as desk:OPS-1"),
        ({"score": "stars", "when": ["rated"]}, {"stars": "4"}, "rated"),
        ({"score": "stars", "when": ["rated"]}, {"stars": "many"}, "map_failed"),
        ({"metrics": "only", "when": ["exempted"]}, {"only": ["resolution"]}, "exempted"),
        ({"metrics": "only", "when": ["exempted"]}, {"only": [1]}, "map_failed"),
        ({"when": ["priority_changed"]}, {}, "priority_changed P1"),
        ({"agreed_metric": "m", "agreed_due_at": "due", "agreed_by": "who", "when": ["target_agreed"]},
         {"m": "resolution", "due": "2026-12-01T00:00:00Z", "who": "Ann"}, "target_agreed"),
        ({"agreed_metric": "m", "agreed_due_at": "due", "agreed_by": "who", "when": ["target_agreed"]},
         {"m": "resolution", "who": "Ann"}, "map_failed"),
    ],
)  # fmt: skip
def test_every_kind_of_event_can_be_said(keys: dict[str, Any], payload: dict[str, Any], outcome: str) -> None:
    assert said(translated(body(**payload), desk(**keys)).outcome) == outcome


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"map": None}, "no-map"),
        ({"map": {"time": "at"}}, "no-incident"),
        ({"map": {**MAP, "title": "a["}}, "expression"),
        ({"map": {**MAP, "events": "a[?b]"}}, "expression"),
        ({"map": {**MAP, "time_format": "%H"}}, "time-format"),
        ({"map": {**MAP, "time_format": "unix"}}, "time-format"),
        ({"map": {**MAP, "when": ["open"]}}, "unknown-event"),
        ({"map": {**MAP, "when": ["waiting"]}}, "waiting-on"),
        ({"map": {**MAP, "when": [{"event": "opened", "waiting_on": "vendor"}]}}, "waiting-on"),
        ({"map": {**MAP, "when": ["opened", "closed"]}}, "never-tried"),
        ({"map": {**MAP, "when": ["merged"]}}, "map-lacks"),
        ({"map": {**MAP, "score": "stars"}}, "unread-key"),
        ({"map": {**MAP, "status_before": "was", "when": ["opened"]}}, "unread-key"),
        ({"preset": "zabix"}, "unknown-preset"),
    ],
)
def test_a_map_that_cannot_work_is_refused(keys: dict[str, Any], code: str) -> None:
    _, problems = built({**DESK, **keys} if "preset" not in keys else keys)
    assert code in [problem.partition(":")[0] for problem in problems]


def test_keys_of_the_source_override_those_of_its_preset() -> None:
    by = mapped(preset="n8n", statuses={"open": "in_progress"}, map={"incident": "key", "attributes": {"team": "team"}})
    assert by.map is not None
    assert by.map.incident is not None
    assert (by.map.incident.text, by.statuses["open"], "closed" in by.statuses) == ("key", "in_progress", True)
    (event,) = events(translated({"event": "opened", "key": "K1", "team": "red"}, by).outcome)
    assert (event.incident, event.attributes["team"]) == ("desk:K1", "red")


@pytest.mark.parametrize(
    ("key", "payload"),
    [
        ("id", {}), ("incident", {}), ("time", {"x": "2026-11-19T10:00:00Z"}),
        ("created", {"x": "2026-11-19T10:00:00Z"}), ("version", {"x": 7}),
        ("actor", {}), ("actor_name", {}), ("actor_side", {"x": "bot"}), ("customer", {}),
        ("actor_groups", {"x": ["Agents"]}), ("reporter", {}), ("product", {}), ("priority", {}), ("status", {}),
        ("status_before", {"x": "pending"}), ("resolution", {"x": "declined"}), ("labels", {"x": ["hold"]}),
        ("title", {}), ("description", {}), ("url", {}), ("reason", {}),
    ],
)  # fmt: skip
def test_every_key_of_a_map_is_read(key: str, payload: dict[str, Any]) -> None:
    """With an expression of its own, the event is another; a pure mention in the schema would change nothing."""
    when = [{"event": "status"}]
    keys = {
        **DESK,
        "labels": {"hold": "waiting_vendor"},
        "resolutions": {"declined": "cancelled"},
        "staff": {"groups": ["agents"]},
    }
    state = {**BODY["ticket"], "state": "solved" if key == "resolution" else "open"}
    sent = body(by="eve@else.example", x="other", ticket=state) | payload
    before, after = (
        translated(sent, mapped(**{**keys, "map": {**MAP, "when": when, **changed}})) for changed in ({}, {key: "x"})
    )
    assert (before.delivery, before.outcome) != (after.delivery, after.outcome)
