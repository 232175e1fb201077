"""Section `settings`: what concerns the whole installation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sla_catalogue.document.field import Document, SecretValue


class SmtpDocument(Document):
    """The mail server that sends e-mail."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted."""
    username: str | None = None
    """The user name. Absent means no login."""
    password: SecretValue | None = None
    """The password. Absent means no login."""
    sender: str
    """The address that mails come from, such as `slad <slad@example.org>`."""


class HorizonDocument(Document):
    """The years, both included, for which calendars are compiled and holidays generated."""

    first: int = Field(ge=1970, le=2200)
    last: int = Field(ge=1970, le=2200)


class SettingsDocument(Document):
    """The settings of the installation as a whole."""

    local: bool = False
    """Whether the catalogue is for one machine. Open sources and plain or short keys then give no warning."""
    default_contract: str | None = None
    """The contract for incidents of unknown customers. Absent means the contract marked `default`, or the only one."""
    smtp: SmtpDocument | None = None
    """The mail server. Absent means that no mail is sent."""
    horizon: HorizonDocument | None = None
    """The years for which calendars are compiled. Absent means 2010 to 2040."""
