"""The token of a link: 256 random bits, of which the store keeps the hash alone. Pure but for the random bits."""

from __future__ import annotations

import hashlib
import re
import secrets

_BYTES = 32
_WHOLE = 43  # characters of 32 bytes in base64url
_WRITTEN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def new_token() -> str:
    """Return a new random token (256 bits) for the address of a link.

    The token has 43 letters, digits, `-` and `_`.
    """
    return secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> str:
    """Return the SHA-256 of a link's token in hexadecimal.

    No salt is needed, because the token has 256 random bits.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_cut(token: str) -> bool:
    """Return whether a token seems to lack its end, as after a line break in a mail.

    The result is True if the token has 1 to 42 characters, each a letter, a digit, `-` or `_`. A whole token has 43.
    """
    return len(token) < _WHOLE and _WRITTEN.fullmatch(token) is not None


def is_whole(token: str) -> bool:
    """Return whether a text has the form of a token: 43 letters, digits, `-` and `_`.

    Whether a link with this token exists is not checked.
    """
    return len(token) == _WHOLE and _WRITTEN.fullmatch(token) is not None
