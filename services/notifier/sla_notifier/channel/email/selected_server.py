"""The mail server in force: that of the settings, else that of the catalogue, which a reload may change."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from sla_catalogue.settings import Smtp
from sla_notifier.channel.email.allowance import ConnectionAllowance
from sla_notifier.channel.email.mailserver import MailServer, from_catalogue, mail_server
from sla_notifier.channel.email.smtp import EmailChannel
from sla_notifier.channel.port import Channel, Failure, Outcome, OutgoingMessage, Retry
from sla_platform.errors import BadSettings


class SelectedMailServer(Channel):
    """The e-mail channel: sends by the mail server of SLAD_SMTP_URL, or else of the catalogue.

    Args:
        url: SLAD_SMTP_URL. "" if not set.
        sender: The sender used with `url`.
        smtp: Returns the catalogue's `settings.smtp`, or None if the catalogue has none. It is called for each message,
            so that a change takes effect at once.
        reply_to: Where answers by people go, for either server. "" means to the sender.

    Raises:
        BadSettings: `url` or its sender is unusable.
    """

    def __init__(self, url: str, sender: str, smtp: Callable[[], Smtp | None], reply_to: str = "") -> None:
        self._fixed = EmailChannel(mail_server(url), sender, reply_to=reply_to) if url else None
        self._reply_to = reply_to
        self._smtp = smtp
        self._from_catalogue: tuple[MailServer, str, EmailChannel] | None = None

    @property
    def room(self) -> int:
        """Return the highest number of messages to fetch from the queue at once for this channel.

        Before a mail server is selected, the number is 4.
        """
        channel = self._fixed or (self._from_catalogue[2] if self._from_catalogue is not None else None)
        return ConnectionAllowance().limit if channel is None else channel.room

    async def prepare(self) -> None:
        """Read the certificates that the catalogue's mail server needs; called at the start of the process.

        Wrong settings raise no error here. They are reported when the first message is sent.
        """
        smtp = self._smtp() if self._fixed is None else None
        if smtp is not None:
            with contextlib.suppress(BadSettings):
                await self._channel(from_catalogue(smtp), smtp.sender)

    async def send(self, outgoing: OutgoingMessage) -> Outcome:
        """Send a message by the present mail server and return the outcome.

        Without a mail server, or with wrong settings for the server, the outcome is Retry: the message is tried
        again later.
        """
        if self._fixed is not None:
            return await self._fixed.send(outgoing)
        smtp = self._smtp()
        if smtp is None:
            return Retry(Failure.NOT_CONFIGURED, "no mail server is set up: SLAD_SMTP_URL, or settings.smtp")
        try:
            channel = await self._channel(from_catalogue(smtp), smtp.sender)
        except BadSettings as error:
            return Retry(Failure.NOT_CONFIGURED, str(error))
        return await channel.send(outgoing)

    async def close(self) -> None:
        """Close the connections to the present mail server.

        Connections to a former mail server were closed when the server changed.
        """
        if self._fixed is not None:
            await self._fixed.close()
        if self._from_catalogue is not None:
            await self._from_catalogue[2].close()

    async def _channel(self, server: MailServer, sender: str) -> EmailChannel:
        held = self._from_catalogue
        if held is not None and held[:2] == (server, sender):
            return held[2]
        fresh = EmailChannel(server, sender, reply_to=self._reply_to)
        self._from_catalogue = (server, sender, fresh)
        if held is not None:
            await held[2].close()
        return fresh
