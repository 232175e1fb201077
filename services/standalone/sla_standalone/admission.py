"""Which connections are held, and which one is closed when there are too many. No socket is touched here."""

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
    """What a connection is busy with; the lower the value, the sooner it is closed to make room for a new connection.

    WAITING: for the head of a request. SENDING: the body of a request is arriving. UNREAD: the other side does not take
    its answer. STREAMING: the answer is a stream of events, or goes on over `LONG_SECONDS` (60) after its request.
    ANSWERED: a request is being answered; such a connection is never closed for another.
    """

    WAITING = 0  # for the head of a request
    SENDING = 1  # the body of a request
    UNREAD = 2  # its answer waits for the other side
    STREAMING = 3  # it has no end, or has been answered for longer than LONG_SECONDS
    ANSWERED = 4  # it never gives way


class EndReason(IntEnum):
    """Why a connection was refused or closed by this side; the lower-case names are labels of a metric.

    FULL: refused, too many connections are open in all. ADDRESS_FULL: refused, too many are open from its address.
    GAVE_WAY: closed to make room for a new connection. LATE_HEAD, LATE_BODY: the head or the body of a request did not
    arrive in time. NOT_READING: the other side took too little of an answer.
    """

    FULL = 0  # refused: too many in all
    ADDRESS_FULL = 1  # refused: too many of its address
    GAVE_WAY = 2  # a newcomer took its place
    LATE_HEAD = 3
    LATE_BODY = 4
    NOT_READING = 5  # the answer was not taken


class HeldConnection(Protocol):
    """An open connection that an `Admission` (the limit on connections of a process) counts and may close.

    To make room for a new connection, the Admission compares what the open ones are busy with (`activity`), and calls
    `give_way` on one of them.
    """

    def activity(self, now: float) -> ConnectionActivity:
        """Return what the connection is busy with at `now` (seconds of the event loop's clock)."""

    def give_way(self) -> None:
        """Close the connection at once, to make room for a new one."""


class Admission:
    """The open connections of one process, at most `most` in all and at most `per_address` from one address.

    Call `enter` for each new connection and `leave` when it has ended. `exempt`: networks of proxies, such as
    `10.0.0.0/8`; their addresses have no limit of their own. `len()` is the number of open connections.
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
        """Count a new connection and return None; if it is refused, return the reason.

        `held`: the connection. `address`: where it comes from. If its address is at the limit: one of the address's
        connections that is WAITING, SENDING or UNREAD is closed for it. If the process is at its limit: such a
        connection is closed, of one of the eight addresses with the most connections; if they have none, one of any
        address, which may also be STREAMING. Of several the least busy is closed, of equally busy ones the oldest. If
        there is none to close: the new one is refused. `now`: seconds of the event loop's clock.
        """
        group = group_of(address)
        own = self._of.get(group)
        if own is not None and len(own) >= self.per_address and not self._known(address):
            # Its streams are left alone: they would come back at once, and each other's places with them.
            if not self._make_room(own, now, ConnectionActivity.UNREAD):
                return EndReason.ADDRESS_FULL
        elif len(self._all) >= self.most and not self._make_room_in_all(now):
            return EndReason.FULL
        self._all[held] = group
        self._of.setdefault(group, OrderedDict())[held] = None
        return None

    def leave(self, held: HeldConnection) -> None:
        """Stop counting a connection.

        Nothing happens when it is not counted, or no longer.
        """
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

    For an IPv4 address it is the address, for an IPv6 address its /64 network. An IPv6 address that stands for an IPv4
    address counts as the IPv4 address. A text that is no address, such as that of a Unix socket, is returned unchanged.
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
