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
    """People who take turns being on call."""

    people: tuple[str, ...]
    """Ids of the people, in the order of their turns."""
    days: int
    """The length of a turn in calendar days. Days outside the layer's hours are included."""
    at: int
    """The local time of each handover, in seconds from midnight."""
    starts: date
    """The day on which the first turn begins. Nobody is on call before."""


@dataclass(frozen=True, slots=True, order=True)
class ListedShift:
    """A shift from a feed (calendar file): a person is on call in `[start, end)`."""

    start: datetime
    end: datetime
    person: str
    """Id of the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaLayer:
    """One source of a rota's shifts: people who take turns, or the shifts of a feed."""

    rotation: Rotation | None = None
    """The people who take turns. None for a feed."""
    listed: tuple[ListedShift, ...] = ()
    """The feed's shifts, sorted by start. Where two overlap, the one that starts later wins."""
    hours: Calendar | None = field(default=None, compare=False)
    """The calendar outside which the layer has nobody on call. None means that somebody may be on call at any time."""
    coverage: str = ""
    """The hours as text, or their name. "" if `hours` is None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaOverride:
    """An exception to a rota: another person is on call in `[start, end)`."""

    start: datetime
    end: datetime
    person: str
    """Id of the person who is on call."""
    instead_of: str | None = None
    """Id of the person who is replaced. The override then applies only while that person would be on call. None means
    that it applies in the whole span, even while nobody would be on call."""
    by: str = ""
    """Id of the person who wrote the override."""
    reason: str = ""
    """The reason in words."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A span `[start, end)`, in UTC, in which one person is on call."""

    start: datetime
    end: datetime
    person: str
    """Id of the person."""
    override: RotaOverride | None = None
    """The override that put the person on call. None if the rota's layers did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaPerson:
    """The name, languages and time zone of a person on call, for display."""

    name: str
    languages: tuple[str, ...] = ()
    """Language tags, best first."""
    zone: str | None = None
    """IANA name of the person's time zone. None if not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """A rota: who is on call when, as layers (sources) of shifts and exceptions to them."""

    id: RotaId
    zone: str
    """IANA name of the zone of the handovers."""
    layers: tuple[RotaLayer, ...]
    """At each instant, the first layer that has somebody on call applies."""
    overrides: tuple[RotaOverride, ...] = ()
    """Exceptions to the layers. Where two overlap, the later in the list wins."""
    leaves: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    """Person id -> the instant from which the person is never on call."""
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Language tag -> title."""
    shown: Mapping[str, RotaPerson] = field(default_factory=lambda: MappingProxyType({}))
    """Person id -> what is displayed."""
    people: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """Ids of all who are ever on call, each once, in the order of layers and overrides."""
    known: dict[int, tuple[Shift, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """A cache of computed shifts."""

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
        """Return the name, languages and zone of a person by id, for display.

        For an unknown person, the name is the id.
        """
        return self.shown.get(id_) or RotaPerson(name=id_)

    @property
    def feeds_end(self) -> datetime | None:
        """Return when the first of the rota's feeds (calendar files with shifts) runs out, or None without a feed.

        A feed runs out at the end of its last shift. A feed without shifts counts as run out in 1970.
        """
        fed = [layer.listed for layer in self.layers if layer.rotation is None]
        return min((max((shift.end for shift in listed), default=_LONG_AGO) for listed in fed), default=None)

    def feed_ends_soon(self, now: datetime) -> bool:
        """Return whether a feed (calendar file with shifts) of the rota runs out within 14 days from `now`.

        The result is also True if a feed has run out already.
        """
        end = self.feeds_end
        return end is not None and end - now < FEED_ENDS_SOON
