"""Bad input, the same for every dialect: each body gets one clear answer, and no exception but DoesNotFit."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ingest.hostile import VALUES, as_bytes, damaged
from tests.unit.ingest.made import said, translated
from tests.unit.ingest.test_any_document import check
from tests.unit.ingest.test_same_story import SHOWS_ONLY, SOURCES, STORIES

from sla_catalogue.source import Dialect
from sla_domain.event import TimeQuality
from sla_ingest.dialect import Accepted, Ignored, Parked, Refused, Translation
from sla_ingest.dialect.json_text import parse_json

Path = tuple[str | int, ...]
BODIES: Mapping[Dialect, list[Any]] = {dialect: [body for _, body in tell()] for dialect, tell in STORIES.items()}
_AN_ALERT: Mapping[str, Path] = {
    "id": ("alerts", 0, "labels"), "time": ("alerts", 0, "endsAt"), "kind": ("alerts", 0, "status"),
}  # fmt: skip
PLACES: Mapping[Dialect, Mapping[str, Path]] = {
    Dialect.CLOUDEVENTS: {"id": ("subject",), "time": ("time",), "kind": ("type",)},
    Dialect.GITHUB: {"id": ("issue", "id"), "time": ("issue", "updated_at"), "kind": ("action",)},
    Dialect.JIRA: {"id": ("issue", "id"), "time": ("timestamp",), "kind": ("webhookEvent",)},
    Dialect.CHATWOOT: {"id": ("id",), "time": ("updated_at",), "kind": ("event",)},
    Dialect.FRESHDESK: {
        "id": ("freshdesk_webhook", "ticket_id"), "time": ("freshdesk_webhook", "event_time"),
        "kind": ("freshdesk_webhook", "triggered_event"),
    },
    Dialect.GLPI: {"id": ("item", "id"), "time": ("item", "date_mod"), "kind": ("event",)},
    Dialect.INTERCOM: {"id": ("data", "item", "id"), "time": ("created_at",), "kind": ("topic",)},
    Dialect.MAPPED: {"id": ("ticket", "id"), "time": ("hook", "at"), "kind": ("hook", "kind")},
    Dialect.REDMINE: {"id": ("data", "issue", "id"), "time": ("timestamp",), "kind": ("type",)},
    Dialect.SERVICENOW: {"id": ("record", "sys_id"), "time": ("record", "sys_updated_on"), "kind": ("operation",)},
    Dialect.ZAMMAD: {"id": ("ticket", "id"), "time": ("ticket", "updated_at")},
    Dialect.ZENDESK: {"id": ("detail", "id"), "time": ("time",), "kind": ("type",)},
    Dialect.GITLAB: {
        "id": ("object_attributes", "id"), "time": ("object_attributes", "updated_at"), "kind": ("object_kind",),
    },
    Dialect.LINEAR: {"id": ("data", "id"), "time": ("createdAt",), "kind": ("type",)},
    Dialect.PAGERDUTY: {
        "id": ("event", "data", "id"), "time": ("event", "occurred_at"), "kind": ("event", "event_type"),
    },
    Dialect.OPSGENIE: {"id": ("alert", "alertId"), "time": ("alert", "updatedAt"), "kind": ("action",)},
    Dialect.ALERTMANAGER: _AN_ALERT,
    Dialect.GRAFANA: _AN_ALERT,
    Dialect.STANDARD_WEBHOOKS: {"id": ("data", "incident"), "time": ("timestamp",), "kind": ("type",)},
}  # fmt: skip
"""Where each dialect's body names the ticket, the time and the kind of event. Zammad names no kind."""
TIMES = [
    "2026-11-16T09:00:00Z", "2026-11-16T09:00:00.123456789Z", "2026-11-16 09:00:00", "2026-11-16 09:00:00 UTC",
    "2026-11-16T09:00:00.000+0100", 1794816000, 1794816000123, 1794816000123456789, 0, -1, 2**80, 1.5, True, None, "",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday", [], {}, "2026-02-30T00:00:00Z",
]  # fmt: skip

_NINE = datetime(2026, 11, 16, 9, tzinfo=UTC)
READ_AS: Mapping[Any, datetime] = {
    "2026-11-16T09:00:00Z": _NINE,
    "2026-11-16T09:00:00.123456789Z": _NINE.replace(microsecond=123456),
    "2026-11-16 09:00:00": _NINE,  # of a source without a zone
    "2026-11-16 09:00:00 UTC": _NINE,
    "2026-11-16T09:00:00.000+0100": _NINE.replace(hour=8),
    1794819600: _NINE,
    1794819600123: _NINE.replace(microsecond=123000),
    1794819600123456789: _NINE.replace(microsecond=123456),
    "1794819600": _NINE,
}
_PART: Path = ("data", "item", "conversation_parts", "conversation_parts", 0, "created_at")
"""Where Intercom says when something was said; the delivery's own time stands in for it."""


def sent(dialect: Dialect, body: Any) -> Translation:
    return translated(as_bytes(body) if not isinstance(body, bytes) else body, SOURCES[dialect], **_headers(dialect))


def _headers(dialect: Dialect) -> dict[str, str]:
    return {"content_type": "application/cloudevents+json"} if dialect is Dialect.CLOUDEVENTS else {}


def put(body: Any, path: Path, value: Any) -> Any:
    changed = copy.deepcopy(body)
    here = changed
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return changed


def without(body: Any, path: Path) -> Any:
    changed = copy.deepcopy(body)
    here = changed
    for step in path[:-1]:
        here = here[step]
    del here[path[-1]]
    return changed


@pytest.mark.parametrize(("dialect", "other"), list(itertools.permutations(Dialect, 2)))
def test_another_systems_body_is_no_event(dialect: Dialect, other: Dialect) -> None:
    for body in BODIES[other]:
        found = sent(dialect, body).outcome
        assert isinstance(found, Refused | Parked | Ignored)
        assert not (isinstance(found, Ignored) and found.observed)


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("body", [b"", b" ", b"null", b"[]", b'"x"', b"{", b"{}", b"\xff\xfe", b"<xml/>", b"NaN"])
def test_a_body_that_says_nothing_is_no_event(dialect: Dialect, body: bytes) -> None:
    found = sent(dialect, body)
    assert isinstance(found.outcome, Refused | Parked | Ignored)
    check(found, sent(dialect, body))


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("body", [b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"[" * 10_000 + b"]" * 10_000])
def test_ten_thousand_levels_are_refused(dialect: Dialect, body: bytes) -> None:
    assert said(sent(dialect, body).outcome).startswith("400")


@pytest.mark.parametrize("dialect", sorted(BODIES))
@pytest.mark.parametrize("body", [b"[" + b"[]," * 100_000 + b"[]]", b'{"x": [' + b"{}," * 25_000 + b"{}]}"])
def test_almost_nothing_but_brackets_is_refused_before_anything_is_made_of_them(dialect: Dialect, body: bytes) -> None:
    """Each list takes far longer to read than its bytes: one proven sender could keep all others waiting."""
    outcome = sent(dialect, body).outcome
    assert isinstance(outcome, Refused)
    assert (outcome.status, "lists and objects" in outcome.detail) == (400, True)


def test_a_large_batch_of_whole_tickets_is_no_such_body() -> None:
    body = orjson.dumps([{"id": str(n), "labels": ["a"], "fields": {"customer": "Acme"}} for n in range(15_000)])
    assert body.count(b"{") + body.count(b"[") > 45_000
    assert len(parse_json(body, 64)) == 15_000


@pytest.mark.parametrize("dialect", Dialect)
def test_a_name_that_stands_twice_is_refused(dialect: Dialect) -> None:
    """A text that a template inserts without escaping could otherwise say anything of any ticket."""
    for body in BODIES[dialect]:
        name, rest = next(iter(body)), orjson.dumps(body)[1:].decode()
        for written in (name, f"\\u{ord(name[0]):04x}{name[1:]}"):
            twice = f'{{"{written}":null,{rest}'.encode()
            assert said(sent(dialect, twice).outcome).startswith("400")


def test_a_subject_says_nothing_of_another_ticket() -> None:
    """Freshdesk puts a subject into the template as it is; whoever writes a mail to the desk chooses it."""
    subject = 'Help","ticket_id":"11","triggered_event":"{ticket_action:deleted}","performed_by":"agent","of":"me'
    body = orjson.dumps(BODIES[Dialect.FRESHDESK][0]).decode()
    shown = orjson.loads(body)["freshdesk_webhook"]["ticket_subject"]
    assert f'"{shown}"' in body
    outcome = sent(Dialect.FRESHDESK, body.replace(f'"{shown}"', f'"{subject}"').encode()).outcome
    assert isinstance(outcome, Refused)
    assert "escape the texts" in outcome.detail


@pytest.mark.parametrize("dialect", Dialect)
def test_a_body_that_names_no_ticket_is_no_event(dialect: Dialect) -> None:
    body, path = BODIES[dialect][0], PLACES[dialect]["id"]
    bare = without(body, path)
    if dialect is Dialect.ZENDESK:  # which names the ticket twice
        assert said(sent(dialect, bare).outcome) == "opened"
        bare = without(bare, ("subject",))
    for wrong in (bare, *(put(bare, path, value) for value in ("", None, [], {}, True, 1.5, "\x00"))):
        assert isinstance(sent(dialect, wrong).outcome, Refused | Parked)


@pytest.mark.parametrize("dialect", [dialect for dialect in Dialect if "kind" in PLACES[dialect]])
def test_an_event_that_nobody_knows_is_no_event(dialect: Dialect) -> None:
    body, path = BODIES[dialect][0], PLACES[dialect]["kind"]
    for wrong in ("sublimated", "a.b.c", "{a:{b}", "", None, 7, []):
        assert isinstance(sent(dialect, put(body, path, wrong)).outcome, Refused | Parked)


@pytest.mark.parametrize("dialect", Dialect)
def test_a_body_without_its_time_is_accepted_with_a_lesser_one(dialect: Dialect) -> None:
    body, path = BODIES[dialect][1], PLACES[dialect]["time"]
    found = sent(dialect, without(body, path)).outcome
    if dialect in SHOWS_ONLY:
        assert isinstance(found, Ignored)
        assert found.observed is not None
        assert found.observed.event.quality is TimeQuality.RECEIPT
        return
    assert isinstance(found, Accepted)
    exact = {TimeQuality.EXACT} if dialect is Dialect.INTERCOM else set()  # whose parts have a time of their own
    lesser = {TimeQuality.RECEIPT, TimeQuality.OBJECT_UPDATED} | exact
    assert {one.event.quality for one in found.events} <= lesser


@pytest.mark.parametrize("dialect", Dialect)
def test_times_of_every_kind(dialect: Dialect) -> None:
    for body, time in itertools.product(BODIES[dialect], TIMES):
        path = PLACES[dialect]["time"]
        changed = put(body, path, time)
        check(sent(dialect, changed), sent(dialect, changed))


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize(("time", "expected"), READ_AS.items())
def test_a_time_is_the_instant_that_its_sender_means(dialect: Dialect, time: Any, expected: datetime) -> None:
    """Each dialect reads every form in which a system writes times; CloudEvents have RFC 3339 alone."""
    path = _PART if dialect is Dialect.INTERCOM else PLACES[dialect]["time"]
    found = sent(dialect, put(BODIES[dialect][1], path, time)).outcome
    if dialect is Dialect.CLOUDEVENTS and not (isinstance(time, str) and "T" in time and time.endswith("Z")):
        assert isinstance(found, Refused)
        return
    observed = found.observed if isinstance(found, Ignored) else None
    (one, *_) = [observed] if observed else found.events if isinstance(found, Accepted) else []
    assert one.event.occurred_at == expected


@given(dialect=st.sampled_from(Dialect), data=st.data())
def test_wrong_types_anywhere(dialect: Dialect, data: st.DataObject) -> None:
    document = data.draw(damaged(BODIES[dialect]) | VALUES)
    check(sent(dialect, document), sent(dialect, document))


@given(dialect=st.sampled_from(Dialect), cut=st.integers(0, 2_000), put_=st.binary(max_size=3), data=st.data())
def test_bytes_in_the_wrong_place(dialect: Dialect, cut: int, put_: bytes, data: st.DataObject) -> None:
    body = orjson.dumps(data.draw(st.sampled_from(BODIES[dialect])))
    broken = body[:cut] + put_ + body[cut + len(put_) :]
    check(sent(dialect, broken), sent(dialect, broken))
