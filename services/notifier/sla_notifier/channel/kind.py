"""What one kind of channel is to the notifier: the catalogue's part, and how to send."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from sla_catalogue import Catalogue, ChannelId, ChannelKind
from sla_notifier.channel.port import Channel
from sla_platform.settings import Settings


class SendingKind(ChannelKind, ABC):
    """One kind of channel, such as e-mail.

    Each folder of `sla_notifier.channel` exports one instance as `KIND`.
    """

    grouped: ClassVar[bool] = False
    """Whether many messages to one address in a short time are gathered into digests. It is True for people and False
    for programs, which get each message by itself."""
    one_server: ClassVar[bool] = False
    """If True, all messages of the kind go to one server and wait in one queue. If False, each address has its own
    queue, so that a slow receiver delays only its own messages."""

    def endpoint(self, address: str) -> str:
        """Return the name of the queue for messages to this address, such as `email` or `webhook:pager`.

        Args:
            address: The address without the name of the kind.
        """
        return self.name if self.one_server else f"{self.name}:{address}"

    def reaches(self, catalogue: Catalogue, address: str) -> bool:
        """Return whether messages can be sent to this address.

        By default, this is true if the address is the id of a channel of this kind in the catalogue. Kinds with other
        addresses, such as e-mail, override this method.
        """
        entry = catalogue.channels.get(ChannelId(address))
        return entry is not None and entry.kind == self.name

    @abstractmethod
    def open(self, settings: Settings, catalogue: Callable[[], Catalogue]) -> Channel:
        """Return the channel that sends messages of this kind. It is called once in a process.

        Args:
            catalogue: Returns the present catalogue.

        Raises:
            BadSettings: The settings are unusable.
        """
