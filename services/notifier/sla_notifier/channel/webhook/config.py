"""A webhook in the catalogue: how its entry of `channels` looks, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from sla_catalogue import Secret
from sla_catalogue.assembly_context import Context
from sla_catalogue.channel import ChannelEntry
from sla_catalogue.document.channel import ChannelDocument
from sla_catalogue.document.field import Secrets, SecretValue
from sla_catalogue.mailbox import ascii_domain
from sla_catalogue.problem import Path


class WebhookDocument(ChannelDocument):
    """An entry of the catalogue's section `channels` with `kind: webhook`, as written."""

    kind: Literal["webhook"]
    url: str | None = None
    """Where messages are posted."""
    secret: SecretValue | None = None
    """A secret that signs every message."""
    secrets: Secrets = Field(default_factory=list)
    """Several secrets. Each of them signs every message."""
    headers: dict[str, SecretValue] = Field(default_factory=dict)
    """Extra headers, by name."""
    private_addresses: bool = False
    """Whether the URL may lead to this machine and private networks (for local demos)."""

    def signing_secrets(self) -> tuple[Secret, ...]:
        """Return the secrets that sign every message: `secret`, if given, and then `secrets`."""
        return (*((self.secret,) if self.secret else ()), *self.secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint(ChannelEntry):
    """A webhook of the catalogue: the URL to post to, with the secrets and headers for each message."""

    url: str = field(default="", repr=False)
    """Where messages are posted. Such addresses often carry a token."""
    secrets: tuple[Secret, ...] = ()
    """Each secret signs every message, so that a receiver can replace one secret after another."""
    headers: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}))
    """Extra headers for each request, by name."""
    private_addresses: bool = False
    """Whether the URL may lead to this machine and private networks."""

    def every_secret(self) -> tuple[Secret, ...]:
        """Return every secret of the endpoint: the secrets that sign messages, and the values of the extra headers."""
        return (*self.secrets, *self.headers.values())


def check_webhook(document: WebhookDocument, path: Path, context: Context) -> None:
    """Check the URL of a webhook of the catalogue, and add problems to `context`.

    A missing or unusable URL is an error. Plain http is a warning, except in a catalogue for local use
    (`settings.local`). A URL with an unresolved reference such as `${URL}` is not checked.

    Args:
        document: The webhook in the catalogue.
        path: Path of the webhook in the catalogue (not a file), such as `(\"channels\", \"pager\")`.
    """
    findings = context.findings
    if not document.url:
        findings.error(path, "channel", f"the webhook channel {path[1]!r} has no url", "url: https://…")
        return
    if "${" in document.url:
        return  # a stored catalogue keeps the reference
    try:
        parts = urlsplit(document.url)
        ascii_domain(parts.hostname or "")
    except ValueError as error:
        findings.error((*path, "url"), "channel", f"the host of the url cannot be read: {error}", "url: https://…")
        return
    if parts.scheme not in ("http", "https") or not parts.hostname:
        findings.error((*path, "url"), "channel", "the url is not http or https with a host", "url: https://…")
    elif parts.scheme == "http" and not context.document.settings.local:
        findings.warning((*path, "url"), "plain-http", "word of breaches travels unencrypted", "use https")
