"""The settings of the installation: whether it is local, and the mail server."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sla_catalogue.secret import Secret


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is encrypted.

    `TLS`: from the start.
    `NONE`: not at all.
    """

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The mail server that sends e-mail.

    `sender`: the address that mails come from, such as `slad <slad@example.org>`.
    `username`, `password`: "" and None: no login.
    """

    host: str
    sender: str
    port: int = 587
    security: SmtpSecurity = SmtpSecurity.STARTTLS
    username: str = ""
    password: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationSettings:
    """The settings of the installation as a whole.

    `local`: the catalogue is for one machine, so open sources and plain or short keys give no warning.
    `smtp`: the mail server; None: no mail is sent.
    """

    local: bool = False
    smtp: Smtp | None = None
