"""The public keys of an issuer of JWTs: a JWK set (RFC 7517) as JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

MAX_KEYS = 32
MAX_KEY_SET = 256 * 1024
_KINDS = frozenset({"RSA", "EC", "OKP"})
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})


class BadKeySet(ValueError):
    """Raised for a text that is no JWK set of public keys. The message says why."""


def read_key_set(text: str) -> tuple[Mapping[str, Any], ...]:
    """Return the public keys in a JWK set (RFC 7517) that can verify signatures.

    Keys of an unknown kind are left out.

    Args:
        text: JSON with a list `keys`.

    Raises:
        BadKeySet: The text is no JWK set, has no usable key, more than `MAX_KEYS`, or a private or secret key.
    """
    if len(text) > MAX_KEY_SET:
        raise BadKeySet(f"a JWK set has at most {MAX_KEY_SET // 1024} KiB")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadKeySet("it is no JSON") from None
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise BadKeySet("it has no list `keys`")
    if len(keys) > MAX_KEYS:
        raise BadKeySet(f"it has more than {MAX_KEYS} keys")
    if any(_PRIVATE & key.keys() for key in keys):
        raise BadKeySet("it holds a private or secret key, which only the issuer may have")
    usable = tuple(key for key in keys if key.get("kty") in _KINDS and key.get("use", "sig") == "sig")
    if not usable:
        raise BadKeySet("it has no public key that signs")
    for key in usable:
        _check_key(key)
    return usable


def _check_key(key: Mapping[str, Any]) -> None:
    from joserfc.errors import JoseError  # a library of 0.1 s, for installations that use it
    from joserfc.jwk import import_key

    try:
        import_key(dict(key))
    except (JoseError, ValueError, TypeError, KeyError):
        raise BadKeySet(f"the key {str(key.get('kid', ''))[:60]!r} cannot be read") from None
