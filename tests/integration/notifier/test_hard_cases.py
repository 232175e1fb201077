"""What is hard for whoever tells people: nobody there, no way to them, no end to it, and titles of every script."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from tests.integration.notifier.stage import CATALOGUE, NINE, Stage, breached, clock_of
from tests.real.smtp import SmtpServer

from sla_catalogue import Catalogue, load_catalogue

READER = {"Authorization": "Bearer the-readers-key-0001"}
DUE = NINE + timedelta(minutes=15)
ALERT = str(clock_of("github:7"))
ROTA = """
rotas:
  empty: {zone: UTC, people: [ben], handover: {every: week}, starts: 2026-01-05}
"""
CHINESE = "伺服器無法連線，所有分店的收銀系統都停擺了" * 25
HARD_TITLES = [
    CHINESE[:500],
    "النظام متوقف عن العمل منذ الصباح " * 15,
    "🔥👩‍👩‍👧‍👦🇹🇼" * 40,
    "\u202etxt.exe\u2066 <b>x</b>\r\nBcc: a@b",
]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    text = CATALOGUE.read_text()
    for before, after in (
        ("    pause: 60m\n", "    pause: 60m\n    acknowledgement: {expires: 30m, times: 3}\n"),
        (
            "  ben: {name: Ben Berg, email: ben@acme.example}",
            "  ben: {name: Ben Berg, email: ben@acme.example, until: 2026-02-01}",
        ),
        ("  piotr: {name: Piotr Zieliński, email: piotr@acme.example}", "  piotr: {name: Piotr Zieliński}"),
        ("    roles: {on_call: [hook], lead: [piotr]}", "    roles: {on_call: [{rota: empty}], lead: [piotr]}"),
    ):
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    file = tmp_path / "catalogue.yaml"
    file.write_text(text + ROTA)
    return load_catalogue(file, environment={"PAGER_URL": "https://p.example", "SPARE_URL": "https://s.example"})


async def send_all(stage: Stage) -> None:
    while await stage.send():
        pass


async def test_a_rota_with_nobody_and_a_person_without_a_way_end_with_the_operators(stage: Stage) -> None:
    stage.time.go(DUE)
    await stage.hear(breached(contract="hooked"))
    await stage.pass_time(minutes=10)
    rows = [(row.person, row.level, row.state, row.reason) for row in await stage.rows(kind="page")]
    assert ("ops", 1, "queued", "") in rows, "the rota has nobody any more"
    assert ("piotr", 2, "undeliverable", "no_address") in rows, "it is seen that he has no way"
    assert ("ops", 2, "queued", "") in rows or ("ops", 2, "cancelled", "already_told") in rows


async def test_nobody_can_be_passed_an_alert_whom_no_way_reaches(stage: Stage, client: httpx2.AsyncClient) -> None:
    stage.time.go(DUE)
    await stage.hear(breached())
    for person in ("piotr", "ben"):
        answer = await client.post(f"/v1/alerts/{ALERT}/pass", headers=READER, json={"to": person})
        assert answer.status_code == 422
        assert "anna, maria" in answer.json()["detail"]


async def test_an_escalation_ends_however_often_somebody_acknowledges_and_sleeps(
    stage: Stage, client: httpx2.AsyncClient
) -> None:
    stage.time.go(DUE)
    await stage.hear(breached())
    for _ in range(40):
        await client.post(f"/v1/alerts/{ALERT}/ack", headers=READER, json={"by": "anna"})
        await stage.pass_time(hours=4)
    alert = await stage.alert("github:7")
    assert (alert.state, alert.expiries, alert.round) == ("acknowledged", 3, 3)
    assert await stage.table("notifier_step") == []


async def test_an_escalation_that_nobody_answers_ends_too(stage: Stage) -> None:
    stage.time.go(DUE)
    await stage.hear(breached())
    for _ in range(7 * 24):
        await stage.pass_time(hours=1)
    assert (await stage.alert("github:7")).round == 1
    assert await stage.table("notifier_step") == []


@pytest.mark.parametrize("title", HARD_TITLES, ids=["chinese", "rtl", "emoji", "hostile"])
async def test_titles_of_every_script_pass_through_a_page_that_is_passed_on(
    stage: Stage, client: httpx2.AsyncClient, smtp_server: SmtpServer, title: str
) -> None:
    stage.time.go(DUE)
    await stage.hear(breached(title=title))
    await send_all(stage)
    done = await client.post(f"/v1/alerts/{ALERT}/pass", headers=READER, json={"to": "maria", "by": title[:40].strip()})
    assert done.status_code in (200, 422), done.text
    if done.status_code == 422:  # a name with a line break or a control is refused where it comes in
        assert done.json()["errors"][0]["pointer"] == "/by"
        done = await client.post(f"/v1/alerts/{ALERT}/pass", headers=READER, json={"to": "maria"})
    assert done.json()["answer"] == "done"
    await send_all(stage)
    mails = smtp_server.accepted.all()
    assert len(mails) == 2
    for mail in mails:
        subject = str(mail.parsed["Subject"])
        assert len(subject) <= 220
        assert "\u202e" not in subject
        assert mail.parsed["Bcc"] is None
        html = mail.parsed.get_body(("html",))
        assert html is not None
        assert "<b>x</b>" not in html.get_content()
        token = next(each for each in mail.parsed.get_body(("plain",)).get_content().split() if "/ack/" in each)
        page = await client.get(token.removeprefix("https://slad.example"))
        assert page.status_code == 200
        assert "<b>x</b>" not in page.text
