"""What one kind of channel is to the notifier: the catalogue's part, and how to send."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from sla_catalogue import Catalogue, ChannelId, ChannelKind
from sla_notifier.channel.port import Channel
from sla_platform.settings import Settings


class SendingKind(ChannelKind, ABC):
    """One kind of channel, such as e-mail; each folder of `sla_notifier.channel` exports one instance as `KIND`.

    `grouped`: whether a flood of messages to one address is gathered into digests; True for people, False for programs,
    which get each message by itself. `one_server`: whether all messages of the kind go to one server and wait in one
    queue; False: each address has its own queue, so that a slow receiver delays only its own messages.
    """

    grouped: ClassVar[bool] = False
    one_server: ClassVar[bool] = False

    def endpoint(self, address: str) -> str:
        """Return the name of the queue in which messages to this address wait, such as `email` or `webhook:pager`.

        `address`: without the name of its kind.
        """
        return self.name if self.one_server else f"{self.name}:{address}"

    def reaches(self, catalogue: Catalogue, address: str) -> bool:
        """Return whether messages can be sent to this address.

        By default: whether the catalogue has a channel of this kind whose id is the address. Kinds with other
        addresses, such as e-mail, override it.
        """
        entry = catalogue.channels.get(ChannelId(address))
        return entry is not None and entry.kind == self.name

    @abstractmethod
    def open(self, settings: Settings, catalogue: Callable[[], Catalogue]) -> Channel:
        """Return the channel that sends messages of this kind; called once in a process.

        `catalogue`: returns the present catalogue. Raises BadSettings for settings that cannot be used.
        """
