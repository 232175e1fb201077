"""A key that was made: its notation, its hash and what it allows. Pure.

The text of a key is `slad_<number>_<secret>`: 256 random bits behind the number under which its hash is kept. So one
hash is computed and one compared for each request, however many keys there are.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

SECRET_BYTES = 32
NAME = 60
_TEXT = re.compile(r"slad_([1-9][0-9]{0,17})_[A-Za-z0-9_-]{43}", re.ASCII)
_NAME = re.compile(rf"[a-z0-9][a-z0-9._-]{{0,{NAME - 1}}}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """An API key made by `slad key make`, as the store has it: with the hash of the key's text, without the text."""

    number: int
    """A unique number that is never used again."""
    name: str
    sha256: str = field(repr=False)
    """The hash of the key's text, in hexadecimal."""
    scopes: frozenset[str]
    """What the key allows, such as `read`."""
    contract: str | None
    """The only contract whose data the key opens (INV8). None means all contracts."""
    expires: date | None
    """The first day (UTC) on which the key is no longer valid. None if it does not expire."""
    made_at: datetime
    made_by: str
    """Who ordered the key, such as `operator:root`."""
    revoked_at: datetime | None = None
    """The instant from which the key is refused. None while the key is not revoked."""
    revoked_by: str = ""
    """Who revoked the key, such as `operator:root`."""

    @property
    def id(self) -> str:
        """Return the key's id, `<name>#<number>`, such as `grafana#12`."""
        return f"{self.name}#{self.number}"

    def fits(self, presented: str) -> bool:
        """Return whether a text that a caller sent is this key's text.

        The comparison takes constant time.
        """
        return hmac.compare_digest(key_hash(presented), self.sha256)

    def audited(self) -> dict[str, Any]:
        """Return the key's values from which the audit log's checksum of the key is computed.

        They are the key's name, sorted scopes, contract, expiry and revocation. The hash of the key's text is not among
        them.
        """
        return {
            "name": self.name,
            "scopes": sorted(self.scopes),
            "contract": self.contract,
            "expires": self.expires,
            "revoked_at": self.revoked_at,
        }


def key_text(number: int, secret: str) -> str:
    """Return the text of an API key: `slad_<number>_<secret>`.

    Args:
        secret: 43 characters: 32 random bytes in base64url.
    """
    return f"slad_{number}_{secret}"


def key_number(presented: str) -> int | None:
    """Return the number in the text of an API key.

    The text has the form `slad_<number>_<secret>`. The result is None for any other form.
    """
    found = _TEXT.fullmatch(presented)
    return None if found is None else int(found[1])


def key_hash(text: str) -> str:
    """Return the SHA-256 of an API key's text, in hexadecimal.

    No salt is needed: the secret in the text has 256 random bits.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_key_name(name: str) -> bool:
    """Return whether `name` may be the name of an API key.

    A name has 1 to 60 (NAME) characters: small letters, digits, `.`, `_` and `-`. The first is a letter or a digit.
    """
    return _NAME.fullmatch(name) is not None
