"""Take it, pass it on, snooze it: on the page behind the link, over the API and by `slad ack`."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from tests.integration.notifier.stage import NINE, Stage, breached, clock_of, fact, missed, notice
from tests.integration.notifier.test_ack_command import typed, url
from tests.real.smtp import SmtpServer

from sla_domain.fact import FactKind
from sla_notifier.delivery.policy import UnsentReason
from sla_platform.bus import Batch
from sla_platform.envelope import Envelope

__all__ = ["url"]
READER = {"Authorization": "Bearer the-readers-key-0001"}
HOOKED = {"Authorization": "Bearer the-hooked-key-000001"}
DUE = NINE + timedelta(minutes=15)
RESOLUTION = NINE + timedelta(hours=4)
ALERT = str(clock_of("github:7"))
PATH = f"/v1/alerts/{ALERT}"


def running() -> Envelope:
    """The resolution of the same ticket is due at 14:00 in Warsaw."""
    clock = clock_of("github:7", "resolution")
    return fact(
        FactKind.CLOCK_STARTED, NINE, "0/started", clock=clock, metric="resolution", due_at=RESOLUTION, state="running"
    )


@pytest.fixture
async def link(stage: Stage, smtp_server: SmtpServer) -> str:
    """The path of the link in Anna's mail about the first response; the resolution still runs."""
    await stage.hear(running())
    stage.time.go(DUE)
    await stage.hear(breached())
    await send_all(stage)
    body = smtp_server.accepted.all()[0].parsed.get_body(("plain",))
    assert body is not None
    found = re.search(r"https://slad\.example(/ack/\S+)", body.get_content())
    assert found is not None
    return found.group(1)


async def send_all(stage: Stage) -> None:
    while await stage.send():
        pass


async def pages(stage: Stage) -> list[tuple[str, str]]:
    return [(row.person, row.state) for row in await stage.rows(kind="page")]


async def test_the_page_offers_to_pass_and_to_snooze_and_passing_pages_the_other(
    stage: Stage, link: str, client: httpx2.AsyncClient, smtp_server: SmtpServer
) -> None:
    page = (await client.get(link)).text
    offered = re.findall(r'<option value="([a-z]+)"', page)
    assert offered == ["ben", "maria", "piotr"], "the support's people, not the reader and not the customer's Jan"
    passed = await client.post(link, data={"do": "pass", "to": "maria"})
    assert "was passed to Maria Rossi" in passed.text
    await send_all(stage)
    assert await pages(stage) == [("anna", "sent"), ("maria", "sent")]
    body = smtp_server.accepted.all()[-1].parsed.get_body(("plain",))
    assert body is not None
    assert "Anna Nowak has passed it to Maria Rossi." in " ".join(body.get_content().split())
    assert ("alert.passed", "maria") in await stage.log()
    await stage.pass_time(minutes=10)
    assert ("piotr", "queued") in await pages(stage), "she has not answered: the level behind follows"


async def test_a_page_that_still_waits_is_cut_off_when_the_alert_is_passed_on(
    stage: Stage, link: str, client: httpx2.AsyncClient
) -> None:
    await stage.pass_time(minutes=10)
    waiting = [row.person for row in await stage.rows(kind="page", state="queued")]
    assert waiting == ["piotr"]
    await client.post(link, data={"do": "pass", "to": "ben"})
    assert [row.reason for row in await stage.rows(person="piotr")] == [UnsentReason.PASSED.value]


@pytest.mark.parametrize("to", ["nobody", "jan", ""])
async def test_whoever_cannot_be_paged_is_not_passed_to(
    stage: Stage, link: str, client: httpx2.AsyncClient, to: str
) -> None:
    answer = await client.post(f"{PATH}/pass", headers=READER, json={"to": to})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/to"
    assert (await stage.alert("github:7")).state == "open"
    if to:
        page = await client.post(link, data={"do": "pass", "to": to})
        assert "was not passed on" in page.text


async def test_a_snooze_past_the_resolution_is_asked_about_once_more(
    stage: Stage, link: str, client: httpx2.AsyncClient
) -> None:
    asked = await client.post(link, data={"do": "snooze", "minutes": "240"})
    assert "is due at Mon, Mar 2, 2026, 14:00 CET" in asked.text
    assert (await stage.alert("github:7")).state == "open"
    confirmed = dict(re.findall(r'name="(\w+)" value="(\w+)"', asked.text.partition('value="snooze"')[2]))
    assert confirmed == {"past_deadline": "yes", "minutes": "240"}
    done = await client.post(link, data={"do": "snooze", **confirmed})
    assert "rests until Mon, Mar 2, 2026, 14:15 CET" in done.text
    alert = await stage.alert("github:7")
    assert (alert.state, alert.acknowledged_by, alert.expires_at) == ("acknowledged", "anna", DUE + timedelta(hours=4))


async def test_a_snooze_before_it_needs_no_second_word_and_pages_the_same_person_at_its_end(
    stage: Stage, link: str, client: httpx2.AsyncClient
) -> None:
    done = await client.post(link, data={"do": "snooze", "minutes": "60"})
    assert "rests until Mon, Mar 2, 2026, 11:15 CET" in done.text
    await stage.pass_time(minutes=59)
    assert await pages(stage) == [("anna", "sent")]
    await stage.pass_time(minutes=1)
    await send_all(stage)
    assert await pages(stage) == [("anna", "sent"), ("anna", "sent")]
    await stage.pass_time(minutes=10)
    assert ("piotr", "queued") in await pages(stage)


async def test_over_the_api_the_deadline_is_named_and_the_second_word_is_a_field(
    stage: Stage, link: str, client: httpx2.AsyncClient
) -> None:
    late = {"until": (RESOLUTION + timedelta(minutes=1)).isoformat()}
    refused = await client.post(f"{PATH}/snooze", headers=READER, json=late)
    assert (refused.status_code, refused.json()["due_at"]) == (409, RESOLUTION.isoformat())
    assert "past_deadline" in refused.json()["detail"]
    for until in (DUE, DUE + timedelta(days=31)):
        wrong = await client.post(f"{PATH}/snooze", headers=READER, json={"until": until.isoformat()})
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/until")
    other = await client.post(f"{PATH}/snooze", headers=HOOKED, json=late | {"past_deadline": True})
    assert other.status_code == 404
    done = await client.post(f"{PATH}/snooze", headers=READER, json=late | {"past_deadline": True})
    assert (done.status_code, done.json()["answer"]) == (200, "done")
    acts = [row for row in await stage.table("notifier_audit") if row.act == "alert.snoozed"]
    assert len(acts) == 1


async def test_a_resolution_that_is_kept_is_no_deadline_any_more(
    stage: Stage, link: str, client: httpx2.AsyncClient
) -> None:
    clock = clock_of("github:7", "resolution")
    met = fact(FactKind.CLOCK_MET, DUE, "met", clock=clock, metric="resolution", due_at=RESOLUTION, state="met")
    await stage.hear(met)
    assert await stage.table("notifier_deadline") == []
    done = await client.post(link, data={"do": "snooze", "minutes": "480"})
    assert "rests until" in done.text


async def test_an_alert_in_other_hands_can_be_taken_over_by_the_link(
    stage: Stage, link: str, client: httpx2.AsyncClient
) -> None:
    await client.post(f"{PATH}/ack", headers=READER, json={"by": "Ben"})
    page = (await client.get(link)).text
    assert "was already acknowledged by Ben (key reader)" in page
    assert "I take it over" in page
    assert "Thank you, Anna Nowak." in (await client.post(link, data={"do": "take"})).text
    assert (await stage.alert("github:7")).acknowledged_by == "anna"
    assert [what for what, _ in await stage.log() if what == "alert.acknowledged"] == ["alert.acknowledged"] * 2
    assert "I take it over" not in (await client.get(link)).text


@pytest.mark.parametrize("do", ["take", "pass", "snooze"])
async def test_a_link_that_is_used_too_late_changes_nothing(
    stage: Stage, link: str, client: httpx2.AsyncClient, do: str
) -> None:
    await stage.hear(missed(DUE + timedelta(minutes=1)))
    late = await client.post(link, data={"do": do, "to": "ben", "minutes": "60"})
    assert (late.status_code, "was closed at" in late.text) == (200, True)
    assert (await stage.alert("github:7")).state == "closed"


async def test_a_critical_fix_is_taken_and_neither_passed_nor_snoozed(stage: Stage, client: httpx2.AsyncClient) -> None:
    await stage.hear(notice())
    (alert,) = (await client.get("/v1/alerts?kind=fix&state=open", headers=READER)).json()["alerts"]
    path = f"/v1/alerts/{alert['id']}"
    until = (NINE + timedelta(hours=1)).isoformat()
    assert (await client.post(f"{path}/pass", headers=READER, json={"to": "ben"})).status_code == 409
    assert (await client.post(f"{path}/snooze", headers=READER, json={"until": until})).status_code == 409
    assert (await client.post(f"{path}/take", headers=READER)).json()["answer"] == "done"


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_the_command_takes_passes_and_snoozes(stage: Stage, link: str, url: str) -> None:
    passed = await typed(url, "github:7", "--pass-to", "maria")
    assert (passed.status, passed.out) == (0, "github:7 first_response: passed to maria, who is paged\n")
    until = (RESOLUTION + timedelta(hours=1)).isoformat()
    refused = await typed(url, "github:7", "--snooze-until", until)
    assert (refused.status, "past_deadline" in refused.err) == (2, True)
    done = await typed(url, "github:7", "--snooze-until", until, "--past-deadline", "--by", "Ada")
    assert "acknowledged by Ada (key reader); nobody else is paged until it expires at 2026-03-02T14:00:00Z" in done.out
    taken = await typed(url, "github:7", "--take", "--by", "Bea")
    assert "acknowledged by Bea (key reader)" in taken.out
    for wrong in (("--take", "--pass-to", "ben"), ("--past-deadline",)):
        assert (await typed(url, "github:7", *wrong)).status == 2
    assert (await typed(url, "--take")).status == 2


async def test_facts_that_only_move_deadlines_make_no_page_wait(stage: Stage) -> None:
    """Of thousands of incidents opened at once each clock has a deadline; the reader that pages people writes none."""
    started = [
        fact(FactKind.CLOCK_STARTED, NINE, "started", incident=f"github:{number}", state="running")
        for number in range(100, 120)
    ]
    async with stage.store.transaction():  # nobody else can write
        async with asyncio.timeout(5):
            await stage.handler.handle(Batch(0, tuple(started), None))
    assert await stage.table("notifier_deadline") == []
    unreadable = replace(started[0], data=b"{")
    await stage.deadlines.handle(Batch(0, (unreadable, *started), None))
    assert len(await stage.table("notifier_deadline")) == 20
