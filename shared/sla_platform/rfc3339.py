"""Instants as the JSON answers and pages write them."""

from __future__ import annotations

from datetime import datetime


def rfc3339(at: datetime, timespec: str = "auto") -> str:
    """Return an aware instant as RFC 3339, with `Z` in place of the offset of UTC: `2026-11-22T10:00:00Z`.

    `timespec`: as of `datetime.isoformat`; `milliseconds` is what a browser's `Date` reads in every version.
    """
    return at.isoformat(timespec=timespec).replace("+00:00", "Z")
