"""What a delivery shows of the whole ticket: stored when it tells something, and answered with the promise it makes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from tests.build.github import CREATED, REPORTER, ROBOT, Issue
from tests.integration.ingest.world import FORMOSA, SENDER, World


async def deliver(world: World, body: bytes, at: datetime) -> dict[str, Any]:
    world.time.at = at
    event = "issue_comment" if b'"comment"' in body else "issues"
    answer = await world.github(body, event=event, id_=f"{hash(body)}")
    assert answer.status_code == 202
    told: dict[str, Any] = answer.json()
    return told


def kinds(told: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in told["events"]]


async def test_a_quiet_delivery_is_stored_only_when_it_tells_something(world: World) -> None:
    issue = Issue()
    opened = await deliver(world, issue.opened(), issue.at)
    assert kinds(opened) == ["opened"]
    same = await deliver(world, issue.later(hours=1).quiet("pinned"), issue.at)
    assert (same["outcome"], same["events"]) == ("ignored", [])
    issue.later(minutes=1).closed()  # its delivery is lost
    other = await deliver(world, issue.later(minutes=1).comment(ROBOT), issue.at)
    assert (other["outcome"], kinds(other)) == ("accepted", ["observed"])
    assert other["promise"]["phase"] == "resolved"
    assert other["promise"]["targets"] == []
    again = await deliver(world, issue.later(minutes=1).quiet("locked"), issue.at)
    assert (again["outcome"], again["reason"]["code"]) == ("ignored", "nothing_relevant")
    assert [kind for kind, _ in await world.logged()] == ["incident.opened", "incident.observed"]


async def test_an_issue_that_nobody_has_heard_of_is_known_from_a_look_at_it(small: World) -> None:
    issue = Issue(labels=["sev1"])
    told = await deliver(small, issue.later(minutes=20).quiet("pinned"), issue.at)
    assert kinds(told) == ["observed"]
    promise = told["promise"]
    assert promise["phase"] == "open"
    assert {remark["code"] for remark in promise["remarks"]} >= {"no_opening"}
    assert all(datetime.fromisoformat(target["due_at_utc"]) > CREATED for target in promise["targets"])


async def test_thanks_on_a_closed_issue_that_nobody_has_heard_of_promises_nothing(small: World) -> None:
    issue = Issue()
    issue.later(hours=1).closed()
    told = await deliver(small, issue.later(days=3).comment(REPORTER), issue.at)
    assert (told["promise"]["phase"], told["promise"]["targets"]) == ("resolved", [])


async def test_a_late_look_is_stored_when_it_changes_what_is_known(small: World) -> None:
    issue = Issue()
    first = issue.opened()
    issue.later(hours=1).closed()
    look = issue.later(minutes=1).quiet("pinned")
    reopened = issue.later(hours=1).reopened()
    dull = issue.later(seconds=1).quiet("locked")
    labeled = issue.later(minutes=1).labeled("sev1")
    for body in (first, reopened, labeled):
        await deliver(small, body, issue.at)
    assert kinds(await deliver(small, look, issue.at)) == ["observed"]
    assert (await deliver(small, dull, issue.at))["outcome"] == "ignored"


def cloud_event(kind: str, n: int, **data: Any) -> bytes:
    head = {"specversion": "1.0", "id": f"e{n}", "source": "servicenow", "subject": "INC-9"}
    time = f"2026-11-20T11:{n:02}:00Z"
    return orjson.dumps({**head, "type": f"io.slad.incident.{kind}.v1", "time": time, "data": data})


async def test_a_description_is_answered_with_the_promise(small: World) -> None:
    await small.event(cloud_event("opened", 1, priority="P1", customer="Acme"))
    answer = (await small.event(cloud_event("described", 2, description="all of it"))).json()
    assert answer["promise"]["incident"] == "servicenow:INC-9"


async def test_a_snapshot_under_a_key_of_one_contract_moves_no_incident_to_another(small: World) -> None:
    """And to nobody either: the default contract's people are others."""
    opened = await small.event(cloud_event("opened", 1, priority="P1"), key=FORMOSA)
    contract = opened.json()["promise"]["contract"]
    look = {"at": "2026-11-20T11:05:00Z", "attributes": {"customer": "Acme"}}
    refused = await small.event(cloud_event("observed", 2, snapshot=look), key=FORMOSA)
    assert refused.status_code == 403
    nobody = {"at": "2026-11-20T11:05:00Z", "attributes": {"customer": "", "title": "x"}}
    answer = (await small.event(cloud_event("observed", 3, snapshot=nobody), key=FORMOSA)).json()
    assert answer["promise"]["contract"] == contract
    assert {remark["code"] for remark in answer["promise"]["remarks"]}.isdisjoint({"default_contract", "taken_away"})


async def test_a_parked_or_unknown_snapshot_never_costs_the_event(small: World) -> None:
    answer = await small.event(cloud_event("opened", 1, priority="P1", snapshot={"phase": "sleeping"}), key=SENDER)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/data/snapshot/phase")
