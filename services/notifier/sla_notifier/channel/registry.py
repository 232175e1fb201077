"""Every kind of channel there is: one folder beside this module and one line in it.

To add one, copy the folder `webhook`, write what your kind needs (its README.md has its lines of the glossary), and add
its name to `_FOLDERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from sla_catalogue import Catalogue
from sla_catalogue.channel import BadAddress
from sla_notifier.channel.kind import SendingKind
from sla_notifier.channel.port import Channel
from sla_platform.settings import Settings

# In the order in which a person's addresses are tried when each kind has a key of its own in the catalogue.
_FOLDERS = (
    "email",
    "webhook",
)

LONGEST_NAME = 12  # characters; as wide as the column `notifier_delivery.channel`


def load_kind(folder: str) -> SendingKind:
    """Return the kind of channel that the folder `sla_notifier.channel.<folder>` exports as `KIND`.

    Raises:
        TypeError: `KIND` is not a SendingKind, or its name is empty or longer than 12 characters (LONGEST_NAME).
    """
    kind = import_module(f"{__package__}.{folder}").KIND
    if not isinstance(kind, SendingKind) or not 0 < len(kind.name) <= LONGEST_NAME:
        raise TypeError(f"channel/{folder} must export KIND, a SendingKind with a name of at most {LONGEST_NAME}")
    return kind


KINDS: tuple[SendingKind, ...] = tuple(load_kind(folder) for folder in _FOLDERS)


def sending_kind(name: str) -> SendingKind | None:
    """Return the kind of channel with this name, such as `email`; None for an unknown name."""
    return next((kind for kind in KINDS if kind.name == name), None)


def split_address(written: str) -> tuple[str, str]:
    """Split an address into a pair: the name of the kind of channel, and the address without that name.

    For `email:a@b` the pair is `("email", "a@b")`.
    """
    kind, _, address = written.partition(":")
    return kind, address


def endpoint_of(kind: str, address: str) -> str:
    """Return the name of the queue for messages to an address, such as `email` or `webhook:pager`.

    Args:
        kind: The name of the kind of channel.
        address: The address without the name of the kind.
    """
    known = sending_kind(kind)
    return f"{kind}:{address}" if known is None else known.endpoint(address)


def personal_address(written: str) -> str:
    """Return a person's address with the name of the kind of channel that accepts it: `email:a@b` for `a@b`.

    The kinds of channel are tried in the order of the registry.

    Raises:
        BadAddress: No kind whose addresses belong to people accepts the address. The error is that of the first kind.
    """
    refused: BadAddress | None = None
    for kind in KINDS:
        if kind.personal:
            try:
                return f"{kind.name}:{kind.normalise(written.strip())}"
            except BadAddress as error:
                refused = refused or error
    raise refused or BadAddress("no kind of channel has addresses of people")


def is_grouped(written: str) -> bool:
    """Return whether many messages to this address in a short time are gathered into digests.

    A digest is a mail that collects several messages. The result is False for an unknown kind.

    Args:
        written: An address such as `email:a@b`.
    """
    known = sending_kind(split_address(written)[0])
    return known is not None and known.grouped


def one_server_kinds() -> list[str]:
    """Return the names of the kinds of channel that have one server for all messages, such as `email`.

    The name of the kind is also the name of its queue.
    """
    return [kind.name for kind in KINDS if kind.one_server]


def open_channels(settings: Settings, catalogue: Callable[[], Catalogue]) -> Mapping[str, Channel]:
    """Return the channels by the name of their kind, such as `email`.

    Args:
        catalogue: Returns the present catalogue. Channels call it for each message.

    Raises:
        BadSettings: The settings are unusable.
    """
    return {kind.name: kind.open(settings, catalogue) for kind in KINDS}
