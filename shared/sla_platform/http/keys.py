"""Authorization: API keys, presented as a bearer token or as the password of HTTP Basic.

Only the SHA-256 of a key is stored. Every key of the catalogue is compared, each in constant time, so that an answer's
timing tells nothing; a key that was made is found by the number in its text, and compared in constant time. A key with
a contract sees that contract alone (docs/clauses.md, INV8).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from fastapi import Request

from sla_platform.http.problem import Problem
from sla_platform.timesource import TimeSource

READ = "read"
ACK = "ack"
ADMIN = "admin"
_LONGEST = 512


class StoredKey(Protocol):
    """An API key that slad knows, against which `KeyGate` checks the key of a request (protocol).

    It is a key of the catalogue (`ApiKey`), or was made by `slad key make` (`MadeKey`).
    """

    @property
    def id(self) -> str:
        """Return the id under which the audit log names the user of the key."""

    @property
    def scopes(self) -> Collection[str]:
        """Return what the key allows: words among ingest, read, ack, notify and admin."""

    @property
    def contract(self) -> str | None:
        """Return the only contract whose data the key may see, or None for all contracts."""

    @property
    def expires(self) -> date | None:
        """Return the first day (UTC) on which the key is no longer valid, or None if it does not expire."""

    def fits(self, presented: str) -> bool:
        """Return whether `presented`, the text that a caller sent, is this key's text.

        The comparison takes constant time.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAccess:
    """What the caller of a request may do."""

    scopes: frozenset[str]
    """What the caller may do, such as `read`."""
    contract: str | None = None
    """The only contract whose data the caller may see. None means all contracts."""
    key: str = ""
    """The id of the caller's key. "" if the caller has no key."""

    def allows(self, scope: str) -> bool:
        """Return whether the caller has the scope.

        The scope `admin` includes every other scope.
        """
        return scope in self.scopes or ADMIN in self.scopes


Authorizer = Callable[[Request, str], KeyAccess]
"""Decides about a request for a scope. Raises Problem 401 (who are you) or 403 (not with this key)."""


def for_all_contracts(access: KeyAccess) -> KeyAccess:
    """Return `access` unchanged if the API key is for all contracts.

    Raises:
        Problem: With status 403, the access is limited to one contract.
    """
    if access.contract is not None:
        raise Problem(403, "contract-key", "Not with this key", "The key is for one contract; this concerns them all.")
    return access


class KeyGate:
    """Checks the API key of a request: call the object with the request and the scope that the request needs.

    The call returns what the key may do (`KeyAccess`). It raises a `Problem`: with status 401 if there is no valid key,
    with status 403 if the key lacks the scope.

    Args:
        keys: Function to call for each request. It returns all keys of the catalogue.
        open_scopes: Scopes that need no key (`SLAD_BOARD_OPEN`). A key that is sent anyway must be valid and have the
            scope, and its contract limits what the caller sees.
        made: Function that returns the key of `slad key make` with the given text. It returns None if there is no such
            key or if the key was revoked.
    """

    def __init__(
        self,
        keys: Callable[[], Iterable[StoredKey]],
        time_source: TimeSource,
        *,
        open_scopes: frozenset[str] = frozenset(),
        made: Callable[[str], StoredKey | None] = lambda _: None,
    ) -> None:
        self._keys = keys
        self._made = made
        self._time_source = time_source
        self._open = open_scopes

    def __call__(self, request: Request, scope: str) -> KeyAccess:
        header = request.headers.get("authorization")
        if header is None:
            if scope in self._open:
                return KeyAccess(scopes=self._open)
            raise _unknown("This needs an API key: as a bearer token, or as the password of HTTP Basic.")
        access = self._verify(presented_key(header))
        if access is None:
            raise _unknown("The key is not known or has expired.")
        if not access.allows(scope):
            raise Problem(403, "scope-missing", "Not with this key", f"The key lacks the scope {scope}.")
        return access

    def _verify(self, presented: str) -> KeyAccess | None:
        if not presented:
            return None
        today = self._time_source.now().date()
        made = self._made(presented)
        found: StoredKey | None = None
        for key in (*self._keys(), *(() if made is None else (made,))):
            if key.fits(presented) and (key.expires is None or today < key.expires):
                found = key
        if found is None:
            return None
        scopes = frozenset(str(scope) for scope in found.scopes)
        return KeyAccess(scopes=scopes, contract=found.contract, key=found.id)


def presented_key(header: str) -> str:
    """Return the API key in an `Authorization` header of HTTP.

    The key is the bearer token, or the password of HTTP Basic. The result is "" if the header holds no key, cannot be
    read, or has more than 1,024 characters after the word Bearer or Basic.
    """
    scheme, _, rest = header.partition(" ")
    rest = rest.strip()
    if len(rest) > 2 * _LONGEST:
        return ""
    match scheme.lower():
        case "bearer":
            return rest
        case "basic":
            try:
                return base64.b64decode(rest, validate=True).decode().partition(":")[2]
            except ValueError:  # no base64, not even ASCII, or no UTF-8 in it
                return ""
        case _:
            return ""


def _unknown(detail: str) -> Problem:
    return Problem(
        401,
        "key-required",
        "An API key is needed",
        detail,
        headers={"WWW-Authenticate": 'Basic realm="slad", charset="UTF-8"'},
    )
