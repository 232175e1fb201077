"""Section `channels`: the webhooks that messages are sent to."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sla_catalogue.document.field import Document, SecretValue
from sla_catalogue.document.source import Secrets


class ChannelDocument(Document):
    """A way to tell somebody besides e-mail (`settings.smtp`): a webhook endpoint (Standard Webhooks)."""

    kind: Literal["webhook"]
    url: str | None = None
    secret: SecretValue | None = None
    secrets: Secrets = Field(default_factory=list)
    headers: dict[str, SecretValue] = Field(default_factory=dict)
    private_addresses: bool = False  # allow loopback and private networks (local demos)
