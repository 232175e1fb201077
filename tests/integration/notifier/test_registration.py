"""Registration for notices (clause I5): asked, confirmed by mail, told of fixes of its product, and ended."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.integration.notifier.stage import Stage, notice
from tests.real.smtp import Mail, SmtpServer

from sla_domain.contract import ContractId
from sla_domain.notice_terms import NoticeTerms, Registration
from sla_notifier.retention import NotifierSweeps

ADMIN = {"Authorization": "Bearer the-admins-key-00001"}
ACME = {"Authorization": "Bearer the-acme-key-00000001"}
READER = {"Authorization": "Bearer the-readers-key-0001"}
KIM = "kim@acme.example"


@pytest.fixture(autouse=True)
def opt_in(stage: Stage) -> None:
    """Acme must register; addresses of its own domain may do so themselves."""
    book = stage.catalogue.rulebook
    acme = book.contracts[ContractId("acme")]
    object.__setattr__(book.plans[acme.plan], "notices", NoticeTerms(registration=Registration.OPT_IN))
    object.__setattr__(acme, "registration_domains", frozenset({"acme.example"}))
    for contract in book.contracts.values():
        for person in contract.people.values():
            object.__setattr__(person, "notices", False)


async def ask(client: httpx2.AsyncClient, key: dict[str, str] | None = None, **body: Any) -> httpx2.Response:
    return await client.post("/v1/registrations", json={"address": KIM, **body}, headers=key or {})


async def mail_to(stage: Stage, server: SmtpServer, address: str = KIM) -> Mail | None:
    await stage.send()
    found = [mail for mail in server.accepted.taken() if list(mail.recipients) == [address]]
    assert len(found) <= 1
    return found[0] if found else None


def text_of(mail: Mail) -> str:
    body = mail.parsed.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text


def link_in(mail: Mail, what: str) -> str:
    found = re.search(rf"https://slad\.example(/registrations/{what}/\S+)", text_of(mail))
    assert found is not None
    return found.group(1)


async def registered(stage: Stage, server: SmtpServer, client: httpx2.AsyncClient, **body: Any) -> None:
    assert (await ask(client, ACME, **body)).status_code == 202
    mail = await mail_to(stage, server)
    assert mail is not None
    assert (await client.post(link_in(mail, "confirm"))).status_code == 200


async def states(stage: Stage) -> list[tuple[str, str]]:
    return sorted((row.product, row.state) for row in await stage.table("notifier_registration"))


async def test_a_mail_asks_and_only_the_button_behind_its_link_registers(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    answer = await ask(client, ACME, products=["Shop"])
    assert answer.status_code == 202
    mail = await mail_to(stage, smtp_server)
    assert mail is not None
    assert mail.parsed["Subject"] == "Please confirm: notices about shop"
    path = link_in(mail, "confirm")
    for method in ("GET", "HEAD", "GET"):  # scanners
        look = await client.request(method, path)
        assert look.status_code == 200
    assert "<button" in look.text
    await stage.hear(notice())
    assert await mail_to(stage, smtp_server) is None, "not confirmed: not told"
    pressed = await client.post(path)
    assert "You are registered" in pressed.text
    again = await client.post(path)
    assert (again.status_code, "registered already" in again.text) == (200, True)
    assert await states(stage) == [("shop", "confirmed")]
    await stage.hear(notice("fix-2"))
    told = await mail_to(stage, smtp_server)
    assert told is not None
    assert "concerns products you run" in text_of(told)
    assert "this address was registered for notices (Acme S.A.)." in " ".join(text_of(told).split())


async def test_a_link_expires(stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient) -> None:
    await ask(client, ACME)
    mail = await mail_to(stage, smtp_server)
    assert mail is not None
    stage.time.go(stage.time.now() + timedelta(days=3))
    late = await client.post(link_in(mail, "confirm"))
    assert (late.status_code, "has expired" in late.text) == (410, True)
    assert await states(stage) == [("", "pending")]
    async for _ in NotifierSweeps(stage.store).registrations(stage.time.now() + timedelta(days=1)):
        pass
    assert await states(stage) == []


async def test_every_notice_to_a_registered_address_has_a_way_out(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    await registered(stage, smtp_server, client)
    await stage.hear(notice())
    mail = await mail_to(stage, smtp_server)
    assert mail is not None
    path = link_in(mail, "end")
    assert mail.parsed["List-Unsubscribe"] == f"<https://slad.example{path}>"
    assert mail.parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "<button" in (await client.get(path)).text
    assert await states(stage) == [("", "confirmed")], "a scanner ends nothing"
    one_click = await client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (one_click.status_code, "You are unsubscribed" in one_click.text) == (200, True)
    assert "unsubscribed before" in (await client.post(path)).text
    await stage.hear(notice("fix-2"))
    assert await mail_to(stage, smtp_server) is None
    (row,) = await stage.table("notifier_registration")
    assert (row.state, row.ended_by) == ("ended", "link")


async def test_an_update_reaches_a_registered_address_and_not_one_that_left(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    await registered(stage, smtp_server, client)
    await stage.hear(notice())
    first = await mail_to(stage, smtp_server)
    assert first is not None
    await stage.hear(notice(revision=2, title="Worse"))
    changed = await mail_to(stage, smtp_server)
    assert changed is not None
    assert "Changed: critical fix: Worse" in str(changed.parsed["Subject"])
    await client.post(link_in(first, "end"))
    await stage.hear(notice(revision=3, withdrawn=True, reason="a slip"))
    assert await mail_to(stage, smtp_server) is None


async def test_a_registration_is_for_its_product(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    acme = stage.catalogue.rulebook.contracts[ContractId("acme")]
    object.__setattr__(acme, "products", frozenset({"till"}))
    await registered(stage, smtp_server, client, products=["till"])
    await stage.hear(notice())
    assert await mail_to(stage, smtp_server) is None, "of the shop"
    wrong = await ask(client, ACME, products=["shop", "tll"])
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/products/1"


async def test_without_a_key_only_addresses_that_the_contract_allows(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    answers = [
        await ask(client, products=["shop"], address=address)
        for address in ("eve@elsewhere.example", "eve@acme.example.elsewhere.example", KIM)
    ]
    answers.append(await ask(client, products=["unheard of"]))
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}, (
        "the answer tells nothing"
    )
    await stage.send()
    assert [list(mail.recipients) for mail in smtp_server.accepted.taken()] == [[KIM]]
    assert (await ask(client)).status_code == 422, "without a key a product is named"
    assert (await ask(client, READER, contract="hollow")).status_code == 202
    assert (await ask(client, products=["shop"], address="no address")).status_code == 422


async def test_nobody_is_bombed_with_mails(stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient) -> None:
    for key in (None, ACME, None, ACME, None, ACME):
        answer = await ask(client, key, products=["shop"], address=KIM.upper() if key else KIM)
        assert answer.status_code == 202
    await stage.send()
    assert len(smtp_server.accepted.taken()) == 3
    stage.time.go(stage.time.now() + timedelta(days=1))
    await ask(client, products=["shop"])
    assert await mail_to(stage, smtp_server) is not None


async def test_addresses_without_end_leave_rows_with_an_end(
    stage: Stage, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever knows one domain can make up addresses: a table that each of them fills ends in a full disk."""
    monkeypatch.setattr("sla_notifier.registration.ask.STRANGERS_A_DAY", 5)
    name, _, domain = KIM.partition("@")
    for number in range(20):
        assert (await ask(client, products=["shop"], address=f"{name}{number}@{domain}")).status_code == 202
    assert len(await stage.table("notifier_registration")) == 5
    assert sorted(row.count for row in await stage.table("notifier_confirmation")) == [1, 1, 1, 1, 1, 5]


async def test_a_later_mail_takes_the_place_of_an_earlier_one(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    await ask(client, ACME, products=["shop"])
    first = await mail_to(stage, smtp_server)
    await ask(client, ACME, products=["shop"])
    second = await mail_to(stage, smtp_server)
    assert first is not None
    assert second is not None
    assert (await client.post(link_in(first, "confirm"))).status_code == 404
    assert (await client.post(link_in(second, "confirm"))).status_code == 200
    await ask(client, ACME, products=["shop"])
    assert await mail_to(stage, smtp_server) is None, "it is confirmed already"


async def test_a_token_for_one_purpose_serves_no_other(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    await ask(client, ACME)
    mail = await mail_to(stage, smtp_server)
    assert mail is not None
    token = link_in(mail, "confirm").rpartition("/")[2]
    cut = f"/registrations/confirm/{token[:-3]}"
    for path in (f"/registrations/end/{token}", f"/ack/{token}", "/registrations/confirm/x.y", cut):
        assert (await client.post(path)).status_code == 403
    assert await states(stage) == [("", "pending")]


async def test_administrators_list_and_end_them(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    await registered(stage, smtp_server, client, products=["shop"])
    assert (await client.get("/v1/registrations", headers=ACME)).status_code == 403
    assert (await client.get("/v1/registrations")).status_code == 401
    (one,) = (await client.get("/v1/registrations", headers=ADMIN)).json()["registrations"]
    assert (one["address"], one["state"], one["requested_by"]) == ("email:" + KIM, "confirmed", "acme-only")
    told = await client.get("/v1/deliveries", headers=ACME)
    assert KIM not in told.text, "deliveries name no address"
    assert (await client.delete(f"/v1/registrations/{one['id']}", headers=ACME)).status_code == 403
    assert (await client.delete(f"/v1/registrations/{one['id']}", headers=ADMIN)).status_code == 204
    assert (await client.delete("/v1/registrations/gone", headers=ADMIN)).status_code == 404
    (row,) = await stage.table("notifier_registration")
    assert (row.state, row.ended_by) == ("ended", "admin")
    await stage.hear(notice())
    assert await mail_to(stage, smtp_server) is None


async def test_a_flood_of_notices_has_its_way_out_too(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    await registered(stage, smtp_server, client)
    await stage.hear(*(notice(f"fix-{number}", severity="high" if number > 6 else "low") for number in range(9)))
    stage.time.go(stage.time.now() + timedelta(minutes=10))
    while await stage.send():
        pass
    found = [mail for mail in smtp_server.accepted.taken() if list(mail.recipients) == [KIM]]
    (digest,) = [mail for mail in found if "fixes" in str(mail.parsed["Subject"])]
    path = link_in(digest, "end")
    assert digest.parsed["List-Unsubscribe"] == f"<https://slad.example{path}>"
    assert "You are unsubscribed" in (await client.post(path)).text
    shown = re.search(r"https://slad\.example(/ack/\S+)", text_of(digest))
    assert shown is not None
    assert "/incidents/" not in (await client.get(shown.group(1))).text, "a notice is on no ticket"
