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
    """People who take turns being on call.

    `people`: ids, in the order of their turns.
    `days`: the length of a turn in calendar days. Days outside the layer's hours are included.
    `at`: the local time of each handover, in seconds from midnight.
    `starts`: the day on which the first turn begins; nobody is on call before.
    """

    people: tuple[str, ...]
    days: int
    at: int
    starts: date


@dataclass(frozen=True, slots=True, order=True)
class ListedShift:
    """A shift from a feed (calendar file): `person` (id) is on call in `[start, end)`."""

    start: datetime
    end: datetime
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaLayer:
    """One source of a rota's shifts: people who take turns, or the shifts of a feed.

    `rotation`: the people who take turns; None for a feed.
    `listed`: the feed's shifts, sorted by start. Where two overlap, the one that starts later wins.
    `hours`: the layer has somebody on call only while this calendar is open; None: at any time.
    `coverage`: these hours as text, or their name; "" if `hours` is None.
    """

    rotation: Rotation | None = None
    listed: tuple[ListedShift, ...] = ()
    hours: Calendar | None = field(default=None, compare=False)
    coverage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaOverride:
    """An exception to a rota: another person is on call in `[start, end)`.

    `person`: id of the person who is on call.
    `instead_of`: id of the person who is replaced. The override then applies only while that person would be on call.
    None: the override applies in the whole span, even while nobody would be on call.
    `by`: id of the person who wrote the override.
    `reason`: in words.
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

    `person`: id of the person.
    `override`: the override that put the person on call; None: the rota's layers did.
    """

    start: datetime
    end: datetime
    person: str
    override: RotaOverride | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaPerson:
    """What is displayed of a person on call.

    `languages`: language tags, best first.
    `zone`: IANA name of the person's time zone; None: not known.
    """

    name: str
    languages: tuple[str, ...] = ()
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """Who is on call when.

    `zone`: IANA name of the zone of the handovers.
    `layers`: at each instant, the first layer that has somebody on call applies.
    `overrides`: exceptions to the layers. Where two overlap, the later in the list wins.
    `leaves`: person id -> the instant from which the person is never on call.
    `titles`: language tag -> title.
    `shown`: person id -> what is displayed.
    `people`: ids of all who are ever on call, each once, in the order of layers and overrides.
    `known`: a cache of computed shifts.
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
        """Return the rota's English title, else a title in any language, else its id."""
        return self.titles.get("en") or next(iter(self.titles.values()), "") or self.id

    def person(self, id_: str) -> RotaPerson:
        """Return what is displayed of a person (id): name, languages, zone.

        For an unknown person, the name is the id.
        """
        return self.shown.get(id_) or RotaPerson(name=id_)

    @property
    def feeds_end(self) -> datetime | None:
        """Return when the rota's first feed (calendar file with shifts) runs out; None without a feed.

        A feed runs out at the end of its last shift. For a feed without shifts, that is 1970.
        """
        fed = [layer.listed for layer in self.layers if layer.rotation is None]
        return min((max((shift.end for shift in listed), default=_LONG_AGO) for listed in fed), default=None)

    def feed_ends_soon(self, now: datetime) -> bool:
        """Return whether a feed (calendar file with shifts) of the rota runs out within 14 days from `now`.

        True also if a feed has run out already.
        """
        end = self.feeds_end
        return end is not None and end - now < FEED_ENDS_SOON
