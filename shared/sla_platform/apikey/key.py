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
    """A key as it is kept; the key itself was shown once and is known to nobody here.

    `number`: never used again. `contract`: the only contract whose data it opens (INV8); None: all. `expires`: the
    first day (UTC) on which it is no longer valid; None: it stays valid. `revoked_at`: from when on it is refused.
    """

    number: int
    name: str
    sha256: str = field(repr=False)
    scopes: frozenset[str]
    contract: str | None
    expires: date | None
    made_at: datetime
    made_by: str
    revoked_at: datetime | None = None
    revoked_by: str = ""

    @property
    def id(self) -> str:
        """Return the key's id, such as `grafana#12`; no key of the catalogue may have such an id."""
        return f"{self.name}#{self.number}"

    def fits(self, presented: str) -> bool:
        """Return whether `presented`, a key that a caller sent, is this key; compared in constant time."""
        return hmac.compare_digest(key_hash(presented), self.sha256)

    def state(self) -> dict[str, Any]:
        """Return what the audit log digests and shows of the key; never its hash."""
        return {
            "name": self.name,
            "scopes": sorted(self.scopes),
            "contract": self.contract,
            "expires": self.expires,
            "revoked_at": self.revoked_at,
        }


def key_text(number: int, secret: str) -> str:
    """Return the text of a key. `secret`: 43 characters, 32 random bytes in base64url."""
    return f"slad_{number}_{secret}"


def key_number(presented: str) -> int | None:
    """Return the number in the text of a key that slad could have made; None for any other text."""
    found = _TEXT.fullmatch(presented)
    return None if found is None else int(found[1])


def key_hash(text: str) -> str:
    """Return the SHA-256 of a key's text in hexadecimal. No salt is needed: the secret has 256 random bits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def fit_name(name: str) -> bool:
    """Return whether a key may have this name: small letters, digits, `.`, `_` and `-`, at most 60 (NAME)."""
    return _NAME.fullmatch(name) is not None
