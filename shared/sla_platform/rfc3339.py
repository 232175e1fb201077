"""Instants as the JSON answers and pages write them."""

from __future__ import annotations

from datetime import datetime


def rfc3339(at: datetime, timespec: str = "auto") -> str:
    """Return an aware instant as RFC 3339, with `Z` in place of the offset of UTC: `2026-11-22T10:00:00Z`.

    `timespec`: how exact, as for `datetime.isoformat`: `auto` writes microseconds unless they are 0; `milliseconds` is
    what the `Date` of every browser can read.
    """
    return at.isoformat(timespec=timespec).replace("+00:00", "Z")
