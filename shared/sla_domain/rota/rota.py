"""A rota as data: who takes turns, when they hand over, in which hours, and who stands in for whom.

Source: clauses H5, H10, E11 and I7 (docs/clauses.md) promise people at hours; a rota says who they are at each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import NewType

from sla_domain.calendar import Calendar

RotaId = NewType("RotaId", str)
FEED_ENDS_SOON = timedelta(days=14)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """People who take turns: the first begins on the day `starts`, the next takes over every `days` days.

    `people`: their ids, in the order of their turns. `at`: the local time of each handover, in seconds from midnight.
    Every calendar day counts towards a turn, also those outside the layer's hours. Before `starts` nobody is on call.
    """

    people: tuple[str, ...]
    days: int
    at: int
    starts: date


@dataclass(frozen=True, slots=True, order=True)
class ListedShift:
    """A shift read from a feed (calendar file): the person with the id `person` is on call in `[start, end)`."""

    start: datetime
    end: datetime
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaLayer:
    """One source of a rota's shifts: either people who take turns (`rotation`), or the shifts that a feed lists.

    `rotation`: None for a feed. `listed`: the feed's shifts, sorted by start; where two overlap, the one that starts
    later counts. `hours`: the layer has somebody on call only while this calendar is open; None: at any time.
    `coverage`: these hours as text, or their name; "" if `hours` is None.
    """

    rotation: Rotation | None = None
    listed: tuple[ListedShift, ...] = ()
    hours: Calendar | None = field(default=None, compare=False)
    coverage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaOverride:
    """An exception to a rota: in `[start, end)` the person with the id `person` is on call instead.

    `instead_of`: id of the person who is replaced: the override then counts only while that person would be on call, by
    the layers or by earlier overrides. None: it counts in the whole span, also while nobody would be on call. `by`: id
    of the person who wrote the override. `reason`: in words.
    """

    start: datetime
    end: datetime
    person: str
    instead_of: str | None = None
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """A span `[start, end)`, in UTC, in which one person is on call.

    `person`: the person's id. `override`: the override that put the person on call, None if the rota's layers did.
    """

    start: datetime
    end: datetime
    person: str
    override: RotaOverride | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaPerson:
    """What is displayed of a person on call.

    `languages`: language tags, the preferred one first. `zone`: IANA name of the person's time zone, None if not known.
    """

    name: str
    languages: tuple[str, ...] = ()
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """Who is on call when: the first layer that has somebody counts, unless an override puts another person on call.

    `zone`: IANA name of the zone of the handovers. `overrides`: where two overlap, the later in the list counts.
    `leaves`: person -> the instant from which that person is never on call any more. `titles`: language tag -> title.
    `shown`: person -> what is displayed. `people`: the ids of all who are ever on call, each once, in the order of the
    layers and overrides. `known`: a cache of computed shifts.
    """

    id: RotaId
    zone: str
    layers: tuple[RotaLayer, ...]
    overrides: tuple[RotaOverride, ...] = ()
    leaves: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    shown: Mapping[str, RotaPerson] = field(default_factory=lambda: MappingProxyType({}))
    people: tuple[str, ...] = field(init=False, repr=False, compare=False)
    known: dict[int, tuple[Shift, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: list[str] = []
        for layer in self.layers:
            found += layer.rotation.people if layer.rotation is not None else ()
            found += [shift.person for shift in layer.listed]
        people = dict.fromkeys([*found, *(override.person for override in self.overrides)])
        object.__setattr__(self, "people", tuple(people))

    @property
    def title(self) -> str:
        """Return the rota's English title, else its title in another language, else its id."""
        return self.titles.get("en") or next(iter(self.titles.values()), "") or self.id

    def person(self, id_: str) -> RotaPerson:
        """Return what is displayed of a person: name, languages, zone.

        For an unknown id, the id is the name.
        """
        return self.shown.get(id_) or RotaPerson(name=id_)

    @property
    def feeds_end(self) -> datetime | None:
        """Return when the first of the rota's feeds (calendar files with shifts) runs out.

        A feed runs out at the end of its last shift; a feed without any shift counts as 1970. None for a rota without a
        feed.
        """
        fed = [layer.listed for layer in self.layers if layer.rotation is None]
        return min((max((shift.end for shift in listed), default=_LONG_AGO) for listed in fed), default=None)

    def feed_ends_soon(self, now: datetime) -> bool:
        """Return whether a feed of the rota has run out, or will within 14 days from `now`.

        A feed is a calendar file with shifts.
        """
        end = self.feeds_end
        return end is not None and end - now < FEED_ENDS_SOON
