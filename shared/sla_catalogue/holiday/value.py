"""The values of one property of a feed's entry: a day or an instant, a length, a text (RFC 5545, 3.3)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from icalendar import vBroken

from sla_catalogue.holiday.repeat import UnreadableRule


def date_property(event: Any, key: str) -> date | datetime:
    """Return the value of a date property of a calendar entry: an instant or a day.

    With `VALUE=DATE` the result is a day, even if a time is written.

    Args:
        event: The entry.
        key: Name of the property, such as `DTSTART`.

    Raises:
        UnreadableRule: The property is missing, repeated or no date.
    """
    written = event.get(key)
    if written is None:
        raise UnreadableRule(f"it has no {key}")
    if isinstance(written, list):
        raise UnreadableRule(f"it has {len(written)} {key}")
    value = None if isinstance(written, vBroken) else getattr(written, "dt", None)
    if isinstance(value, datetime) and written.params.get("VALUE") == "DATE":
        return value.date()
    if isinstance(value, date):
        return value
    raise UnreadableRule(f"{key} is neither a day nor an instant")


def length_of(event: Any, start: date | datetime) -> timedelta:
    """Return how long a calendar entry lasts, by its DTEND or DURATION.

    Without an end after the start, an entry that starts at a day lasts one day, and an entry that starts at an instant
    has no length.

    Args:
        event: The entry.
        start: When the entry begins.

    Raises:
        UnreadableRule: The end or the duration cannot be read.
    """
    usual = timedelta() if isinstance(start, datetime) else timedelta(days=1)
    if "DTEND" in event:
        length = _between(start, date_property(event, "DTEND"))
    elif "DURATION" in event:
        length = event.decoded("DURATION")
    else:
        return usual
    if not isinstance(length, timedelta):
        raise UnreadableRule("DURATION is no duration")
    return length if length > timedelta() else usual


def _between(start: date | datetime, end: date | datetime) -> timedelta:
    """From start to end, also where one is a day and the other an instant, or only one of them has a zone."""
    if not isinstance(start, datetime):
        if not isinstance(end, datetime):
            return end - start
        whole = end.date() - start  # an end at midnight is exclusive, a later one belongs to its day
        return whole + timedelta(days=1) if end.time() > time() else whole
    if not isinstance(end, datetime):
        end = datetime.combine(end, time(), start.tzinfo)
    if (start.tzinfo is None) != (end.tzinfo is None):
        end = end.replace(tzinfo=start.tzinfo)
    return end - start


def text_of(event: Any, key: str) -> str:
    """Return the text of a calendar entry's property, or "" if the property is missing.

    If the property is repeated, the first text is returned.

    Args:
        event: The entry.
        key: Name of the property, such as `UID`.
    """
    written = event.get(key, "")
    return str(written[0] if isinstance(written, list) and written else written).strip()
