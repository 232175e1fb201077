"""The keys of the API: who may call it, and what for."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NewType

from sla_domain.contract import ContractId

KeyId = NewType("KeyId", str)


class KeyScope(StrEnum):
    """What an API key may do."""

    INGEST = "ingest"
    """Send events."""
    READ = "read"
    """Read incidents, clocks and other results."""
    ACK = "ack"
    """Acknowledge alerts."""
    NOTIFY = "notify"
    """Send notices of critical fixes."""
    ADMIN = "admin"
    """Do everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key of the catalogue. Only its SHA-256 is stored."""

    id: KeyId
    sha256: str = field(repr=False)
    scopes: frozenset[KeyScope]
    """What the key may do."""
    contract: ContractId | None = None
    """The only contract whose data the key may read (INV8, docs/clauses.md). None means all."""
    expires: date | None = None
    """The first day on which the key is no longer valid. None means that the key stays valid."""

    def fits(self, presented: str) -> bool:
        """Return whether a key that a caller sent is this key.

        The comparison takes constant time.

        Args:
            presented: What the caller sent.
        """
        return hmac.compare_digest(digest_of_key(presented), self.sha256)

    def allows(self, scope: KeyScope) -> bool:
        """Return whether the key has the scope.

        The scope `admin` includes every scope.
        """
        return scope in self.scopes or KeyScope.ADMIN in self.scopes


def digest_of_key(key: str) -> str:
    """Return the SHA-256 of an API key in hexadecimal.

    No salt is used, as keys are long and random.
    """
    return hashlib.sha256(key.encode("utf-8")).hexdigest()
