"""Answering: by the link of a mail, by the API, twice, too late, and by those who may not."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx2
import pytest
from tests.integration.notifier.stage import NINE, Stage, breached, clock_of, missed
from tests.real.smtp import SmtpServer
from tests.real.smtp import Stage as Smtp
from tests.real.webhook import Answer, WebhookReceiver

MINUTE = timedelta(minutes=1)
READER = {"Authorization": "Bearer the-readers-key-0001"}
ADMIN = {"Authorization": "Bearer the-admins-key-00001"}
ALERT = str(clock_of("github:7"))


@pytest.fixture
async def paged(stage: Stage, smtp_server: SmtpServer) -> str:
    """The path of the acknowledgement link in anna's mail."""
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    body = smtp_server.accepted.all()[0].parsed.get_body(("plain",))
    assert body is not None
    found = re.search(r"https://slad\.example(/ack/\S+)", body.get_content())
    assert found is not None
    return found.group(1)


async def test_looking_changes_nothing_and_pressing_stops_the_chain(
    stage: Stage, paged: str, client: httpx2.AsyncClient
) -> None:
    for _ in range(3):  # mail scanners follow links
        look = await client.get(paged)
        assert look.status_code == 200
        assert "<button" in look.text
    asked = await client.head(paged)
    assert (asked.status_code, asked.content) == (200, b""), "nor do they take it for a dead one"
    assert (await stage.alert("github:7")).state == "open"
    assert "script" not in look.text
    assert look.headers["content-security-policy"].startswith("default-src 'none'")
    assert look.headers["referrer-policy"] == "strict-origin"

    pressed = await client.post(paged)
    assert pressed.status_code == 200
    assert "Thank you, Anna Nowak." in pressed.text
    alert = await stage.alert("github:7")
    assert (alert.state, alert.acknowledged_by, alert.acknowledged_via) == ("acknowledged", "anna", "link")
    assert alert.acknowledged_at == stage.time.now()
    assert await stage.table("notifier_step") == []
    assert ("alert.acknowledged", "link") in await stage.log()


async def test_a_second_answer_is_kind(stage: Stage, paged: str, client: httpx2.AsyncClient) -> None:
    await client.post(paged)
    again = await client.post(paged)
    assert again.status_code == 200
    assert "was already acknowledged by Anna Nowak at Mon, Mar 2, 2026, 10:15 CET" in again.text
    page = (await client.get(paged)).text
    assert "I take care of it" not in page
    assert "I take it over" not in page, "it is hers; she may still pass it on or snooze it"


async def test_an_answer_after_the_end_is_kind_too(stage: Stage, paged: str, client: httpx2.AsyncClient) -> None:
    await stage.hear(missed(NINE + 16 * MINUTE))
    late = await client.post(paged)
    assert late.status_code == 200
    assert "was closed at" in late.text
    assert (await stage.alert("github:7")).state == "closed"


async def test_a_link_that_was_cut_off_changed_or_is_too_old_does_nothing(
    stage: Stage, paged: str, client: httpx2.AsyncClient
) -> None:
    said, _, mac = paged.removeprefix("/ack/").partition(".")
    flipped = mac[:-2] + ("A" if mac[-2] != "A" else "B") + mac[-1]
    for token in ("x", "x.y", said, f"{said}.", f"{said}.{flipped}", f"{said[:-3]}.{mac}", "ü.ü", "a" * 3000):
        for call in (client.get, client.post):
            assert (await call(f"/ack/{token}")).status_code == 403, token
    stage.time.go(stage.time.now() + timedelta(days=14))
    assert (await client.post(paged)).status_code == 410
    assert (await stage.alert("github:7")).state == "open"


async def test_the_api_acknowledges_with_the_right_scope(stage: Stage, paged: str, client: httpx2.AsyncClient) -> None:
    path = f"/v1/alerts/{ALERT}/ack"
    assert (await client.post(path)).status_code == 401
    assert (await client.post(path, headers={"Authorization": "Bearer wrong"})).status_code == 401
    hooked = {"Authorization": "Bearer the-hooked-key-000001"}
    assert (await client.post(path, headers=hooked)).status_code == 404, "another contract's alert does not exist"
    done = await client.post(path, headers=READER, json={"by": "the night bot"})
    assert (done.status_code, done.json()["answer"]) == (200, "done")
    assert done.json()["alert"]["acknowledged_by"] == "the night bot (key reader)"
    assert (await client.post(path, headers=READER)).json()["answer"] == "already"
    assert (await client.post("/v1/alerts/no-such/ack", headers=READER)).status_code == 404


async def test_the_api_shows_the_alert_its_steps_and_who_was_told(
    stage: Stage, paged: str, client: httpx2.AsyncClient
) -> None:
    detail = (await client.get(f"/v1/alerts/{ALERT}", headers=READER)).json()
    assert (detail["state"], detail["policy"], detail["level"]) == ("open", "on-call", 1)
    assert [step["level"] for step in detail["steps"]] == [2, 3, 0]
    assert [(each["person"], each["channel"], each["state"]) for each in detail["deliveries"]] == [
        ("anna", "email", "sent")
    ]
    assert "anna@acme.example" not in str(detail)
    assert "/ack/" not in str(detail), "whoever may read must not be able to answer in anna's name"


async def test_keys_of_a_contract_see_that_contract_alone(stage: Stage, paged: str, client: httpx2.AsyncClient) -> None:
    hooked = {"Authorization": "Bearer the-hooked-key-000001"}
    acme = {"Authorization": "Bearer the-acme-key-00000001"}
    delivery = (await stage.rows())[0].id
    assert len((await client.get("/v1/alerts", headers=acme)).json()["alerts"]) == 1
    assert (await client.get("/v1/alerts", headers=hooked)).json()["alerts"] == []
    assert (await client.get("/v1/deliveries", headers=hooked)).json()["deliveries"] == []
    assert (await client.get(f"/v1/alerts/{ALERT}", headers=hooked)).status_code == 404
    assert (await client.get(f"/v1/deliveries/{delivery}", headers=hooked)).status_code == 404
    assert (await client.get(f"/v1/deliveries/{delivery}", headers=acme)).status_code == 200


async def test_deliveries_come_in_pages(stage: Stage, client: httpx2.AsyncClient) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(*(breached(incident=f"github:{number}") for number in range(7)))
    seen: list[str] = []
    before = ""
    while True:
        page = (await client.get(f"/v1/deliveries?limit=3&before={before}", headers=READER)).json()
        seen += [each["id"] for each in page["deliveries"]]
        before = page["next"]
        if not before:
            break
    assert len(seen) == len(set(seen)) == 8, "seven pages and the digest of six of them"
    assert (await client.get("/v1/deliveries?before=nonsense", headers=READER)).status_code == 422
    assert (await client.get("/v1/deliveries?limit=9999", headers=READER)).status_code == 422


async def test_a_failed_delivery_is_retried_by_hand_under_its_id(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    night = NINE + timedelta(hours=12)
    stage.time.go(night)
    smtp_server.answer(Smtp.RCPT, "550 no")
    await stage.hear(breached(night, due_at=night))
    await stage.send()
    row = (await stage.rows())[0]
    path = f"/v1/deliveries/{row.id}/retry"
    assert (await client.post(path, headers=READER)).status_code == 403
    again = await client.post(path, headers=ADMIN)
    assert (again.status_code, again.json()["state"]) == (200, "queued")
    await stage.send()
    assert smtp_server.accepted.all()[0].parsed["Message-ID"] == f"<{row.id}@house.example>"
    assert (await client.post(path, headers=ADMIN)).status_code == 409
    log = (await client.get(f"/v1/deliveries/{row.id}", headers=READER)).json()["log"]
    assert [(each["number"], each["outcome"]) for each in log] == [(1, "rejected"), (2, "sent")]


async def test_a_disabled_endpoint_is_enabled_again(
    stage: Stage, webhook_receiver: WebhookReceiver, client: httpx2.AsyncClient
) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    webhook_receiver.answer(Answer(status=410))
    await stage.hear(breached(contract="hooked"))
    await stage.send()
    shown = (await client.get("/v1/endpoints", headers=ADMIN)).json()["endpoints"]
    assert [(each["id"], each["state"]) for each in shown] == [("webhook:pager", "disabled")]
    assert (await client.post("/v1/endpoints/webhook:pager/enable", headers=READER)).status_code == 403
    enabled = await client.post("/v1/endpoints/webhook:pager/enable", headers=ADMIN)
    assert (enabled.json()["state"], enabled.json()["changed_by"]) == ("active", "admin")
    await stage.hear(breached(contract="hooked", incident="github:8"))
    await stage.send()
    assert len(webhook_receiver.requests.all()) == 2
    assert (await client.post("/v1/endpoints/nobody/enable", headers=ADMIN)).status_code == 404
