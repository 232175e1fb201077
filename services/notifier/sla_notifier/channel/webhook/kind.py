"""Webhooks as a kind of channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sla_catalogue import Catalogue
from sla_catalogue.assembly_context import Context
from sla_catalogue.channel import ChannelEntry, ChannelId
from sla_catalogue.document.channel import ChannelDocument
from sla_catalogue.problem import Path
from sla_notifier.channel.kind import SendingKind
from sla_notifier.channel.port import Channel
from sla_notifier.channel.webhook.config import WebhookDocument, WebhookEndpoint, check_webhook
from sla_platform.settings import Settings


class WebhookKind(SendingKind):
    """The kind of channel that posts each message as signed JSON to a webhook of the catalogue."""

    name = "webhook"
    document = WebhookDocument
    """The model of a webhook's entry in the catalogue."""
    secret_keys = frozenset({"headers"})
    """Keys of an entry that hold secrets, in addition to `secret` and `secrets`."""

    def entry(self, id_: ChannelId, document: ChannelDocument) -> ChannelEntry:
        """Return the WebhookEndpoint that an entry of the catalogue's `channels` describes.

        Args:
            id_: The entry's id.
            document: The entry as written.
        """
        assert isinstance(document, WebhookDocument)
        return WebhookEndpoint(
            id=id_,
            kind=self.name,
            url=document.url or "",
            secrets=document.signing_secrets(),
            headers=MappingProxyType(dict(document.headers)),
            private_addresses=document.private_addresses,
        )

    def check_entry(self, document: ChannelDocument, path: Path, context: Context) -> None:
        """Add problems of a webhook's URL to `context`: missing, not http or https, or unencrypted.

        Args:
            document: The webhook in the catalogue.
            path: Path of the webhook in the catalogue (not a file), such as `(\"channels\", \"pager\")`.
        """
        assert isinstance(document, WebhookDocument)
        check_webhook(document, path, context)

    def open(self, settings: Settings, catalogue: Callable[[], Catalogue]) -> Channel:
        """Return the channel that posts to the webhooks of the present catalogue. It is called once in a process.

        Args:
            catalogue: Returns the present catalogue.

        Raises:
            BadSettings: An entry of SLAD_WEBHOOK_ALLOW is not a network.
        """
        # Imported here: every command of slad knows the kinds, and only the notifier needs an HTTP client.
        from sla_notifier.channel.webhook.guard import Guard, parse_networks
        from sla_notifier.channel.webhook.send import WebhookChannel

        def endpoints() -> Mapping[ChannelId, WebhookEndpoint]:
            entries = catalogue().channels.items()
            return {id_: entry for id_, entry in entries if isinstance(entry, WebhookEndpoint)}

        return WebhookChannel(endpoints, Guard(parse_networks(settings.webhook_allow)))
