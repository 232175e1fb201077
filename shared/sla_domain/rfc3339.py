"""Instants as text: the one place that writes RFC 3339."""

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


def rfc3339_or_none(at: datetime | None, timespec: str = "auto") -> str | None:
    """Return an aware instant as RFC 3339 text; None for None.

    Args:
        timespec: How exact the text is, as for `rfc3339`.
    """
    return None if at is None else rfc3339(at, timespec)
