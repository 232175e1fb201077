"""Channels as the catalogue knows them: entries of the section `channels`, and the kinds that read them.

The catalogue must not import the notifier, and yet a kind of channel (e-mail, webhook, ...) is one folder of the
notifier that holds its configuration model too. So the composition root calls `install_channel_kinds` once, before the
first catalogue is loaded (decision 0030, docs/decisions).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, NewType

from sla_catalogue.assembly_context import Context
from sla_catalogue.document.channel import ChannelDocument
from sla_catalogue.problem import Path
from sla_catalogue.secret import Secret

ChannelId = NewType("ChannelId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEntry:
    """An entry of the section `channels`, such as one webhook endpoint.

    Each kind of channel has its own subclass.
    """

    id: ChannelId
    kind: str
    """The name of the kind, such as `webhook`."""

    def every_secret(self) -> tuple[Secret, ...]:
        """Return all secrets of this channel entry.

        By default there are none. Checks over the whole catalogue use them.
        """
        return ()


class BadAddress(ValueError):
    """Raised for an address that is not valid for this kind of channel; the message says why."""


class ChannelKind:
    """A kind of channel, such as e-mail.

    Each kind is a subclass. `install_channel_kinds` takes one object of each.
    """

    name: ClassVar[str]
    """The name of the kind: the value of `kind:` in an entry, the prefix of an address (`email:ada@example.org`), and a
    key of a person."""
    personal: ClassVar[bool] = False
    """Whether each person has an own address. A level of an escalation may name such a kind. False means that an
    address is the id of an entry."""
    document: ClassVar[type[ChannelDocument] | None] = None
    """The model of the kind's entries in the section `channels`. None if the kind has no entries."""
    secret_keys: ClassVar[frozenset[str]] = frozenset()
    """The keys of an entry that hold secrets."""

    def entry(self, id_: ChannelId, document: ChannelDocument) -> ChannelEntry:
        """Return the channel entry (id `id_`) that a document of the section `channels` describes."""
        return ChannelEntry(id=id_, kind=self.name)

    def check_entry(self, document: ChannelDocument, path: Path, context: Context) -> None:
        """Check a channel entry for errors that its pydantic model cannot find.

        Errors are added to `context.findings`. By default nothing is checked.

        Args:
            document: The entry.
            path: Path of the entry in the catalogue, such as `("channels", "pager")`.
        """

    def normalise(self, address: str) -> str:
        """Return an address in the form in which it is stored and used.

        By default the address is returned unchanged.

        Args:
            address: The address, without the kind of channel as prefix.

        Raises:
            BadAddress: The address is not valid for this kind.
        """
        return address

    def check_address(self, address: str, path: Path, context: Context) -> None:
        """Add an error to `context.findings` if a person's address is not valid for this kind of channel.

        By default a valid address is the id of an entry of this kind in the section `channels`.

        Args:
            path: Path of the address in the catalogue.
        """
        if context.has_entry("channels", address, path, "channel"):
            found = context.document.channels[address].kind
            if found != self.name:
                message = f"the channel {address!r} is of the kind {found}, not {self.name}"
                context.findings.error(path, "channel-kind", message, f"{found}: {address}")


_installed: dict[str, ChannelKind] | None = None


def install_channel_kinds(kinds: Iterable[ChannelKind]) -> None:
    """Set the kinds of channels, such as e-mail, that catalogues of this process may use.

    They replace the kinds set before.

    Raises:
        ValueError: Two kinds have the same name.
    """
    global _installed
    found: dict[str, ChannelKind] = {}
    for kind in kinds:
        if kind.name in found:
            raise ValueError(f"two kinds of channels are called {kind.name!r}")
        found[kind.name] = kind
    _installed = found


def channel_kinds() -> tuple[ChannelKind, ...]:
    """Return the kinds of channels that `install_channel_kinds` has set, in their order.

    Raises:
        LookupError: No kinds were set yet.
    """
    if _installed is None:
        raise LookupError("no channel kinds are installed: import sla_standalone, or call install_channel_kinds")
    return tuple(_installed.values())


def channel_kind(name: str) -> ChannelKind | None:
    """Return the kind of channel with this name, or None for a name that is not installed.

    Raises:
        LookupError: No kinds were set yet.
    """
    return next((kind for kind in channel_kinds() if kind.name == name), None)


def normalise_address(written: str) -> str:
    """Return an address such as `email:ada@example.org` in the form in which it is stored and used.

    An address that is not valid is returned unchanged. An address whose kind (the text before the colon) is missing or
    unknown is returned unchanged too.
    """
    name, colon, address = written.partition(":")
    kind = channel_kind(name) if colon else None
    try:
        return written if kind is None else f"{name}:{kind.normalise(address)}"
    except BadAddress:
        return written
