"""The same delivery twice, the same id twice, and what a sender may do after a failure: retry."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import orjson
import pytest
from tests.integration.ingest.world import SENDER, World, delivery, issue, opened, serving

from sla_ingest import inbox as inbox_module
from sla_ingest import published as publishing
from sla_ingest import tables
from sla_platform.errors import StoreBusy
from sla_platform.store import log as logs


async def test_a_redelivery_is_answered_like_the_first_and_changes_nothing(world: World) -> None:
    first = await world.github(delivery("opened"))
    world.time.at += timedelta(hours=3)
    again = await world.github(delivery("opened"))
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert "slad-duplicate" not in first.headers
    assert again.headers["slad-duplicate"] == "true"
    assert await world.count(tables.inbox) == 1
    assert await world.logged() == [("incident.opened", "github-acme:77")]
    assert world.counted("slad_ingest_deliveries_total", source="github-acme", outcome="duplicate") == 1


async def test_a_redelivery_after_the_relay_has_drained_the_log_puts_nothing_back(world: World) -> None:
    await world.github(delivery("opened"))
    async with world.store.transaction() as connection:
        await connection.execute(tables.log.delete())
    await world.github(delivery("opened"))
    assert await world.logged() == []


async def test_another_body_under_a_known_id_has_no_effect_and_is_parked(world: World) -> None:
    await world.event(opened())
    answer = await world.event(opened(type="closed"))
    assert answer.status_code == 202
    assert [one["kind"] for one in answer.json()["events"]] == ["opened"]
    assert [remark["code"] for remark in answer.json()["remarks"]] == ["id_reused"]
    assert await world.logged() == [("incident.opened", "servicenow:INC1")]
    parked = [row for row in await world.rows(tables.inbox) if row.outcome == "parked"]
    assert [(row.reason, b'"closed"' in bytes(row.body)) for row in parked] == [("id_reused", True)]
    # and once more: still one parked body
    await world.event(opened(type="closed"))
    assert await world.count(tables.inbox) == 2


@pytest.mark.parametrize("quiet_first", [True, False])
async def test_how_an_event_was_imported_does_not_make_it_another(world: World, quiet_first: bool) -> None:
    """`slad import` without and then with `--tell`, and the other way round."""
    quiet, loud = (
        [opened(str(number), f"INC{number}", data=more) for number in range(3)] for more in ({"history": True}, {})
    )
    first, second = (quiet, loud) if quiet_first else (loud, quiet)
    await world.batch(first)
    answer = await world.batch(second)
    assert answer.json()["outcomes"]["duplicate"] == 3
    assert b"id_reused" not in answer.content
    assert [row.outcome for row in await world.rows(tables.inbox)] == ["accepted"] * 3
    assert len(await world.logged()) == 3
    other = await world.batch([opened(str(number), f"INC{number}", data={"priority": "P4"}) for number in range(3)])
    assert other.content.count(b"id_reused") == 3
    assert [row.reason for row in await world.rows(tables.inbox)].count("id_reused") == 3


async def test_the_two_ways_of_importing_may_meet_in_one_batch_and_in_binary_mode(world: World) -> None:
    answer = await world.batch([opened(), opened(data={"history": True}), opened(data={"history": False, "x": "y"})])
    assert [b"id_reused" in orjson.dumps(one) for one in answer.json()["deliveries"]] == [False, False, True]
    event = {name: value for name, value in opened("9", "INC9").items() if name != "data"}
    headers = {**SENDER, "content-type": "application/json"} | {f"ce-{name}": value for name, value in event.items()}
    for body in (b'{"priority": "P1", "history": true}', b'{"priority":"P1"}', b'{"priority":"P2"}'):
        answer = await world.client.post("/v1/events", content=body, headers=headers)
        assert (b"id_reused" in answer.content) is (b"P2" in body)
    other_time = headers | {"ce-time": "2026-11-20T13:00:00Z"}
    answer = await world.client.post("/v1/events", content=b'{"priority":"P1"}', headers=other_time)
    assert b"id_reused" in answer.content


async def test_jira_server_has_no_delivery_id_and_still_no_effect_twice(world: World) -> None:
    payload = {
        "timestamp": 1_795_000_000_000,
        "webhookEvent": "jira:issue_updated",
        "issue": {"id": "5", "self": "https://jira.example/rest/api/2/issue/5", "fields": {}},
        "changelog": {"id": "9", "items": [{"field": "assignee", "toString": "Ann"}]},
    }
    first = await world.jira(payload)
    # a sender that writes the same content with other spaces is still the same delivery
    again = await world.jira(orjson.dumps(payload, option=orjson.OPT_INDENT_2))
    assert first.json()["events"] == again.json()["events"]
    assert await world.logged() == [("incident.assigned", "jira-acme:jira.example~5")]


async def test_the_same_cloud_event_at_once_by_many_connections_has_one_effect(world: World) -> None:
    answers = await asyncio.gather(*(world.event(opened()) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert sum("slad-duplicate" not in answer.headers for answer in answers) == 1
    assert await world.logged() == [("incident.opened", "servicenow:INC1")]


async def test_two_instances_on_one_store_take_the_same_delivery_once(world: World) -> None:
    async with serving(world.store) as other:
        answers = await asyncio.gather(
            *(one.event(opened(str(n), f"INC{n}")) for n in range(30) for one in (world, other))
        )
    assert {answer.status_code for answer in answers} == {202}
    assert len(await world.logged()) == 30
    assert await world.count(tables.inbox) == 30


async def test_two_instances_take_overlapping_batches_in_opposite_order(world: World) -> None:
    events = [opened(str(n), f"INC{n}") for n in range(120)]
    async with serving(world.store) as other:
        answers = await asyncio.gather(*(one.batch(list(reversed(events)) if one is other else events)
                                         for one in (world, other, world, other)))  # fmt: skip
    assert {answer.status_code for answer in answers} == {202}
    assert len(await world.logged()) == 120


async def test_a_failed_commit_leaves_no_trace_and_the_retry_works(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = logs.append

    async def fails(*_arguments: object) -> None:
        raise StoreBusy("the disk is full")

    monkeypatch.setattr(publishing, "append", fails)
    refused = await world.github(delivery("opened"))
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert await world.count(tables.inbox) == 0
    assert await world.count(tables.event) == 0

    monkeypatch.setattr(publishing, "append", real)
    assert (await world.github(delivery("opened"))).status_code == 202
    assert await world.logged() == [("incident.opened", "github-acme:77")]


async def test_a_crash_between_commit_and_answer_is_healed_by_the_retry(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = inbox_module.store_receipts
    told: list[bytes] = []

    async def commits_and_dies(connection, receipts, names):  # type: ignore[no-untyped-def]
        answered = await real(connection, receipts, names)
        told.extend(receipt.answer for receipt in answered)
        await connection.commit()
        raise StoreBusy("the connection was lost during the commit")

    monkeypatch.setattr(inbox_module, "store_receipts", commits_and_dies)
    assert (await world.github(delivery("opened"))).status_code == 503
    monkeypatch.setattr(inbox_module, "store_receipts", real)
    retry = await world.github(delivery("opened"))
    assert (retry.status_code, retry.content) == (202, told[0])
    assert await world.logged() == [("incident.opened", "github-acme:77")]


async def test_a_comment_by_the_reporter_is_known_from_the_stored_incident(world: World) -> None:
    """Jira Cloud's comment events do not say who reported the issue."""
    person = {"accountId": "a-1", "displayName": "Ann", "accountType": "atlassian"}
    site = "https://acme.atlassian.net/rest/api/2/issue/5"
    created = {"created": "2026-11-20T11:00:00.000+0000", "reporter": person, "summary": "It is down"}
    await world.jira(
        {"timestamp": 1, "webhookEvent": "jira:issue_created", "issue": {"id": "5", "self": site, "fields": created}}
    )

    def comment(author: dict[str, str], number: int) -> dict[str, object]:
        said = {"self": f"{site}/comment/{number}", "id": str(number), "author": author, "body": "hm"}
        when = {"created": f"2026-11-20T11:0{number}:00.000+0000"}
        return {"timestamp": number, "webhookEvent": "comment_created", "comment": said | when}

    other = {"accountId": "a-2", "displayName": "Bob", "accountType": "atlassian"}
    by_reporter = await world.jira(comment(person, 1))
    by_other = await world.jira(comment(other, 2))
    assert [one["kind"] for one in by_reporter.json()["events"]] == ["customer_replied"]
    assert [one["kind"] for one in by_other.json()["events"]] == ["responded"]

    # from the change of the reporter on it is the other way round: who was the customer is on nobody's side
    zoe = {"accountId": "a-3", "displayName": "Zoe", "accountType": "atlassian"}
    moved = {"id": "9", "items": [{"field": "reporter", "fieldId": "reporter", "toString": "Zoe", "to": "a-3"}]}
    body = {"timestamp": 1_795_172_700_000, "webhookEvent": "jira:issue_updated", "changelog": moved}  # 11:05
    await world.jira(body | {"issue": {"id": "5", "self": site, "fields": created | {"reporter": zoe}}})
    by_new, by_old, earlier = [await world.jira(comment(who, n)) for who, n in ((zoe, 6), (person, 7), (person, 3))]
    assert [one["kind"] for one in by_new.json()["events"]] == ["customer_replied"]
    assert by_new.json()["events"][0]["remarks"] == []
    assert [one["kind"] for one in by_old.json()["events"]] == ["commented"]
    (noted,) = by_old.json()["events"][0]["remarks"]
    assert (noted["code"], "sources.jira-acme.staff" in noted["detail"]) == ("speaker_unknown", True)
    assert [one["kind"] for one in earlier.json()["events"]] == ["customer_replied"], "it was still theirs then"


async def test_a_comment_before_its_incident_is_on_nobody_s_side_and_says_so(world: World) -> None:
    said = {"self": "https://a.example/rest/api/2/issue/5/comment/1", "author": {"accountId": "a-1"}}
    answer = await world.jira({"timestamp": 1, "webhookEvent": "comment_created", "comment": said})
    (event,) = answer.json()["events"]
    assert event["kind"] == "commented"
    assert "speaker_unknown" in {remark["code"] for remark in event["remarks"]}
    assert world.counted("slad_ingest_remarks_total", source="jira-acme", remark="speaker_unknown") == 1
    (stored,) = await world.rows(tables.event)
    kept = orjson.loads(stored.data)
    assert kept.get("actor", "unknown") == "unknown", "the fold decides once the opening is there"
    assert kept["actor_name"] == "a-1", "by the account"


async def test_a_resolve_before_its_open_is_accepted_and_both_are_kept(world: World) -> None:
    resolved = issue(state="closed", closed_at="2026-11-20T12:30:00Z")
    first = await world.github(delivery("closed", issue=resolved), id_="d-2")
    second = await world.github(delivery("opened"), id_="d-1")
    assert [one["kind"] for one in first.json()["events"]] == ["resolved"]
    assert second.json()["promise"]["phase"] == "resolved"
    assert second.json()["promise"]["targets"] == []
    assert len(await world.logged()) == 2
