"""E-mail addresses that every mail server takes: exactly one plain mailbox in ASCII (RFC 5321 §4.1.2, a subset).

A domain in other letters has an ASCII form (RFC 5891), so it is written in that form. A local part in other letters
has none: it would need a server with SMTPUTF8 on every hop, so it is refused where it is written down.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

import idna

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # no host name ends in a dash
_MAILBOX = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@(?=.{{1,255}}$){_LABEL}(?:\.{_LABEL})*")
_SENDER = re.compile(
    r"(?:(?:\"(?P<quoted>[^\"\\\x00-\x1f\x7f]*)\"|(?P<name>[^<>@,;\"\x00-\x1f\x7f]*)) )?"
    r"(?P<open><)?(?P<mailbox>[^\s<>,;]+)(?(open)>)"
)
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")

_LONGEST_LABEL = 63  # octets (RFC 1035 §2.3.4)


class BadMailbox(ValueError):
    """Raised for a text that is not a valid mail address, sender, mail server or domain.

    The message gives the reason.
    """


def is_mailbox(written: str) -> bool:
    """Return whether the text is exactly one plain ASCII mail address.

    Display names, comments and quoting are not allowed.
    """
    if not _MAILBOX.fullmatch(written):
        return False
    local = written.partition("@")[0]
    return not (local.startswith(".") or local.endswith(".") or ".." in local)


def ascii_mailbox(written: str) -> str:
    """Return a mail address in ASCII, the form for mail servers.

    `ada@müller.example` becomes `ada@xn--mller-kva.example`.

    Raises:
        BadMailbox: The address is invalid. An address with letters before the @ that are not ASCII is invalid too.
    """
    local, at, domain = written.partition("@")
    if at and local.isascii():
        domain = _ascii_domain(domain, written)
    if not local.isascii():
        raise BadMailbox(f"{written!r}: most mail servers take only ASCII before the @")
    if not is_mailbox(f"{local}@{domain}"):
        raise BadMailbox(f"{written!r} is not exactly one plain mailbox such as ada@example.org")
    return f"{local}@{domain}"


def sender_of(written: str) -> tuple[str, str]:
    """Return (name, mailbox) of a sender such as `slad <slad@example.org>`.

    The name is "" for `slad@example.org`. A name with a comma is quoted: `"slad, Inc." <slad@example.org>`.

    Raises:
        BadMailbox: The text has any other form.
    """
    found = _SENDER.fullmatch(written.strip())
    if found is None:
        raise BadMailbox(f"{written!r} is no sender such as slad <slad@example.org>")
    return (found["quoted"] or found["name"] or "").strip(), ascii_mailbox(found["mailbox"])


def ascii_host(written: str) -> str:
    """Return the name or IP address of a mail server in ASCII.

    `müller.example` becomes `xn--mller-kva.example`.

    Raises:
        BadMailbox: The text has any other form.
    """
    try:
        return str(ip_address(written))
    except ValueError:
        pass
    host = _ascii_domain(written, written)
    if not is_host_name(host):
        raise BadMailbox(f"{written!r} is no name of a server such as mail.example.org")
    return host


def is_host_name(written: str) -> bool:
    """Return whether a text is a valid ASCII host name, such as `mail.example.com`.

    Mail domains follow the same rule.
    """
    return bool(_HOST.fullmatch(written))


def is_near(host: str) -> bool:
    """Return whether mail may be sent unencrypted to the mail server `host`.

    The result is True for a loopback address (this machine), and for a name without a dot, such as that of a container.
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return "." not in host


def ascii_domain(domain: str) -> str:
    """Return a domain in ASCII: `müller.example` becomes `xn--mller-kva.example`.

    An ASCII domain is returned unchanged.

    Raises:
        BadMailbox: A letter is not allowed in domains, a label (part between dots) has more than 63 octets, or an
            `xn--` label is not a valid encoding of other letters (RFC 5891 §4.2.1, §5.4).
    """
    if not domain.isascii():
        try:
            return idna.encode(domain, uts46=True).decode()
        except idna.IDNAError as error:
            raise BadMailbox(f"the domain cannot be written in ASCII ({error})") from None
    for label in domain.split("."):
        if len(label) > _LONGEST_LABEL:
            raise BadMailbox(f"{label[:20]!r}… has {len(label)} characters, and a part of a domain has at most 63")
        if label[:4].casefold() == "xn--" and not _stands_for_letters(label[4:].casefold()):
            raise BadMailbox(f"{label!r} stands for no letters (invalid Punycode)")
    return domain


def _stands_for_letters(punycode: str) -> bool:
    """Whether it is the one Punycode of a text that needs it. More than IDNA allows: registries sell emoji."""
    try:
        text = punycode.encode().decode("punycode")
        return not text.isascii() and text.isprintable() and text.encode("punycode").decode() == punycode
    except UnicodeError:
        return False


def _ascii_domain(domain: str, written: str) -> str:
    try:
        return ascii_domain(domain)
    except BadMailbox as error:
        raise BadMailbox(f"{written!r}: {error}") from None
