"""What a door lets in, slad stores all the way; one character or one instant more, and the sender hears where."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from tests.integration.standalone import long
from tests.integration.standalone.knock import CLOUDEVENT, JSON, Answer, knock
from tests.integration.standalone.long import odd

import sla_board.tables
import sla_ingest.tables
import sla_notifier.tables
import sla_timer.tables
from sla_domain import bounds
from sla_standalone.compose import RunningProcess

FIRST, LAST = "1970-01-01T00:00:00Z", "2200-12-31T23:59:59.999999Z"
BEYOND = [
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0002-01-01T00:00:00+14:00", "1969-12-31T23:59:59.999999Z",
    "1970-01-01T00:00:00+00:01", "2201-01-01T00:00:00Z", "2200-12-31T23:59:59-00:01", "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
]  # fmt: skip


# -- senders ----------------------------------------------------------------------------------------------


def now(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()  # noqa: TID251 - the services run on the real clock


class Sender:
    """Sends to one slad; every delivery has its own id."""

    def __init__(self, slad: RunningProcess) -> None:
        self.slad = slad
        self.count = 0

    async def event(self, kind: str, data: dict[str, Any], **attributes: Any) -> Answer:
        return await self.post("/v1/events", self.written(kind, data, **attributes), CLOUDEVENT)

    def written(self, kind: str, data: dict[str, Any], **attributes: Any) -> dict[str, Any]:
        self.count += 1
        return {
            "specversion": "1.0", "id": f"e{self.count}", "source": "desk", "type": f"io.slad.incident.{kind}.v1",
            "subject": f"INC{self.count}", "time": now(hours=1), "data": data, **attributes,
        }  # fmt: skip

    async def notice(self, **values: Any) -> Answer:
        self.count += 1
        sent = {
            "id": f"fix-{self.count}", "title": "A fix", "text": "Install it.", "products": [{"product": "shop"}],
            **values,
        }  # fmt: skip
        return await self.post("/v1/notices", sent, JSON)

    async def github(self, label: str = "", **issue: Any) -> Answer:
        self.count += 1
        labels = [{"name": label}] if label else []
        body = orjson.dumps(
            {
                "action": "opened",
                "issue": {"id": self.count, "title": "t", "user": {"login": "r"}, "labels": labels,
                          "created_at": now(minutes=1), "updated_at": now(minutes=1), **issue},
                "repository": {"name": "shop", "owner": {"login": issue.pop("owner", "Acme")}},
                "sender": {"login": "r"},
            }
        )  # fmt: skip
        mac = hmac.new(long.SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"x-github-event": "issues", "x-github-delivery": f"d{self.count}", "x-hub-signature-256": mac}
        headers["x-hub-signature-256"] = f"sha256={mac}"
        return await knock(
            self.slad.app, "POST", f"/v1/webhooks/{quote(long.SOURCE, safe='')}", body, {**JSON, **headers}
        )

    async def post(self, path: str, sent: Any, headers: dict[str, str]) -> Answer:
        return await knock(self.slad.app, "POST", path, orjson.dumps(sent), headers)

    async def get(self, path: str, **headers: str) -> Any:
        answer = await knock(self.slad.app, "GET", path, headers=headers)
        assert answer.status == 200, (path[:200], answer)
        return orjson.loads(answer.body) if answer.body[:1] in b"{[" else answer.body


async def eventually(found: Callable[[], Awaitable[Any]]) -> Any:
    """What `found` finds, once it finds something."""
    async with asyncio.timeout(30):
        while not (result := await found()):  # noqa: ASYNC110 - services of other tasks bring it about
            await asyncio.sleep(0.05)
    return result


# -- the doors: how to write a text or an instant into each field -----------------------------------------

Write = Callable[[Sender, str], Awaitable[Answer]]

# field: (write, the longest text, the pointer of one that is longer)
TEXTS: dict[str, tuple[Write, int, str]] = {
    "customer": (lambda to, text: to.event("opened", {"customer": text}), bounds.CUSTOMER, "/data/customer"),
    "customer among attributes": (
        lambda to, text: to.event("opened", {"attributes": {"customer": text}}), bounds.CUSTOMER,
        "/data/attributes/customer"),
    "priority": (lambda to, text: to.event("opened", {"priority": text}), bounds.PRIORITY, "/data/priority"),
    "changed priority": (
        lambda to, text: to.event("priority_changed", {"priority": text}), bounds.PRIORITY, "/data/priority"),
    "subject": (lambda to, text: to.event("opened", {}, subject=text), bounds.OWN_ID, "/subject"),
    "merged_into": (lambda to, text: to.event("merged", {"merged_into": text}), bounds.OWN_ID, "/data/merged_into"),
    "agreed metric": (
        lambda to, text: to.event(
            "target_agreed", {"agreed": {"metric": text, "due_at": now(hours=-9), "agreed_by": "both"}}),
        bounds.METRIC, "/data/agreed/metric"),
    "exempted metric": (lambda to, text: to.event("exempted", {"metrics": [text]}), bounds.METRIC, "/data/metrics"),
    "notice": (lambda to, text: to.notice(id=text), bounds.NOTICE, "/id"),
    "notice title": (lambda to, text: to.notice(title=text), 200, "/title"),
    "notice text": (lambda to, text: to.notice(text=text), 20_000, "/text"),
    "notice link": (lambda to, text: to.notice(link=text), 2_000, "/link"),
    "notice product": (
        lambda to, text: to.notice(products=[{"product": "shop"}, {"product": text}]), 200, "/products/1/product"),
    "notice versions": (
        lambda to, text: to.notice(products=[{"product": "shop", "versions": "=" + "1" * (len(text) - 1)}]), 200,
        "/products/0/versions"),
    "notice publisher": (lambda to, text: to.notice(published_by=text), bounds.PERSON, "/published_by"),
    "question customer": (
        lambda to, text: to.post("/v1/deadlines", {"customer": text}, JSON), bounds.CUSTOMER, "/customer"),
    "question priority": (
        lambda to, text: to.post("/v1/deadlines", {"contract": long.CONTRACT, "priority": text}, JSON),
        bounds.PRIORITY, "/priority"),
    "question attribute": (
        lambda to, text: to.post("/v1/deadlines", {"contract": long.CONTRACT, "attributes": {"a": text}}, JSON),
        bounds.VALUE, "/attributes/a"),
}  # fmt: skip

INSTANTS: dict[str, tuple[Write, str]] = {
    "event time": (lambda to, at: to.event("opened", {}, time=at), "/time"),
    "agreed date": (
        lambda to, at: to.event("target_agreed", {"agreed": {"metric": "m", "due_at": at, "agreed_by": "both"}}),
        "/data/agreed/due_at"),
    "publication": (lambda to, at: to.notice(published_at=at), "/published_at"),
    "question": (
        lambda to, at: to.post("/v1/deadlines", {"contract": long.CONTRACT, "opened_at": at}, JSON), "/opened_at"),
}  # fmt: skip


def year_one(field: str, at: str) -> bool:
    """In events Go's zero time means that the sender knows no time."""
    return field == "event time" and at.startswith("0001")


# -- the whole way ----------------------------------------------------------------------------------------


@pytest.mark.long
async def test_what_fits_goes_the_whole_way(slad: RunningProcess) -> None:
    to = Sender(slad)
    wrong = []
    for field, (write, longest, _) in TEXTS.items():
        answer = await write(to, odd(longest))
        if answer.status not in (200, 202):
            wrong.append(f"{field} of {longest}: {answer}")
    for field, (write, _) in INSTANTS.items():
        for at in (FIRST, LAST):
            answer = await write(to, at)
            # The years for which this catalogue compiles calendars are fewer than those that may be written.
            known = b"knows 2010-01-01 to 2040-12-31" in answer.body
            past = field == "agreed date" and b"agreed on in advance" in answer.body
            if answer.status not in (200, 202) and not known and not past:
                wrong.append(f"{field} {at}: {answer}")
    assert not wrong, "\n".join(wrong)
    await all_the_way(to)


# Among them are requests that once stopped a service for good: a notice of Go's zero time or at an edge of the
# calendar, a customer of 301 characters, a priority of 61.
@pytest.mark.asyncio(loop_scope="module")
async def test_what_does_not_fit_is_told_where(small_slad: RunningProcess) -> None:
    to, wrong = Sender(small_slad), []
    for field, (write, longest, pointer) in TEXTS.items():
        answer = await write(to, odd(longest + 1))
        if answer.status != 422 or pointer not in answer.pointers:
            wrong.append(f"{field} of {longest + 1}: {answer}")
    for field, (write, pointer) in INSTANTS.items():
        for at in BEYOND:
            answer = await write(to, at)
            if not year_one(field, at) and (answer.status != 422 or pointer not in answer.pointers):
                wrong.append(f"{field} {at}: {answer}")
    assert not wrong, "\n".join(wrong)


async def at_the_ends_of_time(to: Sender) -> list[str]:
    """Incidents whose clocks begin and end where the horizon does; their ids."""
    told, batch = [], []
    for metric in ("spare", long.METRIC):
        for opening in (FIRST, now(days=1)):
            own = f"END{len(told)}"
            said: list[tuple[str, dict[str, Any], str]] = [
                ("opened", {"priority": long.PRIORITY}, opening),
                ("waiting", {"waiting_on": "customer"}, opening),
                ("target_agreed", agreed(metric, LAST, moved_by_pauses=True), opening),
                ("resumed", {}, now(minutes=5)),
                ("target_agreed", agreed(metric, FIRST), now(minutes=4)),
                ("target_agreed", agreed(metric, LAST), now(minutes=3)),
            ]
            batch += [to.written(kind, data, subject=own, time=at) for kind, data, at in said]
            told.append(f"desk:{own}")
    answer = await to.post("/v1/events", batch, {"content-type": "application/cloudevents-batch+json"})
    assert orjson.loads(answer.body)["outcomes"]["accepted"] == len(batch), answer
    return told


def agreed(metric: str, due_at: str, **more: Any) -> dict[str, Any]:
    return {"agreed": {"metric": metric, "due_at": due_at, "agreed_by": "both", **more}}


async def all_the_way(to: Sender) -> None:
    """Names as long as their columns, from the event to the acknowledgement, in every service's tables."""
    ends = await at_the_ends_of_time(to)
    opened = await to.event(
        "opened",
        {"customer": long.CUSTOMER, "priority": long.PRIORITY, "title": odd(bounds.VALUE)},
        subject=odd(bounds.OWN_ID, "I"),
        source="//" + odd(60),
    )
    incident = orjson.loads(opened.body)["events"][0]["incident"]
    cut = await to.github(label="x" * 50, owner="😀" * 301)
    assert cut.status == 202
    assert "shortened" in {remark["code"] for event in orjson.loads(cut.body)["events"] for remark in event["remarks"]}
    notice = odd(bounds.NOTICE, "N")
    assert (await to.notice(id=notice)).status == 202

    async def alerts() -> Any:
        return (await to.get(f"/v1/alerts?incident={quote(incident)}"))["alerts"]

    async def fix() -> Any:
        return (await to.get("/v1/alerts?kind=fix"))["alerts"]

    first, *_ = await eventually(alerts)
    await eventually(fix)
    by = {"by": odd(bounds.WHO)}
    with_key = {**JSON, "authorization": "Bearer the-longest-key-000001"}
    done = await knock(to.slad.app, "POST", f"/v1/alerts/{first['id']}/ack", orjson.dumps(by), with_key)
    assert done.status == 200, done
    recorded = orjson.loads(done.body)["alert"]["acknowledged_by"]
    assert len(recorded) == bounds.WHO
    assert recorded.endswith(f"… (key {long.KEY})")
    too_long = await to.post(f"/v1/alerts/{first['id']}/ack", {"by": odd(bounds.WHO + 1)}, JSON)
    assert (too_long.status, too_long.pointers) == (422, ["/by"])

    async def rows(table: Any) -> list[Any]:
        async with to.slad.context.store.reading() as connection:
            return list((await connection.execute(table.select())).all())

    accepted = {row.incident for row in await rows(sla_ingest.tables.event)}
    assert {*ends, incident} < accepted

    async def everywhere() -> bool:
        tables = (sla_timer.tables.incident, sla_board.tables.incident)
        return all([accepted <= {row.id for row in await rows(table)} for table in tables])

    async def on_board() -> bool:
        return any(row.by == recorded for row in await rows(sla_board.tables.alert))

    await eventually(everywhere)
    await eventually(on_board)
    assert await rows(sla_notifier.tables.delivery)
    assert not to.slad.failed.is_set(), "no part of any service has failed"
    for name in (*ends, incident):
        await to.get(f"/v1/incidents/{quote(name, safe='')}")
        await to.get(f"/incidents/{quote(name, safe='')}")
        explained = await knock(to.slad.app, "GET", f"/v1/incidents/{quote(name, safe='')}/explain")
        assert explained.status in (200, 422), (name, explained)
    for path in ("/", "/notices", "/v1/clocks", "/v1/board/clocks", "/v1/deliveries", "/v1/parked", "/v1/endpoints"):
        await to.get(path)


# -- one by one, on the smaller store ----------------------------------------------------------------------


def deeper(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


BODIES: dict[str, bytes] = {
    "NaN": b'{"id": NaN}',
    "infinity": b'{"id": Infinity, "by": -Infinity}',
    "beyond double": b'{"id": 1e400}',
    "beyond int64": b'{"id": 99999999999999999999999, "by": 170141183460469231731687303715884105728}',
    "beyond the digits Python reads": b'{"id": ' + b"9" * 5_000 + b"}",
    "twice the same key": b'{"id": "a", "id": 1, "by": "a", "by": 2}',
    "deep": deeper(2_000),
    "deeper": b"[" * 100_000,
    "NUL": b'{"id": "a\\u0000b", "by": "a\\u0000b", "contract": "\\u0000", "subject": "\\u0000"}',
    "a raw NUL": b'{"id": "a\x00b"}',
    "a lone surrogate": b'{"id": "\\ud800", "by": "\\ud800", "contract": "\\udfff"}',
    "a lone surrogate in a key": b'{"\\ud800": 1, "attributes": {"\\udc00": "x"}}',
    "NUL in a key": b'{"\\u0000": 1, "attributes": {"\\u0000": "x"}}',
    "no UTF-8": b'{"id": "\xff\xfe", "by": "\xed\xa0\x80"}',
    "UTF-16": '{"id": "a", "by": "b"}'.encode("utf-16"),
    "a long key": b'{"' + b"k" * 200_000 + b'": 1}',
    "many unknown keys": orjson.dumps({f"k{n}/~": n for n in range(2_000)}),
    "an array": b"[1]",
    "a word": b'"word"',
    "null": b"null",
    "nothing": b"",
    "other types": b'{"id": {"a": 1}, "by": [], "contract": {}, "attributes": 5, "opened_at": {}, "published_at": []}',
    "numbers for instants": b'{"contract": "anybody", "opened_at": 1e308, "published_at": -1e308}',
}
DOORS = {
    "/v1/events": CLOUDEVENT,
    "/v1/events?binary": {**JSON, "ce-specversion": "1.0", "ce-id": "1", "ce-source": "desk", "ce-subject": "I",
                          "ce-type": "io.slad.incident.opened.v1"},
    "/v1/events?batch": {"content-type": "application/cloudevents-batch+json"},
    "/v1/notices": JSON,
    "/v1/deadlines": JSON,
    "/v1/alerts/x/ack": JSON,
    "/v1/parked/x/replay": JSON,
    "/v1/links": JSON,
}  # fmt: skip


def odd_bodies() -> Iterator[tuple[str, str, bytes]]:
    for door in DOORS:
        for name, body in BODIES.items():
            yield door, name, body


@pytest.mark.long
async def test_no_body_of_any_door_is_an_error_of_ours(slad: RunningProcess) -> None:
    wrong = []
    for door, name, body in odd_bodies():
        answer = await knock(slad.app, "POST", door, body, DOORS[door])
        if not 200 <= answer.status < 500:
            wrong.append(f"{door}, {name}: {answer.status} {answer.body[:200]!r}")
        if len(answer.body) > 400_000:
            wrong.append(f"{door}, {name}: {len(answer.body)} bytes of an answer")
    assert not wrong, "\n".join(wrong)
    assert not slad.failed.is_set()


HEADERS = [
    ("authorization", "Bearer żółć".encode().decode("latin-1")),
    ("authorization", "Bearer \x00"),
    ("authorization", "Basic \xff\xff"),
    ("authorization", "Basic gP8="),  # no UTF-8
    ("authorization", "Basic OgA6"),
    ("authorization", "Bearer " + "k" * 60_000),
    ("authorization", ""),
    ("accept", "\xff, */*;q=\xb2"),
    ("accept", "text/plain;q=nan, application/json;q=1e400"),
    ("accept", "application/openmetrics-text;version=\x00;q=" + "9" * 5_000),
    ("accept", ";;,,=;q=;" * 2_000),
    ("accept", "application/openmetrics-text;version=;escaping=zzz, text/plain;version=1.0.0;escaping=zzz"),
    ("last-event-id", "\x00"),
    ("last-event-id", "9" * 64),
    ("last-event-id", "-1"),
    ("content-type", "application/json; charset=\xff"),
    ("content-type", "\x00/\x00"),
    ("content-length", "9" * 30),
    ("host", "["),
    ("host", "\xff\x00"),
    ("accept-language", "\xff" * 300),
    ("x-forwarded-for", "\x00"),
]


CONTENT_TYPES = [
    "\x00/\x00", "\xff", "", "application/json; charset=\xff", "multipart/form-data", "=?utf-8?b?//8=?=",
    "a/b; x*=utf-8''%ff", "application/x-www-form-urlencoded", "application/cloudevents+json; charset=utf-16",
]  # fmt: skip


@pytest.mark.asyncio(loop_scope="module")
async def test_no_media_type_is_an_error_of_ours(small_slad: RunningProcess) -> None:
    wrong = []
    for door in (*DOORS, "/ack/x", "/v1/webhooks/x"):
        for kind in CONTENT_TYPES:
            answer = await knock(small_slad.app, "POST", door, b"\xff\xfe", {"content-type": kind})
            if not 200 <= answer.status < 500:
                wrong.append(f"{door}, {kind[:40]!r}: {answer}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.asyncio(loop_scope="module")
async def test_no_header_is_an_error_of_ours(small_slad: RunningProcess) -> None:
    wrong = []
    for path in ("/metrics", "/v1/stream", "/v1/clocks", "/v1/incidents/desk:1/explain", "/plans/x"):
        for name, value in HEADERS:
            answer = await knock(small_slad.app, "GET", path, headers={name: value})
            if not 200 <= answer.status < 500:
                wrong.append(f"{path}, {name}: {value[:40]!r}: {answer}")
    assert not wrong, "\n".join(wrong)
