"""E-mail as a kind of channel. The mail server is that of SLAD_SMTP_URL, or `settings.smtp` of the catalogue."""

from __future__ import annotations

from collections.abc import Callable

from sla_catalogue import Catalogue
from sla_catalogue.assembly_context import Context
from sla_catalogue.channel import BadAddress
from sla_catalogue.mailbox import BadMailbox, ascii_mailbox, is_mailbox
from sla_catalogue.problem import Path
from sla_notifier.channel.kind import SendingKind
from sla_notifier.channel.port import Channel
from sla_platform.settings import Settings


class EmailKind(SendingKind):
    """The kind of channel that sends e-mail to people's own mailboxes by one mail server."""

    name = "email"
    personal = True
    """Each person has an address of this kind."""
    grouped = True
    """Many messages to a mailbox in a short time are gathered into digests (mails that collect several messages)."""
    one_server = True
    """All messages wait in one queue."""

    def normalise(self, address: str) -> str:
        """Return a mailbox with its domain in ASCII (IDNA).

        Raises:
            BadAddress: `address` is not one mailbox.
        """
        try:
            return ascii_mailbox(address)
        except BadMailbox as error:
            raise BadAddress(str(error)) from None

    def check_address(self, address: str, path: Path, context: Context) -> None:
        """Add an error to `context` unless an address of the catalogue is exactly one plain mailbox.

        Args:
            path: Path of the address in the catalogue (not a file), such as `(\"channels\", \"pager\")`.
        """
        try:
            self.normalise(address)
        except BadAddress as error:
            context.findings.error(path, "email", str(error), "name@example.com")

    def reaches(self, catalogue: Catalogue, address: str) -> bool:
        """Return whether messages can be sent to this address, which means that it is one plain ASCII mailbox.

        A mailbox needs no entry in the catalogue.
        """
        return is_mailbox(address)

    def open(self, settings: Settings, catalogue: Callable[[], Catalogue]) -> Channel:
        """Return the channel that sends by the mail server of SLAD_SMTP_URL.

        If SLAD_SMTP_URL is not set, the catalogue's `settings.smtp` names the server.

        Raises:
            BadSettings: SLAD_SMTP_URL, or the sender used with it, is unusable.
        """
        # Imported here: every command of slad knows the kinds, and only the notifier needs an SMTP client.
        from sla_notifier.channel.email.selected_server import SelectedMailServer

        return SelectedMailServer(
            settings.smtp_url, settings.mail_from, lambda: catalogue().settings.smtp, settings.mail_reply_to
        )
