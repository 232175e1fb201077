"""What a sender is told: ids, remarks, and the promise in the customer's zone."""

from __future__ import annotations

from tests.integration.ingest.world import SENDER, World, delivery, issue, opened

from sla_ingest import tables


async def test_an_opened_issue_is_answered_with_its_promise_in_the_customers_zone(world: World) -> None:
    answer = await world.github(delivery("opened", issue={"labels": [{"name": "sev1"}]}))
    assert answer.status_code == 202
    told = answer.json()
    assert [(one["incident"], one["kind"], one["outcome"]) for one in told["events"]] == [
        ("github-acme:77", "opened", "accepted")
    ]
    assert told["events"][0]["id"] == f"github-acme/{told['delivery']}/0"
    promise = told["promise"]
    assert (promise["contract"], promise["zone"], promise["priority"]) == ("acme", "Europe/Warsaw", "P1")
    # opened Fri 11:59Z: 15 minutes around the clock, 4 office hours of Warsaw (12:59 + 4 h = 16:59)
    assert promise["targets"] == [
        {
            "metric": "first_response",
            "priority": "P1",
            "due_at": "2026-11-20T13:14:00+01:00",
            "due_at_utc": "2026-11-20T12:14:00+00:00",
        },
        {
            "metric": "resolution",
            "priority": "P1",
            "due_at": "2026-11-20T16:59:00+01:00",
            "due_at_utc": "2026-11-20T15:59:00+00:00",
        },
    ]


async def test_a_changed_priority_is_answered_with_the_promise_over_all_events_so_far(world: World) -> None:
    await world.github(delivery("opened"), id_="d-1")
    world_later = issue(labels=[{"name": "sev2"}], updated_at="2026-11-20T12:30:00Z")
    answer = await world.github(delivery("labeled", issue=world_later, label={"name": "sev2"}), id_="d-2")
    told = answer.json()
    assert [one["kind"] for one in told["events"]] == ["priority_changed"]
    # counted from the opening, not from the change
    assert told["promise"]["targets"][0]["due_at_utc"] == "2026-11-20T12:59:00+00:00"
    assert told["promise"]["priority"] == "P2"


async def test_an_unknown_customer_and_priority_drop_nothing_and_say_so(world: World) -> None:
    answer = await world.event(opened(data={"customer": "Nobody Ltd", "priority": "gigantic"}))
    assert answer.status_code == 202
    promise = answer.json()["promise"]
    assert (promise["contract"], promise["priority"]) == ("anybody", "P3")
    assert {remark["code"] for remark in promise["remarks"]} >= {"default_contract", "unknown_priority"}
    assert world.counted("slad_ingest_remarks_total", source="servicenow", remark="default_contract") == 1


async def test_a_response_is_answered_with_what_is_due_now(world: World) -> None:
    payload = delivery("created", comment={"id": 1, "user": {"login": "member", "type": "User"}})
    payload["comment"] |= {"author_association": "MEMBER", "created_at": "2026-11-20T12:05:00Z"}
    answer = await world.github(payload, event="issue_comment")
    assert [one["kind"] for one in answer.json()["events"]] == ["responded"]
    assert "first_response" not in {target["metric"] for target in answer.json()["promise"]["targets"]}


async def test_an_ignored_delivery_says_why_and_is_kept(world: World) -> None:
    answer = await world.github({"zen": "Keep it.", "hook_id": 1}, event="ping")
    assert answer.status_code == 202
    assert answer.json()["outcome"] == "ignored"
    assert answer.json()["reason"]["code"] == "ping"
    assert await world.count(tables.inbox) == 1
    assert await world.logged() == []


async def test_raw_body_and_headers_are_kept_without_the_proof(world: World) -> None:
    await world.github(delivery("opened"))
    (row,) = await world.rows(tables.inbox)
    assert b'"It is down"' in bytes(row.body)
    assert "x-github-event" in row.headers
    assert "signature" not in row.headers
    assert "sha256" not in row.headers


async def test_the_source_of_a_cloud_event_names_its_incident_and_applies_its_tables(world: World) -> None:
    known = (await world.event(opened(data={"priority": "1 - Critical"}))).json()
    assert known["events"][0]["incident"] == "servicenow:INC1"
    assert known["promise"]["priority"] == "P1"
    foreign = (await world.event(opened(source="//desk.example"))).json()
    assert foreign["events"][0]["incident"] == "desk.example:INC1"


async def test_a_cloud_event_must_not_speak_for_a_webhook_source(world: World) -> None:
    answer = await world.event(opened(source="github-acme", subject="77"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/source"
    assert await world.logged() == []


async def test_metrics_never_carry_a_senders_own_words(world: World) -> None:
    await world.event(opened(source="//made-up.example"), SENDER)
    assert world.counted("slad_ingest_deliveries_total", source="events", outcome="accepted") == 1
    assert world.counted("slad_ingest_deliveries_total", source="made-up.example", outcome="accepted") == 0
