"""A contact of the customer: one thread an incident, mails that no program answers, an end by one click (RFC 8058)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import insert
from tests.integration.notifier.stage import CATALOGUE, NINE, Stage, StageTime, breached, fact, warned
from tests.real.smtp import SmtpServer

from sla_catalogue import Catalogue, load_catalogue
from sla_domain.fact import FactKind
from sla_notifier import tables
from sla_platform.envelope import Envelope
from sla_platform.settings import Settings
from sla_platform.store.engine import Store

RULES = """    tell:
      - {on: opened, to: contact}
      - {on: promise_moved, to: contact}
      - {on: warned, to: contact}
"""
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    roles = "    roles: [on_call, lead, manager]\n"
    text = CATALOGUE.read_text()
    assert text.count(roles) == 1
    file = tmp_path / "catalogue.yaml"
    file.write_text(text.replace(roles, roles + RULES))
    return load_catalogue(file, environment={"PAGER_URL": "https://p.example", "SPARE_URL": "https://s.example"})


@pytest.fixture
async def desk(store: Store, catalogue: Catalogue, settings: Settings) -> AsyncIterator[Stage]:
    replying = settings.model_copy(update={"mail_reply_to": "Service desk <desk@house.example>"})
    stage = Stage(store, StageTime(), catalogue, replying)
    yield stage
    await stage.close()


@pytest.fixture
async def browser(desk: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=desk.app())
    async with httpx2.AsyncClient(transport=transport, base_url="https://slad.example") as client:
        yield client


def of_incident(kind: FactKind, key: str, **more: object) -> Envelope:
    return fact(kind, NINE, key, clock=None, metric="", due_at=None, allowed="", **more)


def opened(incident: str = "github:7") -> Envelope:
    details = {"due:first_response": "2026-03-02T09:15:00+00:00"}
    return of_incident(FactKind.PROMISE_MADE, "promise", turned="opened", details=details, incident=incident)


def moved(key: str) -> Envelope:
    details = {"due:first_response": "2026-03-02T11:15:00+00:00", "moved": "first_response"}
    return of_incident(FactKind.PROMISE_MOVED, key, details=details)


async def test_mails_of_an_incident_are_one_thread_that_no_program_answers(
    desk: Stage, smtp_server: SmtpServer
) -> None:
    await desk.hear(opened())
    await desk.hear(moved("promise/moved"))
    desk.time.go(NINE + timedelta(minutes=10))
    await desk.hear(warned())
    await desk.hear(opened("github:8"))
    await desk.send()
    mails = [mail.parsed for mail in smtp_server.accepted.all() if mail.parsed["To"] == "jan@customer.example"]
    assert len(mails) == 4
    roots = [str(mail["References"]) for mail in mails]
    assert len({str(mail["Message-ID"]) for mail in mails}) == 4
    assert sorted(roots.count(root) for root in set(roots)) == [1, 3]
    for mail in mails:
        assert mail["In-Reply-To"] == mail["References"]
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["X-Auto-Response-Suppress"] == "All"
        assert mail["Precedence"] == "bulk"
        assert str(mail["Reply-To"]) == "Service desk <desk@house.example>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    anna = next(mail.parsed for mail in smtp_server.accepted.all() if mail.parsed["To"] == "anna@acme.example")
    assert anna["Precedence"] is None, "a page is no bulk"
    assert anna["List-Unsubscribe"] is None
    assert anna["References"] not in roots


async def test_one_click_ends_it_the_record_stays_and_a_second_thought_resumes_it(
    desk: Stage, browser: httpx2.AsyncClient, smtp_server: SmtpServer
) -> None:
    await desk.hear(opened())
    await desk.send()
    mail = smtp_server.accepted.all()[-1].parsed
    path = str(mail["List-Unsubscribe"]).removeprefix("<https://slad.example").removesuffix(">")
    look = await browser.get(path)
    assert look.text.count("<button") == 1
    assert await desk.table("notifier_opt_out") == [], "looking changes nothing"

    await desk.hear(moved("promise/moved"))  # waits to be sent
    done = await browser.post(path, content=ONE_CLICK, headers=FORM)
    assert done.status_code == 200
    await desk.hear(moved("promise/moved~1"))
    await desk.send()
    rows = [(row.state, row.reason) for row in await desk.rows(person="jan")]
    assert sorted(rows) == [("cancelled", "opted_out"), ("cancelled", "opted_out"), ("sent", "")]
    assert (await browser.post(path, content=ONE_CLICK, headers=FORM)).status_code == 200
    acts = [each.act for each in await desk.table("notifier_audit") if each.act.startswith("contact.")]
    assert acts == ["contact.opted_out"], "a second click is no second act"

    found = re.search(r'href="https://slad\.example(/contacts/resume/[^"]+)"', done.text)
    assert found is not None
    await browser.get(found.group(1))
    assert (await desk.table("notifier_opt_out"))[0].out
    assert (await browser.post(found.group(1))).status_code == 200
    await desk.hear(moved("promise/moved~2"))
    await desk.send()
    assert [row.state for row in await desk.rows(person="jan")].count("sent") == 2
    assert not (await desk.table("notifier_opt_out"))[0].out


async def test_a_page_to_the_staff_cannot_be_opted_out_of(desk: Stage) -> None:
    async with desk.store.transaction() as connection:
        row = {"contract": "acme", "person": "anna", "out": True, "changed_at": NINE}
        await connection.execute(insert(tables.opt_out), [row])
    desk.time.go(NINE + timedelta(minutes=15))
    await desk.hear(breached())
    await desk.send()
    assert [row.state for row in await desk.rows(person="anna", kind="page")] == ["sent"]


async def test_a_link_to_end_is_not_one_to_resume_and_none_is_made_up(desk: Stage, browser: httpx2.AsyncClient) -> None:
    links, now = desk.context.render_config.links, desk.time.now()
    await links.secret.read(desk.store, now)
    stop = links.opt_out("acme", "jan", now).removeprefix("https://slad.example/contacts/stop/")
    assert (await browser.post(f"/contacts/resume/{stop}")).status_code == 403
    for token in ("x", stop[:-2], stop[:-1] + "!"):
        assert (await browser.post(f"/contacts/stop/{token}")).status_code == 403
    assert await desk.table("notifier_opt_out") == []


async def test_what_was_imported_is_quiet(desk: Stage) -> None:
    late = of_incident(
        FactKind.PROMISE_MADE, "promise", turned="opened", details={}, imported_through=NINE + timedelta(hours=1)
    )
    await desk.hear(late)
    assert await desk.rows() == []


async def test_the_list_of_who_wants_no_messages_leaves_out_who_came_back(
    desk: Stage, browser: httpx2.AsyncClient
) -> None:
    who = [("acme", "jan", True), ("acme", "kim", False), ("acme", "lou", True), ("hooked", "max", True)]
    async with desk.store.transaction() as connection:
        rows = [{"contract": of, "person": person, "out": out, "changed_at": NINE} for of, person, out in who]
        await connection.execute(insert(tables.opt_out), rows)
    seen = {}
    for key in ("the-acme-key-00000001", "the-hooked-key-000001", "the-readers-key-0001"):
        asked = {"Authorization": f"Bearer {key}"}
        first = (await browser.get("/v1/opt-outs?limit=1", headers=asked)).json()
        rest = (await browser.get("/v1/opt-outs", params={"before": first["next"]}, headers=asked)).json()
        shown = [*first["opt_outs"], *(rest["opt_outs"] if first["next"] else [])]
        seen[key] = [(one["contract"], one["person"], one["since"]) for one in shown]
    at = "2026-03-02T09:00:00Z"
    assert seen == {
        "the-acme-key-00000001": [("acme", "lou", at), ("acme", "jan", at)],
        "the-hooked-key-000001": [("hooked", "max", at)],
        "the-readers-key-0001": [("hooked", "max", at), ("acme", "lou", at), ("acme", "jan", at)],
    }
    assert (await browser.get("/v1/opt-outs")).status_code == 401
