"""The HTTP request to a webhook: the JSON body and its signed headers (Standard Webhooks 1.0). Pure."""

from __future__ import annotations

import re

import orjson
from standardwebhooks import Webhook

from sla_notifier.channel.port import DUPLICATE_HEADER, Failure, OutgoingMessage, Rejected
from sla_notifier.channel.webhook.config import WebhookEndpoint

_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{32,88}={0,2}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,1000}")
_OURS = frozenset(
    {
        "host", "content-length", "content-type", "transfer-encoding", "connection", "te", "trailer", "upgrade",
        "cookie", "expect", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature",
        DUPLICATE_HEADER.lower(),
    }
)  # fmt: skip


def body_of(outgoing: OutgoingMessage) -> bytes:
    """Return the JSON body of a message for a webhook.

    If the message may have arrived before, the body has `"possibly_duplicate": true`.
    """
    if not outgoing.possibly_duplicate:
        return orjson.dumps(outgoing.payload)
    return orjson.dumps({**outgoing.payload, "possibly_duplicate": True})


def headers_of(channel: WebhookEndpoint, outgoing: OutgoingMessage, body: bytes) -> dict[str, str] | Rejected:
    """Return the HTTP headers with which to post a message to a webhook.

    Rejected is returned in these cases:

    - A secret is missing, not available in this process, or not of the form `whsec_…`.
    - A header of the webhook is not allowed.

    Args:
        channel: The webhook. Its headers are added, and each of its secrets signs the message.
        outgoing: The message.
        body: The JSON body of the message.
    """
    own: dict[str, str] = {}
    if not all(secret.available for secret in (*channel.headers.values(), *channel.secrets)):
        return Rejected(Failure.NOT_CONFIGURED, "a secret of the channel is not available here")
    for name, secret in channel.headers.items():
        value = secret.reveal()
        if name.lower() in _OURS or not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            return Rejected(Failure.NOT_CONFIGURED, f"the header {name[:64]!r} of the channel is not allowed")
        own[name] = value
    keys = [secret.reveal() for secret in channel.secrets]
    if not keys or not all(_SECRET.fullmatch(key) for key in keys):
        return Rejected(Failure.NOT_CONFIGURED, "the channel needs a secret: whsec_ and at least 24 bytes in base64")
    own |= {
        "Content-Type": "application/json",
        "User-Agent": "slad",
        "webhook-id": outgoing.id,
        "webhook-timestamp": str(int(outgoing.at.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(outgoing.id, outgoing.at, body.decode()) for key in keys),
    }
    if outgoing.possibly_duplicate:
        own[DUPLICATE_HEADER] = "true"
    return own
