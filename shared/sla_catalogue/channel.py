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
    """An entry of the section `channels`, such as one webhook endpoint; each kind of channel has its own subclass.

    `kind`: the name of the kind, such as `webhook`.
    """

    id: ChannelId
    kind: str

    def every_secret(self) -> tuple[Secret, ...]:
        """Return all secrets of this channel entry.

        They are for checks over the whole catalogue. By default there are none.
        """
        return ()


class BadAddress(ValueError):
    """Raised for an address that this kind of channel cannot have; the message says why."""


class ChannelKind:
    """One kind of channel, such as e-mail, as the catalogue knows it; each kind is a subclass.

    `install_channel_kinds` takes one object of each. `name`: the text in `kind:` of an entry, before an address
    (`email:ada@example.org`), and as a key of a person. `document`: the model of the kind's entries in the section
    `channels`; None: it has no entries. `personal`: True: each person has an own address, and a level of an escalation
    may name the kind; False: the address is the id of an entry. `secret_keys`: the keys of an entry that hold secrets.
    """

    name: ClassVar[str]
    personal: ClassVar[bool] = False
    document: ClassVar[type[ChannelDocument] | None] = None
    secret_keys: ClassVar[frozenset[str]] = frozenset()
    """Keys of an entry, beside `secret`, `secrets`, `password` and `key`, whose values are secrets."""

    def entry(self, id_: ChannelId, document: ChannelDocument) -> ChannelEntry:
        """Return the channel entry with the id `id_` that a document of the section `channels` describes."""
        return ChannelEntry(id=id_, kind=self.name)

    def check_entry(self, document: ChannelDocument, path: Path, context: Context) -> None:
        """Report the errors of a channel entry that its model cannot find.

        They go to `context.findings`; by default there are none. `document`: the entry. `path`: the keys down to it,
        such as `("channels", "pager")`.
        """

    def normalise(self, address: str) -> str:
        """Return an address in the form in which it is stored and used.

        `address`: without the kind of channel in front. By default it is returned unchanged. Raises BadAddress for an
        address that this kind cannot have.
        """
        return address

    def check_address(self, address: str, path: Path, context: Context) -> None:
        """Report a person's address that is not valid for this kind of channel.

        The error goes to `context.findings`. By default an address must be the id of an entry of the section `channels`
        that is of this kind. `path`: the keys down to the address in the catalogue.
        """
        if context.has_entry("channels", address, path, "channel"):
            found = context.document.channels[address].kind
            if found != self.name:
                message = f"the channel {address!r} is of the kind {found}, not {self.name}"
                context.findings.error(path, "channel-kind", message, f"{found}: {address}")


_installed: dict[str, ChannelKind] | None = None


def install_channel_kinds(kinds: Iterable[ChannelKind]) -> None:
    """Set which kinds of channels, such as e-mail, the catalogues of this process may use.

    They replace those set before. Raises ValueError if two kinds have the same name.
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

    Raises LookupError if none were set yet.
    """
    if _installed is None:
        raise LookupError("no channel kinds are installed: import sla_standalone, or call install_channel_kinds")
    return tuple(_installed.values())


def channel_kind(name: str) -> ChannelKind | None:
    """Return the kind of channel with this name, of those that `install_channel_kinds` has set.

    None if there is none. Raises LookupError if no kinds were set yet.
    """
    return next((kind for kind in channel_kinds() if kind.name == name), None)


def normalise_address(written: str) -> str:
    """Return an address such as `email:ada@example.org` in the form in which it is stored and used.

    If it is not valid, or its kind (the text before the colon) is absent or unknown, it is returned unchanged.
    """
    name, colon, address = written.partition(":")
    kind = channel_kind(name) if colon else None
    try:
        return written if kind is None else f"{name}:{kind.normalise(address)}"
    except BadAddress:
        return written
