"""Shifts of a rota → an iCalendar text (RFC 5545), for people's calendars.

Instants are in UTC, which every calendar shows in the zone of whoever looks; `X-WR-TIMEZONE` names the rota's own. A
shift keeps its UID from one reading to the next, so that a calendar updates it in place. Shifts do not block the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from icalendar import Calendar, Event

from sla_domain.rota import Rota, Shift

MEDIA_TYPE = "text/calendar; charset=utf-8"
_PRODUCT = "-//slad//rota//EN"


def shifts_as_ics(rota: Rota, shifts: Iterable[Shift], now: datetime) -> bytes:
    """Return shifts of a rota (on-call plan) as an iCalendar file (RFC 5545).

    Args:
        rota: The rota, whose title is in each entry.
        now: The time at which the file is made.
    """
    calendar = Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", f"{rota.title}: on call")
    calendar.add("X-WR-TIMEZONE", rota.zone)
    for shift in shifts:
        calendar.add_component(_event(rota, shift, now))
    written: bytes = calendar.to_ical()
    return written


def _event(rota: Rota, shift: Shift, now: datetime) -> Event:
    event = Event()
    event.add("UID", f"{rota.id}-{shift.start:%Y%m%dT%H%M%SZ}-{shift.person}@slad")
    event.add("DTSTAMP", now)
    event.add("DTSTART", shift.start)
    event.add("DTEND", shift.end)
    event.add("SUMMARY", f"{rota.person(shift.person).name} on call: {rota.title}")
    event.add("TRANSP", "TRANSPARENT")
    if (said := _override(rota, shift)) != "":
        event.add("DESCRIPTION", said)
    return event


def _override(rota: Rota, shift: Shift) -> str:
    override = shift.override
    if override is None:
        return ""
    who = f"instead of {rota.person(override.instead_of).name}" if override.instead_of else "by exception"
    by = f" (by {rota.person(override.by).name})" if override.by else ""
    return f"{who}{': ' if override.reason else ''}{override.reason}{by}"
