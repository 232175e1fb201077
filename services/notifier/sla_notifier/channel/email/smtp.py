"""E-mail by SMTP: one recipient a message, TLS unless explicitly local, connections kept for the next message.

4xx about the recipient or the message is tried again, 5xx is final for this message. A connection lost after DATA may
have delivered: the same Message-ID is sent again, marked. While the server is busy the message waits here for a
connection, and no attempt is counted (see `ConnectionAllowance`). A kept connection that no longer works is replaced
at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib

from sla_catalogue.mailbox import is_mailbox
from sla_notifier.channel.email.allowance import ConnectionAllowance
from sla_notifier.channel.email.connection_slots import ConnectionSlots
from sla_notifier.channel.email.kept_connections import KeptConnections, drop
from sla_notifier.channel.email.login import log_in
from sla_notifier.channel.email.mailserver import MailSecurity, MailServer
from sla_notifier.channel.email.mime import compose, sender_of
from sla_notifier.channel.email.reply import classify, is_connection_limit, is_server_busy
from sla_notifier.channel.port import Busy, Channel, Failure, Outcome, OutgoingMessage, Rejected, Retry, Sent

TOTAL_SECONDS = 30.0
WAIT_SECONDS = 20.0  # for a place; with the above it stays below a lease
KEPT_SECONDS = 5.0  # a kept connection answers at once or is dead
SERVICE_CLOSING = 421


@dataclass(slots=True)
class _Progress:
    """How far an exchange came: what broke after `handed_over` may have arrived."""

    handed_over: bool = False
    connected: bool = False


class EmailChannel(Channel):
    """Sends e-mail by one mail server, and keeps connections open for the next messages.

    Args:
        sender: For example, `slad <slad@example.org>`.
        reply_to: Where answers by people go, written like `sender`. "" means to the sender.
        total_seconds: How long sending may take, in seconds, once the message has a connection.
        wait_seconds: How long a message may wait for a connection, in seconds.

    Raises:
        BadSettings: `sender` is not a mailbox, or certificates cannot be read.
    """

    def __init__(
        self,
        server: MailServer,
        sender: str,
        *,
        reply_to: str = "",
        total_seconds: float = TOTAL_SECONDS,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._server = server
        self._sender = sender_of(sender)
        self._reply_to = sender_of(reply_to) if reply_to else None
        self._tls = server.tls()
        self._total = total_seconds
        self._wait = wait_seconds
        self._idle = KeptConnections()
        self._taken = 0
        self._in_session = 0  # connections that the server has accepted and that are in use
        self._allowance = ConnectionAllowance()
        self._places = ConnectionSlots(self._allowance)

    @property
    def room(self) -> int:
        """Return the highest number of messages to fetch from the queue at once for this channel.

        The number is twice the connections that may be open now, but at most 16 (`ConnectionAllowance.most`).
        """
        return min(2 * self._allowance.limit, self._allowance.most)

    async def send(self, outgoing: OutgoingMessage) -> Outcome:
        """Send one message to one mailbox and return the outcome.

        While the server is busy, the message waits for a connection, up to `wait_seconds`; then the outcome is Busy. If
        the address is not one plain mailbox, no connection is made, and the outcome is Rejected.
        """
        if not is_mailbox(outgoing.address):
            return Rejected(Failure.BAD_ADDRESS, "the address is not one plain mailbox")
        message = compose(outgoing, self._sender, self._reply_to)
        until = asyncio.get_running_loop().time() + self._wait
        busy_because = "every connection it bears is in use"
        taken_when_refused: int | None = None
        while True:
            try:
                async with self._places.hold(until):
                    outcome, of_message = await self._outcome(message, outgoing.address)
            except TimeoutError:
                return Busy(f"the mail server is busy: {busy_because}")
            self._places.give_out()  # the result may have changed how many slots there are
            if not isinstance(outcome, Busy):
                return outcome
            if of_message is not None:
                if taken_when_refused is not None and self._taken > taken_when_refused:
                    return of_message  # failed twice for this message but not for others: the server is not the cause
                taken_when_refused = self._taken
            busy_because = outcome.detail

    async def close(self) -> None:
        """Close all connections that are kept open.

        Wait at most one second for the server's reply to each QUIT.
        """
        self._places.close()
        for client in self._idle.take_all():
            transport = client.transport  # a client that has sent QUIT no longer knows it
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await client.quit(timeout=1.0)
            drop(client, transport)

    async def _outcome(self, message: EmailMessage, recipient: str) -> tuple[Outcome, Retry | Rejected | None]:
        """One exchange and what it says about the server.

        Beside `Busy` in a session, what it would mean for the message if it is about that.
        """
        progress, clock = _Progress(), asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(self._total):
                await self._exchange(message, recipient, progress)
        except TimeoutError:
            late = "the mail server did not answer in time"
            return Retry(Failure.TIMEOUT, late, maybe_arrived=progress.handed_over), None
        except (aiosmtplib.SMTPException, OSError) as error:
            beside = self._in_session + len(self._idle)
            meaning = classify(error, progress.handed_over)
            if not progress.connected and is_connection_limit(error, beside):
                self._allowance.note_refused_connection(clock(), beside)
                return Busy(f"{_named(error)} while {beside} connections were open"), None
            if progress.connected and is_server_busy(error, progress.handed_over):
                self._allowance.note_busy(clock())
                return Busy(_named(error)), meaning
            return meaning, None
        self._taken += 1
        self._allowance.note_sent(clock(), wanted=self._places.wanted)
        return Sent(), None

    async def _exchange(self, message: EmailMessage, recipient: str, progress: _Progress) -> None:
        while (kept := self._idle.take()) is not None:
            progress.connected = True
            self._in_session += 1
            try:
                if await self._begins(kept):
                    await self._over(kept, message, recipient, progress)
                    return
            except aiosmtplib.SMTPResponseException as error:
                if progress.handed_over or error.code != SERVICE_CLOSING:
                    raise
            except ConnectionError:
                if progress.handed_over:
                    raise
            finally:
                self._in_session -= 1
        progress.connected = False
        client = await self._fresh()
        progress.connected = True
        self._in_session += 1
        try:
            await self._mail(client)
            await self._over(client, message, recipient, progress)
        finally:
            self._in_session -= 1

    async def _begins(self, kept: aiosmtplib.SMTP) -> bool:
        """Begin a message on a kept connection.

        False when the server wants no more of it, for whatever reason: it was idle for too long, has had its share of
        messages, or is gone. Then it says nothing about this message.
        """
        try:
            async with asyncio.timeout(min(KEPT_SECONDS, self._total)):
                await self._mail(kept)
        except (TimeoutError, aiosmtplib.SMTPException, OSError):
            return False
        return True

    async def _mail(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.mail(self._sender[1])
        except BaseException:  # on cancellation too: a connection in the middle of a dialogue cannot be reused
            drop(client, client.transport)
            raise

    async def _over(self, client: aiosmtplib.SMTP, message: EmailMessage, recipient: str, progress: _Progress) -> None:
        try:
            await client.rcpt(recipient)
            progress.handed_over = True
            await client.data(message.as_bytes())
        except BaseException:
            drop(client, client.transport)
            raise
        if len(self._idle) + self._in_session <= self._allowance.limit:
            self._idle.keep(client)
        else:
            drop(client, client.transport)

    async def _fresh(self) -> aiosmtplib.SMTP:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=self._sender[1].partition("@")[2],
            timeout=self._total,
            use_tls=server.security is MailSecurity.TLS,
            start_tls=server.security is MailSecurity.STARTTLS,
            tls_context=self._tls,
        )
        try:
            await client.connect()
            if server.username:
                await log_in(client, server.username, server.password)
        except BaseException:
            drop(client, client.transport)
            raise
        return client


def _named(error: Exception) -> str:
    code = getattr(error, "code", None)
    return f"SMTP {code}" if code is not None else "the connection was refused"
