"""Critical fixes: whom they concern, told once, answered or escalated."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx2
from tests.integration.notifier.stage import NINE, Stage, notice
from tests.real.smtp import SmtpServer

from sla_domain.contract import ContractId, RoleHolder
from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledger


def told(server: SmtpServer) -> list[str]:
    return sorted(mail.recipients[0].partition("@")[0] for mail in server.accepted.all())


async def test_each_entitled_person_of_a_concerned_contract_hears_once(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(notice(), notice())
    await stage.another().hear(notice())
    await stage.send()
    assert told(smtp_server) == ["anna", "ben", "maria", "piotr"]
    assert {row.contract for row in await stage.rows()} == {"acme"}
    first = smtp_server.accepted.all()[0].parsed
    assert first["Subject"] == "Critical fix: Data loss in shop (Acme S.A.)"
    body = first.get_body(("plain",))
    assert body is not None
    assert "Upgrade at once.\nNothing else helps." in body.get_content().replace("\r\n", "\n")
    assert "https://vendor.example/fix-1" in body.get_content()


async def test_a_version_that_is_not_in_use_concerns_nobody(stage: Stage) -> None:
    await stage.hear(notice(versions=">=5"), notice("fix-2", products=[{"product": "other"}]))
    assert await stage.rows() == []


async def test_a_range_nobody_can_read_concerns_every_version(stage: Stage) -> None:
    await stage.hear(notice(versions=">="))
    assert len(await stage.rows()) == 4


async def test_unanswered_it_goes_to_the_next_level_and_answered_it_stops(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    await stage.hear(notice())
    await stage.send()
    await stage.pass_time(minutes=10)
    await stage.send()
    assert told(smtp_server) == ["anna", "anna", "ben", "maria", "piotr", "piotr"], (
        "the leads are addressed by the fix itself, and have not been asked as the next level by that"
    )
    mail = smtp_server.accepted.all()[0].parsed.get_body(("plain",))
    assert mail is not None
    found = re.search(r"https://slad\.example(/ack/\S+)", mail.get_content())
    assert found is not None
    assert (await client.post(found.group(1))).status_code == 200
    await stage.pass_time(hours=5)
    assert await stage.send() == 0
    alert = (await stage.table("notifier_alert"))[0]
    assert (alert.kind, alert.state, alert.acknowledged_via) == ("fix", "acknowledged", "link")


async def test_a_fix_goes_once_to_those_it_is_addressed_to_however_often_the_chain_begins_anew(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    await stage.hear(notice())
    await stage.send()
    for minutes in (10, 20, 60, 10, 20, 60, 600):
        await stage.pass_time(minutes=minutes)
        await stage.send()
    rows = [row for row in await stage.rows() if row.state == "sent"]
    assert sorted(row.person for row in rows if row.level == 1) == ["anna", "ben", "maria", "piotr"]
    assert sorted((row.round, row.level, row.person) for row in rows if row.level > 1) == [
        (0, 2, "anna"), (0, 2, "piotr"), (0, 3, "maria"), (1, 2, "anna"), (1, 2, "piotr"), (1, 3, "maria"),
    ]  # fmt: skip


async def test_a_fix_that_no_later_level_has_anybody_else_for_still_escalates(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    house = stage.catalogue.rulebook.contracts[ContractId("acme")]
    only = {"anna": house.people["anna"]}
    object.__setattr__(house, "people", only)
    object.__setattr__(house, "roles", tuple(RoleHolder(role=role, person="anna") for role in ("on_call", "lead")))
    await stage.hear(notice())
    await stage.send()
    await stage.pass_time(minutes=10)
    await stage.send()
    assert told(smtp_server) == ["anna", "anna"]
    body = smtp_server.accepted.all()[-1].parsed.get_body(("plain",))
    assert body is not None
    assert "this is level 2" in " ".join(body.get_content().split())


async def test_unanswered_it_reaches_people_who_are_not_on_the_list(stage: Stage, smtp_server: SmtpServer) -> None:
    people = stage.catalogue.rulebook.contracts[ContractId("acme")].people
    for name in ("piotr", "maria"):
        object.__setattr__(people[name], "notices", False)
    await stage.hear(notice())
    await stage.send()
    assert told(smtp_server) == ["anna", "ben"]
    await stage.pass_time(minutes=10)
    await stage.send()
    assert told(smtp_server) == ["anna", "anna", "ben", "piotr"], "anna is a lead, too"
    body = smtp_server.accepted.all()[-1].parsed.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert "Not acknowledged so far at Acme S.A.: this is level 2 of the escalation." in text


async def test_an_answer_of_one_does_not_keep_the_notice_from_the_others(stage: Stage, smtp_server: SmtpServer) -> None:

    await stage.hear(notice())
    alert = (await stage.table("notifier_alert"))[0]
    await Acknowledger(stage.context).acknowledge(alert.id, AckBy.person("anna", "link"))
    await stage.send()
    assert told(smtp_server) == ["anna", "ben", "maria", "piotr"]


async def test_lateness_counts_from_the_publication(stage: Stage) -> None:
    stage.time.go(NINE + timedelta(seconds=2))
    await stage.hear(notice())
    await stage.send()
    labels = {"channel": "email", "kind": "fix"}
    assert stage.registry.get_sample_value("slad_notifier_delivered_lateness_seconds_sum", labels) == 8.0
