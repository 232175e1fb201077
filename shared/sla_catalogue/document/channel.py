"""Section `channels`: what an entry of every kind has in common."""

from __future__ import annotations

from sla_catalogue.document.field import Document
from sla_catalogue.secret import Secret


class ChannelDocument(Document):
    """One channel of the installation; every kind that has entries (`sla_catalogue.channel`) has a subclass."""

    kind: str

    def signing_secrets(self) -> tuple[Secret, ...]:
        """Return the secrets that sign what is sent, in the way of Standard Webhooks."""
        return ()
