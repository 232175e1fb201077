"""Which connections are kept, and which one is closed when there are too many. No socket is touched here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache
from heapq import nlargest
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Protocol

Network = IPv4Network | IPv6Network
_CROWDS = 8  # addresses looked at, the most crowded first
LONG_SECONDS = 60.0  # no request is worked on for so long: what is still being answered then is a stream


class ConnectionActivity(IntEnum):
    """What a connection is doing, in the order in which connections are closed.

    To make room for a new connection, one with a lower value is closed before one with a higher value.
    """

    WAITING = 0
    """The connection waits for the head of a request."""
    SENDING = 1
    """The body of a request is arriving."""
    UNREAD = 2
    """The other side does not read its response."""
    STREAMING = 3
    """The response is a stream of events, or is still being sent more than `LONG_SECONDS` (60) after its request."""
    ANSWERED = 4
    """A request is being answered. Such a connection is never closed to make room."""


class EndReason(IntEnum):
    """Why this process refused or closed a connection.

    The names in lower case are labels of a metric.
    """

    FULL = 0
    """Refused, because too many connections are open in all."""
    ADDRESS_FULL = 1
    """Refused, because too many connections are open from its address."""
    GAVE_WAY = 2
    """Closed to make room for a new connection."""
    LATE_HEAD = 3
    """Closed, because the head of a request did not arrive in time."""
    LATE_BODY = 4
    """Closed, because the body of a request did not arrive in time."""
    NOT_READING = 5
    """Closed, because the other side read its response too slowly."""


class HeldConnection(Protocol):
    """An open connection that is counted by an `Admission` (the limit on connections of a process), which may close it.

    To make room for a new connection, the Admission compares the `activity` of open connections, and calls `give_way`
    on one of them.
    """

    def activity(self, now: float) -> ConnectionActivity:
        """Return what the connection is doing at `now` (seconds of the event loop's clock)."""

    def give_way(self) -> None:
        """Close the connection at once, to make room for a new one."""


class Admission:
    """Limits the open connections of one process: at most `most` in all, and `per_address` from one address.

    Call `enter` for each new connection, and `leave` when the connection has ended. `len()` is the number of open
    connections.

    Args:
        exempt: Networks of proxies, such as `10.0.0.0/8`. The limit per address does not apply to them.
    """

    def __init__(self, most: int, per_address: int, exempt: Iterable[str] = ()) -> None:
        self.most = most
        self.per_address = per_address
        self._exempt = tuple(ip_network(each) for each in exempt)
        self._all: OrderedDict[HeldConnection, str] = OrderedDict()
        self._of: dict[str, OrderedDict[HeldConnection, None]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def enter(self, held: HeldConnection, address: str, now: float) -> EndReason | None:
        """Count a new connection and return None; if the connection is refused, return the reason.

        If a limit is reached, an open connection is closed to make room. If none may be closed, the new connection is
        refused.

        - `per_address` is reached: a connection of the same address that is WAITING, SENDING or UNREAD is closed.
        - `most` is reached: a WAITING, SENDING or UNREAD connection of the eight addresses with the most connections is
          closed. If there is none, a connection of any address is closed, which may also be STREAMING.

        Among these connections the one with the lowest `activity` is closed, the oldest first.

        Args:
            now: The present time, in seconds of the event loop's clock.
        """
        group = group_of(address)
        own = self._of.get(group)
        if own is not None and len(own) >= self.per_address and not self._known(address):
            # Streams are not closed: their browsers would reconnect at once.
            if not self._make_room(own, now, ConnectionActivity.UNREAD):
                return EndReason.ADDRESS_FULL
        elif len(self._all) >= self.most and not self._make_room_in_all(now):
            return EndReason.FULL
        self._all[held] = group
        self._of.setdefault(group, OrderedDict())[held] = None
        return None

    def leave(self, held: HeldConnection) -> None:
        """Stop counting a connection; do nothing if it is not counted."""
        group = self._all.pop(held, None)
        if group is None:
            return
        own = self._of[group]
        del own[held]
        if not own:
            del self._of[group]

    def _make_room_in_all(self, now: float) -> bool:
        """One of those who hold the most gives way: who comes from elsewhere keeps its place in a flood."""
        crowds = ((group, own) for group, own in self._of.items() if len(own) > 1 and not self._known(group))
        for _, own in nlargest(_CROWDS, crowds, key=lambda each: len(each[1])):
            if self._make_room(own, now, ConnectionActivity.UNREAD):
                return True
        return self._make_room(self._all, now, ConnectionActivity.STREAMING)

    def _known(self, address: str) -> bool:
        return bool(self._exempt) and _within(address, self._exempt)

    def _make_room(self, among: Iterable[HeldConnection], now: float, at_most: ConnectionActivity) -> bool:
        """The oldest of those that are about the least gives way; False when all are about more than `at_most`."""
        chosen, least = None, at_most + 1
        for held in among:
            activity = held.activity(now)
            if activity < least:
                chosen, least = held, int(activity)
                if activity is ConnectionActivity.WAITING:
                    break
        if chosen is None:
            return False
        self.leave(chosen)
        chosen.give_way()
        return True


@lru_cache(maxsize=8192)
def group_of(address: str) -> str:
    """Return the key by which connections from an address are counted together.

    For an IPv4 address the key is the address, for an IPv6 address its /64 network. An IPv4 address written as IPv6
    (mapped) is treated as IPv4. A text that is not an address, such as that of a Unix socket, is returned unchanged.
    """
    try:
        read = ip_address(address)
    except ValueError:
        return address  # a Unix socket
    if not isinstance(read, IPv6Address):
        return address
    mapped = read.ipv4_mapped
    return str(mapped) if mapped is not None else str(ip_network((int(read) >> 64 << 64, 64)))


@lru_cache(maxsize=8192)
def _within(address: str, networks: tuple[Network, ...]) -> bool:
    """Of an address, or of the network that `group_of` made of one."""
    if "/" in address:
        group = ip_network(address)
        return any(isinstance(each, IPv6Network) and group.subnet_of(each) for each in networks)  # type: ignore[arg-type]
    try:
        read = ip_address(address)
    except ValueError:
        return False
    if isinstance(read, IPv6Address) and read.ipv4_mapped is not None:
        read = read.ipv4_mapped
    return any(read in network for network in networks)
