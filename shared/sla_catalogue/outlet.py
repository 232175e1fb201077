"""The ways out and the keys in: channels to tell people by, the mail server, and API keys."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from sla_catalogue.secret import Secret
from sla_domain.contract import ContractId

ChannelId = NewType("ChannelId", str)
KeyId = NewType("KeyId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A webhook endpoint; every one of `secrets` signs, so that the receiver can be given a new one at leisure."""

    id: ChannelId
    url: str = field(default="", repr=False)  # such addresses often carry a token
    secrets: tuple[Secret, ...] = ()
    headers: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}))
    private_addresses: bool = False


class SmtpSecurity(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The mail server by which e-mail leaves."""

    host: str
    sender: str
    port: int = 587
    security: SmtpSecurity = SmtpSecurity.STARTTLS
    username: str = ""
    password: Secret | None = None


class Scope(StrEnum):
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
    scopes: frozenset[Scope]
    contract: ContractId | None = None
    expires: date | None = None  # exclusive

    def fits(self, presented: str) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest(digest_of_key(presented), self.sha256)

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What concerns the installation rather than a contract."""

    local: bool = False
    smtp: Smtp | None = None


def digest_of_key(key: str) -> str:
    """API keys are long random words, so a plain SHA-256 suffices."""
    return hashlib.sha256(key.encode("utf-8")).hexdigest()
