"""Which requests of browsers come from slad's own pages. Pure.

A browser adds a person's Basic credentials to whatever another site makes it send, and reads for another site what a
name leads to that was turned to our address a moment ago (DNS rebinding). Two rules stand against that:

- **Host**: the name by which a request asks must be one of ours. An address is nobody's name, so it cannot be turned
  round: a service that listens beyond the loopback may be asked by any address, one on the loopback by loopback ones.
- **Origin**: what changes something must come from a page of ours, when a browser says where it comes from
  (`Sec-Fetch-Site`, else `Origin`). Programs say neither. A bearer token is never added by a browser on its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Probes and scrapers ask by whatever name the cluster has for this process; nothing here is worth a rebinding.
HOST_EXEMPT = frozenset({"/livez", "/readyz", "/metrics"})
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]{1,253})(?::(\d{0,5}))?", re.ASCII)
_OWN_SITES = frozenset({"same-origin", "none"})


class RequestRefusal(Enum):
    """Why a request is refused for its Host or Origin header.

    The value is a sentence for the sender.
    """

    NO_HOST = "Exactly one Host header is needed, and it names a host."
    FOREIGN_HOST = "slad is not reached by this name: use SLAD_PUBLIC_URL, or add the name to SLAD_ALLOWED_HOSTS."
    FOREIGN_ORIGIN = "A page of another origin must not change anything here: use slad's own page, or an API key."


@dataclass(frozen=True, slots=True)
class HostNames:
    """The host names by which requests may address this process."""

    hosts: frozenset[str]
    """The names in lower case."""
    any_address: bool
    """Whether any IP address is accepted. If not, only addresses of the loopback interface are."""
    origin: str = ""
    """The origin of the public URL, such as `https://slad.example`. "" without a public URL."""

    @classmethod
    def of(cls, public_url: str, listening: str, more: Collection[str], machine: str) -> HostNames:
        """Return the host names of this process, given its settings.

        `localhost` is always included. If `listening` is not the loopback interface, `machine` is included, and any IP
        address is accepted.

        Args:
            public_url: The URL at which people reach slad. "" if there is none.
            listening: The address on which the server listens.
            more: Further names.
            machine: The machine's name.
        """
        public = urlsplit(origin_of(public_url))
        bound = listening.lower()
        loopback = bound == "localhost" or _is_loopback(bound)
        names = {"localhost", public.hostname or "", bound, *(name.lower() for name in more)}
        if not loopback:
            names.add(machine.lower())
        hosts = {name.removeprefix("[").removesuffix("]").removesuffix(".") for name in names}
        return cls(frozenset(hosts - {""}), not loopback, origin_of(public_url))

    def includes(self, authority: str) -> bool | None:
        """Return whether a Host header (name or address, with or without a port) names this process.

        The result is None if the header cannot be read.
        """
        found = _AUTHORITY.fullmatch(authority.lower())
        if found is None:
            return None
        name = found[1].removeprefix("[").removesuffix("]").removesuffix(".")
        if name in self.hosts:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return self.any_address or address.is_loopback


def refusal(method: str, path: str, headers: Mapping[str, list[str]], names: HostNames) -> RequestRefusal | None:
    """Return why a request must be refused for its Host or Origin header.

    The result is None if the request is accepted. The Host header must name this process, except for `/livez`,
    `/readyz` and `/metrics`. A request that may change something must come from slad's own pages, from a program (no
    Origin), or with a bearer token.

    Args:
        headers: Name in lower case -> its values.
        names: The host names of this process.
    """
    hosts = headers.get("host", [])
    if path not in HOST_EXEMPT:
        own = names.includes(hosts[0]) if len(hosts) == 1 else None
        if own is None:
            return RequestRefusal.NO_HOST
        if not own:
            return RequestRefusal.FOREIGN_HOST
    if method in SAFE_METHODS or _bears_token(headers):
        return None
    sites, origins = headers.get("sec-fetch-site"), headers.get("origin")
    if sites is not None:
        return None if all(site.strip().lower() in _OWN_SITES for site in sites) else RequestRefusal.FOREIGN_ORIGIN
    if origins is None:
        return None
    ours = {names.origin, *(f"{scheme}://{_authority(scheme, host)}" for host in hosts for scheme in ("http", "https"))}
    return None if all(origin_of(origin) in ours - {""} for origin in origins) else RequestRefusal.FOREIGN_ORIGIN


def origin_of(url: str) -> str:
    """Return the origin of a URL as browsers write it, such as `https://slad.example` (RFC 6454 §6.1).

    The result is "" for `null` and for anything else that is not http or https.
    """
    try:
        parts = urlsplit(url.strip().lower())
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        return ""
    literal = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{_authority(parts.scheme, literal if port is None else f'{literal}:{port}')}"


def _authority(scheme: str, written: str) -> str:
    """Host and port without the port that the scheme implies."""
    return written.lower().removesuffix(":443" if scheme == "https" else ":80")


def _bears_token(headers: Mapping[str, list[str]]) -> bool:
    written = headers.get("authorization", [])
    return len(written) == 1 and written[0].partition(" ")[0].lower() == "bearer"


def _is_loopback(written: str) -> bool:
    try:
        return ip_address(written.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False
