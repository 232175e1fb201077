"""An iCalendar file with shifts → who is on call when.

An entry names its person by an attendee's mail address or name, or by its title: the person's id, name or mail address,
alone or among other words. Whoever is not known is left out with a remark: a feed changes without anybody's review.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sla_catalogue.holiday.entry import FeedEntry, limit_remarks, read_entries
from sla_catalogue.holiday.row import Horizon
from sla_domain.calendar import local_instant
from sla_domain.normal import normal
from sla_domain.rota import ListedShift

UNNAMED = ""
_MAILTO = "mailto:"


@dataclass(frozen=True, slots=True)
class ShiftFeed:
    """The shifts in an iCalendar file, sorted by start."""

    shifts: tuple[ListedShift, ...] = ()
    remarks: tuple[str, ...] = ()
    """Sentences on entries that were left out or may be misread."""


class PeopleByName:
    """Finds people by the names in calendar entries.

    Case and extra spaces do not matter. For a name that two people share, nobody is found.

    Args:
        people: Id of a person -> names and mail addresses of that person.
        names: Name in calendar entries -> id of the person. These names are used before those in `people`.
    """

    def __init__(self, people: Mapping[str, Iterable[str]], names: Mapping[str, str]) -> None:
        known: defaultdict[str, set[str]] = defaultdict(set)
        for id_, called in people.items():
            for each in (id_, *called):
                known[normal(each)].add(id_)
        self._known = {name: next(iter(ids)) for name, ids in known.items() if len(ids) == 1 and name}
        self._known |= {normal(name): id_ for name, id_ in names.items()}

    def find(self, name: str) -> str | None:
        """Return the id of the person with this name, mail address or id.

        The result is None if nobody has it, or if several people do. Case and extra spaces do not matter.
        """
        return self._known.get(normal(name))

    def find_in_text(self, text: str) -> str | None:
        """Return the id of the person whose name is `text`, or is contained in `text`.

        The result is None if nobody or several people are found. Case and extra spaces do not matter.
        """
        if (exact := self.find(text)) is not None:
            return exact
        held = normal(text)
        found = {
            id_ for name, id_ in self._known.items() if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", held) is not None
        }
        return found.pop() if len(found) == 1 else None


def read_shifts(text: str, people: PeopleByName, zone: str, horizon: Horizon) -> ShiftFeed:
    """Return the shifts that an iCalendar text lists within the horizon (years).

    An entry that cannot be read, that names no known person, or that has no length is left out, and a remark in the
    result says so. A cancelled entry is left out without a remark.

    Args:
        people: The finder of people by their names in entries.
        zone: The time zone of days, and of times without a zone.

    Raises:
        BadFeed: The text is not iCalendar.
    """
    remarks: list[str] = []
    found: set[ListedShift] = set()
    for entry in read_entries(text, horizon, remarks, UNNAMED):
        person = _person(entry, people)
        if person is None:
            remarks.append(f"the entry {entry.label} is left out: it names nobody who is known")
            continue
        shifts = list(_shifts(entry, person, zone))
        if len(shifts) < len(entry.occurrences):
            remarks.append(f"the entry {entry.label} takes no time: it is left out")
        found.update(shifts)
    shifts = sorted(found)
    remarks += _overlaps(shifts)
    return ShiftFeed(tuple(shifts), limit_remarks(remarks))


def _person(entry: FeedEntry, people: PeopleByName) -> str | None:
    attending = entry.event.get("ATTENDEE", [])
    for each in attending if isinstance(attending, list) else [attending]:
        named = (_mailbox(each), str(getattr(each, "params", {}).get("CN", "")))
        if (person := next(filter(None, map(people.find, named)), None)) is not None:
            return person
    return people.find_in_text(entry.name)


def _mailbox(attendee: Any) -> str:
    written = str(attendee)
    return written[len(_MAILTO) :] if written.casefold().startswith(_MAILTO) else written


def _shifts(entry: FeedEntry, person: str, zone: str) -> Iterator[ListedShift]:
    for each in entry.occurrences:
        if each.length > timedelta():
            start, end = _instant(each.start, zone), _ended(each.start, each.length, zone)
            yield ListedShift(start, end, person)


def _instant(moment: date | datetime, zone: str) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return local_instant(moment, zone).astimezone(UTC)


def _ended(start: date | datetime, length: timedelta, zone: str) -> datetime:
    """All end by the wall clock: RFC 5545 gives DTEND in local time."""
    if isinstance(start, datetime) and start.tzinfo is not None:
        return (start + length).astimezone(UTC)
    return _instant(start + length, zone)


def _overlaps(shifts: list[ListedShift]) -> Iterator[str]:
    reached: ListedShift | None = None
    for each in shifts:
        if reached is not None and each.start < reached.end and each.person != reached.person:
            at = f"{each.start:%Y-%m-%d %H:%M}"
            both = f"{each.person} and {reached.person} are listed at once at {at}Z"
            yield f"{both}: {each.person} is on call, who starts later"
        if reached is None or each.end > reached.end:
            reached = each
