"""Receivers that misbehave: the status line decides for a webhook, the reply after the final dot for a mail."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from tests.integration.notifier.test_email_channel import SENDER
from tests.integration.notifier.test_email_channel import outgoing as mail
from tests.integration.notifier.test_webhook_channel import Sending, hook, outgoing
from tests.real.certificates import Certificates
from tests.real.rude import Session, rude

from sla_notifier.channel.email.mailserver import MailSecurity, MailServer
from sla_notifier.channel.email.smtp import EmailChannel
from sla_notifier.channel.port import Failure, Outcome, Rejected, Retry, Sent
from sla_notifier.channel.webhook import send as webhook
from sla_notifier.heartbeat import Heartbeat
from sla_notifier.metrics import NotifierMetrics
from sla_platform.timesource import SystemTime

TOTAL = 0.4
PATIENCE = 30.0  # seconds after which something hangs; how long it takes is not judged
BODY = b"Content-Length: 1000000000\r\n\r\n"


def says(*pieces: bytes, pause: float = 0.0, then: Callable[[asyncio.StreamWriter], object] | None = None) -> Session:
    """Takes a request whole and sends these pieces, a pause before each; `then` hangs unless it says otherwise."""

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        for piece in pieces:
            await asyncio.sleep(pause)
            writer.write(piece)
            await writer.drain()
        if then is None:
            await asyncio.Event().wait()
        else:
            then(writer)

    return session


def cut(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def nonsense(writer: asyncio.StreamWriter) -> None:
    """Past the encryption: what arrives is no TLS record."""
    os.write(writer.get_extra_info("socket").fileno(), b"HTTP/1.1 200 OK\r\n\r\n")


async def sent(session: Session, certificates: Certificates | None = None) -> tuple[Outcome, float]:
    server, client, scheme = None, None, "http"
    if certificates is not None:
        server, client, scheme = certificates.server_context(), certificates.client_context(), "https"
    async with (
        rude(session, server) as port,
        Sending(hook(f"{scheme}://127.0.0.1:{port}/"), tls=client, total_seconds=TOTAL) as channel,
    ):
        begun = time.monotonic()
        outcome = await channel.send(outgoing())
        return outcome, time.monotonic() - begun


GIGABYTE = [b"x" * 65_536] * 200  # as much as the kernel takes before somebody reads

ACCEPTED = {
    "a body that never comes": says(b"HTTP/1.1 200 OK\r\n" + BODY),
    "a body that is cut": says(b"HTTP/1.1 204 OK\r\nContent-Length: 10\r\n\r\nabc", then=cut),
    "a body that is reset before it begins": says(b"HTTP/1.1 202 Accepted\r\n" + BODY, then=cut),
    "a body without end": says(b"HTTP/1.1 200 OK\r\n" + BODY, *GIGABYTE),
    "a body by drops": says(b"HTTP/1.1 200 OK\r\n" + BODY, *[b"x"] * 200, pause=0.05),
    "chunks that are none": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"),
    "a chunk that is cut": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nab", then=cut),
    "packed nonsense": says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
    "no length, and the line held": says(b"HTTP/1.1 201 Created\r\n\r\nthanks"),
    "early hints first": says(b"HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + BODY),
    "HTTP/1.0": says(b"HTTP/1.0 200 OK\r\n\r\nfine", then=cut),
}


@pytest.mark.parametrize("session", ACCEPTED.values(), ids=ACCEPTED)
async def test_2xx_is_success_whatever_becomes_of_the_body(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "BODY_SECONDS", 0.1)
    outcome, _ = await sent(session)
    assert outcome == Sent()


async def test_a_body_without_end_holds_a_place_only_for_a_moment() -> None:
    _, took = await sent(ACCEPTED["a body that never comes"])
    assert took < 2 * webhook.BODY_SECONDS + 1


def retry(failure: Failure, *, maybe: bool = False, after: timedelta | None = None) -> tuple[object, ...]:
    return failure, maybe, after


def head(status: int, **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}".encode() + BODY


REFUSED = {
    "503, its body held": (says(head(503, Retry_After="7")), retry(Failure.SERVER_ERROR, after=timedelta(seconds=7))),
    "429, cut": (says(head(429, Retry_After="0"), then=cut), retry(Failure.RATE_LIMITED, after=timedelta())),
    "429 with nonsense": (says(head(429, Retry_After="soon")), retry(Failure.RATE_LIMITED)),
    "429 with less than nothing": (says(head(429, Retry_After="-5")), retry(Failure.RATE_LIMITED)),
    "429 until long ago": (
        says(head(429, Retry_After="Thu, 01 Jan 1970 00:00:00 GMT")), retry(Failure.RATE_LIMITED, after=timedelta()),
    ),
    "429 for more seconds than there are": (says(head(429, Retry_After="9" * 40)), retry(Failure.RATE_LIMITED)),
    "302 to somewhere": (says(head(302, Location="http://127.0.0.1:1/")), retry(Failure.REDIRECT)),
    "308 without a where": (says(head(308)), retry(Failure.REDIRECT)),
    "101": (says(head(101, Upgrade="websocket", Connection="upgrade")), retry(Failure.DROPPED, maybe=True)),
    "100 and never more": (says(b"HTTP/1.1 100 Continue\r\n\r\n"), retry(Failure.TIMEOUT, maybe=True)),
    "half a head": (says(b"HTTP/1.1 200 OK\r\nContent-Le"), retry(Failure.TIMEOUT, maybe=True)),
    "half a head, cut": (says(b"HTTP/1.1 200 OK\r\nContent-Le", then=cut), retry(Failure.DROPPED, maybe=True)),
    "a head by drops": (says(*[b"H"] + [b"x"] * 20, pause=0.05), retry(Failure.TIMEOUT, maybe=True)),
    "no HTTP": (says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), retry(Failure.DROPPED, maybe=True)),
    "a head without end": (says(b"HTTP/1.1 200 OK\r\n", *[b"A: " + b"x" * 4_000 + b"\r\n"] * 50),
                           retry(Failure.DROPPED, maybe=True)),
    "nothing": (says(), retry(Failure.TIMEOUT, maybe=True)),
    "nothing, cut": (says(then=cut), retry(Failure.DROPPED, maybe=True)),
}  # fmt: skip


@pytest.mark.parametrize(("session", "expected"), REFUSED.values(), ids=REFUSED)
async def test_everything_else_is_tried_again_and_says_what_may_have_arrived(
    session: Session, expected: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "BODY_SECONDS", 0.1)
    outcome, _ = await sent(session)
    assert isinstance(outcome, Retry)
    assert (outcome.failure, outcome.maybe_arrived, outcome.after) == expected


async def test_tls_that_breaks_after_the_request_decides_no_more_than_a_cut(certificates: Certificates) -> None:
    """Whoever took the message and then breaks the encryption may have it, and has it when the status said so."""
    outcome, _ = await sent(says(then=nonsense), certificates)
    assert isinstance(outcome, Retry)
    assert (outcome.failure, outcome.maybe_arrived) == (Failure.TLS, True)
    outcome, _ = await sent(says(b"HTTP/1.1 200 OK\r\n" + BODY, then=nonsense), certificates)
    assert outcome == Sent()


async def test_410_disables_though_its_body_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "BODY_SECONDS", 0.1)
    outcome, _ = await sent(says(head(410)))
    assert outcome == Rejected(Failure.GONE, "HTTP 410", disable=True)


async def test_a_watchdog_that_answered_has_heard_the_beat() -> None:
    async with rude(get(b"HTTP/1.1 200 OK\r\n" + BODY)) as port:
        registry = CollectorRegistry()
        heartbeat = Heartbeat(f"http://127.0.0.1:{port}/", SystemTime(), NotifierMetrics(registry))
        beating = asyncio.create_task(heartbeat.run())
        heartbeat.note_canary(SystemTime().now())
        labels = {"outcome": "sent"}
        async with asyncio.timeout(5):
            while not registry.get_sample_value("slad_notifier_heartbeats_total", labels):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        beating.cancel()


def get(answer: bytes) -> Session:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await asyncio.Event().wait()

    return session


# -- mail


class Post:
    """A mail server that takes mail as it should until the reply after the final dot; `end` is what comes then."""

    def __init__(self, end: Callable[[asyncio.StreamWriter], object], *, later: bytes = b"250 fine\r\n") -> None:
        self.taken = 0
        self.sessions = 0
        self._end = end
        self._later = later

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        ended = False
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            match line.split()[0].upper():
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    while await reader.readline() != b".\r\n":
                        pass
                    self.taken += 1
                    self._end(writer)
                    ended = True
                case _ if ended and self._later == b"":
                    await asyncio.Event().wait()
                case _:
                    writer.write(self._later if ended else b"250 fine\r\n")


def taken(writer: asyncio.StreamWriter) -> None:
    writer.write(b"250 taken\r\n")


def taken_and_closed(writer: asyncio.StreamWriter) -> None:
    taken(writer)
    writer.close()


def taken_and_421(writer: asyncio.StreamWriter) -> None:
    writer.write(b"250 taken\r\n421 closing\r\n")


AFTER_THE_DOT = {
    "and closes": Post(taken_and_closed),
    "and says 421 in the same breath": Post(taken_and_421, later=b"421 closed\r\n"),
    "and says 421 to whatever comes next": Post(taken, later=b"421 closing\r\n"),
    "and never says another word": Post(taken, later=b""),
    "and refuses QUIT": Post(taken, later=b"502 no\r\n"),
}


@pytest.mark.parametrize("post", AFTER_THE_DOT.values(), ids=AFTER_THE_DOT)
async def test_the_reply_after_the_dot_decides_and_nothing_after_it(post: Post) -> None:
    async with rude(post) as port:
        server = MailServer(host="127.0.0.1", port=port, security=MailSecurity.PLAIN)
        channel = EmailChannel(server, SENDER, total_seconds=TOTAL)
        assert await channel.send(mail()) == Sent()
        async with asyncio.timeout(PATIENCE):
            await channel.close()
    assert post.taken == 1


@pytest.mark.parametrize("end", [taken_and_closed, taken_and_421, taken], ids=["closed", "421", "421 later"])
async def test_a_session_that_the_server_has_ended_is_replaced_at_once(
    end: Callable[[asyncio.StreamWriter], object],
) -> None:
    post = Post(end, later=b"421 closing\r\n")
    async with rude(post) as port:
        server = MailServer(host="127.0.0.1", port=port, security=MailSecurity.PLAIN)
        channel = EmailChannel(server, SENDER, total_seconds=5)
        for _ in range(3):
            assert await channel.send(mail()) == Sent()
            await asyncio.sleep(0.01)
        await channel.close()
    assert (post.taken, post.sessions) == (3, 3)
