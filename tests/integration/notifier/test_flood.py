"""Storms: many facts for one mailbox are one conversation, nothing is hidden by it, and one link answers it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import httpx2
import orjson
import pytest
from tests.commanded import OPS
from tests.integration.notifier.stage import NINE, Stage, breached, clock_of, fact, missed, notice, taken_back, warned
from tests.real.smtp import SmtpServer
from tests.real.smtp import Stage as Smtp
from tests.real.webhook import WebhookReceiver

from sla_domain.fact import FactKind
from sla_notifier.api.second_attempt import retry_delivery
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notification.conversation import CALM, FIRST_PAUSE

READER = {"Authorization": "Bearer the-readers-key-0001"}
LATE = NINE + timedelta(hours=3)
DAY = timedelta(days=1)


async def flooded(stage: Stage, count: int) -> None:
    """Breaches of `count` incidents and three warnings, all at once."""
    stage.time.go(LATE)
    facts = [breached(incident=f"github:{number}") for number in range(count)]
    await stage.hear(*facts, *(warned(incident=f"jira:{number}", due_at=LATE + DAY) for number in range(3)))


async def out(stage: Stage, span: timedelta = FIRST_PAUSE) -> None:
    """Send what is due, and once more when so much time has gone by."""
    await stage.send()
    stage.time.go(stage.time.now() + span)
    await stage.send()


def mails(server: SmtpServer, person: str = "anna") -> list[EmailMessage]:
    return [each.parsed for each in server.accepted.all() if each.recipients == (f"{person}@acme.example",)]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def subjects(server: SmtpServer) -> list[str]:
    return [str(mail["Subject"]) for mail in mails(server)]


async def test_the_first_page_goes_at_once_and_the_rest_is_one_mail(stage: Stage, smtp_server: SmtpServer) -> None:
    await flooded(stage, 40)
    await stage.send()
    assert subjects(smtp_server) == ["Breached by 2 h 45 min: First response for Acme (P1, github:0 Shop is down)"]
    await out(stage)
    assert subjects(smtp_server)[1:] == ["Acme: 39 breached, 3 due soon"]
    text = text_of(mails(smtp_server)[1])
    assert text.count("/ack/") == 2, "one link acknowledges all, and shows what did not fit"
    assert len(set(re.findall(r"/ack/\S+", text))) == 1
    assert text.index("Breached since") < text.index("and 17 more")
    (digest,) = await stage.rows(kind="digest")
    rows = [row for row in await stage.rows() if row.id != digest.id]
    assert {row.state for row in rows} == {"sent"}
    assert Counter(row.carried_by for row in rows) == {"": 1, digest.id: 42}


@pytest.mark.long
async def test_a_storm_of_a_hundred_tickets_is_a_handful_of_mails(stage: Stage, smtp_server: SmtpServer) -> None:
    """Each is warned of, broken and resolved; the facts come as they happen, and the sender works all the time."""
    tickets = [f"github:{number}" for number in range(100)]
    start = NINE + timedelta(minutes=12)
    for kind in (warned, breached, missed):
        for first in range(0, 100, 10):
            at = start + timedelta(seconds=first / 10)
            stage.time.go(at)
            await stage.hear(*(kind(at, incident=ticket, due_at=at) for ticket in tickets[first : first + 10]))
            await stage.send()
        for _ in range(9):
            stage.time.go(stage.time.now() + timedelta(seconds=20))
            await stage.send()
        start += timedelta(minutes=4)
    stage.time.go(stage.time.now() + timedelta(minutes=10))
    await stage.send()
    told = mails(smtp_server)
    assert len(told) <= 10, subjects(smtp_server)
    digests = [mail for mail in told if "Acme:" in mail["Subject"]]
    assert len({mail["References"] for mail in digests}) == len({mail["In-Reply-To"] for mail in digests}) == 1
    kinds = {"page": 0, "warning": 0, "resolved": 0}
    for row in await stage.rows(person="anna"):
        if row.kind != "digest":
            kinds[row.kind] += 1
            assert row.state == "sent"
    assert kinds == {"page": 100, "warning": 100, "resolved": 100}, "each fact has one row, told by one mail"
    counted = Counter[str]()
    for mail in told:
        for number, word in re.findall(r"(\d+) (breached|due soon|closed)", mail["Subject"]):
            counted[word] += int(number)
        counted["breached"] += mail["Subject"].startswith("Breached")
        counted["due soon"] += mail["Subject"].startswith("Due")
        counted["closed"] += mail["Subject"].startswith("Closed")
    assert counted == {"breached": 100, "due soon": 100, "closed": 100}, "the counts are true by kind"


async def test_what_is_overtaken_while_it_is_gathered_is_one_line(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(LATE)
    await stage.hear(*(warned(LATE, incident=f"github:{number}", due_at=LATE) for number in range(12)))
    await stage.hear(*(breached(LATE, incident=f"github:{number}", due_at=LATE) for number in range(6, 12)))
    await stage.hear(missed(LATE, incident="github:11"))
    await out(stage)
    first, digest = mails(smtp_server)
    assert first["Subject"].startswith("Due in")
    assert digest["Subject"] == "Acme: 5 breached, 5 due soon, 1 closed"
    lines = [line for line in text_of(digest).splitlines() if line.startswith("* ")]
    assert len(lines) == 11
    said = "First response for Acme (P1, github:10 Shop is down) – was due soon before"
    assert lines[0] == f"* Breached since Mar 2, 13:00 CET: {said}"
    assert lines[-1].startswith("* Closed: First response for Acme (P1, github:11 Shop is down)")
    pages = {row.incident: (row.state, row.reason) for row in await stage.rows(kind="page")}
    assert pages["github:11"] == ("cancelled", "ended"), "its end tells of the breach"
    assert pages["github:10"] == ("sent", "")


async def test_a_digest_says_since_when_and_not_how_long_for_it_leaves_later(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    """Twelve warnings and twelve breaches are noticed at 13:00 in Warsaw; the mails leave at 14:30."""
    stage.time.go(LATE)
    await stage.hear(*(breached(LATE, incident=f"github:{number}", due_at=LATE) for number in range(12)))
    soon = LATE + timedelta(minutes=30)
    await stage.hear(*(warned(LATE, incident=f"jira:{number}", due_at=soon) for number in range(12)))
    stage.time.go(LATE + timedelta(minutes=90))
    await out(stage)
    digests = [mail for mail in mails(smtp_server) if str(mail["Subject"]).startswith("Acme: ")]
    lines = [line for mail in digests for line in text_of(mail).splitlines() if line.startswith("* ")]
    assert {line.partition(": ")[0] for line in lines} <= {
        "* Breached since Mar 2, 13:00 CET",
        "* Due at Mar 2, 13:30 CET",
    }
    assert len(lines) > 11


async def test_what_was_answered_or_taken_back_before_the_digest_left_is_not_in_it(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    await flooded(stage, 12)
    answered = await client.post(f"/v1/alerts/{clock_of('github:5')}/ack", headers=READER)
    assert answered.json()["answer"] == "done"
    await stage.hear(taken_back(LATE, incident="github:6"))
    await out(stage)
    text = text_of(mails(smtp_server)[-1])
    assert mails(smtp_server)[-1]["Subject"] == "Acme: 9 breached, 3 due soon"
    assert "github:5 " not in text
    assert "github:6 " not in text
    pages = {row.incident: (row.state, row.reason, row.carried_by) for row in await stage.rows(kind="page")}
    assert pages["github:5"] == ("cancelled", "acknowledged", "")
    assert pages["github:6"] == ("cancelled", "taken_back", "")


async def test_a_digest_of_critical_fixes_speaks_of_no_tickets(stage: Stage, smtp_server: SmtpServer) -> None:
    await stage.hear(*[notice(f"fix-{number}") for number in range(6)])
    await stage.send()
    await out(stage)
    digest = text_of(mails(smtp_server)[-1])
    assert "5 critical fixes for Acme S.A. They came" in digest.replace("..", ".")
    assert "ticket" not in digest.partition("They came")[0]


async def test_a_digest_with_nothing_left_to_tell_is_not_sent(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(LATE)
    await stage.hear(*(breached(incident=f"github:{number}") for number in range(9)))
    await stage.send()
    await stage.hear(*(taken_back(LATE, incident=f"github:{number}") for number in range(1, 9)))
    await out(stage)
    assert len(mails(smtp_server)) == 1
    (digest,) = await stage.rows(kind="digest")
    assert (digest.state, digest.reason) == ("cancelled", "nothing_left")


async def test_an_item_that_cannot_be_put_into_words_costs_the_others_nothing(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    stage.time.go(LATE)
    late = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)  # in Warsaw it would be the year 10000
    odd = [warned(incident="github:zone", zone="Mars/Olympus"), warned(incident="github:late", due_at=late)]
    await stage.hear(*(breached(incident=f"github:{number}") for number in range(12)), *odd)
    await out(stage)
    text = text_of(mails(smtp_server)[-1])
    assert mails(smtp_server)[-1]["Subject"] == "Acme: 11 breached, 2 due soon"
    assert "Due soon: zone (see the board)" in text
    assert " late " in text


async def test_a_few_messages_stay_apart_and_after_a_while_again(stage: Stage, smtp_server: SmtpServer) -> None:
    await flooded(stage, 2)
    await stage.send()
    assert len(mails(smtp_server)) == 5
    stage.time.go(LATE + timedelta(minutes=5))
    await stage.hear(*(breached(incident=f"jira:1{number}") for number in range(5)))
    await stage.send()
    assert len(mails(smtp_server)) == 10
    assert await stage.rows(kind="digest") == []


async def test_a_storm_ends(stage: Stage, smtp_server: SmtpServer) -> None:
    await flooded(stage, 12)
    await out(stage)
    stage.time.go(stage.time.now() + 2 * CALM)
    await stage.hear(*(breached(incident=f"jira:1{number}") for number in range(4)))
    await stage.send()
    assert [each.split()[0] for each in subjects(smtp_server)] == ["Breached", "Acme:", *["Breached"] * 4]
    await stage.hear(*(breached(incident=f"jira:2{number}") for number in range(20)))
    await out(stage)
    first, second = (mail["References"] for mail in mails(smtp_server) if mail["Subject"].startswith("Acme"))
    assert first != second, "another storm is another conversation"


async def test_the_customers_are_named(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(LATE)
    names = ["Acme", "Acme", "Globex", "Initech", "Umbrella", "Hooli", "Hooli"]
    await stage.hear(*(breached(incident=f"github:{number}", customer=name) for number, name in enumerate(names)))
    await out(stage)
    assert mails(smtp_server)[-1]["Subject"] == "Acme, Globex and 3 more: 6 breached"


async def test_a_digest_over_several_contracts_names_each_of_them(stage: Stage, smtp_server: SmtpServer) -> None:
    """Piotr leads for both."""
    stage.time.go(LATE)
    names = ["acme"] * 4 + ["hooked"] * 4
    await stage.hear(*(breached(LATE, incident=f"github:{number}", contract=name, customer="")
                       for number, name in enumerate(names)))  # fmt: skip
    await stage.pass_time(minutes=10)
    await out(stage)
    digest = mails(smtp_server, "piotr")[-1]
    assert digest["Subject"].startswith("Acme S.A. and Hooked: ")
    assert "because of your role in the contract Acme S.A. and Hooked: many messages at once" in text_of(digest)


async def test_machines_get_every_fact_by_itself(stage: Stage, webhook_receiver: WebhookReceiver) -> None:
    stage.time.go(LATE)
    await stage.hear(*(breached(incident=f"github:{number}", contract="hooked") for number in range(30)))
    await stage.send()
    assert len(webhook_receiver.requests.all()) == 30
    assert await stage.rows(kind="digest") == []


async def test_a_digest_that_fails_falls_back_and_a_machine_gets_what_it_carried_one_by_one(
    stage: Stage, smtp_server: SmtpServer, webhook_receiver: WebhookReceiver
) -> None:
    await flooded(stage, 20)
    await stage.send()
    smtp_server.answer(Smtp.RCPT, "550 no")
    await out(stage)
    digest, *more = await stage.rows(kind="digest")
    assert (digest.state, more) == ("failed", [])
    carried = await stage.rows(carried_by=digest.id)
    assert {(row.state, row.reason) for row in carried} == {("failed", "carrier_failed")}
    told = [orjson.loads(request.body) for request in webhook_receiver.requests.all()]
    assert Counter(each["type"] for each in told) == {"slad.page": 19, "slad.warning": 3}
    assert {each["data"]["incident"] for each in told} == {row.incident for row in carried}
    assert {row.state for row in await stage.rows(channel="webhook")} == {"sent"}


async def test_whoever_was_told_by_a_digest_hears_of_the_end(stage: Stage, smtp_server: SmtpServer) -> None:
    await flooded(stage, 20)
    await out(stage)
    await stage.hear(missed(stage.time.now(), incident="github:3"))
    await out(stage, CALM)
    assert [each.split()[0] for each in subjects(smtp_server)] == ["Breached", "Acme:", "Acme:"]
    assert subjects(smtp_server)[-1] == "Acme: 1 closed"


async def test_many_ends_that_wait_for_a_digest_are_one_message_after_it(stage: Stage, smtp_server: SmtpServer) -> None:
    await flooded(stage, 20)
    await stage.send()
    smtp_server.answer(Smtp.RCPT, "450 4.2.1 later")
    stage.time.go(stage.time.now() + FIRST_PAUSE)
    await stage.send()  # the digest waits for its next attempt
    await stage.hear(*(missed(stage.time.now(), incident=f"github:{number}") for number in range(20)))
    for _ in range(4):
        await out(stage, timedelta(minutes=5))
    assert subjects(smtp_server)[1:] == ["Acme: 19 breached, 3 due soon", "Acme: 20 closed"]


async def test_what_a_failed_digest_carried_is_retried_with_it(stage: Stage, smtp_server: SmtpServer) -> None:
    await flooded(stage, 20)
    await stage.send()
    smtp_server.answer(Smtp.RCPT, "550 no")
    await out(stage)
    (digest,) = await stage.rows(kind="digest")
    carried = (await stage.rows(carried_by=digest.id))[0]
    assert (carried.state, carried.reason) == ("failed", "carrier_failed")
    assert not await retry_delivery(stage.context, carried.id, OPS)
    assert await retry_delivery(stage.context, carried.carried_by, OPS)
    await stage.send()
    assert {row.state for row in await stage.rows(kind="page", carried_by=digest.id)} == {"sent"}


async def test_two_instances_gather_into_one_digest(stage: Stage, smtp_server: SmtpServer) -> None:
    second = stage.another()
    stage.time.go(LATE)
    for number in range(20):
        await (stage, second)[number % 2].hear(breached(incident=f"github:{number}"))
    await second.send()
    await out(stage)
    assert subjects(smtp_server)[-1] == "Acme: 15 breached"
    assert len(await stage.rows(kind="digest")) == 1


# -- the one link


async def in_a_digest(stage: Stage, server: SmtpServer) -> tuple[str, list[str]]:
    """The path of its link, and the incidents it lists."""
    await flooded(stage, 8)
    await out(stage)
    found = re.search(r"https://slad\.example(/ack/\S+)", text_of(mails(server)[-1]))
    assert found is not None
    return found.group(1), [f"github:{number}" for number in range(1, 8)]


async def states(stage: Stage, incidents: list[str]) -> list[Any]:
    return [(await stage.alert(incident)).state for incident in incidents]


async def test_one_link_acknowledges_all_that_it_lists_and_nothing_else(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    path, incidents = await in_a_digest(stage, smtp_server)
    for _ in range(2):
        look = await client.get(path)
        assert look.status_code == 200
        assert "Acknowledge these 7?" in look.text
        assert all(incident in look.text for incident in incidents)
        assert look.text.count("<form") == 1
    assert await states(stage, incidents) == ["open"] * 7, "a mail scanner changes nothing"

    pressed = await client.post(path)
    assert "Thank you, Anna Nowak. 7 acknowledged" in pressed.text
    assert await states(stage, incidents) == ["acknowledged"] * 7
    assert (await stage.alert("github:0")).state == "open", "it was told by a mail of its own"
    alert = await stage.alert("github:3")
    assert (alert.acknowledged_by, alert.acknowledged_via) == ("anna", "digest")
    assert (await stage.log()).count(("alert.acknowledged", "digest")) == 7, "each is on record"
    assert {row.alert for row in await stage.table("notifier_step")} == {str(clock_of("github:0"))}

    again = await client.post(path)
    assert again.status_code == 200
    assert "nothing left to do" in again.text
    assert "acknowledged by Anna Nowak" in again.text
    assert (await stage.log()).count(("alert.acknowledged", "digest")) == 7


async def test_one_of_them_can_be_answered_alone(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    path, incidents = await in_a_digest(stage, smtp_server)
    links = re.findall(r'href="https://slad\.example(/ack/[^"]+)"', (await client.get(path)).text)
    assert len(links) == 7
    await client.post(links[0])
    assert sorted(await states(stage, incidents)) == ["acknowledged", *["open"] * 6]
    assert "Acknowledge these 6?" in (await client.get(path)).text


async def test_the_page_behind_the_link_lists_the_most_urgent_first_as_the_message_does(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    stage.time.go(LATE)
    weights = [0.9, 0.1, 0.3, 0.2, 0.8, 0.4, 0.6, 0.5]
    await stage.hear(*(breached(incident=f"github:{number}", weight=each) for number, each in enumerate(weights)))
    await out(stage)
    text = text_of(mails(smtp_server)[-1])
    listed = re.findall(r"github:\d", "".join(line for line in text.splitlines() if line.startswith("* ")))
    assert listed == ["github:4", "github:6", "github:7", "github:5", "github:2", "github:3", "github:1"]
    found = re.search(r"https://slad\.example(/ack/\S+)", text)
    assert found is not None
    for answer in (await client.get(found.group(1)), await client.post(found.group(1))):
        assert re.findall(r"(github:\d) ", answer.text) == listed


async def test_what_was_broken_anew_since_then_is_not_acknowledged_by_it(
    stage: Stage, smtp_server: SmtpServer, client: httpx2.AsyncClient
) -> None:
    path, _ = await in_a_digest(stage, smtp_server)
    await stage.hear(missed(stage.time.now(), incident="github:2"), missed(stage.time.now(), incident="github:3"))
    again = fact(
        FactKind.CLOCK_BREACHED, stage.time.now(), "1/breach", incident="github:2", generation=1, threshold="breach"
    )
    await stage.hear(again)
    assert "breached again since this message" in (await client.get(path)).text
    assert "5 acknowledged" in (await client.post(path)).text
    assert await states(stage, ["github:1", "github:2", "github:3"]) == ["acknowledged", "open", "closed"]


async def test_a_link_for_a_digest_that_is_gone_says_so(stage: Stage, client: httpx2.AsyncClient) -> None:
    link = stage.context.render_config.links.acknowledge_digest("dlv_gone", "anna", stage.time.now())
    path = link.removeprefix("https://slad.example")
    assert (await client.get(path)).status_code == (await client.post(path)).status_code == 404


def test_every_kind_has_its_place_in_a_digest() -> None:
    from sla_notifier.notification.digest import _COUNTED, _RANK, _STEPS

    assert (
        set(_COUNTED) == set(_RANK) == set(_STEPS) == set(MessageKind) - {MessageKind.DIGEST, MessageKind.CONFIRMATION}
    )
