"""Open clocks → an iCalendar text (RFC 5545): an entry at each due instant, for people's calendars.

A calendar that subscribes takes the text as the whole truth: an entry keeps its UID as long as its clock lives, so it
is moved in place, and one whose clock has ended, or is paused, is gone. Entries take no time and block none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from sla_board.due.words import DueWords, metric_in
from sla_board.shown.row import ClockRow

MEDIA_TYPE = "text/calendar; charset=utf-8"
MOST = 500  # entries
REFRESH = timedelta(minutes=5)
_PRODUCT = "-//slad//due//EN"


def due_ics(
    rows: Sequence[ClockRow],
    words: DueWords,
    *,
    now: datetime,
    contract: str = "",
    more: int = 0,
    paused: int = 0,
    board: str = "",
) -> bytes:
    """Return open clocks as an iCalendar file, with one entry for each clock.

    Args:
        rows: The clocks. Each must have a due instant.
        words: The fixed texts of the calendar.
        now: The creation time written into the file.
        contract: Id of the contract if the calendar is of one contract. "" for several.
        more: How many less urgent clocks are left out. A last entry states this number.
        paused: How many open clocks have no due instant. The calendar's description states this number.
        board: Address of the board, linked from entries whose ticket has no link. "" for no link.
    """
    calendar = Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    name = words.of_contract.format(contract=contract) if contract else words.name
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    if paused:
        calendar.add("X-WR-CALDESC", words.paused.format(count=paused))
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", f"PT{int(REFRESH.total_seconds() // 60)}M")
    for row in rows:
        calendar.add_component(_event(row, words, now, board))
    if more and rows:
        calendar.add_component(_rest(rows[-1], words, now, more, contract))
    written: bytes = calendar.to_ical()
    return written


def due_tag(rows: Sequence[ClockRow], words: DueWords, contract: str, more: int, paused: int, now: datetime) -> str:
    """Return a strong ETag of the calendar that `due_ics` returns for these clocks.

    The ETag changes with the content, but not with the creation time of the calendar.

    Args:
        rows: The clocks in the calendar.
        words: The fixed texts of the calendar.
        contract: Id of the contract. "" for several contracts.
        more: How many less urgent clocks are left out.
        paused: How many open clocks have no due instant.
        now: The present instant. The calendar marks clocks that were due before as overdue.
    """
    said = [(_shown(row), row.due_at, row.provisional, _overdue(row, now)) for row in rows]
    digest = hashlib.sha256(repr((words.language, contract, more, paused, said)).encode()).hexdigest()
    return f'"{digest[:32]}"'


def _event(row: ClockRow, words: DueWords, now: datetime, board: str) -> Event:
    event = Event()
    event.add("UID", f"{row.id}@slad")
    event.add("DTSTAMP", now)
    event.add("DTSTART", row.due_at)
    event.add("SUMMARY", _summary(row, words, now))
    event.add("DESCRIPTION", _description(row, words))
    event.add("STATUS", "TENTATIVE" if row.provisional else "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")
    if row.priority:
        event.add("CATEGORIES", [row.priority])
    link = row.link or (f"{board}{row.page}" if board else "")
    if link:
        event.add("URL", link)
    return event


def _summary(row: ClockRow, words: DueWords, now: datetime) -> str:
    late = f"{words.overdue}: " if _overdue(row, now) else ""
    marks = ", ".join(mark for mark in (row.priority, words.provisional if row.provisional else "") if mark)
    title = f": {row.title}" if row.title not in ("", row.incident) else ""
    return f"{late}{metric_in(row.metric, words.language)} {row.ticket}{f' ({marks})' if marks else ''}{title}"


def _description(row: ClockRow, words: DueWords) -> str:
    said = (
        (words.ticket, row.incident),
        (words.customer, row.customer),
        (words.contract, row.contract),
        (words.priority, row.priority),
        (words.target, row.allowed),
    )
    return "\n".join(f"{label}: {value}" for label, value in said if value)


def _rest(last: ClockRow, words: DueWords, now: datetime, more: int, contract: str) -> Event:
    event = Event()
    event.add("UID", f"more-{contract}@slad" if contract else "more@slad")
    event.add("DTSTAMP", now)
    event.add("DTSTART", last.due_at)
    event.add("SUMMARY", words.more.format(count=more))
    event.add("TRANSP", "TRANSPARENT")
    return event


def _overdue(row: ClockRow, now: datetime) -> bool:
    return row.breached_at is not None or (row.due_at is not None and row.due_at < now)


def _shown(row: ClockRow) -> tuple[str, ...]:
    return (
        row.id,
        row.incident,
        row.ticket,
        row.metric,
        row.title,
        row.link,
        row.customer,
        row.contract,
        row.priority,
        row.allowed,
    )
