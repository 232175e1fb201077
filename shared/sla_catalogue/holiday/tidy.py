"""The text of a feed, tidied: what has nothing to do with days off can be odd without costing the entries.

Programs write alarms that no library reads, time zones with parts missing, line breaks of three kinds, and several
calendars into one file. Kept are the entries, the time zones that can be read, and the name of the calendar's zone.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from icalendar import Calendar

UNREADABLE = (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
_FOLD = re.compile(rb"(?:\r*\n|\r)[ \t]")
_FOLD_OF_TEXT = re.compile(r"(?:\r*\n|\r)[ \t]")
_BREAK = re.compile(r"\r*\n|\r")
_MARKER = re.compile(r"(BEGIN|END)\s*:\s*([A-Z0-9-]+)\s*", re.I)
_KEPT = re.compile(r"(?:VERSION|PRODID|X-WR-TIMEZONE)[:;]", re.I)
_OWN = ("VCALENDAR", "VEVENT", "VTIMEZONE")  # every other component with lines is part of a time zone
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class BadFeed(ValueError):
    """Raised for a text that is no iCalendar that slad can read; the message says why."""


@dataclass(slots=True)
class _Calendar:
    """One calendar of a file, in lines."""

    head: list[str] = field(default_factory=list)
    zones: list[list[str]] = field(default_factory=list)
    events: list[list[str]] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """A component that has begun; `lines` is where its lines go, None when they are not needed."""

    name: str
    lines: list[str] | None


def decode_feed(content: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the content of an iCalendar file as (text, remarks on its encoding).

    UTF-16 is recognised by its byte order mark. Anything else is read as UTF-8, or with a remark as Windows-1252 if it
    is not UTF-8. Folded lines are joined, except in UTF-16.

    Raises:
        UnicodeDecodeError: The content cannot be read.
    """
    if content.startswith(_UTF16):
        return content.decode("utf-16"), ()
    unfolded = _FOLD.sub(b"", content)
    try:
        return unfolded.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return unfolded.decode("cp1252"), ("it is not in UTF-8: read as Windows-1252",)


def split_feed(text: str) -> tuple[list[str], list[str]]:
    """Split the text of an iCalendar file into calendars that can be parsed one by one.

    The result is (calendars, remarks). A calendar keeps its entries, the readable time zones, and the name of its zone.
    Everything else is dropped. A remark is a sentence; there is one for each unreadable time zone.

    Raises:
        BadFeed: The text is not iCalendar.
    """
    remarks: list[str] = []
    return ["".join(f"{line}\r\n" for line in _written(each, remarks)) for each in _calendars(text)], remarks


def _calendars(text: str) -> list[_Calendar]:
    found: list[_Calendar] = []
    opened: list[_Open] = []
    for line in _BREAK.split(_FOLD_OF_TEXT.sub("", text.lstrip("\ufeff \t\r\n"))):
        marker = _MARKER.fullmatch(line)
        if marker is None:
            _note(line, opened, found)
        elif marker[1].upper() == "BEGIN":
            _begin(marker[2].upper(), opened, found)
        elif opened:
            ended = opened.pop()
            if ended.lines is not None and ended.name not in _OWN:
                ended.lines.append(f"END:{ended.name}")
    if not found:
        raise BadFeed("this is no iCalendar: it is empty")
    if opened:
        raise BadFeed(f"this is no iCalendar: it ends in the middle of {opened[-1].name}")
    return found


def _begin(name: str, opened: list[_Open], found: list[_Calendar]) -> None:
    if name == "VCALENDAR" or not opened:
        found.append(_Calendar())  # entries may stand without a calendar around them
    lines: list[str] | None = None
    if name == "VCALENDAR":
        lines = found[-1].head
    elif name in ("VEVENT", "VTIMEZONE"):
        lines = []
        (found[-1].events if name == "VEVENT" else found[-1].zones).append(lines)
    elif opened and opened[-1].name == "VTIMEZONE":
        lines = opened[-1].lines
        assert lines is not None
        lines.append(f"BEGIN:{name}")
    opened.append(_Open(name, lines))


def _note(line: str, opened: list[_Open], found: list[_Calendar]) -> None:
    if not opened:
        if not found and line.strip():
            raise BadFeed(f"this is no iCalendar: it begins with {line[:40]!r}")
        return
    lines = opened[-1].lines
    if lines is not None and line.strip() and (opened[-1].name != "VCALENDAR" or _KEPT.match(line)):
        lines.append(line)


def _written(calendar: _Calendar, remarks: list[str]) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield from calendar.head
    for zone in calendar.zones:
        lines = ("BEGIN:VTIMEZONE", *zone, "END:VTIMEZONE")
        try:
            Calendar.from_ical("\r\n".join(("BEGIN:VCALENDAR", *lines, "END:VCALENDAR", "")))
        except UNREADABLE as error:
            name = next((line.partition(":")[2] for line in zone if line.upper().startswith("TZID")), "")
            remarks.append(f"the time zone {name[:80]!r} cannot be read: {str(error)[:200]}")
        else:
            yield from lines
    for event in calendar.events:
        yield from ("BEGIN:VEVENT", *event, "END:VEVENT")
    yield "END:VCALENDAR"
