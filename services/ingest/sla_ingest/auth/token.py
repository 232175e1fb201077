"""JSON Web Tokens of an issuer, such as OAuth access tokens (RFC 7519): signature, audience and expiry are checked.

The catalogue pins the algorithms, and keys come from it or from the issuer's address alone: what a token says about its
own key (`jwk`, `jku`, `x5c`) is read by nothing.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson

from sla_catalogue.authentication import Authentication
from sla_catalogue.key_set import BadKeySet, read_key_set
from sla_ingest.auth.failure import AuthFailure

MAX_TOKEN = 8_192
MAX_TRIED = 8
_COMPACT = re.compile(r"([A-Za-z0-9_-]{4,})\.([A-Za-z0-9_-]{4,})\.([A-Za-z0-9_-]{4,})", re.ASCII)
_KEY_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP", "HS": "oct"}

IssuerKeySets = Mapping[str, Sequence[Mapping[str, Any]]]
"""The address of an issuer's keys -> the keys that were fetched from it."""
NO_KEY_SETS: IssuerKeySets = MappingProxyType({})


def check_token(how: Authentication, proof: str, now: datetime, issuers: IssuerKeySets) -> AuthFailure | None:
    """Check the JSON Web Token (RFC 7519) in a header: its signature, audience, issuer and time.

    Returns None if the token is signed by an accepted key, meant for slad, and valid at `now`. Otherwise returns the
    reason of the rejection.

    Args:
        how: Has the accepted keys and algorithms, and the claims that the token must have.
        proof: The value of the header, `Bearer …`.
        now: An aware instant.
        issuers: Maps an address to the keys of a JWT issuer that were fetched from it.
    """
    if not proof or len(proof) > MAX_TOKEN:
        return AuthFailure.NO_PROOF
    scheme, _, written = proof.partition(" ")
    parts = _COMPACT.fullmatch(written.strip(" "))
    if scheme.lower() != "bearer" or parts is None:
        return AuthFailure.BAD_FORM
    head, claims = _json(parts[1]), _json(parts[2])
    algorithm = head.get("alg") if head is not None else None
    if head is None or claims is None or algorithm not in how.jwt_algorithms or "crit" in head:
        return AuthFailure.BAD_FORM
    # Checked before the signature, so that only a token for this audience makes slad fetch keys.
    if not _means_us(how, claims):
        return AuthFailure.CLAIMS
    keys = _keys(how, issuers)
    if isinstance(keys, AuthFailure):
        return keys
    fitting = [key for key in keys if _fits(key, head)]
    if not fitting:
        return AuthFailure.UNKNOWN_KEY
    if not _signed_by(parts[0], str(algorithm), fitting[:MAX_TRIED]):
        return AuthFailure.WRONG
    return _in_time(how, claims, now)


def _json(part: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _means_us(how: Authentication, claims: Mapping[str, Any]) -> bool:
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    return (
        _is_one_of(claims.get("iss"), how.issuers)
        and any(_is_one_of(one, how.audiences) for one in named)
        and all(isinstance(claims.get(name), str) and claims[name] == value for name, value in how.claims.items())
    )


def _is_one_of(value: object, accepted: frozenset[str]) -> bool:
    return isinstance(value, str) and value in accepted


def _keys(how: Authentication, issuers: IssuerKeySets) -> Sequence[Mapping[str, Any]] | AuthFailure:
    if how.jwks_url:
        fetched = issuers.get(how.jwks_url)
        return AuthFailure.NO_KEYS if fetched is None else fetched
    if how.jwks is not None:
        return _offline(how.jwks.reveal()) if how.jwks.available else AuthFailure.UNPREPARED
    secrets = [secret.reveal() for secret in how.secrets if secret.available]
    shared = [{"kty": "oct", "k": base64.urlsafe_b64encode(one.encode()).decode().rstrip("=")} for one in secrets]
    return shared or AuthFailure.UNPREPARED


@lru_cache(maxsize=64)
def _offline(text: str) -> Sequence[Mapping[str, Any]] | AuthFailure:
    try:
        return read_key_set(text)
    except BadKeySet:
        return AuthFailure.UNPREPARED


def _fits(key: Mapping[str, Any], head: Mapping[str, Any]) -> bool:
    algorithm = str(head["alg"])
    if key.get("kty") != _KEY_KINDS.get(algorithm[:2]) or key.get("alg", algorithm) != algorithm:
        return False
    return "kid" not in head or key.get("kid", head["kid"]) == head["kid"]


def _signed_by(token: str, algorithm: str, keys: Iterable[Mapping[str, Any]]) -> bool:
    from joserfc import jws  # a library of 0.1 s, for installations that use it
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    right = False
    for key in keys:
        try:
            jws.deserialize_compact(token, import_key(dict(key)), algorithms=[algorithm])
            right = True
        except (JoseError, ValueError, TypeError):  # of another curve or size, or not its signature
            continue
    return right


def _in_time(how: Authentication, claims: Mapping[str, Any], now: datetime) -> AuthFailure | None:
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if name in claims}
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in times.values()):
        return AuthFailure.BAD_FORM
    seconds, missed = now.astimezone(UTC).timestamp(), how.tolerance.total_seconds()
    if "exp" not in times:
        return AuthFailure.BAD_FORM  # a token for ever
    if seconds >= times["exp"] + missed or any(seconds < times.get(name, 0) - missed for name in ("nbf", "iat")):
        return AuthFailure.STALE
    return None
