"""What concerns the installation rather than a contract: whether it is local, and the mail server."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sla_catalogue.secret import Secret


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The mail server by which e-mail leaves."""

    host: str
    sender: str
    port: int = 587
    security: SmtpSecurity = SmtpSecurity.STARTTLS
    username: str = ""
    password: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationSettings:
    """What concerns the installation rather than a contract."""

    local: bool = False
    smtp: Smtp | None = None
