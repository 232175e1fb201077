"""The mail server to hand messages to: from `SLAD_SMTP_URL`, or from the catalogue's settings.

`smtp://user:password@host:587` demands STARTTLS, `smtps://host:465` is TLS from the start, `smtp+plain://host:25` is
unencrypted and only for this machine or a neighbouring container. `?ca=/path.pem` trusts one authority more.
Certificates are always verified.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

from sla_catalogue.mailbox import is_near
from sla_catalogue.settings import Smtp, SmtpSecurity
from sla_notifier.channel.trust import trusting
from sla_platform.errors import BadSettings


class MailSecurity(StrEnum):
    """How the connection to a mail server is encrypted."""

    STARTTLS = "starttls"
    """The connection is encrypted from the command STARTTLS on."""
    TLS = "tls"
    """The connection is encrypted from the start."""
    PLAIN = "plain"
    """The connection is not encrypted."""


_BY_SCHEME = {
    "smtp": (MailSecurity.STARTTLS, 587),
    "smtps": (MailSecurity.TLS, 465),
    "smtp+plain": (MailSecurity.PLAIN, 25),
}
_BY_CATALOGUE = {
    SmtpSecurity.STARTTLS: MailSecurity.STARTTLS,
    SmtpSecurity.TLS: MailSecurity.TLS,
    SmtpSecurity.NONE: MailSecurity.PLAIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A mail server: its address, encryption and login.

    If `username` is "", there is no login. PLAIN is allowed only to this machine or a neighbouring container.

    Raises:
        BadSettings: `security` is PLAIN, and there is a user name or `host` is another machine.
    """

    host: str
    port: int
    security: MailSecurity
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    """A PEM file with a certificate authority to trust besides the authorities of this machine. "" means no file."""

    def __post_init__(self) -> None:
        if self.security is MailSecurity.PLAIN:
            if not is_near(self.host):
                raise BadSettings(f"mail to {self.host} must be encrypted: use smtp:// (STARTTLS) or smtps://")
            if self.username:
                raise BadSettings("a password never travels unencrypted: use smtp:// (STARTTLS) or smtps://")

    def tls(self) -> ssl.SSLContext | None:
        """Return the TLS context for the connection; None for an unencrypted connection.

        Raises:
            BadSettings: `ca_file` cannot be read.
        """
        if self.security is MailSecurity.PLAIN:
            return None
        try:
            return trusting(self.ca_file)
        except OSError as error:
            raise BadSettings(f"the authority of the mail server, {self.ca_file}, cannot be read: {error}") from None


def mail_server(url: str) -> MailServer:
    """Return the mail server from a URL such as `smtp://user:password@host:587?ca=/path.pem`.

    Schemes: `smtp` (STARTTLS), `smtps` (TLS), `smtp+plain` (unencrypted).

    Raises:
        BadSettings: The URL is unusable. The message of the error never contains the password.
    """
    try:
        parts = urlsplit(url)
        security, default_port = _BY_SCHEME[parts.scheme]
        host, port = parts.hostname or "", parts.port or default_port
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except (KeyError, ValueError):
        raise BadSettings("SLAD_SMTP_URL: use smtp://user:password@host:587, smtps://… or smtp+plain://…") from None
    unknown = sorted(set(options) - {"ca"})
    if not host or unknown:
        raise BadSettings(f"SLAD_SMTP_URL: {f'unknown option {unknown[0]}' if unknown else 'the host is missing'}")
    return MailServer(
        host=host,
        port=port,
        security=security,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ca_file=options.get("ca", [""])[0],
    )


def from_catalogue(smtp: Smtp) -> MailServer:
    """Return the mail server that the catalogue's `settings.smtp` describes.

    The password is "" if its secret is not available in this process.

    Raises:
        BadSettings: The connection is unencrypted and leads to another machine, or is unencrypted and has a user name.
    """
    return MailServer(
        host=smtp.host,
        port=smtp.port,
        security=_BY_CATALOGUE[smtp.security],
        username=smtp.username,
        password=smtp.password.reveal() if smtp.password is not None and smtp.password.available else "",
    )
