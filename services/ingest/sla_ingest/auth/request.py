"""The parts of a request that a proof can cover besides headers and body: its URL and the sender's address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """The method, path and addresses of an HTTP request, which are used to check the proof of its sender."""

    method: str = "POST"
    """The HTTP method."""
    path: str = ""
    """The path and the query, as sent."""
    origin: str = ""
    """slad's public URL without a slash at its end, such as `https://slad.example`."""
    address: str = ""
    """The sender's IP address: behind trusted proxies, what they say it is. "" if not known."""
    peer: str = ""
    """The IP address at the other end of the connection, such as a proxy's. "" if not known."""
    repeated: frozenset[str] = frozenset()
    """Names of the headers that came more than once, in lower case."""


NO_REQUEST = RequestFacts()


def is_within(address: str, networks: Iterable[str]) -> bool:
    """Return whether an IP address lies in one of the networks, which are in CIDR notation.

    An IPv4 address that is written as IPv6 (`::ffff:192.0.2.7`) is compared as IPv4. A text that is no IP address gives
    False.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in _network(one) for one in networks)


@lru_cache(maxsize=1024)
def _network(written: str) -> IPv4Network | IPv6Network:
    return ip_network(written)
