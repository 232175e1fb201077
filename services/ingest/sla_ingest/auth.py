"""Whether a delivery was sent by its source: signatures over the raw bytes, tokens, passwords, in constant time.

The answer is yes or one of the reasons below; the sender hears 401 in the same words whichever it was. Every active
secret is tried in full, so the time taken does not tell which one fitted or how far a wrong one came.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import assert_never

from sla_catalogue.source import Authentication, AuthenticationKind, SignedContent
from sla_ingest.dialect.instant import BadInstant, parse_instant

TOLERANCE = timedelta(seconds=300)
MAX_HEADER = 1_024
MAX_SIGNATURES = 8
_HEX = re.compile(r"[0-9A-Fa-f]+", re.ASCII)
_WHOLE = re.compile(r"\d{1,12}", re.ASCII)
_STANDARD_ID = re.compile(r"[!-~]{1,256}", re.ASCII)
_WHSEC = "whsec_"


class Doubt(Enum):
    """Why a delivery was not believed; for metrics and logs, never for the sender."""

    NO_PROOF = "the header that carries the proof is absent or too long"
    BAD_FORM = "the proof is not written as its kind demands"
    STALE = "the signature's time is too far from ours"
    WRONG = "no active secret fits"
    UNPREPARED = "the catalogue has no secret for this source at hand"


def doubt(how: Authentication, body: bytes, headers: Mapping[str, str], now: datetime) -> Doubt | None:
    """Why this is not believed to come from the source; None when it is. Header names are in lower case."""
    if how.kind is AuthenticationKind.NONE:
        return None
    secrets = [secret.reveal() for secret in how.secrets if secret.available]
    if not secrets:
        return Doubt.UNPREPARED
    proof = headers.get(how.header.lower() or "authorization", "")
    if not proof or len(proof) > MAX_HEADER:
        return Doubt.NO_PROOF
    match how.kind:
        case AuthenticationKind.HMAC:
            return _signature(how, proof, body, headers, now, secrets)
        case AuthenticationKind.TOKEN:
            return _same(proof.removeprefix(how.prefix).strip(), secrets)
        case AuthenticationKind.BEARER:
            scheme, _, token = proof.partition(" ")
            return _same(token.strip(), secrets) if scheme.lower() == "bearer" else Doubt.BAD_FORM
        case AuthenticationKind.BASIC:
            return _basic(how.username, proof, secrets)
    assert_never(how.kind)


def spend_time(body: bytes) -> None:
    """What a check of an unknown source costs, so that unknown and wrong are answered alike in time too."""
    hmac.compare_digest(hmac.digest(b"nobody", body, "sha256"), bytes(32))


# -- signatures -------------------------------------------------------------------------------------------


def _signature(
    how: Authentication, proof: str, body: bytes, headers: Mapping[str, str], now: datetime, secrets: list[str]
) -> Doubt | None:
    prefix = _signed_prefix(how, headers, now)
    if isinstance(prefix, Doubt):
        return prefix
    try:
        given = list(_signatures(proof, how))
    except ValueError:
        return Doubt.BAD_FORM
    if not given:
        return Doubt.BAD_FORM
    standard = how.signed is SignedContent.ID_TIMESTAMP_BODY
    right = False
    for secret in secrets:
        key = _standard_key(secret) if standard else secret.encode()
        mac = hmac.new(key, prefix, how.algorithm)
        mac.update(body)
        expected = mac.digest()
        for one in given:
            right |= hmac.compare_digest(one, expected)
    return None if right else Doubt.WRONG


def _signed_prefix(how: Authentication, headers: Mapping[str, str], now: datetime) -> bytes | Doubt:
    """What is signed before the body."""
    if how.signed is SignedContent.BODY:
        return b""
    written = headers.get(how.timestamp_header.lower(), "")
    standard = how.signed is SignedContent.ID_TIMESTAMP_BODY
    if len(written) > 64 or (standard and not _WHOLE.fullmatch(written)):
        return Doubt.BAD_FORM
    try:
        at = parse_instant(written)
    except BadInstant:
        return Doubt.BAD_FORM
    if at is None:
        return Doubt.NO_PROOF
    if abs(now - at) > TOLERANCE:
        return Doubt.STALE
    match how.signed:
        case SignedContent.TIMESTAMP_BODY:
            return written.encode("latin-1")
        case SignedContent.TIMESTAMP_DOT_BODY:
            return f"{written}.".encode("latin-1")
        case SignedContent.TIMESTAMP_COLON_BODY:
            return f"{written}:".encode("latin-1")
        case SignedContent.ID_TIMESTAMP_BODY:
            id_ = headers.get("webhook-id", "")
            if not _STANDARD_ID.fullmatch(id_) or "." in id_:
                return Doubt.BAD_FORM
            return f"{id_}.{written}.".encode("ascii")
    assert_never(how.signed)


def _signatures(proof: str, how: Authentication) -> Iterator[bytes]:
    """The signatures of a header, strictly decoded; those of another version are passed over. Raises ValueError."""
    standard = how.signed is SignedContent.ID_TIMESTAMP_BODY
    written = proof.split(" ") if standard else [one.strip() for one in proof.split(",")]
    if len(written) > MAX_SIGNATURES:
        raise ValueError("too many signatures")
    for one in written:
        if how.prefix and not one.startswith(how.prefix):
            continue
        yield _decoded(one.removeprefix(how.prefix), how.encoding)


def _decoded(written: str, encoding: str) -> bytes:
    if encoding == "hex":
        if not _HEX.fullmatch(written):
            raise ValueError("not hexadecimal")
        return bytes.fromhex(written)
    raw = base64.b64decode(written.encode("ascii"), validate=True)
    if base64.b64encode(raw).decode() != written:
        raise ValueError("not the one way to write it")
    return raw


def _standard_key(secret: str) -> bytes:
    """The bytes behind `whsec_…`; a secret that is no base64 is taken as it stands."""
    try:
        return base64.b64decode(secret.removeprefix(_WHSEC), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()


# -- words ------------------------------------------------------------------------------------------------


def _same(given: str, secrets: list[str]) -> Doubt | None:
    right = False
    for secret in secrets:
        right |= hmac.compare_digest(_digest(_header_bytes(given)), _digest(secret.encode()))
    return None if right else Doubt.WRONG


def _basic(username: str, proof: str, secrets: list[str]) -> Doubt | None:
    scheme, _, rest = proof.partition(" ")
    if scheme.lower() != "basic":
        return Doubt.BAD_FORM
    try:
        given = base64.b64decode(rest.strip().encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return Doubt.BAD_FORM
    right = False
    for secret in secrets:
        right |= hmac.compare_digest(_digest(given), _digest(f"{username}:{secret}".encode()))
    return None if right else Doubt.WRONG


def _digest(word: bytes) -> bytes:
    """Comparing digests hides the length as well."""
    return hashlib.sha256(word).digest()


def _header_bytes(value: str) -> bytes:
    return value.encode("latin-1", "replace")
