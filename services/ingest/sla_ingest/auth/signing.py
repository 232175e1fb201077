"""Signing a delivery as its sender would, to test a source. The inverse of `verify`. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sla_catalogue.authentication import (
    Authentication,
    AuthenticationKind,
    PartKind,
    SignedContent,
    TimestampFormat,
    signing_key,
)
from sla_domain.rfc3339 import rfc3339
from sla_ingest.auth.failure import AuthFailure
from sla_ingest.auth.request import RequestFacts
from sla_ingest.auth.signature import around_body, mac

_PER_SECOND = {
    TimestampFormat.ANY: 1,
    TimestampFormat.SECONDS: 1,
    TimestampFormat.MILLISECONDS: 10**3,
    TimestampFormat.MICROSECONDS: 10**6,
    TimestampFormat.NANOSECONDS: 10**9,
}
_OTHERS = {
    AuthenticationKind.JWT: "only its issuer can sign a JWT",
    AuthenticationKind.MTLS: "only the proxy can name a client certificate",
}


class CannotSign(ValueError):
    """Raised if slad cannot sign a test delivery in place of the source's ticketing system. The message says why.

    To test a source, `slad connect --test` posts a delivery as the ticketing system would.
    """


def with_timestamp(body: Mapping[str, Any], how: Authentication, now: datetime) -> dict[str, Any]:
    """Return a copy of the JSON object of a test delivery, with a timestamp where the sender puts its signed timestamp.

    To test a source, `slad connect --test` posts a delivery as the source's ticketing system would. Missing objects on
    the path to the timestamp are created. If the ticketing system signs no timestamp in the body, the copy equals the
    object.

    Args:
        body: The object.
        how: The source's authentication.
        now: The time to write; an aware datetime.
    """
    stamped = dict(body)
    if not how.timestamp_field:
        return stamped
    *way, last = how.timestamp_field.split(".")
    inner = stamped
    for step in way:
        known = inner.get(step)
        inner[step] = dict(known) if isinstance(known, dict) else {}
        inner = inner[step]
    written = _timestamp(how, now)
    inner[last] = int(written) if written.isdigit() else written
    return stamped


def proof_of(
    how: Authentication, secret: str, body: bytes, now: datetime, request: RequestFacts, id_: str
) -> dict[str, str]:
    """Return the headers by which a test delivery proves that it comes from a source, such as a signature.

    To test a source, `slad connect --test` signs a delivery as the source's ticketing system would. The result is empty
    for a source without authentication.

    Args:
        how: The source's authentication.
        secret: One of the source's secrets. Not used for a source without authentication.
        body: The body, with a timestamp if it must have one (`with_timestamp`).
        now: An aware instant, for timestamps.
        request: The parts of the request that may be signed, such as its path.
        id_: The message's id, which some senders sign. ASCII without spaces and dots.

    Raises:
        CannotSign: Only another system can sign, such as the issuer of a JWT, or the secret cannot be used.
    """
    if how.kind in _OTHERS:
        raise CannotSign(_OTHERS[how.kind])
    header = how.header or "Authorization"
    match how.kind:
        case AuthenticationKind.NONE:
            return {}
        case AuthenticationKind.TOKEN:
            return {header: f"{how.prefix}{secret}"}
        case AuthenticationKind.BEARER:
            return {header: f"Bearer {secret}"}
        case AuthenticationKind.BASIC:
            return {header: f"Basic {base64.b64encode(f'{how.username}:{secret}'.encode()).decode()}"}
        case _:
            return _signature(how, secret, body, now, request, id_)


def _signature(
    how: Authentication, secret: str, body: bytes, now: datetime, request: RequestFacts, id_: str
) -> dict[str, str]:
    stamp = _timestamp(how, now)
    headers = dict.fromkeys(how.signed.headers(), "slad-test")
    if how.signed.has(PartKind.TIMESTAMP) and how.timestamp_header:
        headers[how.timestamp_header] = stamp
    if how.signed.has(PartKind.ID):
        headers[how.id_header] = id_
    read = {name.lower(): value for name, value in headers.items()}
    around = around_body(how, read, request, stamp)
    key = signing_key(how.signed, secret)
    if isinstance(around, AuthFailure) or not key:
        raise CannotSign("the secret is empty" if not key else around.value if isinstance(around, AuthFailure) else "")
    digest = mac(key, around[0], body, around[1], how.algorithm)
    written = digest.hex() if how.encoding == "hex" else base64.b64encode(digest).decode()
    signature = f"{how.prefix}{written}"
    return headers | {how.header: f"{how.timestamp_key}={stamp},{signature}" if how.timestamp_key else signature}


def _timestamp(how: Authentication, now: datetime) -> str:
    form = TimestampFormat.SECONDS if how.signed == SignedContent.ID_TIMESTAMP_BODY else how.timestamp_format
    if form is TimestampFormat.RFC3339:
        return rfc3339(now.astimezone(UTC), "seconds")
    return str(int(now.timestamp()) * _PER_SECOND[form])
