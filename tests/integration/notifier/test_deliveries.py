"""Refused, lost, repeated, given up: what becomes of a message until it has arrived or is visibly dead."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.integration.notifier.stage import NINE, Stage, breached, missed, taken_back, warned
from tests.real.smtp import SmtpServer
from tests.real.smtp import Stage as Smtp
from tests.real.webhook import CLOSE, HANG, Answer, WebhookReceiver

from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledger
from sla_notifier.channel.port import Channel, Failure, Outcome, OutgoingMessage, Retry, Sent
from sla_notifier.delivery.endpoint import FinishedAttempt, record_pauses
from sla_notifier.delivery.row import row_of
from sla_platform.bus import signalled_within

MINUTE = timedelta(minutes=1)


class Dying(Channel):
    """Sends for real; the process dies before it can record. `sent` is set once the message is out."""

    def __init__(self, real: Channel) -> None:
        self._real = real
        self.sent = asyncio.Event()

    async def send(self, outgoing: OutgoingMessage) -> Outcome:
        await self._real.send(outgoing)
        self.sent.set()
        await asyncio.Event().wait()
        return Sent()

    async def close(self) -> None:
        await self._real.close()


@pytest.fixture
async def open_alert(stage: Stage) -> Stage:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached())
    return stage


async def killed_between_send_and_record(stage: Stage, channel: str) -> None:
    dying = Dying(stage.channels[channel])
    other = stage.another(**{channel: dying})
    killed = asyncio.create_task(other.sender.once())
    assert await signalled_within(dying.sent, 10)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)


async def test_killed_between_send_and_record_the_same_id_goes_again_marked(
    open_alert: Stage, smtp_server: SmtpServer
) -> None:
    await killed_between_send_and_record(open_alert, "email")
    assert await open_alert.send() == 0, "the lease still holds"
    await open_alert.pass_time(seconds=61)
    assert await open_alert.send() == 1
    first, second = (mail.parsed for mail in smtp_server.accepted.all())
    assert first["Message-ID"] == second["Message-ID"]
    assert (first["X-Slad-Possibly-Duplicate"], second["X-Slad-Possibly-Duplicate"]) == (None, "true")
    row = (await open_alert.rows())[0]
    assert (row.state, row.attempts, row.possibly_duplicate) == ("sent", 2, True)
    assert [(a.number, a.outcome, a.failure) for a in await open_alert.table("notifier_attempt")] == [
        (1, "lost", "lost"),
        (2, "sent", ""),
    ]


async def test_who_may_have_read_a_page_whose_sender_died_hears_that_it_was_not_so(
    open_alert: Stage, smtp_server: SmtpServer
) -> None:
    """The page had arrived; that nobody recorded it does not make it unread."""
    await killed_between_send_and_record(open_alert, "email")
    await open_alert.hear(taken_back(NINE + 16 * MINUTE))
    assert await open_alert.send() == 0, "the closing word waits for the page that is on its way"
    await open_alert.pass_time(seconds=61)
    assert await open_alert.send() == 0, "the page is not needed any more"
    assert await open_alert.send() == 1
    assert [mail.parsed["Subject"].split()[0] for mail in smtp_server.accepted.all()] == ["Breached:", "Taken"]
    (page,) = await open_alert.rows(kind="page")
    assert (page.state, page.reason, page.possibly_duplicate) == ("cancelled", "taken_back", True)


async def test_who_may_have_read_a_page_that_an_answer_cut_off_hears_of_the_end(
    open_alert: Stage, smtp_server: SmtpServer
) -> None:
    smtp_server.drop_after_data()
    await open_alert.send()
    done = await Acknowledger(open_alert.context).acknowledge(
        (await open_alert.alert("github:7")).id, AckBy.person("piotr", "link")
    )
    assert done is not None
    await open_alert.hear(missed(NINE + 16 * MINUTE))
    await open_alert.send()
    assert [mail.parsed["Subject"].split()[0] for mail in smtp_server.seen.all()] == ["Breached:", "Closed:"]


async def test_a_lost_webhook_comes_again_with_its_id_and_the_mark_in_header_and_body(
    stage: Stage, webhook_receiver: WebhookReceiver
) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(contract="hooked"))
    await killed_between_send_and_record(stage, "webhook")
    await stage.pass_time(seconds=61)
    await stage.send()
    first, second = webhook_receiver.requests.all()
    assert first.header("webhook-id") == second.header("webhook-id")
    assert first.header("X-Slad-Possibly-Duplicate") is None
    assert second.header("X-Slad-Possibly-Duplicate") == "true"
    assert b'"possibly_duplicate":true' not in first.body
    assert b'"possibly_duplicate":true' in second.body


async def test_a_sender_that_slept_through_its_lease_records_nothing(
    open_alert: Stage, smtp_server: SmtpServer
) -> None:
    slow, quick = open_alert.another(), open_alert
    claimed = await slow.sender._claim()
    await quick.pass_time(seconds=61)
    await quick.send()
    for row in claimed:
        slow.sender._begin(row)
    await asyncio.gather(*(task for _, task in slow.sender._sending.values()))
    await slow.sender._record()
    row = (await open_alert.rows())[0]
    assert (row.state, row.attempts) == ("sent", 2), "the outcome of the newer lease stands"


async def test_the_outcome_of_an_old_lease_does_not_end_what_a_newer_one_is_sending(open_alert: Stage) -> None:
    slow, quick = open_alert.another(), open_alert
    old = await slow.sender._claim()
    await quick.pass_time(seconds=61)
    assert [row.attempts for row in await quick.sender._claim()] == [2]
    for row in old:
        slow.sender._begin(row)
    await asyncio.gather(*(task for _, task in slow.sender._sending.values()))
    await slow.sender._record()
    assert [(row.state, row.attempts) for row in await open_alert.rows()] == [("sending", 2)]


async def test_two_senders_at_once_send_one_mail(open_alert: Stage, smtp_server: SmtpServer) -> None:
    for number in range(20):
        await open_alert.hear(breached(incident=f"github:{100 + number}"))
    others = [open_alert, open_alert.another(), open_alert.another()]
    for _ in range(2):  # what comes by itself, and then the digest of the rest
        await asyncio.gather(*(each.send() for each in others))
        open_alert.time.go(open_alert.time.now() + timedelta(seconds=30))
    ids = [mail.parsed["Message-ID"] for mail in smtp_server.accepted.all()]
    assert len(ids) == len(set(ids))
    rows = await open_alert.rows()
    assert len([row for row in rows if row.kind == "page" and row.state == "sent"]) == 21
    assert {f"<{row.id}@house.example>" for row in rows if not row.carried_by} == set(ids)
    assert all(row.attempts == 1 for row in rows)


async def test_two_escalators_at_once_take_each_step_once(open_alert: Stage, smtp_server: SmtpServer) -> None:
    for number in range(20):
        await open_alert.hear(breached(incident=f"github:{100 + number}"))
    await open_alert.send()
    open_alert.time.go(open_alert.time.now() + 10 * MINUTE)
    await asyncio.gather(*(each.escalator.tick() for each in (open_alert, open_alert.another(), open_alert.another())))
    while await open_alert.escalator.tick():
        pass
    levels = [row.level for row in await open_alert.rows() if row.person == "piotr" and row.kind == "page"]
    assert levels == [2] * 21


async def test_smtp_4xx_climbs_the_ladder_and_keeps_the_message_id(open_alert: Stage, smtp_server: SmtpServer) -> None:
    smtp_server.answer(Smtp.DATA, "451 4.7.1 greylisted", times=2)
    await open_alert.send()
    assert (await open_alert.rows())[0].failure == "smtp_4xx"
    await open_alert.pass_time(seconds=3)
    assert await open_alert.send() == 0, "the first each_level is five seconds, give or take a fifth"
    await open_alert.pass_time(seconds=4)
    assert await open_alert.send() == 1
    await open_alert.pass_time(seconds=37)
    assert await open_alert.send() == 1
    assert len({mail.parsed["Message-ID"] for mail in smtp_server.seen.all()}) == 1
    assert len(smtp_server.accepted.all()) == 1
    row = (await open_alert.rows())[0]
    assert (row.state, row.attempts, row.possibly_duplicate) == ("sent", 3, False)


async def test_smtp_5xx_is_final_and_the_next_address_is_tried_at_once(
    open_alert: Stage, smtp_server: SmtpServer, webhook_receiver: WebhookReceiver
) -> None:
    smtp_server.answer(Smtp.RCPT, "550 5.1.1 no such user")
    await open_alert.send()
    rows = {row.channel: row for row in await open_alert.rows()}
    assert (rows["email"].state, rows["email"].reason, rows["email"].failure) == ("failed", "rejected", "smtp_5xx")
    assert (rows["webhook"].state, rows["webhook"].why) == ("sent", "level 1, on call; email failed")
    assert webhook_receiver.requests.all()[0].header("webhook-id") == rows["webhook"].id


async def test_a_connection_dropped_after_data_is_tried_again_under_the_same_id_marked(
    open_alert: Stage, smtp_server: SmtpServer
) -> None:
    smtp_server.drop_after_data()
    await open_alert.send()
    row = (await open_alert.rows())[0]
    assert (row.state, row.failure, row.possibly_duplicate) == ("retrying", "dropped", True)
    await open_alert.pass_time(seconds=7)
    await open_alert.send()
    first, second = (mail.parsed for mail in smtp_server.seen.all())
    assert first["Message-ID"] == second["Message-ID"]
    assert second["X-Slad-Possibly-Duplicate"] == "true"


async def test_an_address_that_keeps_failing_is_helped_by_the_next_one_after_three_attempts(
    open_alert: Stage, smtp_server: SmtpServer, webhook_receiver: WebhookReceiver
) -> None:
    smtp_server.answer(Smtp.RCPT, "450 4.2.1 mailbox locked", times=100)
    for seconds in (0, 7, 37):
        await open_alert.pass_time(seconds=seconds)
        await open_alert.send()
    await open_alert.send()
    assert len(webhook_receiver.requests.all()) == 1, "nobody waits a day for a mail server"
    mail = next(row for row in await open_alert.rows() if row.channel == "email")
    assert (mail.state, mail.attempts) == ("retrying", 3)


async def test_the_ladder_ends_and_says_so(stage: Stage, smtp_server: SmtpServer) -> None:
    night = NINE + timedelta(hours=12)
    stage.time.go(night)
    await stage.hear(breached(night, due_at=night))  # ben has one address alone
    smtp_server.answer(Smtp.RCPT, "450 4.2.1 mailbox locked", times=1000)
    for _ in range(60):
        stage.time.go(stage.time.now() + timedelta(minutes=30))
        await stage.send()
    row = (await stage.rows())[0]
    assert (row.state, row.reason, row.failure) == ("failed", "exhausted", "smtp_4xx")
    assert row.finished_at - row.created_at <= timedelta(hours=24.5)
    assert ("delivery.failed", "ben") in await stage.log()


async def test_retry_after_is_honoured(stage: Stage, webhook_receiver: WebhookReceiver) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(contract="hooked"))
    webhook_receiver.answer(Answer(status=503, headers={"Retry-After": "90"}))
    await stage.send()
    await stage.pass_time(seconds=89)
    assert await stage.send() == 0
    await stage.pass_time(seconds=1)
    assert await stage.send() == 1
    assert (await stage.rows())[0].state == "sent"


async def test_an_endpoint_that_asked_for_patience_gets_no_other_message_meanwhile(
    stage: Stage, webhook_receiver: WebhookReceiver, smtp_server: SmtpServer
) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(contract="hooked"))
    webhook_receiver.answer(Answer(status=429, headers={"Retry-After": "30"}))
    await stage.send()
    await stage.hear(breached(contract="hooked", incident="github:8"), breached(incident="github:9"))
    assert await stage.send() == 1
    assert len(smtp_server.accepted.all()) == 1, "other endpoints are not held up"
    await stage.pass_time(seconds=31)
    assert await stage.send() == 2
    assert len(webhook_receiver.requests.all()) == 3


async def test_what_one_message_is_asked_to_wait_for_holds_others_up_for_a_minute_at_most(
    stage: Stage, webhook_receiver: WebhookReceiver
) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(contract="hooked"))
    webhook_receiver.answer(Answer(status=429, headers={"Retry-After": "3000"}))
    await stage.send()
    await stage.hear(breached(contract="hooked", incident="github:8"))
    await stage.pass_time(seconds=61)
    assert await stage.send() == 1


async def test_the_longest_patience_asked_for_counts(stage: Stage) -> None:
    """A message that was under way may come back later with a shorter one."""
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(contract="hooked"))
    (row,) = await stage.rows()
    now = stage.time.now()
    for seconds in (50, 1):
        patience = Retry(Failure.RATE_LIMITED, "HTTP 429", after=timedelta(seconds=seconds))
        async with stage.store.transaction() as connection:
            await record_pauses(connection, [FinishedAttempt(row_of(dict(row._mapping)), patience, now)], now)
    (endpoint,) = await stage.table("notifier_endpoint")
    assert endpoint.rest_until == now + timedelta(seconds=50)


async def test_410_disables_the_endpoint_and_the_person_is_told_another_way(
    stage: Stage, webhook_receiver: WebhookReceiver, spare_receiver: WebhookReceiver
) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    webhook_receiver.answer(Answer(status=410))
    await stage.hear(breached(contract="hooked"))
    await stage.send()
    assert [(e.id, e.state, e.reason) for e in await stage.table("notifier_endpoint")] == [
        ("webhook:pager", "disabled", "HTTP 410")
    ]
    assert len(spare_receiver.requests.all()) == 1
    await stage.hear(breached(contract="hooked", incident="github:8"))
    await stage.send()
    assert len(webhook_receiver.requests.all()) == 1
    assert len(spare_receiver.requests.all()) == 2


async def test_what_waits_for_a_disabled_endpoint_moves_on(
    stage: Stage, webhook_receiver: WebhookReceiver, spare_receiver: WebhookReceiver
) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    for number in range(6):
        await stage.hear(breached(contract="hooked", incident=f"github:{number}"))
    webhook_receiver.answer(Answer(status=500), times=5)
    webhook_receiver.answer(Answer(status=410))
    await stage.send()
    await stage.send()
    assert len(spare_receiver.requests.all()) == 6
    states = sorted((row.address, row.state) for row in await stage.rows())
    assert states == [("pager", "failed")] * 6 + [("spare", "sent")] * 6


async def test_a_hanging_endpoint_delays_nobody_else(
    stage: Stage, webhook_receiver: WebhookReceiver, smtp_server: SmtpServer
) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    webhook_receiver.answer(HANG, times=20)
    for number in range(20):
        await stage.hear(breached(contract="hooked", incident=f"github:{number}"))
    await stage.hear(*(breached(incident=f"jira:{number}") for number in range(5)))
    running = asyncio.create_task(stage.sender.run())
    try:
        await smtp_server.accepted.received(5, timeout=5)
        assert len(webhook_receiver.requests.all()) <= 4, "a slow endpoint fills only its own places"
    finally:
        stage.sender._pace = type(stage.sender._pace)(drain_seconds=0.1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_cut_connection_and_a_500_are_tried_again(stage: Stage, webhook_receiver: WebhookReceiver) -> None:
    stage.time.go(NINE + 15 * MINUTE)
    await stage.hear(breached(contract="hooked"))
    webhook_receiver.answer(CLOSE)
    webhook_receiver.answer(Answer(status=500))
    for seconds in (0, 7, 37):
        await stage.pass_time(seconds=seconds)
        await stage.send()
    outcomes = [(a.outcome, a.failure) for a in await stage.table("notifier_attempt")]
    assert outcomes == [("retry", "dropped"), ("retry", "5xx"), ("sent", "")]
    assert len({request.header("webhook-id") for request in webhook_receiver.requests.all()}) == 1


async def test_an_acknowledged_page_that_waits_for_its_next_attempt_is_cancelled(
    open_alert: Stage, smtp_server: SmtpServer
) -> None:
    smtp_server.answer(Smtp.RCPT, "450 4.2.1 mailbox locked")
    await open_alert.send()
    await Acknowledger(open_alert.context).acknowledge(
        (await open_alert.alert("github:7")).id, AckBy.person("piotr", "api")
    )
    await open_alert.pass_time(seconds=60)
    assert await open_alert.send() == 0
    row = (await open_alert.rows())[0]
    assert (row.state, row.reason) == ("cancelled", "acknowledged")
    assert ("delivery.cancelled", "anna") in await open_alert.log()


async def test_the_closing_word_waits_for_the_page_that_is_on_its_way(
    open_alert: Stage, smtp_server: SmtpServer
) -> None:
    claimed = await open_alert.sender._claim()
    await open_alert.hear(missed(NINE + 16 * MINUTE))
    other = open_alert.another()
    assert await other.send() == 0, "the closing word must not overtake the page"
    for row in claimed:
        open_alert.sender._begin(row)
    await asyncio.gather(*(task for _, task in open_alert.sender._sending.values()))
    await open_alert.sender._record()
    assert await other.send() == 1
    assert [mail.parsed["Subject"].split()[0] for mail in smtp_server.accepted.all()] == ["Breached:", "Closed:"]


async def test_lateness_is_measured_from_the_true_instant(open_alert: Stage) -> None:
    open_alert.time.go(NINE + 15 * MINUTE + timedelta(seconds=3))
    await open_alert.send()
    labels = {"channel": "email", "kind": "page"}
    count = open_alert.registry.get_sample_value("slad_notifier_delivered_lateness_seconds_sum", labels)
    assert count == pytest.approx(3.0)


async def test_a_warning_that_waited_until_its_promise_was_due_is_not_sent(
    stage: Stage, smtp_server: SmtpServer
) -> None:
    """No server is there for half an hour: "due in 5 min" would be false then, and the page says what is so."""
    stage.time.go(NINE + 10 * MINUTE)
    await stage.hear(warned())
    stage.time.go(NINE + 40 * MINUTE)
    await stage.hear(breached())
    await stage.send()
    assert [mail.parsed["Subject"][:8] for mail in smtp_server.accepted.all()] == ["Breached"]
    (warning,) = await stage.rows(kind="warning")
    assert (warning.state, warning.reason) == ("cancelled", "overtaken")


async def test_a_warning_that_waited_a_little_is_still_sent(stage: Stage, smtp_server: SmtpServer) -> None:
    stage.time.go(NINE + 10 * MINUTE)
    await stage.hear(warned())
    stage.time.go(NINE + 14 * MINUTE)
    await stage.send()
    assert [mail.parsed["Subject"][:6] for mail in smtp_server.accepted.all()] == ["Due in"]
