"""Real senders' deliveries, signed as they sign them, all the way to a mail and back."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx2
import orjson
import pytest
from tests.e2e.world import GITHUB_SECRET, JIRA_SECRET, World
from tests.real.http import http_client
from tests.shared_data import SHARED, needs_shared

pytestmark = needs_shared
SAMPLES = SHARED / "data" / "webhooks"


def sample(path: str) -> dict[str, Any]:
    read: dict[str, Any] = orjson.loads((SAMPLES / path).read_bytes())
    return read


def signature(secret: str, body: bytes) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


async def github(
    world: World, event: str, payload: dict[str, Any], delivery: str, secret: str = GITHUB_SECRET
) -> httpx2.Response:
    body = orjson.dumps(payload)
    headers = {
        "x-github-event": event, "x-github-delivery": delivery, "x-hub-signature-256": signature(secret, body),
    }  # fmt: skip
    return await world.post("/v1/webhooks/github-repo", body, headers=headers)


def github_issue(world: World, sample_path: str, number: int, **more: Any) -> dict[str, Any]:
    """A sample as GitHub would send it now, about an issue of its own."""
    payload = sample(sample_path)
    now = world.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    payload["issue"] |= {"number": number, "id": 900_000_000 + number, "created_at": now, "updated_at": now, **more}
    return payload


async def test_a_github_issue_is_warned_of_answered_and_closed(world: World) -> None:
    world.next_morning("UTC")
    number = int(uuid.uuid4().int % 1_000_000)
    labels = [{"id": 1, "name": "sev1"}]
    opened = github_issue(world, "github/opened.payload.json", number, labels=labels)
    delivery = str(uuid.uuid4())
    answer = await github(world, "issues", opened, delivery)
    assert answer.status_code == 202, answer.text
    told = answer.json()
    incident = told["events"][0]["incident"]
    assert (told["promise"]["contract"], told["promise"]["priority"]) == ("github", "P1")
    again = await github(world, "issues", opened, delivery)
    assert (again.status_code, again.content) == (202, answer.content)
    assert again.headers["slad-duplicate"] == "true"
    forged = await github(world, "issues", opened, str(uuid.uuid4()), secret="guessed")
    assert forged.status_code == 401

    world.pass_by(minutes=5)
    await world.mailed("gina", incident)
    world.pass_by(minutes=1)
    commented = github_issue(world, "github-issue_comment/created.payload.json", number, labels=labels)
    commented["comment"] |= {
        "created_at": opened["issue"]["created_at"].replace(":00Z", ":30Z"),
        "author_association": "MEMBER",
        "user": {"login": "helper", "id": 4711, "type": "User"},
    }
    assert (await github(world, "issue_comment", commented, str(uuid.uuid4()))).status_code == 202
    world.pass_by(seconds=1)  # this clock stands still: nothing else tells which delivery showed the issue last
    closed = github_issue(world, "github/opened.payload.json", number, labels=labels, state="closed",
                          state_reason="completed")  # fmt: skip
    closed["action"] = "closed"
    assert (await github(world, "issues", closed, str(uuid.uuid4()))).status_code == 202
    shown = await shows(world, incident, "resolved")
    assert [event["kind"] for event in shown["events"]] == ["opened", "responded", "resolved"]
    assert {clock["metric"]: clock["state"] for clock in shown["clocks"]}["first_response"] == "met"
    assert len(world.mails("gina", incident)) == 1, "answered in time: nothing but the warning was sent"


async def test_a_github_issue_that_was_answered_and_transferred_breaks_no_promise(world: World) -> None:
    world.next_morning("UTC")
    number = int(uuid.uuid4().int % 1_000_000)
    labels = [{"id": 1, "name": "sev1"}]
    opened = github_issue(world, "github/opened.payload.json", number, labels=labels)
    incident = (await github(world, "issues", opened, str(uuid.uuid4()))).json()["events"][0]["incident"]
    world.pass_by(minutes=1)
    commented = github_issue(world, "github-issue_comment/created.payload.json", number, labels=labels)
    commented["comment"] |= {
        "created_at": commented["issue"]["updated_at"],
        "author_association": "MEMBER",
        "user": {"login": "helper", "id": 4711, "type": "User"},
    }
    assert (await github(world, "issue_comment", commented, str(uuid.uuid4()))).status_code == 202

    world.pass_by(minutes=1)
    new = github_issue(world, "github/opened.payload.json", number + 2_000_000, labels=labels, title="In its new place")
    arrived = new | {"changes": {"old_issue": opened["issue"], "old_repository": opened["repository"]}}
    left = github_issue(world, "github/opened.payload.json", number, labels=labels)
    left |= {"action": "transferred", "changes": {"new_issue": new["issue"], "new_repository": new["repository"]}}
    for payload in (arrived, left):  # the new repository is quicker
        told = (await github(world, "issues", payload, str(uuid.uuid4()))).json()
        assert told["events"][0]["incident"] == incident
    world.pass_by(minutes=30)

    name = f"github-repo:{new['issue']['id']}"
    shown = await shows(world, name, "open")
    assert (shown["id"], shown["attributes"]["title"]) == (incident, "In its new place")
    assert {clock["metric"]: clock["state"] for clock in shown["clocks"]}["first_response"] == "met"
    new |= {"action": "closed"}
    new["issue"] |= {
        "state": "closed",
        "state_reason": "completed",
        "closed_at": world.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert (await github(world, "issues", new, str(uuid.uuid4()))).status_code == 202
    assert (await shows(world, incident, "resolved"))["also_known_as"] == [name]
    assert not world.mails("gina", incident), "answered in time, in the old repository: nobody hears of it"


async def test_a_jira_issue_is_breached_and_resolved(world: World) -> None:
    world.next_morning("UTC")
    issue = str(uuid.uuid4().int % 1_000_000)
    created = jira_issue(world, "jira/webhook-issue-created-no-relevant-fields.json", issue)
    created["issue"]["fields"] |= {"priority": {"name": "Highest"}, "created": moment(world.now)}
    answer = await jira(world, created)
    assert answer.status_code == 202, answer.text
    told = answer.json()
    incident = told["events"][0]["incident"]
    assert (told["promise"]["contract"], told["promise"]["priority"]) == ("jira", "P1")
    assert (await jira(world, created, secret="guessed")).status_code == 401

    world.pass_by(minutes=5)
    await world.mailed("jim", incident)
    world.pass_by(minutes=5)
    await world.mailed("jim", incident, 2)
    world.pass_by(minutes=1)
    resolved = jira_issue(world, "jira/webhook-issue-updated-resolved-one-changelog.json", issue)
    assert (await jira(world, resolved)).status_code == 202
    shown = await shows(world, incident, "resolved")
    assert {clock["metric"]: clock["state"] for clock in shown["clocks"]}["first_response"] == "missed"
    await world.mailed("jim", incident, 3)


def jira_issue(world: World, sample_path: str, issue: str) -> dict[str, Any]:
    payload = sample(sample_path)
    payload["timestamp"] = int(world.now.timestamp() * 1000)
    payload["issue"] |= {"id": issue, "key": f"TES-{issue}"}
    payload["issue"]["fields"]["updated"] = moment(world.now)
    return payload


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


async def jira(world: World, payload: dict[str, Any], secret: str = JIRA_SECRET) -> httpx2.Response:
    body = orjson.dumps(payload)
    headers = {
        "x-hub-signature": signature(secret, body), "x-atlassian-webhook-identifier": hashlib.md5(body).hexdigest(),
    }  # fmt: skip
    return await world.post("/v1/webhooks/jira-cloud", body, headers=headers)


async def shows(world: World, incident: str, phase: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        answer = await world.get("timer", f"/v1/incidents/{incident}")
        return answer.json() if answer.status_code == 200 and answer.json()["phase"] == phase else None

    found: dict[str, Any] = await world.until(f"{incident} {phase}", look)
    return found


@pytest.mark.parametrize("mode", ["structured", "binary", "batch"])
async def test_cloud_events_in_each_of_their_forms(world: World, mode: str) -> None:
    name, at = world.name(mode), world.now.isoformat()
    attributes = {"specversion": "1.0", "id": name, "source": "desk", "type": "io.slad.incident.opened.v1",
                  "subject": name, "time": at}  # fmt: skip
    data = {"customer": "Quiet", "priority": "P4"}
    key = {"authorization": "Bearer canary-ingest-key-2f6c81"}
    async with http_client(headers=key) as client:
        url = f"{world.fleet.url('ingest')}/v1/events"
        match mode:
            case "structured":
                kind = {"content-type": "application/cloudevents+json"}
                answer = await client.post(url, content=orjson.dumps({**attributes, "data": data}), headers=kind)
            case "binary":
                headers = {f"ce-{key}": value for key, value in attributes.items()}
                answer = await client.post(url, json=data, headers=headers)
            case _:
                kind = {"content-type": "application/cloudevents-batch+json"}
                answer = await client.post(url, content=orjson.dumps([{**attributes, "data": data}]), headers=kind)
    assert answer.status_code == 202, answer.text
    shown = await world.applied(name, lambda incident: incident["phase"] == "open")
    assert (shown["contract"]["id"], shown["priority"]) == ("quiet", "P4")
    await world.happens(name, "cancelled")
