"""After an outage: many facts at once become one message for each person, and nothing is hidden by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.integration.notifier.stage import NINE, Stage, breached, missed, warned
from tests.real.smtp import SmtpServer
from tests.real.smtp import Stage as Smtp
from tests.real.webhook import Answer, WebhookReceiver

from sla_notifier.delivery.again import retry


async def flooded(stage: Stage, count: int) -> None:
    stage.time.go(NINE + timedelta(hours=3))
    facts = [breached(incident=f"github:{number}") for number in range(count)]
    await stage.hear(*facts, *(warned(incident=f"jira:{number}") for number in range(3)))


async def test_many_messages_for_one_address_become_a_digest(stage: Stage, smtp_server: SmtpServer) -> None:
    await flooded(stage, 40)
    await stage.send()
    mail = smtp_server.accepted.all()
    assert [each.parsed["Subject"] for each in mail] == ["43 messages at once, 40 of them broken promises"]
    body = mail[0].parsed.get_body(("plain",))
    assert body is not None
    assert body.get_content().count("/ack/") == 40
    rows = await stage.rows(kind="page")
    carrier = (await stage.rows(kind="digest"))[0]
    assert {(row.state, row.carried_by) for row in rows} == {("sent", carrier.id)}


async def test_an_item_that_cannot_be_put_into_words_costs_the_others_nothing(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    stage.time.go(NINE + timedelta(hours=3))
    late = datetime(9999, 12, 31, 23, 30, tzinfo=UTC)  # in Warsaw it would be the year 10000
    odd = [warned(incident="github:zone", zone="Mars/Olympus"), warned(incident="github:late", due_at=late)]
    await stage.hear(*(breached(incident=f"github:{number}") for number in range(12)), *odd)
    await stage.send()
    (mail,) = smtp_server.accepted.all()
    body = mail.parsed.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert text.count("/ack/") == 12
    assert "warning: github:zone (ZoneInfoNotFoundError: see the board)" in text
    assert "github:late" in text


async def test_a_few_messages_stay_apart(stage: Stage, smtp_server: SmtpServer) -> None:
    await flooded(stage, 7)
    await stage.send()
    assert len(smtp_server.accepted.all()) == 10


async def test_a_digest_that_fails_falls_back_and_what_it_carried_shares_its_end(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    await flooded(stage, 20)
    smtp_server.answer(Smtp.RCPT, "550 no")
    await stage.send()
    carried = await stage.rows(kind="page")
    digests = {row.channel: row for row in await stage.rows(kind="digest")}
    assert digests["email"].state == "failed"
    assert {(row.state, row.carried_by) for row in carried} == {("sent", digests["webhook"].id)}


async def test_whoever_was_told_by_a_digest_hears_of_the_end(stage: Stage, smtp_server: SmtpServer) -> None:
    await flooded(stage, 20)
    await stage.hear(missed(NINE + timedelta(hours=3), incident="github:3"))
    await stage.send()
    assert [mail.parsed["Subject"].split()[0] for mail in smtp_server.accepted.all()] == ["23", "Ended:"]


async def test_many_ends_that_wait_for_a_digest_are_one_message_after_it(stage: Stage, smtp_server: SmtpServer) -> None:
    await flooded(stage, 20)
    await stage.hear(*(missed(NINE + timedelta(hours=3), incident=f"github:{number}") for number in range(20)))
    await stage.send()
    subjects = [mail.parsed["Subject"] for mail in smtp_server.accepted.all()]
    assert subjects == [
        "23 messages at once, 20 of them broken promises",
        "20 messages at once, 0 of them broken promises",
    ]


async def test_what_a_failed_digest_carried_is_retried_with_it(
    stage: Stage, smtp_server: SmtpServer, webhook_receiver: WebhookReceiver
) -> None:
    await flooded(stage, 20)
    smtp_server.answer(Smtp.RCPT, "550 no")
    webhook_receiver.answer(Answer(status=400))
    await stage.send()
    carried = (await stage.rows(kind="page"))[0]
    assert (carried.state, carried.reason) == ("failed", "carrier_failed")
    assert not await retry(stage.desk, carried.id)
    assert await retry(stage.desk, carried.carried_by)
    await stage.send()
    assert {row.state for row in await stage.rows(kind="page")} == {"sent"}
