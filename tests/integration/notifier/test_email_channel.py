"""Mail against a real server: encrypted or not at all, one recipient each, and honest about what may have arrived."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import aiosmtplib
import pytest
from tests.real.certificates import Certificates
from tests.real.smtp import SmtpServer, Stage

from sla_notifier.channel.email.kept_connections import drop
from sla_notifier.channel.email.mailserver import MailSecurity, MailServer
from sla_notifier.channel.email.smtp import EmailChannel
from sla_notifier.channel.port import Failure, OutgoingMessage, Rejected, Retry, Sent

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SENDER = "slad <slad@house.example>"


def outgoing(address: str = "anna@acme.example", id_: str = "dlv_1") -> OutgoingMessage:
    return OutgoingMessage(
        id=id_, address=address, subject="Zażółć gęślą jaźń 系統", text="Слово.\n.\nafter a lone dot\n",
        html="<p>Слово</p>", payload={}, thread="t", attempt=1, possibly_duplicate=False, created_at=NOW, at=NOW,
    )  # fmt: skip


def server(of: SmtpServer, certificates: Certificates, **more: object) -> MailServer:
    values = {
        "host": "127.0.0.1",
        "port": of.port,
        "security": MailSecurity.STARTTLS,
        "ca_file": str(certificates.ca_file),
    }
    return MailServer(**values | more)  # type: ignore[arg-type]  # a test's own fields


@pytest.fixture
def stripped() -> Iterator[SmtpServer]:
    """A server whose STARTTLS somebody on the way has removed."""
    with SmtpServer(None) as plain:
        yield plain


async def test_mail_arrives_encrypted_whole_and_in_any_script(
    smtp_server: SmtpServer, certificates: Certificates
) -> None:
    channel = EmailChannel(server(smtp_server, certificates), SENDER)
    assert await channel.send(outgoing()) == Sent()
    await channel.close()
    mail = smtp_server.accepted.all()[0]
    assert mail.encrypted
    assert (mail.sender, mail.recipients) == ("slad@house.example", ("anna@acme.example",))
    assert mail.parsed["Subject"] == "Zażółć gęślą jaźń 系統"
    body = mail.parsed.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == "Слово.\n.\nafter a lone dot\n"


async def test_without_starttls_nothing_is_sent_in_plain(stripped: SmtpServer, certificates: Certificates) -> None:
    channel = EmailChannel(server(stripped, certificates), SENDER)
    outcome = await channel.send(outgoing())
    await channel.close()
    assert isinstance(outcome, Retry)
    assert outcome.failure is Failure.TLS
    assert stripped.seen.all() == []


async def test_a_certificate_nobody_vouches_for_is_not_trusted(
    smtp_server: SmtpServer, certificates: Certificates
) -> None:
    channel = EmailChannel(server(smtp_server, certificates, ca_file=""), SENDER)
    outcome = await channel.send(outgoing())
    await channel.close()
    assert isinstance(outcome, Retry)
    assert outcome.failure is Failure.TLS
    assert smtp_server.seen.all() == []


async def test_a_plain_server_on_this_machine_is_used_when_said_so(
    stripped: SmtpServer, certificates: Certificates
) -> None:
    channel = EmailChannel(server(stripped, certificates, security=MailSecurity.PLAIN), SENDER)
    assert await channel.send(outgoing()) == Sent()
    await channel.close()
    assert not stripped.accepted.all()[0].encrypted


async def test_login(certificates: Certificates) -> None:
    tls: ssl.SSLContext = certificates.server_context()
    with SmtpServer(tls, login=("slad", "the password")) as strict:
        right = EmailChannel(server(strict, certificates, username="slad", password="the password"), SENDER)
        wrong = EmailChannel(server(strict, certificates, username="slad", password="a guess"), SENDER)
        assert await right.send(outgoing()) == Sent()
        refused = await wrong.send(outgoing())
        await right.close()
        await wrong.close()
    assert isinstance(refused, Retry)
    assert refused.failure is Failure.AUTH
    assert "guess" not in refused.detail
    assert [mail.login for mail in strict.accepted.all()] == ["slad"]


async def test_a_connection_is_used_again_and_replaced_when_it_has_died(
    smtp_server: SmtpServer, certificates: Certificates
) -> None:
    channel = EmailChannel(server(smtp_server, certificates), SENDER)
    await channel.send(outgoing(id_="dlv_1"))
    kept = channel._idle._idle[0][0]
    await channel.send(outgoing(id_="dlv_2"))
    assert channel._idle._idle[0][0] is kept
    assert kept.transport is not None
    kept.transport.abort()  # the server went away meanwhile
    assert await channel.send(outgoing(id_="dlv_3")) == Sent()
    assert len(smtp_server.accepted.all()) == 3
    await channel.close()


async def test_a_connection_of_no_more_use_does_not_wait_for_a_farewell(
    smtp_server: SmtpServer, certificates: Certificates
) -> None:
    channel = EmailChannel(server(smtp_server, certificates), SENDER)
    await channel.send(outgoing(id_="dlv_1"))
    transport = channel._idle._idle[0][0].transport
    assert transport is not None
    socket = transport.get_extra_info("socket")
    smtp_server.answer(Stage.RCPT, "550 5.7.1 not you")
    assert isinstance(await channel.send(outgoing(id_="dlv_2")), Rejected)
    await asyncio.sleep(0)  # one turn of the loop, in which no answer can come
    assert socket.fileno() == -1
    await channel.close()


async def test_so_it_is_on_the_loop_that_slad_runs_on() -> None:
    """uvloop's transports derive from nothing in asyncio."""

    class Transport:
        aborted = False

        def abort(self) -> None:
            self.aborted = True

    of_another_loop = Transport()
    drop(aiosmtplib.SMTP(), of_another_loop)
    assert of_another_loop.aborted


@pytest.mark.parametrize(
    ("stage", "reply", "expected"),
    [
        (Stage.MAIL, "550 5.7.1 not you", Rejected),
        (Stage.RCPT, "450 4.2.1 greylisted", Retry),
        (Stage.RCPT, "550 5.1.1 nobody", Rejected),
        (Stage.DATA, "451 4.7.1 greylisted", Retry),
        (Stage.DATA, "554 5.7.1 spam", Rejected),
    ],
)
async def test_replies(
    smtp_server: SmtpServer, certificates: Certificates, stage: Stage, reply: str, expected: type
) -> None:
    smtp_server.answer(stage, reply)
    channel = EmailChannel(server(smtp_server, certificates), SENDER)
    outcome = await channel.send(outgoing())
    assert isinstance(outcome, expected)
    assert isinstance(outcome, Rejected | Retry)
    assert outcome.failure is (Failure.SMTP_TEMPORARY if expected is Retry else Failure.SMTP_PERMANENT)
    assert await channel.send(outgoing()) == Sent(), "the next message does not suffer"
    await channel.close()


async def test_an_address_that_is_not_one_mailbox_never_reaches_the_server(
    smtp_server: SmtpServer, certificates: Certificates
) -> None:
    channel = EmailChannel(server(smtp_server, certificates), SENDER)
    for address in ("a@b, c@d", "a@b\r\nRCPT TO:<c@d>", ""):
        outcome = await channel.send(outgoing(address))
        assert isinstance(outcome, Rejected)
        assert outcome.failure is Failure.BAD_ADDRESS
    await channel.close()
    assert smtp_server.seen.all() == []


async def test_a_server_that_is_not_there(certificates: Certificates) -> None:
    with SmtpServer(None) as gone:
        port = gone.port
    channel = EmailChannel(
        MailServer(host="127.0.0.1", port=port, security=MailSecurity.STARTTLS, ca_file=str(certificates.ca_file)),
        SENDER,
    )
    outcome = await channel.send(outgoing())
    await channel.close()
    assert isinstance(outcome, Retry)
    assert (outcome.failure, outcome.maybe_arrived) == (Failure.REFUSED, False)
