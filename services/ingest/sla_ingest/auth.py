"""Whether a delivery was sent by its source: signatures over the raw bytes, tokens, passwords, in constant time.

`verify` returns None or the reason for the failure; the sender gets 401 in the same words for every reason. Every
active secret is tried in full, and every failure costs the same number of digests over the body (`DigestBudget`), so
the time taken reveals neither which secret fitted, nor how far a wrong proof came, nor whether the source exists.

A proof has one way to be written: hexadecimal in lower case, base64 with its padding, the catalogue's prefix.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import assert_never

from sla_catalogue.source import Authentication, AuthenticationKind, SignedContent, signing_key
from sla_ingest.dialect.instant import BadInstant, parse_instant

TOLERANCE = timedelta(seconds=300)
MAX_HEADER = 1_024
MAX_SIGNATURES = 8
_HEX = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)
_WHOLE = re.compile(r"\d{1,12}", re.ASCII)
_WRITTEN = re.compile(r"[!-~](?:[ -~]{0,62}[!-~])?", re.ASCII)
_STANDARD_ID = re.compile(r"[!-~]{1,256}", re.ASCII)

DigestBudget = Mapping[str, int]
"""How many digests over the body a refusal costs, by algorithm: as many as the most demanding source asks for."""
NONE: DigestBudget = MappingProxyType({})


class AuthFailure(Enum):
    """Why the proof of a delivery (signature, token or password) was rejected; the value is the reason in words.

    It is for metrics and logs. The sender never sees it.
    """

    SOURCE = "no source has this name"
    NO_PROOF = "the header that carries the proof is absent or too long"
    BAD_FORM = "the proof is not written as its kind demands"
    STALE = "the signature's time is too far from ours"
    WRONG = "no active secret fits"
    UNPREPARED = "the catalogue has no secret for this source at hand"


def digest_budget(sources: Iterable[Authentication]) -> DigestBudget:
    """Return how many signatures `verify` must compute before it rejects a delivery.

    The result maps a hash algorithm, such as `sha256`, to the largest number of secrets with this algorithm that any
    source has. For `sha256` the number is at least 1. Pass the result to `verify` as `work`, so that a rejection takes
    equally long for every source.
    """
    most = Counter({"sha256": 1})
    for how in sources:
        if how.kind is AuthenticationKind.HMAC:
            most[how.algorithm] = max(most[how.algorithm], len(how.secrets))
    return most


def verify(
    how: Authentication | None, body: bytes, headers: Mapping[str, str], now: datetime, work: DigestBudget = NONE
) -> AuthFailure | None:
    """Check the proof that a delivery comes from its source: a signature, token or password.

    Returns None if the proof is valid, or if the source needs no proof. Otherwise returns why it is rejected.

    Args:
        how: The proof that the source must give; None for a source that does not exist.
        body: The body, as received.
        headers: The headers, by name in lower case.
        now: An aware instant. A signed time must lie within 300 seconds of `now`.
        work: Maps a hash algorithm to the least number of signatures to compute before a rejection, as `digest_budget`
            returns it. So the response time does not reveal which sources exist.
    """
    spent: Counter[str] = Counter()
    found = AuthFailure.SOURCE if how is None else _found(how, body, headers, now, spent)
    if found is not None:
        for algorithm, times in work.items():
            for _ in range(times - spent[algorithm]):
                _mac(b"nobody", b"", body, algorithm)
    return found


def _found(
    how: Authentication, body: bytes, headers: Mapping[str, str], now: datetime, spent: Counter[str]
) -> AuthFailure | None:
    if how.kind is AuthenticationKind.NONE:
        return None
    secrets = [secret.reveal() for secret in how.secrets if secret.available]
    if not secrets:
        return AuthFailure.UNPREPARED
    proof = headers.get(how.header.lower() or "authorization", "")
    if not proof or len(proof) > MAX_HEADER:
        return AuthFailure.NO_PROOF
    match how.kind:
        case AuthenticationKind.HMAC:
            return _signature(how, proof, body, headers, now, secrets, spent)
        case AuthenticationKind.TOKEN:
            if not proof.startswith(how.prefix):
                return AuthFailure.BAD_FORM
            return _same(proof.removeprefix(how.prefix), secrets)
        case AuthenticationKind.BEARER:
            scheme, _, token = proof.partition(" ")
            return _same(token.strip(" "), secrets) if scheme.lower() == "bearer" else AuthFailure.BAD_FORM
        case AuthenticationKind.BASIC:
            return _basic(how.username, proof, secrets)
    assert_never(how.kind)


# -- signatures -------------------------------------------------------------------------------------------


def _signature(
    how: Authentication,
    proof: str,
    body: bytes,
    headers: Mapping[str, str],
    now: datetime,
    secrets: list[str],
    spent: Counter[str],
) -> AuthFailure | None:
    keys = [key for secret in secrets if (key := signing_key(how.signed, secret))]
    if not keys:
        return AuthFailure.UNPREPARED  # anybody can sign with an empty key
    prefix = _signed_prefix(how, headers, now)
    if isinstance(prefix, AuthFailure):
        return prefix
    try:
        given = list(_signatures(proof, how))
    except ValueError:
        return AuthFailure.BAD_FORM
    if not given:
        return AuthFailure.BAD_FORM
    right = False
    for key in keys:
        expected = _mac(key, prefix, body, how.algorithm)
        spent[how.algorithm] += 1
        for one in given:
            right |= hmac.compare_digest(one, expected)
    return None if right else AuthFailure.WRONG


def _mac(key: bytes, prefix: bytes, body: bytes, algorithm: str) -> bytes:
    mac = hmac.new(key, prefix, algorithm)
    mac.update(body)
    return mac.digest()


def _signed_prefix(how: Authentication, headers: Mapping[str, str], now: datetime) -> bytes | AuthFailure:
    """What is signed before the body."""
    if how.signed is SignedContent.BODY:
        return b""
    written = headers.get(how.timestamp_header.lower(), "")
    if not written:
        return AuthFailure.NO_PROOF
    standard = how.signed is SignedContent.ID_TIMESTAMP_BODY
    if not (_WHOLE if standard else _WRITTEN).fullmatch(written):
        return AuthFailure.BAD_FORM
    try:
        at = parse_instant(written)
    except BadInstant:
        return AuthFailure.BAD_FORM
    if at is None:
        return AuthFailure.NO_PROOF
    if abs(now - at) > TOLERANCE:
        return AuthFailure.STALE
    match how.signed:
        case SignedContent.TIMESTAMP_BODY:
            return written.encode("ascii")
        case SignedContent.TIMESTAMP_DOT_BODY:
            return f"{written}.".encode("ascii")
        case SignedContent.TIMESTAMP_COLON_BODY:
            return f"{written}:".encode("ascii")
        case SignedContent.ID_TIMESTAMP_BODY:
            id_ = headers.get("webhook-id", "")
            if not _STANDARD_ID.fullmatch(id_) or "." in id_:
                return AuthFailure.BAD_FORM
            return f"{id_}.{written}.".encode("ascii")
    assert_never(how.signed)


def _signatures(proof: str, how: Authentication) -> Iterator[bytes]:
    """The signatures of a header, strictly decoded; those of another version are passed over. Raises ValueError."""
    standard = how.signed is SignedContent.ID_TIMESTAMP_BODY
    written = proof.split(" ") if standard else [one.strip(" ") for one in proof.split(",")]
    if len(written) > MAX_SIGNATURES:
        raise ValueError("too many signatures")
    for one in written:
        if how.prefix and not one.startswith(how.prefix):
            continue
        yield _decoded(one.removeprefix(how.prefix), how.encoding)


def _decoded(written: str, encoding: str) -> bytes:
    """Every sender's documents show hexadecimal in lower case; another writing of a signature is no signature."""
    if encoding == "hex":
        if not _HEX.fullmatch(written):
            raise ValueError("not hexadecimal in lower case")
        return bytes.fromhex(written)
    return _base64(written)


def _base64(written: str) -> bytes:
    raw = base64.b64decode(written.encode("ascii"), validate=True)
    if base64.b64encode(raw).decode() != written:
        raise ValueError("not the one way to write it")
    return raw


# -- words ------------------------------------------------------------------------------------------------


def _same(given: str, secrets: list[str]) -> AuthFailure | None:
    try:
        digest = _digest(given.encode("latin-1"))  # as the bytes came
    except UnicodeEncodeError:
        return AuthFailure.BAD_FORM
    right = False
    for secret in secrets:
        right |= hmac.compare_digest(digest, _digest(secret.encode()))
    return None if right else AuthFailure.WRONG


def _basic(username: str, proof: str, secrets: list[str]) -> AuthFailure | None:
    scheme, _, rest = proof.partition(" ")
    if scheme.lower() != "basic":
        return AuthFailure.BAD_FORM
    try:
        given = _digest(_base64(rest.strip(" ")))
    except (binascii.Error, ValueError):
        return AuthFailure.BAD_FORM
    right = False
    for secret in secrets:
        right |= hmac.compare_digest(given, _digest(f"{username}:{secret}".encode()))
    return None if right else AuthFailure.WRONG


def _digest(word: bytes) -> bytes:
    """Comparing digests hides the length as well."""
    return hashlib.sha256(word).digest()
