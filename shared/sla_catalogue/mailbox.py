"""E-mail addresses that every mail server takes: exactly one plain mailbox in ASCII (RFC 5321 §4.1.2, a subset).

A domain in other letters has an ASCII form (RFC 5891), so it is written in that form. A local part in other letters
has none: it would need a server with SMTPUTF8 on every hop, so it is refused where it is written down.
"""

from __future__ import annotations

import re

import idna

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # no server is called by one that ends in a dash
_MAILBOX = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@(?=.{{1,255}}$){_LABEL}(?:\.{_LABEL})*")


class BadMailbox(ValueError):
    """The address is not exactly one plain mailbox such as ada@example.org."""


def is_mailbox(written: str) -> bool:
    """Return whether the text is exactly one plain ASCII address, without a display name, a comment or quoting."""
    if not _MAILBOX.fullmatch(written):
        return False
    local = written.partition("@")[0]
    return not (local.startswith(".") or local.endswith(".") or ".." in local)


def ascii_mailbox(written: str) -> str:
    """Return the address as mail servers take it: `ada@müller.example` becomes `ada@xn--mller-kva.example`.

    Raises BadMailbox with the reason.
    """
    local, at, domain = written.partition("@")
    if at and local.isascii() and not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError as error:
            raise BadMailbox(f"{written!r}: the domain cannot be written in ASCII ({error})") from None
    if not local.isascii():
        raise BadMailbox(f"{written!r}: most mail servers take only ASCII before the @")
    if not is_mailbox(f"{local}@{domain}"):
        raise BadMailbox(f"{written!r} is not exactly one plain mailbox such as ada@example.org")
    return f"{local}@{domain}"
