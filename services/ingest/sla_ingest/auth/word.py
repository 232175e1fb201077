"""Tokens, bearer tokens and passwords: compared by their digests, so that their length does not leak."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from sla_ingest.auth.failure import AuthFailure


def check_word(given: str, accepted: Sequence[str]) -> AuthFailure | None:
    """Check a secret word in a header, such as a bearer token.

    Returns None if the word equals one of `accepted`, else the reason of the rejection. The time that the check takes
    does not reveal how much of the word was right.
    """
    try:
        digest = _digest(given.encode("latin-1"))  # as the bytes came
    except UnicodeEncodeError:
        return AuthFailure.BAD_FORM
    right = False
    for word in accepted:
        right |= hmac.compare_digest(digest, _digest(word.encode()))
    return None if right else AuthFailure.WRONG


def check_basic(username: str, proof: str, secrets: Sequence[str]) -> AuthFailure | None:
    """Check a header of HTTP Basic authentication (RFC 7617).

    Returns None if it has the user name and one of the secrets as password, else the reason of the rejection.

    Args:
        username: The expected user name.
        proof: The value of the header, `Basic …`.
    """
    scheme, _, rest = proof.partition(" ")
    if scheme.lower() != "basic":
        return AuthFailure.BAD_FORM
    try:
        given = _digest(decode_base64(rest.strip(" ")))
    except (binascii.Error, ValueError):
        return AuthFailure.BAD_FORM
    right = False
    for secret in secrets:
        right |= hmac.compare_digest(given, _digest(f"{username}:{secret}".encode()))
    return None if right else AuthFailure.WRONG


def decode_base64(written: str) -> bytes:
    """Return the bytes of a base64 text, which must be padded.

    Raises:
        ValueError: The text is not base64, or is not the canonical encoding of its bytes.
    """
    raw = base64.b64decode(written.encode("ascii"), validate=True)
    if base64.b64encode(raw).decode() != written:
        raise ValueError("not the one way to write it")
    return raw


def _digest(word: bytes) -> bytes:
    return hashlib.sha256(word).digest()
