"""Addresses a webhook must not reach: everything that is not an ordinary public host.

The registries of RFC 6890 plus the ranges that Python 3.11's `is_global` calls global although they lead inside:
NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo, IPv4-mapped and -compatible, site-local, SRv6, documentation.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FORBIDDEN_V4 = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",  # carrier-grade NAT
    "127.0.0.0/8",
    "169.254.0.0/16",  # link-local, and the metadata services of clouds
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",  # 6to4 relays
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",  # reserved, and the broadcast address
)
_FORBIDDEN_V6 = (
    "::/8",  # unspecified, loopback, IPv4-mapped and -compatible, NAT64 64:ff9b::/96 and 64:ff9b:1::/48
    "100::/64",  # discard-only
    "2001::/23",  # Teredo, ORCHID, benchmarking
    "2001:db8::/32",
    "2002::/16",  # 6to4 wraps an IPv4 address
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
)
FORBIDDEN: tuple[Network, ...] = tuple(ip_network(written) for written in (*_FORBIDDEN_V4, *_FORBIDDEN_V6))

# What a channel marked `private_addresses` may reach: this machine and its own networks, never link-local.
PRIVATE: tuple[Network, ...] = tuple(
    ip_network(written)
    for written in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)


def in_networks(address: Address, networks: tuple[Network, ...]) -> bool:
    """Return whether an IP address lies in one of the networks.

    An IPv4 address never lies in an IPv6 network, nor an IPv6 address in an IPv4 network.
    """
    return any(address.version == network.version and address in network for network in networks)
