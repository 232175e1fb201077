"""Asking the customer whether a lowering is agreed: a mail, a page with two buttons, one answer, what is true later."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.notifier.stage import CATALOGUE, NINE, Stage, StageTime, fact
from tests.real.smtp import SmtpServer

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.fact import FactKind
from sla_notifier.ask.reminders import Reminders
from sla_platform.envelope import Envelope
from sla_platform.settings import Settings
from sla_platform.store.engine import Store

RULE = "    tell: [{on: downgrade_proposed, to: contact}]\n"
FORM = {"content-type": "application/x-www-form-urlencoded"}
DAY = timedelta(days=1)


def of_incident(kind: FactKind, key: str, **more: object) -> Envelope:
    return fact(kind, NINE, key, clock=None, metric="", due_at=None, allowed="", **more)


PROPOSED = of_incident(
    FactKind.DOWNGRADE_PROPOSED, "downgrade/ab12", details={"old": "P1", "new": "P2", "by": "Anna", "reason": "works"}
)
SETTLED = of_incident(FactKind.DOWNGRADE_SETTLED, "settled/1", details={"proposal": "downgrade/ab12"})


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    roles = "    roles: [on_call, lead, manager]\n"
    text = CATALOGUE.read_text()
    assert text.count(roles) == 1
    file = tmp_path / "catalogue.yaml"
    file.write_text(text.replace(roles, roles + RULE))
    return load_catalogue(file, environment={"PAGER_URL": "https://p.example", "SPARE_URL": "https://s.example"})


@pytest.fixture
async def asking(store: Store, catalogue: Catalogue, settings: Settings) -> AsyncIterator[Stage]:
    stage = Stage(store, StageTime(), catalogue, settings)
    yield stage
    await stage.close()


@pytest.fixture
async def browser(asking: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=asking.app())
    async with httpx2.AsyncClient(transport=transport, base_url="https://slad.example") as client:
        yield client


async def path_of(stage: Stage, smtp_server: SmtpServer) -> str:
    """The path of the link in the newest mail."""
    await stage.send()
    mail = smtp_server.accepted.all()[-1]
    assert mail.parsed["To"] == "jan@customer.example"
    body = mail.parsed.get_body(("plain",))
    assert body is not None
    found = re.search(r"https://slad\.example(/answers/\S+)", body.get_content())
    assert found is not None
    return found.group(1)


async def test_a_yes_is_published_once_and_every_later_look_says_so(
    asking: Stage, browser: httpx2.AsyncClient, smtp_server: SmtpServer
) -> None:
    await asking.hear(PROPOSED)
    path = await path_of(asking, smtp_server)
    for _ in range(2):  # mail scanners follow links
        look = await browser.get(path)
        assert look.status_code == 200
        assert look.text.count("<button") == 2
        assert 'lang="pl"' in look.text
    assert (await asking.table("notifier_question"))[0].state == "open"
    unsaid = await browser.post(path)
    assert unsaid.text.count("<button") == 2, "a press that says nothing asks again"

    asking.time.go(NINE + timedelta(hours=1))
    pressed = await browser.post(path, content=b"answer=yes", headers=FORM)
    assert pressed.status_code == 200
    assert "Zgoda przyjęta" in pressed.text
    for said in (b"answer=no", b"answer=yes"):
        again = await browser.post(path, content=said, headers=FORM)
        assert again.status_code == 200
        assert "odpowiedziano już" in again.text
        assert "<button" not in again.text
    (row,) = await asking.table("notifier_question")
    assert (row.state, row.answered_by, row.ended_at) == ("agreed", "jan", NINE + timedelta(hours=1))
    assert [what for what, _ in await asking.log() if what.startswith("question.")] == ["question.agreed"]
    (act,) = [each for each in await asking.table("notifier_audit") if each.act == "question.answered"]
    assert act.actor == "person:jan"


async def test_a_link_of_a_proposal_that_is_gone_says_so_and_does_nothing(
    asking: Stage, browser: httpx2.AsyncClient, smtp_server: SmtpServer
) -> None:
    await asking.hear(PROPOSED)
    path = await path_of(asking, smtp_server)
    await asking.hear(SETTLED)
    late = await browser.post(path, content=b"answer=yes", headers=FORM)
    assert late.status_code == 200
    assert "już nie obowiązuje" in late.text
    assert [what for what, _ in await asking.log() if what.startswith("question.")] == []


async def test_nobody_answers_two_reminders_and_the_end(
    asking: Stage, browser: httpx2.AsyncClient, smtp_server: SmtpServer
) -> None:
    await asking.hear(PROPOSED)
    path = await path_of(asking, smtp_server)
    reminders = Reminders(asking.context)
    for days, due in ((0.5, 0), (1, 1), (2, 0), (3, 1), (6, 0), (7, 1), (8, 0)):
        asking.time.go(NINE + days * DAY)
        assert await reminders.look() == due
        await asking.send()
    subjects = [str(mail.parsed["Subject"]) for mail in smtp_server.accepted.all()]
    assert [subject.partition(":")[0] for subject in subjects] == ["Propozycja niższego priorytetu"] + 2 * [
        "Przypomnienie"
    ]
    late = await browser.post(path, content=b"answer=yes", headers=FORM)
    assert late.status_code == 410
    assert "Czas na odpowiedź minął" in late.text
    assert [what for what, _ in await asking.log() if what.startswith("question.")] == ["question.expired"]
    assert (await asking.table("notifier_question"))[0].state == "expired"


async def test_who_no_longer_belongs_to_the_customer_cannot_answer(
    asking: Stage, browser: httpx2.AsyncClient, smtp_server: SmtpServer
) -> None:
    await asking.hear(PROPOSED)
    await path_of(asking, smtp_server)
    (row,) = await asking.table("notifier_question")
    links, now = asking.context.render_config.links, asking.time.now()
    for person in ("anna", "nobody"):  # of the staff, or gone
        path = links.question(row.id, person, now).removeprefix("https://slad.example")
        for said in (b"answer=yes", b""):
            refused = await browser.post(path, content=said, headers=FORM)
            assert refused.status_code == 403
            assert "<button" not in refused.text
    assert (await asking.table("notifier_question"))[0].state == "open"


@pytest.mark.parametrize("change", [lambda path: path[:-3], lambda path: path[:-1] + "!", lambda path: "/answers/x"])
async def test_a_link_that_was_changed_is_refused(
    asking: Stage, browser: httpx2.AsyncClient, smtp_server: SmtpServer, change: Any
) -> None:
    await asking.hear(PROPOSED)
    path = change(await path_of(asking, smtp_server))
    assert (await browser.get(path)).status_code == 403
    assert (await browser.post(path, content=b"answer=yes", headers=FORM)).status_code == 403


async def test_history_is_not_asked_about(asking: Stage) -> None:
    old = of_incident(FactKind.DOWNGRADE_PROPOSED, "downgrade/cd", details={"old": "P1", "new": "P2"}, history=True)
    await asking.hear(old)
    assert await asking.table("notifier_question") == []


async def test_the_list_says_what_waits_for_an_answer_and_what_became_of_the_rest(
    asking: Stage, browser: httpx2.AsyncClient, smtp_server: SmtpServer
) -> None:
    await asking.hear(PROPOSED)
    await asking.hear(of_incident(FactKind.DOWNGRADE_PROPOSED, "downgrade/cd34", incident="github:8",
                                  details={"old": "P1", "new": "P3", "by": "Anna"}))  # fmt: skip
    await asking.hear(SETTLED)
    shown = {"Authorization": "Bearer the-acme-key-00000001"}
    first = (await browser.get("/v1/questions?limit=1", headers=shown)).json()
    second = (await browser.get("/v1/questions", params={"limit": 1, "before": first["next"]}, headers=shown)).json()
    both = {one["incident"]: one for one in (*first["questions"], *second["questions"])}
    assert {key: (one["state"], one["priority"], one["people"]) for key, one in both.items()} == {
        "github:7": ("gone", "P2", ["jan"]), "github:8": ("open", "P3", ["jan"]),
    }  # fmt: skip
    assert second["next"] == ""
    waiting = (await browser.get("/v1/questions?state=open", headers=shown)).json()["questions"]
    assert [one["incident"] for one in waiting] == ["github:8"]
    other = {"Authorization": "Bearer the-hooked-key-000001"}
    assert (await browser.get("/v1/questions", headers=other)).json() == {"questions": [], "next": ""}
    assert (await browser.get("/v1/questions")).status_code == 401
    assert (await browser.get("/v1/questions?before=nonsense", headers=shown)).status_code == 422
