"""The timestamp of a signature: where it is found, its format, and whether it is recent enough."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import orjson

from sla_catalogue.authentication import Authentication, SignedContent, TimestampFormat
from sla_domain.bounds import within_reach
from sla_ingest.auth.failure import AuthFailure
from sla_ingest.dialect.instant import BadInstant, parse_instant

_EPOCH = datetime.fromtimestamp(0, UTC)
_WRITTEN = re.compile(r"[!-~](?:[ -~]{0,62}[!-~])?", re.ASCII)
_DIGITS = re.compile(r"\d{1,20}", re.ASCII)
_PER_SECOND: Mapping[TimestampFormat, int] = MappingProxyType(
    {
        TimestampFormat.SECONDS: 1,
        TimestampFormat.MILLISECONDS: 10**3,
        TimestampFormat.MICROSECONDS: 10**6,
        TimestampFormat.NANOSECONDS: 10**9,
    }
)


class BadTimestamp(ValueError):
    """Raised when a body has no timestamp at the expected place, or when the timestamp cannot be read."""


def check_age(written: str | int | float, how: Authentication, now: datetime) -> AuthFailure | None:
    """Check that a signed timestamp is recent enough.

    Returns None if the timestamp differs from `now` by no more than the source's tolerance. Otherwise, or if it cannot
    be read, returns the reason of the rejection.

    Args:
        written: The timestamp as the sender writes it.
        how: Has the format of the timestamp, and the tolerance.
        now: An aware instant.
    """
    # Standard Webhooks are in seconds, whatever else a value could be read as.
    standard = how.signed == SignedContent.ID_TIMESTAMP_BODY
    form = TimestampFormat.SECONDS if standard else how.timestamp_format
    at = _read(written, form)
    if isinstance(at, AuthFailure):
        return at
    return AuthFailure.STALE if abs(now - at) > how.tolerance else None


def _read(written: str | int | float, form: TimestampFormat) -> datetime | AuthFailure:
    if isinstance(written, str) and not _WRITTEN.fullmatch(written):
        return AuthFailure.BAD_FORM
    per_second = _PER_SECOND.get(form)
    if per_second is not None:
        if not _DIGITS.fullmatch(str(written)):
            return AuthFailure.BAD_FORM
        micros = int(written) * 10**6 // per_second
        try:
            at = _EPOCH + timedelta(microseconds=micros)
        except OverflowError:
            return AuthFailure.BAD_FORM
        return at if within_reach(at) else AuthFailure.BAD_FORM
    if form is TimestampFormat.RFC3339 and (not isinstance(written, str) or "-" not in written):
        return AuthFailure.BAD_FORM
    try:
        return parse_instant(written) or AuthFailure.NO_PROOF
    except BadInstant:
        return AuthFailure.BAD_FORM


def stamp_in_body(body: bytes, path: str) -> str | int | float:
    """Return the timestamp in a JSON body.

    Args:
        path: The keys that lead to the timestamp, with dots between them.

    Raises:
        BadTimestamp: The body is not JSON, or has no text or number at the path.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadTimestamp(path) from None
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise BadTimestamp(path)
    return found
