"""Mail over a real SMTP conversation: encryption, login, refusals, and the connection that dies."""

from __future__ import annotations

import ssl
from email.message import EmailMessage

import aiosmtplib
import pytest
from tests.real.certificates import Certificates
from tests.real.smtp import SmtpServer, Stage


async def test_a_mail_arrives_encrypted_with_a_verified_certificate(
    smtp_server: SmtpServer, certificates: Certificates
) -> None:
    await _send(smtp_server, certificates)

    (mail,) = await smtp_server.accepted.received(1)
    assert mail.encrypted
    assert mail.recipients == ("oncall@example.test",)
    assert mail.parsed["Subject"] == "Störung läuft ab"


async def test_a_client_that_does_not_know_the_authority_refuses(smtp_server: SmtpServer) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await aiosmtplib.send(_message(), hostname=smtp_server.host, port=smtp_server.port, start_tls=True)
    assert smtp_server.seen.all() == []


@pytest.mark.parametrize(
    ("stage", "reply", "error"),
    [
        (Stage.RCPT, "550 5.1.1 no such mailbox", aiosmtplib.SMTPRecipientsRefused),
        (Stage.DATA, "451 4.3.0 try later", aiosmtplib.SMTPDataError),
        (Stage.MAIL, "421 4.7.0 too many connections", aiosmtplib.SMTPSenderRefused),
    ],
)
async def test_a_scripted_refusal_reaches_the_client_once(
    smtp_server: SmtpServer, certificates: Certificates, stage: Stage, reply: str, error: type[Exception]
) -> None:
    smtp_server.answer(stage, reply)

    with pytest.raises(error, match=reply.split(" ", 2)[2]):
        await _send(smtp_server, certificates)
    assert smtp_server.accepted.all() == []

    await _send(smtp_server, certificates)
    assert len(smtp_server.accepted.all()) == 1


async def test_a_connection_cut_after_the_data_leaves_the_client_in_doubt(
    smtp_server: SmtpServer, certificates: Certificates
) -> None:
    smtp_server.drop_after_data()

    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await _send(smtp_server, certificates)

    assert len(await smtp_server.seen.received(1)) == 1
    assert smtp_server.accepted.all() == []


async def test_a_login_is_checked(certificates: Certificates) -> None:
    with SmtpServer(certificates.server_context(), require_starttls=True, login=("slad", "secret")) as server:
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await _send(server, certificates, username="slad", password="wrong")
        await _send(server, certificates, username="slad", password="secret")

        (mail,) = server.accepted.all()
        assert mail.login == "slad"


async def _send(
    server: SmtpServer, certificates: Certificates, username: str | None = None, password: str | None = None
) -> None:
    await aiosmtplib.send(
        _message(),
        hostname=server.host,
        port=server.port,
        start_tls=True,
        tls_context=certificates.client_context(),
        username=username,
        password=password,
    )


def _message() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "slad@example.test"
    message["To"] = "oncall@example.test"
    message["Subject"] = "Störung läuft ab"
    message.set_content("Zwei Minuten bis zum Bruch.")
    return message
