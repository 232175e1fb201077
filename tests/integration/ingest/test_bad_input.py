"""Every kind of bad input gets a clear answer, no 5xx, and nothing authentic is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.integration.ingest.world import (
    BATCH,
    SENDER,
    STRUCTURED,
    World,
    delivery,
    issue,
    opened,
    signed,
)
from tests.integration.ingest.world import world as running

from sla_ingest import tables
from sla_ingest.commit_queue import CommitQueue

MANY = 10_000


def place(answer: Any) -> dict[str, Any]:
    (error,) = answer.json()["errors"]
    found: dict[str, Any] = error
    return found


# -- bodies that cannot be read ---------------------------------------------------------------------------

UNREADABLE = {
    "a trailing comma": (b'{"action": "opened",}', 19),
    "half a document": (b'{"action": ', None),
    "no document": (b"", 0),
    "not a number": (b'{"issue": NaN}', 10),
    "an infinite number": (b'{"issue": 1e999}', 10),
    "text that is not UTF-8": (b'{"action": "\xff"}', 12),
    "half a surrogate pair": (b'{"action": "\\ud800"}', None),
    "a raw control character": (b'{"action": "a\x00b"}', None),
    "depth ten thousand": (b'{"a":' * MANY + b"1" + b"}" * MANY, None),
    "arrays ten thousand deep": (b"[" * MANY + b"]" * MANY, None),
    "deeper than allowed": (b"[" * 65 + b"]" * 65, None),
    "two documents": (b"{}{}", 2),
    "html": (b"<html></html>", 0),
}


@pytest.mark.parametrize("what", UNREADABLE)
async def test_an_unreadable_body_is_refused_with_its_place_and_kept(small: World, what: str) -> None:
    body, position = UNREADABLE[what]
    answer = await small.github(body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    if position is not None:
        assert place(answer)["position"] == position
    (row,) = await small.rows(tables.inbox)
    assert (row.outcome, bytes(row.body), row.id) == ("refused", body, answer.json()["kept_as"])
    assert await small.logged() == []


async def test_the_place_is_told_by_line_and_column(small: World) -> None:
    answer = await small.github(b'{\n  "action": "opened",\n  "issue": {]\n}')
    assert (place(answer)["line"], place(answer)["column"]) == (3, 13)


async def test_a_refused_body_blocks_no_better_one_under_the_same_id(small: World) -> None:
    assert (await small.github(b'{"broken', id_="d-1")).status_code == 400
    assert (await small.github(delivery("opened"), id_="d-1")).status_code == 202
    assert await small.logged() == [("incident.opened", "github-acme:77")]


async def test_a_key_written_twice_is_refused_and_kept(small: World) -> None:
    body = orjson.dumps(delivery("opened")).replace(b'"title":"It is down"', b'"title":"a","title":"b"')
    answer = await small.github(body)
    assert answer.status_code == 400
    assert "'title' stands twice" in answer.json()["detail"]
    (row,) = await small.rows(tables.inbox)
    assert row.body == body
    assert await small.rows(tables.event) == []


async def test_a_byte_order_mark_is_passed_over(small: World) -> None:
    answer = await small.github(b"\xef\xbb\xbf" + orjson.dumps(delivery("opened")))
    assert answer.status_code == 202


async def test_an_id_beyond_64_bits_is_no_id(small: World) -> None:
    body = orjson.dumps(delivery("opened")).replace(b'"id":77', b'"id":' + b"9" * 60)
    answer = await small.github(body)
    assert answer.status_code == 422
    assert place(answer)["pointer"] == "/issue/id"


async def test_what_a_database_cannot_hold_is_replaced_in_the_event_and_kept_raw(world: World) -> None:
    answer = await world.github(delivery("opened", issue={"title": "a\x00b\u2028c", "body": "x" * 5_000}))
    assert answer.status_code == 202
    (row,) = await world.rows(tables.event)
    attributes = orjson.loads(row.data)["attributes"]
    assert attributes["title"] == "a\ufffdb\ufffdc"
    assert len(attributes["description"]) == 1_000
    (kept,) = await world.rows(tables.inbox)
    assert b"a\\u0000b" in bytes(kept.body)


@pytest.mark.parametrize(
    "body", [b"null", b"[]", b"1", b'"text"', b"{}", b'{"issue": []}', b'{"action": {}, "issue": {"id": 1}}']
)
async def test_json_that_is_no_delivery_does_not_fit(small: World, body: bytes) -> None:
    assert (await small.github(body)).status_code == 422
    assert (await small.jira(body)).status_code in (202, 422)
    assert await small.logged() == []


# -- sizes and types --------------------------------------------------------------------------------------


async def test_ten_megabytes_are_too_large_by_their_length(small: World) -> None:
    body = b" " * 10_000_000
    answer = await small.client.post("/v1/webhooks/github-acme", content=body)
    assert answer.status_code == 413
    assert await small.count(tables.inbox) == 0


async def test_ten_megabytes_in_chunks_are_too_large_before_they_are_read(small: World) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(160):
            sent += 65_536
            yield b" " * 65_536

    answer = await small.client.post("/v1/events", content=chunks(), headers={**STRUCTURED, **SENDER})
    assert answer.status_code == 413
    assert "content-length" not in answer.request.headers


async def test_the_largest_allowed_body_is_read(small: World) -> None:
    body = orjson.dumps(delivery("opened"))
    answer = await small.github(body + b" " * (1_048_576 - len(body)))
    assert answer.status_code == 202
    assert (await small.github(body + b" " * (1_048_577 - len(body)))).status_code == 413


async def test_compressed_bodies_are_not_read(small: World) -> None:
    answer = await small.github(delivery("opened"), **{"content-encoding": "gzip"})
    assert answer.status_code == 415


@pytest.mark.parametrize("media", ["text/xml", "multipart/form-data; boundary=x", "application/jsonx"])
async def test_a_wrong_media_type_names_the_right_ones(small: World, media: str) -> None:
    answer = await small.github(delivery("opened"), **{"content-type": media})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


async def test_github_may_post_a_form(small: World) -> None:
    from urllib.parse import urlencode

    body = urlencode({"payload": orjson.dumps(delivery("opened")).decode()}).encode()
    answer = await small.github(body, **{"content-type": "application/x-www-form-urlencoded"})
    assert answer.json()["events"][0]["kind"] == "opened"
    bad = await small.github(b"other=1", id_="d-2", **{"content-type": "application/x-www-form-urlencoded"})
    assert bad.status_code == 400


async def test_a_cloud_event_needs_a_cloud_events_media_type(small: World) -> None:
    headers = {"content-type": "application/json", **SENDER}
    answer = await small.client.post("/v1/events", content=orjson.dumps(opened()), headers=headers)
    assert answer.status_code == 415
    assert "application/cloudevents+json" in answer.json()["detail"]
    avro = await small.client.post(
        "/v1/events", content=b"x", headers={"content-type": "application/cloudevents+avro", **SENDER}
    )
    assert avro.status_code == 415


# -- who is it --------------------------------------------------------------------------------------------


async def test_wrong_signature_absent_signature_and_unknown_source_are_answered_alike(small: World) -> None:
    body = orjson.dumps(delivery("opened"))
    wrong = await small.github(body, **{"x-hub-signature-256": signed(body, "guess")})
    absent = await small.client.post("/v1/webhooks/github-acme", content=body)
    unknown = await small.client.post("/v1/webhooks/nobody", content=body)
    told = [{**answer.json(), "instance": ""} for answer in (wrong, absent, unknown)]
    assert [answer.status_code for answer in (wrong, absent, unknown)] == [401, 401, 401]
    assert told[0] == told[1] == told[2]
    assert len({answer.headers["www-authenticate"] for answer in (wrong, absent, unknown)}) == 1
    assert await small.count(tables.inbox) == 0


async def test_an_unproven_body_is_not_even_parsed(small: World) -> None:
    answer = await small.client.post("/v1/webhooks/github-acme", content=b"[" * MANY)
    assert answer.status_code == 401


async def test_who_bears_a_key_learns_that_the_source_is_unknown(small: World) -> None:
    answer = await small.client.post("/v1/webhooks/nobody", content=b"{}", headers=SENDER)
    assert answer.status_code == 404
    assert "nobody" in answer.json()["detail"]


async def test_a_replayed_delivery_has_no_effect(small: World) -> None:
    for _ in range(50):
        assert (await small.github(delivery("opened"))).status_code == 202
    assert len(await small.logged()) == 1


async def test_both_secrets_are_good_while_one_replaces_the_other(small: World) -> None:
    for number, secret in enumerate(("old github secret", "new github secret")):
        body = orjson.dumps(delivery("opened", issue={"id": number + 1}))
        answer = await small.github(body, id_=f"d-{number}", **{"x-hub-signature-256": signed(body, secret)})
        assert answer.status_code == 202


# -- what it says -----------------------------------------------------------------------------------------


async def test_an_unknown_event_is_parked_counted_listed(small: World) -> None:
    answer = await small.github(delivery("sublimated"))
    assert (answer.status_code, answer.json()["outcome"]) == (202, "parked")
    assert answer.json()["reason"] == {
        "code": "unknown_action",
        "text": "slad does not know this action",
        "detail": "sublimated",
    }
    assert small.counted("slad_ingest_deliveries_total", source="github-acme", outcome="parked") == 1


async def test_a_dialect_nobody_translates_yet_is_parked(small: World) -> None:
    headers = {"x-desk-token": "desk token", "content-type": "application/json"}
    answer = await small.client.post("/v1/webhooks/desk-acme", content=b'{"object_kind":"issue"}', headers=headers)
    assert (answer.status_code, answer.json()["reason"]["code"]) == (202, "unknown_type")


async def test_missing_times_are_replaced_by_the_receipt_and_marked(small: World) -> None:
    answer = await small.github(delivery("opened", issue={"created_at": None}))
    (event,) = answer.json()["events"]
    assert (event["occurred_at"], event["quality"]) == (small.time.at.isoformat(), "receipt")
    assert [remark["code"] for remark in event["remarks"]] == ["no_time"]


async def test_an_unreadable_time_drops_nothing(small: World) -> None:
    answer = await small.github(delivery("opened", issue={"created_at": "yesterday"}))
    (event,) = answer.json()["events"]
    assert event["quality"] == "receipt"
    assert any("yesterday" in remark.get("detail", "") for remark in event["remarks"])


async def test_a_time_in_the_future_does_not_hold_clocks_there(small: World) -> None:
    answer = await small.event(opened(time="2031-01-01T00:00:00Z"))
    (event,) = answer.json()["events"]
    assert (event["occurred_at"], event["quality"]) == (small.time.at.isoformat(), "receipt")
    assert [remark["code"] for remark in event["remarks"]] == ["future_time"]
    (row,) = await small.rows(tables.event)
    stored = orjson.loads(row.data)
    assert stored["attributes"]["claimed_at"] == "2031-01-01T00:00:00+00:00"
    assert "future" in stored["warnings"][0]


async def test_a_clock_a_little_ahead_of_ours_is_believed(small: World) -> None:
    answer = await small.event(opened(time="2026-11-20T12:05:00Z"))  # five minutes: the tolerance
    assert answer.json()["events"][0]["occurred_at"] == "2026-11-20T12:05:00+00:00"
    beyond = await small.event(opened("2", "INC2", time="2026-11-20T12:05:00.000001Z"))
    assert beyond.json()["events"][0]["quality"] == "receipt"


async def test_a_clock_set_back_ours_or_theirs_loses_nothing(small: World) -> None:
    await small.github(delivery("opened"), id_="d-1")
    small.time.at -= timedelta(hours=2)
    back = issue(updated_at="2026-11-20T09:00:00Z")
    answer = await small.github(delivery("reopened", issue=back), id_="d-2")
    assert answer.status_code == 202
    assert answer.json()["events"][0]["occurred_at"] == "2026-11-20T09:00:00+00:00"
    again = await small.github(delivery("opened"), id_="d-1")
    assert again.headers["slad-duplicate"] == "true"
    assert len(await small.logged()) == 2


async def test_an_event_of_years_that_no_calendar_was_compiled_for_is_accepted_without_a_due_instant(
    small: World,
) -> None:
    answer = await small.event(opened(time="1970-01-01T00:00:00Z"))
    assert answer.status_code == 202
    remarks = {remark["code"] for remark in answer.json()["promise"]["remarks"]}
    assert "unreachable_target" in remarks


# -- too much ---------------------------------------------------------------------------------------------


async def test_beyond_its_budget_a_source_is_told_when_to_come_back(tmp_path: Path) -> None:
    async with running(f"sqlite:///{tmp_path}/ingest.db", rate_per_minute=3) as tight:
        opened_ones = [delivery("opened", issue={"id": number}) for number in range(5)]
        codes = [(await tight.github(one)).status_code for one in opened_ones[:4]]
        assert codes == [202, 202, 202, 429]
        refused = await tight.github(opened_ones[4])
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        # another source has its own budget, and strangers cannot spend anybody's
        assert (await tight.jira({"webhookEvent": "user_created"})).status_code == 202
        stranger = await tight.client.post("/v1/webhooks/github-acme", content=b"{}")
        assert stranger.status_code == 401


async def test_a_store_that_is_away_is_503_and_the_retry_is_taken(small: World) -> None:
    async with small.store.transaction():  # the only writer's place is taken
        usual = small.ingest.commit._bounds
        small.ingest.commit._bounds = type(usual)(commit_seconds=0.2)
        answer = await small.github(delivery("opened"))
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
    small.ingest.commit._bounds = usual
    assert (await small.github(delivery("opened"))).status_code == 202
    assert len(await small.logged()) == 1


async def test_requests_during_an_outage_do_not_pile_up_in_memory(small: World) -> None:
    small.ingest.commit._bounds = type(small.ingest.commit._bounds)(commit_seconds=0.2)
    small.ingest.commit._queue = CommitQueue(5, 2**20)
    async with small.store.transaction():
        answers = await asyncio.gather(*(small.event(opened(str(n))) for n in range(40)))
    assert {answer.status_code for answer in answers} == {503}
    assert small.ingest.commit.pending == 0


async def test_a_batch_beyond_its_bound_is_refused_whole(small: World) -> None:
    answer = await small.batch(b"[" + b",".join([b"{}"] * 5_001) + b"]")
    assert answer.status_code == 422
    assert await small.logged() == []


async def test_unknown_paths_and_methods_are_problems_too(small: World) -> None:
    missing = await small.client.post("/v1/webhooks/")
    method = await small.client.get("/v1/events")
    assert (missing.status_code, method.status_code) == (404, 405)
    assert missing.headers["content-type"] == method.headers["content-type"] == "application/problem+json"
    batch = await small.client.post("/v1/events", content=b"{}", headers={**BATCH, **SENDER})
    assert batch.status_code == 400
