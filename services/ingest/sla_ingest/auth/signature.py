"""Signatures (HMAC) over the raw bytes of a request and other parts, in the order that each sender uses."""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import assert_never

from sla_catalogue.authentication import (
    Authentication,
    PartKind,
    SignedContent,
    SignedPart,
    signing_key,
)
from sla_ingest.auth.failure import AuthFailure
from sla_ingest.auth.request import RequestFacts
from sla_ingest.auth.timestamp import BadTimestamp, check_age, stamp_in_body
from sla_ingest.auth.word import decode_base64

MAX_HEADER = 1_024
MAX_SIGNATURES = 8
_HEX = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)
_STANDARD_ID = re.compile(r"[!-~]{1,256}", re.ASCII)


def check_signature(
    how: Authentication,
    body: bytes,
    headers: Mapping[str, str],
    now: datetime,
    secrets: Sequence[str],
    spent: Counter[str],
    request: RequestFacts,
) -> AuthFailure | None:
    """Check the signature (HMAC) in the headers of a delivery, and its timestamp if the source signs one.

    Returns None if one of the secrets gives the signature and the timestamp is recent. Otherwise returns the reason of
    the rejection.

    Args:
        how: Where the source puts signature and timestamp, and what is signed.
        now: An aware instant, with which the timestamp is compared.
        secrets: The secrets of the source.
        spent: Counts the signatures that are computed, by hash algorithm. This function adds to it.
        request: The request line, which some senders sign too.
    """
    keys = [key for secret in secrets if (key := signing_key(how.signed, secret))]
    if not keys:
        return AuthFailure.UNPREPARED  # anybody can sign with an empty key
    written = _written(how, headers)
    if isinstance(written, AuthFailure):
        return written
    stamp = _stamp(how, headers, written)
    if isinstance(stamp, AuthFailure):
        return stamp
    stale = check_age(stamp, how, now) if stamp else None
    if stale is not None:
        return stale
    around = around_body(how, headers, request, stamp)
    if isinstance(around, AuthFailure):
        return around
    try:
        given = list(_signatures(written, how))
    except ValueError:
        return AuthFailure.BAD_FORM
    if not given:
        return AuthFailure.BAD_FORM
    right = False
    for key in keys:
        expected = mac(key, around[0], body, around[1], how.algorithm)
        spent[how.algorithm] += 1
        for one in given:
            right |= hmac.compare_digest(one, expected)
    if not right:
        return AuthFailure.WRONG
    return _fresh_in_body(how, body, now) if how.timestamp_field else None


def mac(key: bytes, before: bytes, body: bytes, after: bytes, algorithm: str) -> bytes:
    """Return the HMAC of `before`, `body` and `after`, joined in this order.

    Args:
        algorithm: The hash algorithm, such as `sha256`.
    """
    found = hmac.new(key, before, algorithm)
    found.update(body)
    if after:
        found.update(after)
    return found.digest()


def _written(how: Authentication, headers: Mapping[str, str]) -> list[str] | AuthFailure:
    """The elements of the headers that carry signatures."""
    # A signature of Standard Webhooks has a comma of its own.
    mark = " " if how.signed == SignedContent.ID_TIMESTAMP_BODY else ","
    found: list[str] = []
    for name in how.proof_headers:
        value = headers.get(name, "")
        if len(value) > MAX_HEADER:
            return AuthFailure.NO_PROOF
        if value:
            found += [one.strip(" ") for one in value.split(mark)] if mark == "," else value.split(mark)
    if not found:
        return AuthFailure.NO_PROOF
    return AuthFailure.BAD_FORM if len(found) > MAX_SIGNATURES + bool(how.timestamp_key) else found


def _stamp(how: Authentication, headers: Mapping[str, str], written: Sequence[str]) -> str | AuthFailure:
    """The timestamp outside the body, as it is written; "" for none."""
    if how.timestamp_key:
        key = f"{how.timestamp_key}="
        stamps = [one.removeprefix(key) for one in written if one.startswith(key)]
        if not stamps:
            return AuthFailure.NO_PROOF
        return stamps[0] if len(stamps) == 1 and stamps[0] else AuthFailure.BAD_FORM
    if not how.signed.has(PartKind.TIMESTAMP):
        return ""
    return headers.get(how.timestamp_header.lower(), "") or AuthFailure.NO_PROOF


def around_body(
    how: Authentication, headers: Mapping[str, str], request: RequestFacts, stamp: str
) -> tuple[bytes, bytes] | AuthFailure:
    """Return the bytes that are signed before and after the body, as (before, after).

    If a signed part is missing from the request or is not valid, the reason of the rejection is returned instead.

    Args:
        how: The source's authentication.
        headers: The request's headers, with names in lower case.
        request: The parts of the request that may be signed, such as its path.
        stamp: The timestamp from outside the body, as the sender wrote it.
    """
    before, after, behind = bytearray(), bytearray(), False
    for part in how.signed.parts:
        if part.kind is PartKind.BODY:
            behind = True
            continue
        try:
            value = _value(part, how, headers, request, stamp)
        except UnicodeEncodeError:
            return AuthFailure.BAD_FORM
        if isinstance(value, AuthFailure):
            return value
        (after if behind else before).extend(value)
    return bytes(before), bytes(after)


def _value(
    part: SignedPart, how: Authentication, headers: Mapping[str, str], request: RequestFacts, stamp: str
) -> bytes | AuthFailure:
    match part.kind:
        case PartKind.TEXT:
            return part.text.encode()
        case PartKind.METHOD:
            return request.method.encode("ascii")
        case PartKind.PATH:
            return request.path.encode("latin-1")
        case PartKind.URI:
            return f"{request.origin}{request.path}".encode("latin-1")
        case PartKind.TIMESTAMP:
            return stamp.encode("ascii")
        case PartKind.ID:
            id_ = headers.get(how.id_header.lower(), "")
            if not _STANDARD_ID.fullmatch(id_) or "." in id_:
                return AuthFailure.BAD_FORM
            return id_.encode("ascii")
        case PartKind.HEADER:
            value = headers.get(part.text)
            if value is None or len(value) > MAX_HEADER:
                return AuthFailure.NO_PROOF
            return value.encode("latin-1")
        case PartKind.BODY:
            raise AssertionError("the body is not copied")
    assert_never(part.kind)


def _fresh_in_body(how: Authentication, body: bytes, now: datetime) -> AuthFailure | None:
    """Of a proven body alone: nothing of another is read."""
    try:
        return check_age(stamp_in_body(body, how.timestamp_field), how, now)
    except BadTimestamp:
        return AuthFailure.BAD_FORM


def _signatures(written: Sequence[str], how: Authentication) -> Iterator[bytes]:
    """The signatures, strictly decoded; those of another version are passed over. Raises ValueError."""
    stamp = f"{how.timestamp_key}=" if how.timestamp_key else ""
    for one in written:
        if (how.prefix and not one.startswith(how.prefix)) or (stamp and one.startswith(stamp)):
            continue
        yield _decoded(one.removeprefix(how.prefix), how.encoding)


def _decoded(written: str, encoding: str) -> bytes:
    """Every sender's documents show hexadecimal in lower case; another writing of a signature is no signature."""
    if encoding == "hex":
        if not _HEX.fullmatch(written):
            raise ValueError("not hexadecimal in lower case")
        return bytes.fromhex(written)
    return decode_base64(written)
