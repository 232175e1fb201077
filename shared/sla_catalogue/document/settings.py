"""Section `settings`: what concerns the whole installation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sla_catalogue.document.field import Document, SecretValue


class SmtpDocument(Document):
    """The mail server that sends e-mail.

    `security`: how the connection is encrypted.
    `username`, `password`: absent: no login.
    `sender`: the address that mails come from, such as `slad <slad@example.org>`.
    """

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: SecretValue | None = None
    sender: str


class HorizonDocument(Document):
    """The years, both included, for which calendars are compiled and holidays generated."""

    first: int = Field(ge=1970, le=2200)
    last: int = Field(ge=1970, le=2200)


class SettingsDocument(Document):
    """The settings of the installation as a whole.

    `local`: the catalogue is for one machine, so open sources and plain or short keys give no warning.
    `default_contract`: the contract for incidents of unknown customers; absent: the contract marked `default`, or the
    only one.
    `smtp`: the mail server; absent: no mail is sent.
    `horizon`: the years for which calendars are compiled; absent: 2010 to 2040.
    """

    local: bool = False  # a catalogue for one's own machine: plain keys are fine
    default_contract: str | None = None
    smtp: SmtpDocument | None = None
    horizon: HorizonDocument | None = None
