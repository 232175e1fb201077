"""Where a webhook may go. The name is resolved once, every answer is checked, and the vetted address is connected to.

A name with one forbidden answer is refused as a whole; a name that changes between check and connect changes
nothing, because nothing asks again. Allow-listed networks (local use) may be reached by plain http on any port.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address, ip_network

import httpx2

from sla_notifier.channel.webhook.forbidden import FORBIDDEN, PRIVATE, Address, Network, in_networks
from sla_platform.errors import BadSettings

PUBLIC_PORTS = frozenset({443, 8443})
RESOLVE_SECONDS = 5.0
LONGEST_URL = 2_000

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class Denial(StrEnum):
    """Why connecting to a webhook's URL is not allowed; the value is the reason in words."""

    MALFORMED = "the URL cannot be read unambiguously"
    SCHEME = "only https is allowed (http only into allow-listed networks)"
    USERINFO = "credentials in the URL are refused"
    HOST = "the host is not a plain name or address"
    PORT = "the port is not allowed for public addresses"
    UNRESOLVED = "the name does not resolve"
    ADDRESS = "the name leads to a forbidden address"


@dataclass(frozen=True, slots=True)
class Vetted:
    """The target of a webhook's URL, after `Guard.vet` has checked and allowed the URL."""

    scheme: str
    host: str
    """The name, for the Host header and TLS."""
    port: int
    target: str
    """The path and query of the URL."""
    addresses: tuple[str, ...]
    """The checked IP addresses of the host, to which connections are made."""

    def url(self, attempt: int) -> str:
        """Return the URL to connect to, with an IP address in place of the host name.

        Each attempt gets the next address. After the last address comes the first again.

        Args:
            attempt: The number of the attempt, from 1.
        """
        address = self.addresses[(attempt - 1) % len(self.addresses)]
        literal = f"[{address}]" if ":" in address else address
        return f"{self.scheme}://{literal}:{self.port}{self.target}"

    @property
    def host_header(self) -> str:
        """Return the value of the Host header: the host name, and the port if necessary.

        The port is left out if it is the scheme's default.
        """
        literal = f"[{self.host}]" if ":" in self.host else self.host
        return literal if self.port == _default_port(self.scheme) else f"{literal}:{self.port}"


def parse_networks(written: Sequence[str]) -> tuple[Network, ...]:
    """Return the IP networks of SLAD_WEBHOOK_ALLOW, such as `10.1.0.0/16`.

    Raises:
        BadSettings: An entry is not a network. The error names the entry.
    """
    found: list[Network] = []
    for entry in written:
        try:
            found.append(ip_network(entry))
        except ValueError as error:
            raise BadSettings(f"SLAD_WEBHOOK_ALLOW: {entry!r} is no network such as 10.1.0.0/16: {error}") from None
    return tuple(found)


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """Return every IP address that the system's resolver has for the name `host`.

    Args:
        port: The port of the connection.

    Raises:
        OSError: There is no address.
    """
    answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in answers]


class Guard:
    """Decides whether a webhook's URL may be connected to; call `vet`.

    Allowed are https URLs with certain ports at public addresses.

    Args:
        allow: Networks, also private ones, to which connections are allowed by http too, and on any port.
        resolve: Looks up the IP addresses of a host name.
        ports: The ports allowed at public addresses.
    """

    def __init__(
        self,
        allow: tuple[Network, ...] = (),
        *,
        resolve: Resolver = system_resolver,
        ports: frozenset[int] = PUBLIC_PORTS,
    ) -> None:
        self._allow = allow
        self._resolve = resolve
        self._ports = ports

    async def vet(self, url: str, *, private: bool = False) -> Vetted | Denial:
        """Return the target of a URL with its checked addresses, or why the URL is denied.

        The host name is looked up, but no connection is made. If one of its addresses is forbidden, the URL is denied.

        Args:
            private: Whether this URL may lead to private networks and this machine, also by http and on any port.
        """
        parsed = _parsed(url)
        if isinstance(parsed, Denial):
            return parsed
        scheme, host, port, target = parsed
        found = await self._addresses(host, port)
        if not found:
            return Denial.UNRESOLVED
        allow = self._allow + (PRIVATE if private else ())
        for address in found:
            if in_networks(address, allow):
                continue
            if in_networks(address, FORBIDDEN):
                return Denial.ADDRESS
            if scheme != "https":
                return Denial.SCHEME
            if port not in self._ports:
                return Denial.PORT
        return Vetted(scheme, host, port, target, tuple(dict.fromkeys(str(address) for address in found)))

    async def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                written = await self._resolve(host, port)
        except (OSError, TimeoutError, UnicodeError):
            return []
        return [ip_address(answer) for answer in written]


def _parsed(url: str) -> tuple[str, str, int, str] | Denial:
    """Scheme, host, port and target, or why not. What two parsers could read differently is refused outright."""
    if not url.isascii() or len(url) > LONGEST_URL or any(ord(c) <= 0x20 or c in '\\\x7f"<>^`{|}' for c in url):
        return Denial.MALFORMED
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in ("http", "https"):
        return Denial.SCHEME
    authority = rest.replace("?", "/").replace("#", "/").partition("/")[0]
    if "@" in authority:
        return Denial.USERINFO
    if not authority or "%" in authority:  # escapes and IPv6 zones
        return Denial.HOST
    try:
        read = httpx2.URL(url)
        port = _default_port(scheme) if read.port is None else read.port
        target = read.raw_path.decode("ascii")
    except (httpx2.InvalidURL, ValueError, TypeError):
        return Denial.MALFORMED
    host = read.raw_host.decode("ascii").removeprefix("[").removesuffix("]").removesuffix(".").lower()
    if not host or len(host) > 253 or host.startswith(".") or ".." in host or not 0 < port < 65536:
        return Denial.HOST
    return scheme, host, port, target


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
