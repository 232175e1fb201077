"""A notice changes, is withdrawn, concerns several contracts of one person, or gains new ones: who hears what."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.integration.notifier.stage import NINE, Stage, notice
from tests.real.smtp import SmtpServer

from sla_domain.contract import ContractId, EnvironmentItem, Side
from sla_domain.notice_terms import NoticeTerms, Severity
from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledger
from sla_notifier.profile import Profiles
from sla_notifier.retention import NotifierSweeps
from sla_platform.envelope import Envelope


def revised(revision: int, **more: Any) -> Envelope:
    return notice(revision=revision, published_at=NINE + timedelta(minutes=revision), **more)


def mails(server: SmtpServer) -> list[tuple[str, str]]:
    """Who got a mail and its subject, since the last look."""
    return sorted(
        (mail.recipients[0].partition("@")[0], " ".join(str(mail.parsed["Subject"]).split()))
        for mail in server.accepted.taken()
    )


def texts(server: SmtpServer) -> dict[str, str]:
    found = {}
    for mail in server.accepted.all():
        body = mail.parsed.get_body(("plain",))
        assert body is not None
        found[mail.recipients[0].partition("@")[0]] = " ".join(body.get_content().split())
    return found


def run(stage: Stage, contract: str, product: str, *versions: str) -> None:
    """The customer runs these versions from now on."""
    house = stage.catalogue.rulebook.contracts[ContractId(contract)]
    object.__setattr__(house, "environment", (EnvironmentItem(product=product, versions=versions),))


async def fixes(stage: Stage) -> list[tuple[str, str, str, int]]:
    return sorted(
        (row.contract, row.state, row.close_reason, row.episode) for row in await stage.table("notifier_alert")
    )


ALL = ["anna", "ben", "maria", "piotr"]
SHOP = "Data loss in shop (Acme S.A.)"


async def test_those_who_were_told_hear_what_changed_and_acknowledge_once(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    await stage.hear(notice(severity="high"))
    await stage.send()
    mails(smtp_server)
    await stage.hear(revised(2, severity="high", title="Data loss in the shop", text="Wait.", reason="a better fix"))
    await stage.send()
    said = texts(smtp_server)["maria"]
    assert "Title: Data loss in the shop (before: Data loss in shop)" in said
    assert "Severity: high" in said
    assert "Reason: a better fix" in said
    assert "The text below has changed. " in said
    assert "Wait." in said
    assert mails(smtp_server) == [(who, "Changed: high fix: Data loss in the shop (Acme S.A.)") for who in ALL]
    assert await fixes(stage) == [("acme", "open", "", 1)]
    await Acknowledger(stage.context).acknowledge(
        (await stage.table("notifier_alert"))[0].id, AckBy.person("anna", "link")
    )
    await stage.hear(revised(3, severity="high", text="Wait no more."))
    await stage.send()
    assert "/ack/" not in texts(smtp_server)["ben"], "it is acknowledged: nothing more is asked"
    assert {subject for _, subject in mails(smtp_server)} == {
        "Changed notice of severity high: Data loss in shop (Acme S.A.)"
    }
    assert await fixes(stage) == [("acme", "acknowledged", "", 1)]


async def test_a_raised_severity_must_be_acknowledged_again(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(notice(severity="high"))
    await Acknowledger(stage.context).acknowledge(
        (await stage.table("notifier_alert"))[0].id, AckBy.person("anna", "link")
    )
    await stage.send()
    mails(smtp_server)
    await stage.hear(revised(2, severity="critical"))
    await stage.send()
    said = texts(smtp_server)["piotr"]
    assert "Severity: critical (before: high)" in said
    assert "Please acknowledge it again" in said
    assert await fixes(stage) == [("acme", "open", "", 2)]
    mails(smtp_server)
    await stage.pass_time(minutes=10)
    await stage.send()
    assert [who for who, _ in mails(smtp_server)] == ["anna", "piotr"], "nobody answered: the next level is asked"


async def test_late_and_repeated_revisions_change_nothing(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(notice(), revised(3, title="The third"))
    await stage.send()
    before = len(await stage.rows())
    mails(smtp_server)
    await stage.hear(revised(2, title="The second"), revised(3, title="The third"), notice())
    await stage.another().hear(revised(3, title="The third"))
    await stage.hear(revised(4, title="The third", reason="a typo in the reason alone"))
    assert await stage.send() == 0
    assert len(await stage.rows()) == before
    assert [row.revision for row in await stage.table("notifier_notice")] == [4]


async def test_a_withdrawal_is_told_to_those_who_were_told_and_ends_the_escalation(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    people = stage.catalogue.rulebook.contracts[ContractId("acme")].people
    object.__setattr__(people["piotr"], "notices", False)
    await stage.hear(notice())
    await stage.send()
    await stage.pass_time(minutes=10)
    await stage.send()
    assert {who for who, _ in mails(smtp_server)} == set(ALL), "piotr as a lead, by the escalation"
    await stage.hear(revised(2, withdrawn=True, reason="It was no fault of ours."))
    await stage.send()
    assert "Reason: It was no fault of ours." in texts(smtp_server)["anna"]
    assert mails(smtp_server) == [(who, "Withdrawn: Data loss in shop (Acme S.A.)") for who in ALL]
    await stage.pass_time(hours=5)
    assert await stage.send() == 0
    assert await fixes(stage) == [("acme", "closed", "withdrawn", 1)]


async def test_what_is_withdrawn_before_anybody_saw_it_is_told_to_nobody(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(notice(), revised(2, withdrawn=True, reason="a slip"))
    assert await stage.send() == 0
    assert {row.reason for row in await stage.rows()} == {"withdrawn"}
    await stage.hear(revised(3))
    await stage.send()
    assert mails(smtp_server) == [(who, "Critical fix: Data loss in shop (Acme S.A.)") for who in ALL]
    assert await fixes(stage) == [("acme", "open", "", 2)]


async def test_a_change_tells_anew_whom_it_concerns_now_and_of_an_end_whom_it_concerns_no_longer(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    run(stage, "hollow", "shop", "5.0")
    await stage.hear(notice())
    await stage.send()
    mails(smtp_server)
    await stage.hear(revised(2, versions=">=5"))
    await stage.send()
    assert sorted(mails(smtp_server), key=lambda mail: mail[1] + mail[0]) == [
        ("ops", "Critical fix: Data loss in shop (Hollow)"),
        *((who, "No longer concerned: Data loss in shop (Acme S.A.)") for who in ALL),
    ]
    assert await fixes(stage) == [("acme", "closed", "not_concerned", 1), ("hollow", "open", "", 1)]
    await stage.hear(revised(3, versions=""))
    await stage.send()
    said = dict(mails(smtp_server))
    assert said["anna"] == "Critical fix: Data loss in shop (Acme S.A.)"
    assert said["ops"] == "Changed: critical fix: Data loss in shop (Hollow)"
    assert await fixes(stage) == [("acme", "open", "", 2), ("hollow", "open", "", 1)]


async def test_who_was_told_hears_of_a_change_that_the_plan_does_not_entitle_to(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    book = stage.catalogue.rulebook
    only = NoticeTerms(severities=frozenset({Severity.CRITICAL, Severity.HIGH}))
    object.__setattr__(book.plans[book.contracts[ContractId("acme")].plan], "notices", only)
    await stage.hear(notice(severity="high"), notice("fix-2", severity="medium"))
    await stage.send()
    assert mails(smtp_server) == [(who, f"High fix: {SHOP}") for who in ALL]
    people = book.contracts[ContractId("acme")].people
    object.__setattr__(people["maria"], "side", Side.CUSTOMER)
    object.__setattr__(people["maria"], "notices", False)
    await stage.hear(revised(2, severity="medium"))
    await stage.send()
    assert mails(smtp_server) == [(who, f"Changed: medium fix: {SHOP}") for who in ("anna", "ben", "piotr")], (
        "maria wants none any more"
    )


async def test_low_is_a_mail_that_asks_nobody(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(notice(severity="low"))
    await stage.send()
    assert "/ack/" not in texts(smtp_server)["anna"]
    assert mails(smtp_server) == [(who, "Notice of severity low: Data loss in shop (Acme S.A.)") for who in ALL]
    await stage.pass_time(hours=10)
    assert await stage.send() == 0
    assert await fixes(stage) == []
    await stage.hear(revised(2, severity="medium"))
    await stage.send()
    assert "Severity: medium (before: low)" in texts(smtp_server)["anna"]
    assert await fixes(stage) == [("acme", "open", "", 1)]
    mails(smtp_server)
    await stage.hear(revised(3, severity="low"))
    await stage.send()
    assert {subject for _, subject in mails(smtp_server)} == {
        "Changed notice of severity low: Data loss in shop (Acme S.A.)"
    }
    assert await fixes(stage) == [("acme", "closed", "lowered", 1)]


async def test_who_stands_in_several_contracts_hears_once_and_answers_for_all(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    """Piotr is a lead of two customers."""
    run(stage, "hooked", "shop", "4.0")
    await stage.hear(notice())
    await stage.send()
    said = texts(smtp_server)["piotr"]
    assert "Customers are concerned: Acme S.A., Hooked." in said
    assert [subject for who, subject in mails(smtp_server) if who == "piotr"] == [
        "Critical fix: Data loss in shop (Acme S.A., Hooked)"
    ]
    assert [row.reason for row in await stage.rows(person="piotr", contract="hooked")] == ["told_together"]
    found = re.search(r"https://slad\.example(/ack/\S+)", said)
    assert found is not None
    assert (await client.get(found.group(1))).status_code == 200
    assert await fixes(stage) == [("acme", "open", "", 1), ("hooked", "open", "", 1)], "looking changes nothing"
    assert (await client.post(found.group(1))).status_code == 200
    assert await fixes(stage) == [("acme", "acknowledged", "", 1), ("hooked", "acknowledged", "", 1)]
    acts = await stage.table("notifier_audit")
    assert sorted((act.act, act.actor, act.contract) for act in acts) == [
        ("alert.acknowledged", "person:piotr", "acme"), ("alert.acknowledged", "person:piotr", "hooked"),
    ]  # fmt: skip
    mails(smtp_server)
    await stage.hear(revised(2, versions="4.2"))
    await stage.send()
    of_piotr = [subject for who, subject in mails(smtp_server) if who == "piotr"]
    assert of_piotr == ["Changed notice of severity critical: Data loss in shop (Acme S.A.)"]
    await stage.hear(revised(3, withdrawn=True, reason="a slip"))
    await stage.send()
    assert [subject for who, subject in mails(smtp_server) if who == "piotr"] == [
        "Withdrawn: Data loss in shop (Acme S.A.)"
    ]


async def test_customers_are_told_as_customers_and_staff_as_staff(stage: Stage, smtp_server: SmtpServer) -> None:
    people = stage.catalogue.rulebook.contracts[ContractId("acme")].people
    object.__setattr__(people["maria"], "side", Side.CUSTOMER)
    await stage.hear(notice(cause="data_loss"))
    await stage.send()
    said = texts(smtp_server)
    assert "Customer Acme S.A. is concerned." in said["anna"]
    assert "Customers concerned: Acme S.A." in said["anna"]
    assert "concerns products you run" in said["maria"]
    assert "is concerned" not in said["maria"]
    assert "Cause: data loss" in said["maria"]
    links = {who: re.search(r"/ack/(\S+)", text) for who, text in said.items()}
    assert len({found.group(1) for found in links.values() if found}) == 4, "each answers in their own name"
    assert dict(mails(smtp_server))["maria"] == "Critical fix: Data loss in shop"


@pytest.mark.parametrize("kind", ["fix", "advisory"])
async def test_an_update_waits_for_the_message_before_it(stage: Stage, kind: str) -> None:
    await stage.hear(notice(severity="high" if kind == "fix" else "low"), revised(2, title="Other", severity="low"))
    rows = await stage.rows(person="ben")
    (first,) = [row for row in rows if row.kind == kind and not row.follows]
    (second,) = [row for row in rows if row.kind == "advisory" and row.follows]
    assert second.follows == first.id


async def test_an_old_notice_is_removed_with_who_was_told_once_nobody_is_asked_any_more(stage: Stage) -> None:
    await stage.hear(notice(), notice("fix-2", severity="low"))
    await stage.send()
    later = stage.time.now() + timedelta(days=1)

    async def removed() -> dict[str, int]:
        over = NotifierSweeps(stage.store)
        rows = [row for sweep in (over.alerts, over.notices) for row in [each async for each in sweep(later)]]
        return {name: count for row in rows for name, count in row.items()}

    assert await removed() == {"notifier_notice": 1, "notifier_notice_told": 4}, "the open alert keeps its notice"
    await Acknowledger(stage.context).acknowledge(
        (await stage.table("notifier_alert"))[0].id, AckBy.person("anna", "link")
    )
    assert await removed() == {"notifier_alert": 1, "notifier_notice": 1, "notifier_notice_told": 4}


async def test_a_contract_that_gains_a_version_hears_of_the_notices_still_in_force(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    """clause H6."""
    run(stage, "acme", "till", "1")
    await stage.hear(notice(), notice("fix-2"), notice("fix-3", versions=">=5"))
    await stage.hear(revised(2, id_="fix-2", withdrawn=True, reason="a slip"))
    assert await stage.send() == 0
    profiles, other = Profiles(stage.context), Profiles(stage.another().context)
    await profiles.look()
    assert await stage.send() == 0
    run(stage, "acme", "shop", "4.2")
    object.__setattr__(stage.catalogue, "version", "edited")
    stage.time.go(NINE + timedelta(days=30))
    assert await profiles.look() == ["fix-1"]
    assert [*await other.look(), *await profiles.look()] == []
    await stage.send()
    assert mails(smtp_server) == [(who, f"Critical fix: {SHOP}") for who in ALL]
    assert await fixes(stage) == [("acme", "open", "", 1)]
    run(stage, "acme", "till", "1")
    object.__setattr__(stage.catalogue, "version", "edited again")
    assert await profiles.look() == [], "nothing gained"


async def test_an_edit_of_the_catalogue_counts_and_so_does_one_between_two_runs(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    run(stage, "acme", "till", "1")
    await stage.hear(notice())
    profiles = Profiles(stage.context)
    await profiles.look()
    run(stage, "acme", "shop", "4.2")
    await profiles.look()
    assert await stage.send() == 0, "the catalogue is the same: nobody looks"
    await Profiles(stage.context).look()  # the next run
    await stage.send()
    assert {who for who, _ in mails(smtp_server)} == set(ALL)
    run(stage, "hollow", "shop", "4.2")
    object.__setattr__(stage.catalogue, "version", "edited")
    await profiles.look()
    await stage.send()
    assert mails(smtp_server) == [("ops", "Critical fix: Data loss in shop (Hollow)")]
