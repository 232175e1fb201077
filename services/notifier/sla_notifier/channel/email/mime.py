"""One message as MIME: safe headers, a text and an HTML part, a thread per alert."""

from __future__ import annotations

import re
import unicodedata
from email.message import EmailMessage
from email.utils import format_datetime

from sla_catalogue.mailbox import BadMailbox
from sla_catalogue.mailbox import sender_of as mailbox_of_sender
from sla_notifier.channel.email.header import POLICY, mailbox_value, text_value
from sla_notifier.channel.port import DUPLICATE_HEADER, OutgoingMessage
from sla_platform.errors import BadSettings

LONGEST_SUBJECT = 200
_ID = re.compile(r"[^A-Za-z0-9_-]")
_SEPARATORS = frozenset({"Zl", "Zp", "Cc", "Cs"})  # line and paragraph separators, C0 and C1, lone surrogates


def clean(written: str, longest: int = LONGEST_SUBJECT) -> str:
    """Return a header value on one line, without control characters.

    The value is cut at `longest` characters. Encoded words (RFC 2047) are broken up, because the email package would
    decode them: a line break hidden in an encoded word would begin another header.
    """
    spaced = "".join(" " if unicodedata.category(c) in _SEPARATORS else c for c in written)
    short = " ".join(spaced.replace("=?", "= ?").split())
    return short if len(short) <= longest else short[: longest - 1] + "…"


def sender_of(written: str) -> tuple[str, str]:
    """Return (name, mailbox) of a sender such as `slad <slad@example.org>`.

    Raises:
        BadSettings: The text has no mailbox.
    """
    try:
        name, mailbox = mailbox_of_sender(written)
    except BadMailbox as error:
        raise BadSettings(f"SLAD_MAIL_FROM, or sender of settings.smtp: {error}") from None
    return clean(name), mailbox


def compose(
    outgoing: OutgoingMessage, sender: tuple[str, str], reply_to: tuple[str, str] | None = None
) -> EmailMessage:
    """Return a message as a MIME message, with a text and an HTML part.

    Every attempt to send the message has the same Message-ID and date. If an earlier attempt may have arrived, a header
    marks the message as a possible duplicate. Messages of one thread (`outgoing.thread`) refer to the same message id,
    so that mail readers show them together. A message with a link to unsubscribe has the header fields by which mail
    readers offer to unsubscribe (RFC 2369, RFC 8058).

    Args:
        outgoing: The message.
        sender: A pair of name and mailbox.
        reply_to: The name and mailbox to which people's answers go. None means to the sender.
    """
    name, mailbox = sender
    domain = mailbox.partition("@")[2]
    message = EmailMessage(policy=POLICY)
    message["From"] = mailbox_value(name, mailbox)
    message["To"] = mailbox_value("", outgoing.address)
    if reply_to is not None:
        message["Reply-To"] = mailbox_value(*reply_to)
    message["Subject"] = text_value(clean(outgoing.subject))
    message["Date"] = format_datetime(outgoing.created_at)
    message["Message-ID"] = f"<{_plain(outgoing.id)}@{domain}>"
    if outgoing.thread:
        # A thread needs no first message: everything about one alert refers to the same, virtual root.
        root = f"<thread.{_plain(outgoing.thread)}@{domain}>"
        message["In-Reply-To"] = root
        message["References"] = root
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if outgoing.unsubscribe:
        message["Precedence"] = "bulk"  # older programs answer such mail by themselves unless it says so
        message["List-Unsubscribe"] = f"<{outgoing.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058: a POST of this body suffices
    if outgoing.possibly_duplicate:
        message[DUPLICATE_HEADER] = "true"
    message.set_content(outgoing.text)
    message.add_alternative(outgoing.html, subtype="html")
    return message


def _plain(id_: str) -> str:
    return _ID.sub("_", id_)
