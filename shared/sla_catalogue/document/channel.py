"""Section `channels`: what an entry of every kind of channel has in common."""

from __future__ import annotations

from sla_catalogue.document.field import Document
from sla_catalogue.secret import Secret


class ChannelDocument(Document):
    """An entry of the section `channels`.

    Each kind of channel that has entries has its own subclass.
    """

    kind: str
    """The name of the kind, such as `webhook`."""

    def signing_secrets(self) -> tuple[Secret, ...]:
        """Return the secrets that sign messages to this channel (Standard Webhooks).

        By default there are none.
        """
        return ()
