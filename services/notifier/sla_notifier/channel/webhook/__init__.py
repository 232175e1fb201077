"""Webhooks by the specification Standard Webhooks: each endpoint is an entry of `channels` in the catalogue.

Reading order: `config` (an entry), `kind`, `render` (what goes over the wire), `guard` and `forbidden` (where it may
go), `send`.
"""

from __future__ import annotations

from sla_notifier.channel.webhook.kind import WebhookKind

KIND = WebhookKind()
