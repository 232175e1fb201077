"""Instants as the JSON answers and pages write them."""

from __future__ import annotations

from datetime import datetime


def rfc3339(at: datetime, timespec: str = "auto") -> str:
    """Return an aware instant as RFC 3339 text, such as `2026-11-22T10:00:00Z`.

    The text ends with `Z` for UTC, else with the instant's own offset.

    Args:
        timespec: How exact the text is, as for `datetime.isoformat`. `auto` writes microseconds unless they are 0.
            `milliseconds` can be read by the `Date` of every browser.
    """
    return at.isoformat(timespec=timespec).replace("+00:00", "Z")
