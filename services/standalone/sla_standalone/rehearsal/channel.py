"""A channel that sends nothing: it keeps what would have been sent."""

from __future__ import annotations

from collections.abc import Mapping

from sla_notifier.channel.port import Channel, Outcome, OutgoingMessage, Sent
from sla_notifier.channel.registry import KINDS


class RecordingChannel(Channel):
    """Accepts every message and sends none. `messages` lists them in the order in which they would have left."""

    def __init__(self, messages: list[OutgoingMessage]) -> None:
        self.messages = messages

    async def send(self, outgoing: OutgoingMessage) -> Outcome:
        """Keep a message, and return Sent."""
        self.messages.append(outgoing)
        return Sent()

    async def close(self) -> None:
        """Do nothing: there is no connection."""


def recording_channels(messages: list[OutgoingMessage]) -> Mapping[str, Channel]:
    """Return a RecordingChannel for each kind of channel, by its name such as `email`; all add to `messages`."""
    return {kind.name: RecordingChannel(messages) for kind in KINDS}
