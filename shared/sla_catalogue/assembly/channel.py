"""`channels` → the webhooks that messages are sent to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from sla_catalogue.assembly.context import Context
from sla_catalogue.channel import ChannelConfig, ChannelId
from sla_catalogue.document.channel import ChannelDocument
from sla_catalogue.problem import Path


def build_channels(context: Context) -> Mapping[ChannelId, ChannelConfig]:
    """Return the webhook channels by id; what is wrong with them becomes a finding."""
    found: dict[ChannelId, ChannelConfig] = {}
    for name, document in context.document.channels.items():
        _check_channel(document, ("channels", name), context)
        found[ChannelId(name)] = ChannelConfig(
            id=ChannelId(name),
            url=document.url or "",
            secrets=(*((document.secret,) if document.secret else ()), *document.secrets),
            headers=MappingProxyType(dict(document.headers)),
            private_addresses=document.private_addresses,
        )
    return MappingProxyType(found)


def _check_channel(document: ChannelDocument, path: Path, context: Context) -> None:
    findings = context.findings
    if not document.url:
        findings.error(path, "channel", f"the webhook channel {path[1]!r} has no url", "url: https://…")
        return
    if "${" in document.url:
        return  # a stored catalogue keeps the reference
    parts = urlsplit(document.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        findings.error((*path, "url"), "channel", "the url is not http or https with a host", "url: https://…")
    elif parts.scheme == "http" and not context.document.settings.local:
        findings.warning((*path, "url"), "plain-http", "word of breaches travels unencrypted", "use https")
