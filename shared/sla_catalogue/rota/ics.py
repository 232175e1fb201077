"""Shifts of a rota → an iCalendar text (RFC 5545), for people's calendars.

Instants are in UTC, which every calendar shows in the zone of whoever looks; `X-WR-TIMEZONE` names the rota's own. A
shift keeps its UID from one reading to the next, so that a calendar updates it in place. Shifts do not block the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from icalendar import Calendar, Event

from sla_domain.rota import Rota, Shift

MEDIA_TYPE = "text/calendar; charset=utf-8"
_PRODUCT = "-//slad//rota//EN"


def shifts_as_ics(rota: Rota, shifts: Iterable[Shift], names: Mapping[str, str], now: datetime) -> bytes:
    """Return the shifts as an iCalendar text, with the title of the rota in each entry's.

    `names`: person -> name for people; whoever is missing is called by the id. `now`: when the text is made.
    """
    title = rota.titles.get("en") or next(iter(rota.titles.values()), "") or rota.id
    calendar = Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", f"{title}: on call")
    calendar.add("X-WR-TIMEZONE", rota.zone)
    for shift in shifts:
        calendar.add_component(_event(rota, title, shift, names, now))
    written: bytes = calendar.to_ical()
    return written


def _event(rota: Rota, title: str, shift: Shift, names: Mapping[str, str], now: datetime) -> Event:
    event = Event()
    event.add("UID", f"{rota.id}-{shift.start:%Y%m%dT%H%M%SZ}-{shift.person}@slad")
    event.add("DTSTAMP", now)
    event.add("DTSTART", shift.start)
    event.add("DTEND", shift.end)
    event.add("SUMMARY", f"{names.get(shift.person, shift.person)} on call: {title}")
    event.add("TRANSP", "TRANSPARENT")
    if (said := _override(shift, names)) != "":
        event.add("DESCRIPTION", said)
    return event


def _override(shift: Shift, names: Mapping[str, str]) -> str:
    override = shift.override
    if override is None:
        return ""
    who = f"instead of {names.get(override.instead_of, override.instead_of)}" if override.instead_of else "by exception"
    by = f" (by {names.get(override.by, override.by)})" if override.by else ""
    return f"{who}{': ' if override.reason else ''}{override.reason}{by}"
