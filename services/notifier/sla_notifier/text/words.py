"""Formatting instants, spans and foreign text for a message. Pure."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.numbers import format_decimal

_SAFE_CONTROLS = frozenset("\n\t")


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """Return the Babel locale for a BCP 47 language tag such as `pt-BR`.

    The result is English if Babel has no such locale.
    """
    try:
        return Locale.parse(language.replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def load_locale(language: str) -> None:
    """Read the names of days and months and the number format of a language into memory.

    Call this at the start: later, under load, there may be no free file descriptor.
    """
    day = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)
    instant_in_words(day, "UTC", language)
    short_instant_in_words(day, day, "UTC", language)
    number_in_words(1_234, language)


def instant_in_words(at: datetime, zone: str, language: str) -> str:
    """Return an instant in words, in a time zone and in UTC.

    For example `Tue, Mar 3, 2026, 14:00 CET (13:00 UTC)`. UTC is left out if the zone has the same time as UTC.

    Args:
        zone: The name of the time zone, such as `Europe/Berlin`.
        language: A language tag.
    """
    universal = at.astimezone(ZoneInfo("UTC"))
    try:
        local = at.astimezone(ZoneInfo(zone))
    except OverflowError:  # the ends of the calendar have no local time everywhere
        local = universal
    written = _dated(_day(local, "yMMMEd", language), local, language)
    if local.utcoffset() == universal.utcoffset():
        return written
    if local.date() == universal.date():
        return f"{written} ({universal:%H:%M} UTC)"
    return f"{written} ({_dated(_day(universal, 'MMMEd', language), universal, language)})"


def short_instant_in_words(at: datetime, now: datetime, zone: str, language: str) -> str:
    """Return an instant in a time zone in few words, such as `Mar 3, 14:00 CET`.

    The year is shown only if it differs from the year of `now`.

    Args:
        zone: The name of the time zone, such as `Europe/Berlin`.
        language: A language tag.
    """
    try:
        local, present = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    except OverflowError:  # the ends of the calendar have no local time everywhere
        local, present = at.astimezone(ZoneInfo("UTC")), now.astimezone(ZoneInfo("UTC"))
    day = _day(local, "MMMd" if local.year == present.year else "yMMMd", language)
    return _dated(day, local, language)


def number_in_words(number: int, language: str) -> str:
    """Return a whole number with the separators of a language between its thousands: `1,234`, in Italian `1.234`."""
    return format_decimal(number, locale=locale_of(language))


def _dated(day: str, at: datetime, language: str) -> str:
    """A day and the time of day, put together as the language does: with a comma, or in Chinese without."""
    return _day_and_time(language).format(f"{at:%H:%M} {at.tzname()}", day)


@lru_cache(maxsize=64)
def _day_and_time(language: str) -> str:
    """How a language puts a time of day (`{0}`) and a day (`{1}`) together."""
    form: str = locale_of(language).datetime_formats["medium"]
    return form.replace("'", "")


def _day(at: datetime, skeleton: str, language: str) -> str:
    # Without a zone Babel neither converts nor asks the system which zone it is in.
    return format_skeleton(skeleton, at.replace(tzinfo=None), locale=locale_of(language))


def one_line(written: str, longest: int = 300) -> str:
    """Return a text on one line, without control characters, cut at `longest` characters.

    Used for text from outside, such as ticket titles.
    """
    spaced = written
    if not (written.isascii() and written.isprintable()):  # most texts are, and there are many
        spaced = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in written)
    short = " ".join(spaced.split())
    return short if len(short) <= longest else short[: longest - 1] + "…"


def paragraphs(written: str, longest: int = 20_000) -> str:
    """Return a text with its line breaks, without other control characters, cut at `longest` characters.

    Used for text from outside, such as the body of a notice.
    """
    lined = written.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in lined if c in _SAFE_CONTROLS or unicodedata.category(c) not in ("Cc", "Cs"))
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"


def web_link(written: str) -> str:
    """Return a plain http or https URL unchanged; for any other text return "".

    Other schemes could run code. "" is also returned for a URL with spaces or quotes, or with more than 2000
    characters.
    """
    if any(ord(c) <= 0x20 or c in "<>\"'\\\x7f" for c in written) or len(written) > 2_000:
        return ""
    try:
        parts = urlsplit(written)
    except ValueError:
        return ""
    return written if parts.scheme in ("http", "https") and parts.hostname else ""


def id_as_words(name: str) -> str:
    """Return the id of a metric or role as words: `first_response` becomes `first response`."""
    return name.replace("_", " ")
