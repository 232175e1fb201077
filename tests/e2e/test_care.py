"""What slad takes care of: duplicates, what it does not understand, critical fixes, restarts, and who may see what."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC
from typing import Any

import orjson
from tests.e2e.world import ADMIN_KEY, INGEST_KEY, PAGE_KEY, TOKEN, World, cloud_event, link_in, subject_of
from tests.shared_data import SHARED, needs_shared


async def test_an_event_delivered_many_times_counts_once(world: World) -> None:
    name = world.name("twice")
    event = cloud_event(name, "opened", {"customer": "Quiet", "priority": "P3"}, world.now)
    answers = await asyncio.gather(*(world.post("/v1/events", event, key=INGEST_KEY) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1, "each is answered like the first"
    assert sum(answer.headers.get("slad-duplicate") != "true" for answer in answers) == 1
    other = await world.post("/v1/events", {**event, "data": {"customer": "Page"}}, key=INGEST_KEY)
    assert "id_reused" in {remark["code"] for remark in other.json()["remarks"]}
    shown = await world.applied(name, lambda incident: incident["phase"] == "open")
    assert [(one["kind"], shown["contract"]["id"]) for one in shown["events"]] == [("opened", "quiet")]
    await world.happens(name, "cancelled")


@needs_shared
async def test_what_was_not_understood_is_kept_and_understood_after_the_catalogue_was_mended(world: World) -> None:
    body = orjson.loads((SHARED / "data/webhooks/github/opened.payload.json").read_bytes())
    number = int(uuid.uuid4().int % 1_000_000)
    now = world.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body["issue"] |= {"number": number, "id": 800_000_000 + number, "created_at": now, "updated_at": now, "labels": []}
    headers = {"x-token": TOKEN, "x-github-event": "issues", "x-github-delivery": str(uuid.uuid4())}
    answer = await world.post("/v1/webhooks/undecided", body, headers=headers)
    assert (answer.status_code, answer.json()["outcome"]) == (202, "parked"), answer.text
    parked = answer.json()["id"]
    listed = (await world.get("ingest", "/v1/parked", key=ADMIN_KEY, limit="500")).json()["parked"]
    assert parked in {one["id"] for one in listed}
    raw = await world.get("ingest", f"/v1/parked/{parked}/body", key=ADMIN_KEY)
    assert raw.content == orjson.dumps(body)
    still = await world.post(f"/v1/parked/{parked}/replay", b"", key=ADMIN_KEY)
    assert still.status_code == 200, "nothing has changed, so it stays where it is"

    sources = world.catalogue / "sources.yaml"
    sources.write_text(sources.read_text().replace("dialect: jira                  # a guess", "dialect: github"))

    async def replayed() -> dict[str, object] | None:
        tried = await world.post(f"/v1/parked/{parked}/replay", b"", key=ADMIN_KEY)
        return tried.json() if tried.status_code == 202 else None

    told = await world.until("replay that is understood", replayed)
    incident = told["events"][0]["incident"]

    async def known() -> bool:
        return (await world.get("timer", f"/v1/incidents/{incident}")).status_code == 200

    await world.until(f"{incident} at the timer", known)
    assert (await world.post(f"/v1/parked/{parked}/replay", b"", key=ADMIN_KEY)).status_code == 409
    event = cloud_event(incident.partition(":")[2], "resolved", None, world.now)
    forged = await world.post("/v1/events", {**event, "source": "undecided"}, key=INGEST_KEY)
    assert forged.status_code == 422, "the name of a webhook source is not free for the events endpoint"
    closed = {**body, "action": "closed", "issue": {**body["issue"], "state_reason": "completed"}}
    headers["x-github-delivery"] = str(uuid.uuid4())
    assert (await world.post("/v1/webhooks/undecided", closed, headers=headers)).json()["outcome"] == "accepted"


async def test_a_critical_fix_reaches_every_contract_that_uses_it_once(world: World) -> None:
    notice: dict[str, Any] = {
        "id": world.name("fix"),
        "title": "Shop 4.2 loses orders",
        "text": "Install 4.3 now.",
        "severity": "critical",
        "products": [{"product": "shop", "versions": ">=4.0,<4.3"}],
    }
    first = await world.post("/v1/notices", notice, key=INGEST_KEY)
    assert first.status_code == 202, first.text
    again = await world.post("/v1/notices", notice, key=INGEST_KEY)
    assert (again.status_code, again.content) == (202, first.content)
    changed = await world.post("/v1/notices", {**notice, "text": "Never mind."}, key=INGEST_KEY)
    assert changed.status_code == 409

    (mail,) = await world.until("the mail to finn", lambda: world.mails("finn", notice["title"]))
    assert notice["title"] in subject_of(mail)
    page, *_ = await world.paged("fix", notice["id"])
    assert (page.kind, page.data["level"]) == ("fix", 1)
    link = link_in(mail)
    assert (await world.post(link[link.index("/ack/") :], b"", service="notifier")).status_code == 200
    await world.fence()
    addressed = [one for one in world.pages("fix", notice["id"]) if one.data["level"] == 1]  # others: unanswered so far
    assert (len(world.mails("finn", notice["title"])), len(addressed)) == (1, 1)
    assert world.mails("flo", notice["title"]) == [], "5.0 is not affected"
    alerts = (await world.get("notifier", "/v1/alerts", kind="fix")).json()["alerts"]
    mine = {one["contract"]: one["state"] for one in alerts if one["notice"] == notice["id"]}
    assert mine == {"fix-a": "acknowledged", "fix-b": "open"}
    other = next(one["id"] for one in alerts if one["notice"] == notice["id"] and one["contract"] == "fix-b")
    acknowledged = await world.post(f"/v1/alerts/{other}/ack", {"by": "fay"}, service="notifier", key=ADMIN_KEY)
    assert acknowledged.json()["answer"] == "done"


async def test_a_crash_and_a_restart_in_the_middle_lose_nothing_and_tell_nothing_twice(world: World) -> None:
    name = world.name("restart")
    await world.happens(name, "opened", {"customer": "Restart", "priority": "P1"})
    await world.fleet.restart(hard=True)
    world.pass_by(minutes=5)
    await world.paged("restart", name)
    world.pass_by(minutes=5)
    await world.paged("restart", name, 2)
    await world.fleet.restart("timer", "notifier")
    world.pass_by(minutes=1)
    await world.happens(name, "resolved", {"actor": "staff"})
    pages = await world.paged("restart", name, 3)
    assert [page.kind for page in pages] == ["warning", "page", "resolved"]
    await world.fence()
    assert len({page.id for page in world.pages("restart", name)}) == len(world.pages("restart", name)) == 3


async def test_a_key_of_one_contract_sees_that_contract_alone(world: World) -> None:
    own, foreign = world.name("page"), world.name("foreign")
    await world.happens(foreign, "opened", {"customer": "Quiet", "priority": "P4"})
    answer = await world.happens(own, "opened", {"customer": "Page", "priority": "P4"}, key=PAGE_KEY)
    mine = answer.json()["events"][0]["incident"]

    async def status(path: str, service: str = "timer") -> int:
        return (await world.get(service, path, key=PAGE_KEY)).status_code

    async def known() -> bool:
        return await status(f"/v1/incidents/{mine}") == 200

    await world.until(f"{mine} for its own key", known)
    await world.applied(foreign, lambda incident: incident["phase"] == "open")
    assert await status(f"/v1/incidents/desk:{foreign}") == 404
    assert await status(f"/v1/board/incidents/desk:{foreign}", "board") == 404
    clocks = (await world.get("timer", "/v1/clocks", key=PAGE_KEY)).json()["clocks"]
    assert {one["contract"] for one in clocks} == {"page"}
    alerts = (await world.get("notifier", "/v1/alerts", key=PAGE_KEY)).json()["alerts"]
    assert {one["contract"] for one in alerts} <= {"page"}
    deliveries = (await world.get("notifier", "/v1/deliveries", key=PAGE_KEY)).json()["deliveries"]
    assert {one["contract"] for one in deliveries} <= {"page"}
    shown = (await world.get("board", "/v1/board/clocks", key=PAGE_KEY)).json()["clocks"]
    assert {one["contract"] for one in shown} <= {"page"}
    for_another = cloud_event(world.name("forged"), "opened", {"customer": "Quiet"}, world.now)
    assert (await world.post("/v1/events", for_another, key=PAGE_KEY)).status_code == 403
    assert (await world.post("/v1/notices", {}, key=PAGE_KEY)).status_code == 403
    assert (await world.get("ingest", "/v1/parked", key=PAGE_KEY)).status_code == 403
    for service, path in (("timer", "/v1/clocks"), ("notifier", "/v1/alerts"), ("board", "/")):
        assert (await world.get(service, path, key="")).status_code == 401
        assert (await world.get(service, path, key="no such key")).status_code == 401
    for name in (own, foreign):
        await world.happens(name, "cancelled", key=PAGE_KEY if name == own else INGEST_KEY)
