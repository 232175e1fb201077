"""Limits on streams and on different pages rendered for them, shared out by key, contract and address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TypeVar

_Name = TypeVar("_Name", bound=Hashable)
PAGES_SHARE = 5  # a party may have one in so many of the different pages


@dataclass(frozen=True, slots=True)
class StreamBounds:
    """The limits on streams: open connections on which browsers receive new versions of a page.

    `streams` is the limit for all callers together. The others are for each API key, contract and network address.
    Callers without a key are limited by address, and together they get at most half of `streams`.
    """

    streams: int = 1000
    per_key: int = 100
    per_contract: int = 200
    per_address: int = 100
    pages: int = 200
    """How many different pages may be followed at a time."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A caller who opens a stream to follow a page, identified by API key, contract and network address."""

    key: str = ""
    """The name of the caller's API key. "" without a key."""
    contract: str | None = None
    """The only contract that the key may see. None means all contracts."""
    address: str = ""
    """The network address, which limits a caller without a key."""

    @property
    def party(self) -> str:
        """Return the name under which all streams of this caller are counted, such as `contract acme`.

        The name is that of the key's contract if there is one, or else of the key, or else of the address.
        """
        if self.contract is not None:
            return f"contract {self.contract}"
        return f"key {self.key}" if self.key else f"address {network_of(self.address)}"


def network_of(address: str) -> str:
    """Return the network whose streams are counted together with those of an address, as text.

    For an IPv4 address it is the address itself; for an IPv6 address, its /64 network. A text that is not an address is
    returned unchanged.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address


class PlacesFull(Exception):
    """Raised if no further stream may be opened now, or if the last free streams are kept for other callers.

    The caller may try again later.
    """


class CallerLimitReached(PlacesFull):
    """Raised if a limit of the caller, or of all callers without a key, is reached.

    The message names the limit.
    """


@dataclass(slots=True)
class StreamPlaces:
    """Counts the open streams by caller and page, and limits them, so that no caller uses up all streams.

    Call `check` before a stream opens, `add_stream` when it opens, and `remove_stream` when it ends.
    """

    bounds: StreamBounds
    """The limits that `check` applies."""
    _streams: Counter[str] = field(default_factory=Counter)
    _pages: dict[str, Counter[Hashable]] = field(default_factory=dict)
    _everybody: Counter[Hashable] = field(default_factory=Counter)
    _keyless: Counter[Hashable] = field(default_factory=Counter)
    _open: int = 0

    @property
    def open(self) -> int:
        """Return how many streams are open."""
        return self._open

    def check(self, visitor: Visitor, page: Hashable) -> None:
        """Raise an error if the caller may not follow this page now. The stream is not counted yet.

        Raises:
            CallerLimitReached: The caller's key, contract or address has as many streams as allowed, or the caller
                follows a fifth of `bounds.pages` already. For a caller without a key it is also raised if all callers
                without a key together have half of `bounds.streams`, or follow half of `bounds.pages`.
            PlacesFull: All `bounds.streams` are open, or all `bounds.pages` are followed, or the last ones are kept for
                callers who have fewer streams or pages.
        """
        for name, most in self._limits(visitor):
            if self._streams[name] >= most:
                raise CallerLimitReached(f"{name} follows {most} streams already: close some of them")
        self._check_share(visitor.party, self._open, self.bounds.streams, self._streams[visitor.party], self._parties())
        if page in self._pages.get(visitor.party, ()):
            return
        pages, mine = self.bounds.pages, len(self._pages.get(visitor.party, ()))
        if mine >= max(pages // PAGES_SHARE, 1):
            raise CallerLimitReached(f"{visitor.party} follows {mine} different pages already: close some of them")
        if not visitor.key and page not in self._keyless and len(self._keyless) >= max(pages // 2, 1):
            # Without a key a client may use many addresses, so half of the places is kept for clients with a key.
            raise CallerLimitReached(f"everybody without a key follows {len(self._keyless)} different pages already")
        if page not in self._everybody:
            self._check_share(visitor.party, len(self._everybody), pages, mine, self._parties())

    def add_stream(self, visitor: Visitor, page: Hashable) -> None:
        """Count a new stream of this caller to this page.

        No limit is checked here: call `check` first.
        """
        self._open += 1
        self._streams.update(self._names(visitor))
        self._pages.setdefault(visitor.party, Counter())[page] += 1
        self._everybody[page] += 1
        if not visitor.key:
            self._keyless[page] += 1

    def remove_stream(self, visitor: Visitor, page: Hashable) -> None:
        """Stop counting one stream of this caller to this page.

        Call this once for each `add_stream`.
        """
        self._open -= 1
        for name in self._names(visitor):
            _less(self._streams, name)
        pages = self._pages[visitor.party]
        _less(pages, page)
        if not pages:
            del self._pages[visitor.party]
        _less(self._everybody, page)
        if not visitor.key:
            _less(self._keyless, page)

    def _parties(self) -> int:
        return len(self._pages)

    def _names(self, visitor: Visitor) -> list[str]:
        return [name for name, _ in self._limits(visitor)]

    def _limits(self, visitor: Visitor) -> list[tuple[str, int]]:
        bounds = self.bounds
        if not visitor.key:
            address = f"address {network_of(visitor.address)}"
            return [(address, bounds.per_address), ("everybody without a key", max(bounds.streams // 2, 1))]
        limits = [(f"key {visitor.key}", bounds.per_key)]
        if visitor.contract is not None:
            limits.append((f"contract {visitor.contract}", bounds.per_contract))
        return limits

    def _check_share(self, party: str, taken: int, places: int, mine: int, parties: int) -> None:
        if taken >= places:
            raise PlacesFull
        others = parties if party not in self._pages else parties - 1
        left = places - taken
        if left <= max(places // 20, 1) and mine:
            raise PlacesFull  # the last ones are for those who have none
        if left <= places // 4 and mine >= max(places // (others + 2), 1):
            raise PlacesFull  # one share is kept for the next caller


def _less(counter: Counter[_Name], name: _Name) -> None:
    counter[name] -= 1
    if not counter[name]:
        del counter[name]
