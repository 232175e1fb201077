"""One message as MIME: headers nobody can inject into, a text and an HTML part, a thread per alert."""

from __future__ import annotations

import re
import unicodedata
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

from sla_notifier.channel.port import DUPLICATE_HEADER, Outgoing
from sla_platform.errors import BadSettings

LONGEST_SUBJECT = 200
_MAILBOX = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?=.{1,255}$)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*")
_SENDER = re.compile(r"(?:(?P<name>[^<>@,;\"\x00-\x1f\x7f]*) )?<?(?P<mailbox>[^\s<>,;]+)>?")
_ID = re.compile(r"[^A-Za-z0-9_-]")
_SEPARATORS = frozenset({"Zl", "Zp", "Cc", "Cs"})  # line and paragraph separators, C0 and C1, lone surrogates


def is_mailbox(written: str) -> bool:
    """Exactly one address of plain ASCII: no list, no display name, no comment, no quoting (RFC 5321 §4.1.2 subset)."""
    if not _MAILBOX.fullmatch(written):
        return False
    local = written.partition("@")[0]
    return not (local.startswith(".") or local.endswith(".") or ".." in local)


def clean(written: str, longest: int = LONGEST_SUBJECT) -> str:
    """A header value on one line: controls and line separators become spaces, the rest is cut at `longest`.

    Encoded words (RFC 2047) of others are broken up: the library decodes what it is given, and a line break hidden
    in one would come out as a header of its own.
    """
    spaced = "".join(" " if unicodedata.category(c) in _SEPARATORS else c for c in written)
    short = " ".join(spaced.replace("=?", "= ?").split())
    return short if len(short) <= longest else short[: longest - 1] + "…"


def sender_of(written: str) -> tuple[str, str]:
    """Display name and mailbox of `slad <slad@example.org>`. Raises BadSettings when there is no one mailbox."""
    found = _SENDER.fullmatch(written.strip())
    name, mailbox = (found["name"] or "", found["mailbox"]) if found else ("", "")
    if not is_mailbox(mailbox):
        raise BadSettings(f"SLAD_MAIL_FROM: {written!r} is no sender such as slad <slad@example.org>")
    return clean(name.strip()), mailbox


def compose(outgoing: Outgoing, sender: tuple[str, str]) -> EmailMessage:
    """The message of a delivery; the same delivery gives the same message but for the duplicate mark."""
    name, mailbox = sender
    local, _, domain = mailbox.partition("@")
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = Address(name, local, domain)
    message["To"] = Address("", *outgoing.address.rsplit("@", 1))
    message["Subject"] = clean(outgoing.subject)
    message["Date"] = outgoing.created_at
    message["Message-ID"] = f"<{_plain(outgoing.id)}@{domain}>"
    if outgoing.thread:
        # A thread needs no first message: everything about one alert refers to the same, virtual root.
        root = f"<thread.{_plain(outgoing.thread)}@{domain}>"
        message["In-Reply-To"] = root
        message["References"] = root
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if outgoing.possibly_duplicate:
        message[DUPLICATE_HEADER] = "true"
    message.set_content(outgoing.text)
    message.add_alternative(outgoing.html, subtype="html")
    return message


def _plain(id_: str) -> str:
    return _ID.sub("_", id_)
