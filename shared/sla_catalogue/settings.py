"""The settings of the installation: whether it is local, and the mail server."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sla_catalogue.secret import Secret


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    """Encrypted from the start."""
    NONE = "none"
    """Not encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The mail server that sends e-mail."""

    host: str
    sender: str
    """The address that mails come from, such as `slad <slad@example.org>`."""
    port: int = 587
    security: SmtpSecurity = SmtpSecurity.STARTTLS
    username: str = ""
    """User name. "" means no login."""
    password: Secret | None = None
    """Password. None means no login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationSettings:
    """The settings of the installation as a whole."""

    local: bool = False
    """Whether the catalogue is for one machine. Open sources and plain or short keys then give no warning."""
    smtp: Smtp | None = None
    """The mail server. None means that no mail is sent."""
