"""An acknowledgement that expires, from the link in the mail to the mail that says so; and work that puts it off."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.notifier.stage import CATALOGUE, NINE, Stage, breached, clock_of, missed, notice
from tests.real.smtp import SmtpServer

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_platform.envelope import Envelope
from sla_platform.wire.incident import encode_event

READER = {"Authorization": "Bearer the-readers-key-0001"}
DUE = NINE + timedelta(minutes=15)
ALERT = str(clock_of("github:7"))


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    file = tmp_path / "catalogue.yaml"
    before = "    repeat: 1\n    pause: 60m\n"
    text = CATALOGUE.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, before + "    acknowledgement: {expires: 2h, times: 2}\n"))
    return load_catalogue(file, environment={"PAGER_URL": "https://p.example", "SPARE_URL": "https://s.example"})


@pytest.fixture
async def paged(stage: Stage, client: httpx2.AsyncClient) -> Stage:
    """Anna was paged at the breach and acknowledged five minutes later."""
    stage.time.go(DUE)
    await stage.hear(breached())
    await send_all(stage)
    await stage.pass_time(minutes=5)
    done = await client.post(f"/v1/alerts/{ALERT}/ack", headers=READER, json={"by": "anna"})
    assert done.json()["alert"]["expires_at"] == "2026-03-02T11:20:00Z"
    return stage


async def send_all(stage: Stage) -> None:
    while await stage.send():
        pass


def work(at: datetime, kind: EventKind = EventKind.COMMENTED, actor: Actor = Actor.STAFF, **more: Any) -> Envelope:
    return encode_event(
        IncidentEvent(
            id=EventId(f"e-{at.timestamp()}-{kind}-{actor}"),
            kind=kind,
            incident=IncidentId("github:7"),
            source="github",
            occurred_at=at,
            received_at=at,
            actor=actor,
            **more,
        )
    )


async def paged_people(stage: Stage) -> list[str]:
    return [row.person for row in await stage.rows(kind="page")]


async def test_it_expires_and_the_next_level_reads_who_had_acknowledged(
    paged: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    await paged.pass_time(hours=1, minutes=59)
    assert await paged_people(paged) == ["anna"]
    await paged.pass_time(minutes=1)
    await send_all(paged)
    assert sorted(await paged_people(paged)) == ["anna", "anna", "piotr"]
    mail = {str(each.parsed["To"]): each.parsed for each in smtp_server.accepted.all()[1:]}
    (piotr,) = [each for to, each in mail.items() if "piotr" in to]
    body = piotr.get_body(("plain",))
    assert body is not None
    said = " ".join(body.get_content().split())
    assert "acknowledged it at Mon, Mar 2, 2026, 10:20 CET (09:20 UTC); this acknowledgement has expired" in said
    assert "Not acknowledged so far" not in said
    detail = (await client.get(f"/v1/alerts/{ALERT}", headers=READER)).json()
    assert (detail["state"], detail["expiries"], detail["expires_at"]) == ("open", 1, None)
    assert ("alert.expired", "idle") in await paged.log()


async def test_the_page_behind_the_link_says_when_it_expires(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    stage.time.go(DUE)
    await stage.hear(breached())
    await send_all(stage)
    body = smtp_server.accepted.all()[0].parsed.get_body(("plain",))
    assert body is not None
    link = next(each for each in body.get_content().split() if "/ack/" in each).removeprefix("https://slad.example")
    pressed = (await client.post(link)).text
    assert (
        "The acknowledgement expires at Mon, Mar 2, 2026, 12:15 CET (11:15 UTC), or later if the ticket is worked on"
        in pressed
    )
    assert "expires at" in (await client.get(link)).text, "whoever looks later reads it too"


async def test_work_puts_it_off_and_what_the_customer_or_a_program_says_does_not(paged: Stage) -> None:
    await paged.pass_time(hours=1)
    now = paged.time.now()
    for actor in (Actor.CUSTOMER, Actor.BOT, Actor.UNKNOWN):
        await paged.hear(work(now, actor=actor))
    await paged.hear(work(now, history=True), work(now, EventKind.CUSTOMER_REPLIED))
    assert (await paged.alert("github:7")).expires_at == DUE + timedelta(hours=2, minutes=5)
    await paged.hear(work(now), work(now - timedelta(minutes=10)))
    await paged.hear(work(now))
    assert (await paged.alert("github:7")).expires_at == now + timedelta(hours=2)
    await paged.pass_time(hours=1, minutes=5)
    assert await paged_people(paged) == ["anna"]
    await paged.pass_time(minutes=55)
    assert len(await paged_people(paged)) == 3


async def test_two_processes_let_it_expire_once(paged: Stage) -> None:
    other = paged.another()
    await paged.pass_time(hours=2)
    await other.pass_time(minutes=0)
    assert len([what for what, _ in await paged.log() if what == "alert.expired"]) == 1


async def test_a_kept_promise_leaves_nothing_to_expire(paged: Stage) -> None:
    await paged.hear(missed(DUE + timedelta(hours=1)))
    assert await paged.table("notifier_step") == []
    await paged.pass_time(hours=3)
    assert await paged_people(paged) == ["anna"]


async def test_the_third_acknowledgement_stands(paged: Stage, client: httpx2.AsyncClient) -> None:
    await paged.pass_time(hours=2)
    second = await client.post(f"/v1/alerts/{ALERT}/ack", headers=READER, json={"by": "piotr"})
    assert second.json()["answer"] == "done"
    await paged.pass_time(hours=2)
    third = await client.post(f"/v1/alerts/{ALERT}/ack", headers=READER, json={"by": "maria"})
    assert (third.json()["answer"], third.json()["alert"]["expires_at"]) == ("done", None)
    acknowledged = [what for what, _ in await paged.log() if what == "alert.acknowledged"]
    assert len(acknowledged) == 3


async def test_an_acknowledged_fix_stays_acknowledged(stage: Stage, client: httpx2.AsyncClient) -> None:
    await stage.hear(notice())
    (alert,) = (await client.get("/v1/alerts?kind=fix", headers=READER)).json()["alerts"]
    done = await client.post(f"/v1/alerts/{alert['id']}/ack", headers=READER, json={"by": "anna"})
    assert done.json()["alert"]["expires_at"] is None
