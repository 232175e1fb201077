"""A busy mail server is held against the server: no message is late, tried in vain or sent twice because of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from tests.integration.notifier.stage import NINE, Stage, breached
from tests.integration.notifier.test_email_channel import SENDER, outgoing, server
from tests.real.certificates import Certificates
from tests.real.narrow_smtp import NarrowPost
from tests.real.rude import rude
from tests.real.smtp import SmtpServer
from tests.real.smtp import Stage as MailStage

from sla_notifier.channel.email.mailserver import MailSecurity, MailServer
from sla_notifier.channel.email.smtp import EmailChannel
from sla_notifier.channel.port import Busy, Failure, Retry, Sent


@asynccontextmanager
async def channel_to(post: NarrowPost, **more: float) -> AsyncIterator[EmailChannel]:
    async with rude(post) as port:
        channel = EmailChannel(MailServer(host="127.0.0.1", port=port, security=MailSecurity.PLAIN), SENDER, **more)
        yield channel
        await channel.close()


NARROW: dict[str, Callable[[], NarrowPost]] = {
    "421 and few messages a session": lambda: NarrowPost(messages=7, seconds_each=0.002),
    "432": lambda: NarrowPost(too_many=b"432 4.3.2 Concurrent connections limit exceeded\r\n", seconds_each=0.002),
    "554 in words": lambda: NarrowPost(too_many=b"554 too many connections from your host\r\n", seconds_each=0.002),
    "hangs up without a word": lambda: NarrowPost(too_many=b"", enough=b"", messages=7, seconds_each=0.002),
    "452 after its share": lambda: NarrowPost(messages=7, enough=b"452 4.5.3 too many messages\r\n"),
    "one connection": lambda: NarrowPost(connections=1, messages=7),
}


@pytest.mark.parametrize("make", NARROW.values(), ids=NARROW)
async def test_sixty_pages_through_few_connections_cost_no_try(make: Callable[[], NarrowPost]) -> None:
    post = make()
    async with channel_to(post) as channel:
        async with asyncio.timeout(10):
            outcomes = await asyncio.gather(*(channel.send(outgoing(id_=f"dlv_{n}")) for n in range(60)))
    assert set(outcomes) == {Sent()}
    assert len(post.taken) == len(set(post.ids())) == 60
    assert post.most <= post.connections
    assert post.turned_away <= 8, "the server was not asked again and again"


@pytest.mark.parametrize(
    ("verb", "reply"),
    [
        ("EHLO", b"421 4.3.2 not now\r\n"),
        ("MAIL", b"421 4.3.2 closing\r\n"),
        ("MAIL", b"450 4.7.0 slow down\r\n"),
        ("MAIL", b"451 4.3.0 later\r\n"),
        ("MAIL", b"452 4.3.1 no room\r\n"),
        ("RCPT", b"451 4.3.0 later\r\n"),
        ("RCPT", b"450 too many connections\r\n"),
        ("DATA", b"452 4.3.1 full\r\n"),
        ("DATA", b"421 closing\r\n"),
        ("RCPT", b"451 4.7.0 Temporary server error. Please try again later. PRX2\r\n"),
        ("RCPT", b"450 4.7.1 Policyd: rate limit exceeded\r\n"),
        ("RCPT", b"451 Requested action aborted: local error in processing\r\n"),
        ("DATA", b"451 mail server temporarily rejected message (#4.3.0)\r\n"),
        ("DATA", b"454 Throttling failure: Maximum sending rate exceeded.\r\n"),
    ],
)
async def test_what_speaks_of_the_server_is_no_failed_try(verb: str, reply: bytes) -> None:
    post = NarrowPost(refusals={verb: [reply], "HELO": [reply]})
    async with channel_to(post) as channel:
        assert await channel.send(outgoing()) == Sent()
    assert len(post.taken) == 1
    assert post.marked() == 0


@pytest.mark.parametrize(
    "reply", [b"450 4.7.0 Greylisted, come back in 300 s\r\n", b"451 4.7.1 graylisting, local problem\r\n"]
)
async def test_greylisting_is_about_the_recipient_and_waits_as_long_as_a_retry_does(reply: bytes) -> None:
    post = NarrowPost(refusals={"RCPT": [reply]})
    async with channel_to(post) as channel:
        said = await channel.send(outgoing())
    assert isinstance(said, Retry)
    assert (said.failure, said.maybe_arrived) == (Failure.SMTP_TEMPORARY, False)


@pytest.mark.parametrize(
    "reply",
    [
        "421 4.7.0 Try again later, closing connection",
        "432 4.3.2 Concurrent connections limit exceeded",
        "451 4.3.0 Temporary system problem",
        "454 4.7.0 Temporary authentication failure",
    ],
)
async def test_a_login_that_is_refused_for_now_is_no_failed_try(reply: str, certificates: Certificates) -> None:
    with SmtpServer(certificates.server_context(), login=("slad", "the password")) as strict:
        strict.answer(MailStage.AUTH, reply, times=2)
        channel = EmailChannel(server(strict, certificates, username="slad", password="the password"), SENDER)
        assert set(await asyncio.gather(*(channel.send(outgoing(id_=f"dlv_{n}")) for n in range(6)))) == {Sent()}
        await channel.close()
    assert len(strict.accepted.all()) == 6


async def test_an_instance_that_is_idle_leaves_the_one_connection_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sla_notifier.channel.email.kept_connections.IDLE_SECONDS", 0.05)
    post = NarrowPost(connections=1)
    async with rude(post) as port:
        narrow = MailServer(host="127.0.0.1", port=port, security=MailSecurity.PLAIN)
        first, second = EmailChannel(narrow, SENDER), EmailChannel(narrow, SENDER)
        assert await first.send(outgoing(id_="dlv_1")) == Sent()
        assert await second.send(outgoing(id_="dlv_2")) == Sent()
        assert await first.send(outgoing(id_="dlv_3")) == Sent()
        await first.close()
        await second.close()


@pytest.mark.parametrize("how", [lambda w: w.close(), lambda w: w.transport.abort()], ids=["end", "reset"])
@pytest.mark.parametrize("told", [0.0, 0.02], ids=["noticed while sending", "noticed before"])
async def test_kept_connections_that_were_closed_are_replaced(
    how: Callable[[asyncio.StreamWriter], object], told: float
) -> None:
    post = NarrowPost()
    async with channel_to(post) as channel:
        for round_ in range(3):
            sent = await asyncio.gather(*(channel.send(outgoing(id_=f"dlv_{round_}.{n}")) for n in range(3)))
            assert set(sent) == {Sent()}
            post.hang_up(how)
            await asyncio.sleep(told)
    assert len(post.taken) == len(set(post.ids())) == 9
    assert post.marked() == 0


async def test_a_kept_connection_that_never_answers_again_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sla_notifier.channel.email.smtp.KEPT_SECONDS", 0.05)
    silent = asyncio.Event()

    class Mute(NarrowPost):
        async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not self.taken:
                await super()._session(reader, _deaf_after_one(writer, self, silent))
            else:
                await super()._session(reader, writer)

    post = Mute()
    async with channel_to(post) as channel:
        assert await channel.send(outgoing(id_="dlv_1")) == Sent()
        silent.set()
        assert await channel.send(outgoing(id_="dlv_2")) == Sent()
    assert len(post.taken) == 2


def _deaf_after_one(writer: asyncio.StreamWriter, post: NarrowPost, silent: asyncio.Event) -> asyncio.StreamWriter:
    written = writer.write

    def write(data: bytes) -> None:
        if not (silent.is_set() and post.taken):
            written(data)

    writer.write = write  # type: ignore[method-assign]  # this one session goes silent
    return writer


async def test_a_server_that_has_no_place_at_all_costs_no_try_either() -> None:
    post = NarrowPost(connections=0)
    async with channel_to(post, wait_seconds=0.6) as channel:
        outcomes = await asyncio.gather(*(channel.send(outgoing(id_=f"dlv_{n}")) for n in range(16)))
        assert {type(each) for each in outcomes} == {Busy}
        assert post.turned_away <= 8
        post.connections = 3
        await asyncio.sleep(0)
        assert await channel.send(outgoing()) == Sent(), "again at once when one is free"


async def test_one_message_that_is_refused_while_others_go_is_about_the_message() -> None:
    class Filter(NarrowPost):
        async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            poisoned = [False]
            read = reader.readline

            async def readline() -> bytes:
                line = await read()
                if line.startswith(b"RCPT"):
                    poisoned[0] = b"poison" in line
                if line.startswith(b"DATA") and poisoned[0]:
                    self.refusals["DATA"] = [b"451 4.3.0 the filter broke\r\n"]
                return line

            reader.readline = readline  # type: ignore[method-assign]  # looks over the server's shoulder
            await super()._session(reader, writer)

    post = Filter()
    async with channel_to(post) as channel:
        bad = asyncio.create_task(channel.send(outgoing("poison@acme.example")))
        good = [asyncio.create_task(channel.send(outgoing(id_=f"dlv_{n}"))) for n in range(20)]
        assert set(await asyncio.gather(*good)) == {Sent()}
        await channel.send(outgoing(id_="dlv_last"))
        async with asyncio.timeout(10):
            said = await bad
    assert isinstance(said, Retry)
    assert (said.failure, said.maybe_arrived) == (Failure.SMTP_TEMPORARY, False)


async def test_a_herd_of_pages_through_a_narrow_server(stage: Stage) -> None:
    """The whole way: every page is out after one attempt, and nobody falls back to another address."""
    post = NarrowPost(messages=7)
    async with channel_to(post) as channel:
        apart = stage.settings.model_copy(update={"digest_over": 1_000})
        narrow = Stage(stage.store, stage.time, stage.catalogue, apart, {"email": channel})
        stage.others.append(narrow)
        stage.time.go(NINE + timedelta(minutes=15))
        await narrow.hear(*(breached(incident=f"github:{number}") for number in range(60)))
        await narrow.send()
        rows = await stage.rows()
    assert len(rows) == len(post.taken) == len(set(post.ids())) == 60
    assert {(row.state, row.attempts, row.possibly_duplicate) for row in rows} == {("sent", 1, False)}


async def test_a_message_that_waits_for_a_place_is_as_it_was_before(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sla_notifier.channel.email.allowance.FIRST_PAUSE", 0.001)
    monkeypatch.setattr("sla_notifier.channel.email.allowance.LONGEST_PAUSE", 0.001)
    post = NarrowPost(connections=0)
    async with channel_to(post, wait_seconds=0.05) as channel:
        narrow = stage.another(email=channel)
        stage.time.go(NINE + timedelta(minutes=15))
        await stage.hear(breached())
        await narrow.send()
        (row,) = await stage.rows()
        assert (row.state, row.attempts, row.failure, row.possibly_duplicate) == ("queued", 0, "busy", False)
        assert await stage.table("notifier_attempt") == []
        stage.time.go(stage.time.now() + timedelta(seconds=65))
        await narrow.send()
        assert [(each.channel, each.state) for each in await stage.rows()] == [("email", "queued"), ("webhook", "sent")]
        stage.time.go(stage.time.now() + timedelta(seconds=2))
        await narrow.send()
        assert len(await stage.rows()) == 2, "the other address is told once"
        post.connections = 1
        for _ in range(20):  # a machine under load may take longer than the channel waits
            stage.time.go(stage.time.now() + timedelta(seconds=2))
            await narrow.send()
    assert [(each.state, each.attempts) for each in await stage.rows(channel="email")] == [("sent", 1)]
