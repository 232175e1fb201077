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
    READ = "read"
    ACK = "ack"
    NOTIFY = "notify"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """Only the SHA-256 of a key is kept. A key with a contract sees that contract alone (docs/clauses.md, INV8)."""

    id: KeyId
    sha256: str = field(repr=False)
    scopes: frozenset[KeyScope]
    contract: ContractId | None = None
    expires: date | None = None  # exclusive

    def fits(self, presented: str) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest(digest_of_key(presented), self.sha256)

    def allows(self, scope: KeyScope) -> bool:
        """Return whether the key has the scope; the scope admin includes every other."""
        return scope in self.scopes or KeyScope.ADMIN in self.scopes


def digest_of_key(key: str) -> str:
    """API keys are long random words, so a plain SHA-256 suffices."""
    return hashlib.sha256(key.encode("utf-8")).hexdigest()
