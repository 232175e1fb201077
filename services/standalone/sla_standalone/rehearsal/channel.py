"""A channel that sends nothing: it keeps what would have been sent."""

from __future__ import annotations

from collections.abc import Mapping

from sla_notifier.channel.port import Channel, Outcome, OutgoingMessage, Sent
from sla_notifier.channel.registry import KINDS


class RecordingChannel(Channel):
    """A channel for rehearsals of services. It sends nothing; it appends each message to the list `messages`."""

    def __init__(self, messages: list[OutgoingMessage]) -> None:
        self.messages = messages

    async def send(self, outgoing: OutgoingMessage) -> Outcome:
        """Append a message to the list `messages`, and return the outcome `Sent`, although nothing is sent."""
        self.messages.append(outgoing)
        return Sent()

    async def close(self) -> None:
        """Do nothing: there is no connection."""


def recording_channels(messages: list[OutgoingMessage]) -> Mapping[str, Channel]:
    """Return a mapping of each kind of channel, such as `email`, to a RecordingChannel.

    All these channels append to the same list `messages`.
    """
    return {kind.name: RecordingChannel(messages) for kind in KINDS}
