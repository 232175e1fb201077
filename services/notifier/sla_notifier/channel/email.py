"""E-mail by SMTP: one recipient a message, TLS unless explicitly local, connections kept for the next message.

4xx is tried again, 5xx is final for this message. A connection lost after DATA may have delivered: the same
Message-ID goes again, marked. A kept connection that turns out dead before DATA is replaced at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import aiosmtplib

from sla_catalogue.mailbox import is_mailbox
from sla_notifier.channel.envelope import compose, sender_of
from sla_notifier.channel.mailserver import MailSecurity, MailServer
from sla_notifier.channel.port import Failure, Outcome, Outgoing, Rejected, Retry, Sent

TOTAL_SECONDS = 30.0
IDLE_SECONDS = 20.0
MOST_IDLE = 16
SERVICE_CLOSING = 421


@dataclass(slots=True)
class _Progress:
    """How far an exchange came: what broke after `handed_over` may have arrived."""

    handed_over: bool = False


class EmailChannel:
    """Hands messages to one mail server. Raises BadSettings for a sender that is no mailbox."""

    def __init__(self, server: MailServer, sender: str, *, total_seconds: float = TOTAL_SECONDS) -> None:
        self._server = server
        self._sender = sender_of(sender)
        self._tls = server.tls()
        self._total = total_seconds
        self._idle: list[tuple[aiosmtplib.SMTP, float]] = []

    async def send(self, outgoing: Outgoing) -> Outcome:
        if not is_mailbox(outgoing.address):
            return Rejected(Failure.BAD_ADDRESS, "the address is not one plain mailbox")
        message = compose(outgoing, self._sender)
        progress = _Progress()
        try:
            async with asyncio.timeout(self._total):
                await self._exchange(message, outgoing.address, progress)
        except TimeoutError:
            return Retry(Failure.TIMEOUT, "the mail server did not answer in time", maybe_arrived=progress.handed_over)
        except (aiosmtplib.SMTPException, OSError) as error:
            return classify(error, progress.handed_over)
        return Sent()

    async def close(self) -> None:
        for client, _ in self._idle:
            transport = client.transport  # a client that has said QUIT no longer knows it
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await client.quit(timeout=1.0)
            _drop(client, transport)
        self._idle.clear()

    async def _exchange(self, message: EmailMessage, recipient: str, progress: _Progress) -> None:
        kept = self._kept()
        if kept is not None:
            try:
                await self._over(kept, message, recipient, progress)
            except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPResponseException, ConnectionError) as error:
                if progress.handed_over or not _gone(error):
                    raise
            else:
                return
        async with self._fresh() as client:
            await self._over(client, message, recipient, progress)

    async def _over(self, client: aiosmtplib.SMTP, message: EmailMessage, recipient: str, progress: _Progress) -> None:
        try:
            await client.mail(self._sender[1])
            await client.rcpt(recipient)
            progress.handed_over = True
            await client.data(message.as_bytes())
        except BaseException:  # cancellation too: a half-used connection is of no use to anybody
            _drop(client, client.transport)
            raise
        if len(self._idle) < MOST_IDLE:
            self._idle.append((client, asyncio.get_running_loop().time()))
        else:
            _drop(client, client.transport)

    def _kept(self) -> aiosmtplib.SMTP | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            client, since = self._idle.pop()
            if client.is_connected and now - since < IDLE_SECONDS:
                return client
            _drop(client, client.transport)
        return None

    @contextlib.asynccontextmanager
    async def _fresh(self) -> AsyncIterator[aiosmtplib.SMTP]:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            local_hostname=self._sender[1].partition("@")[2],
            timeout=self._total,
            use_tls=server.security is MailSecurity.TLS,
            start_tls=server.security is MailSecurity.STARTTLS,
            tls_context=self._tls,
        )
        try:
            await client.connect()
            yield client
        except BaseException:
            _drop(client, client.transport)
            raise


def _gone(error: Exception) -> bool:
    """Whether the server has ended this session (RFC 5321 §3.8: 421 may be the answer to any command)."""
    return not isinstance(error, aiosmtplib.SMTPResponseException) or error.code == SERVICE_CLOSING


def _drop(client: aiosmtplib.SMTP, transport: Any) -> None:
    """Close now: a TLS transport that is only asked to close waits up to half a minute for the server's farewell.

    `transport` is that of the loop in use; uvloop's do not derive from asyncio's.
    """
    client.close()
    if transport is not None:
        transport.abort()


def classify(error: Exception, handed_over: bool) -> Retry | Rejected:
    """What a failed exchange means (RFC 5321 §4.2.1: 4yz may be tried again, 5yz not)."""
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return Retry(Failure.AUTH, f"SMTP {error.code}: the mail server refused the login")
        case aiosmtplib.SMTPConnectResponseError() | aiosmtplib.SMTPHeloError():
            return Retry(Failure.SMTP_TEMPORARY, f"SMTP {error.code} at the start of the session")
        case aiosmtplib.SMTPResponseException() if error.code < 500:
            return Retry(Failure.SMTP_TEMPORARY, f"SMTP {error.code}")
        case aiosmtplib.SMTPResponseException():
            return Rejected(Failure.SMTP_PERMANENT, f"SMTP {error.code}")
        case aiosmtplib.SMTPTimeoutError():
            return Retry(Failure.TIMEOUT, "the mail server did not answer in time", maybe_arrived=handed_over)
        case aiosmtplib.SMTPServerDisconnected() if handed_over:
            return Retry(Failure.DROPPED, "the connection ended after the message was handed over", maybe_arrived=True)
        case _:
            return _before_the_session(error, handed_over)


def _before_the_session(error: Exception, handed_over: bool) -> Retry:
    causes = (error, error.__cause__, error.__context__)
    if any(isinstance(cause, ssl.SSLError) for cause in causes) or "STARTTLS" in str(error):
        return Retry(Failure.TLS, "no trusted encrypted session with the mail server")
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Retry(Failure.REFUSED, "the mail server refused the connection")
    if isinstance(error, OSError):
        return Retry(Failure.UNREACHABLE, "the mail server cannot be reached", maybe_arrived=handed_over)
    return Retry(Failure.PROTOCOL, "the mail server broke the protocol", maybe_arrived=handed_over)
