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

    `at`: the local time of each handover, in seconds from midnight. Turns are counted on the calendar, whatever the
    hours of the layer are. Before `starts` nobody is on call.
    """

    people: tuple[str, ...]
    days: int
    at: int
    starts: date


@dataclass(frozen=True, slots=True, order=True)
class ListedShift:
    """A shift that a feed (calendar file) lists: `person`, an id, is on call in `[start, end)`."""

    start: datetime
    end: datetime
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaLayer:
    """One layer of a rota: people who take turns, or the shifts that a feed lists.

    `listed`: in the order of their starts; of two at the same time the one that starts later counts. `hours`: the layer
    has somebody only while this calendar is open, None at any hour. `coverage`: these hours as text, or their name.
    """

    rotation: Rotation | None = None
    listed: tuple[ListedShift, ...] = ()
    hours: Calendar | None = field(default=None, compare=False)
    coverage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaOverride:
    """In `[start, end)` `person` is on call instead.

    `instead_of`: only where this person would be on call, by the layers or by the overrides before; None: in the whole
    span, also where nobody would be. `by`, a person's id, and `reason`: who wrote it, and why.
    """

    start: datetime
    end: datetime
    person: str
    instead_of: str | None = None
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch `[start, end)`, in UTC, in which `person`, an id, is on call; `override`: the one by which it is so."""

    start: datetime
    end: datetime
    person: str
    override: RotaOverride | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaPerson:
    """What is shown of a person on call: the name, the languages (the best first), and the zone, None if not known."""

    name: str
    languages: tuple[str, ...] = ()
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """Who is on call when: the first layer that has somebody counts, then the overrides in their order.

    `zone`: of the handovers, an IANA name. `leaves`: person -> the instant from which the person is on call no longer,
    whatever the layers and overrides say. `titles`: language tag -> title for people. `shown`: person -> what is shown.
    `people`: the ids of all who are ever on call, each once, in the order of the layers and overrides. `known`: shifts
    that were computed before.
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
        """Return the English title, else one in another language, else the id."""
        return self.titles.get("en") or next(iter(self.titles.values()), "") or self.id

    def person(self, id_: str) -> RotaPerson:
        """Return what is shown of a person; of one who is not known, the id for a name."""
        return self.shown.get(id_) or RotaPerson(name=id_)

    @property
    def feeds_end(self) -> datetime | None:
        """Return when the first of the feeds lists nobody any more, 1970 for one that lists nobody at all.

        None for a rota without a feed.
        """
        fed = [layer.listed for layer in self.layers if layer.rotation is None]
        return min((max((shift.end for shift in listed), default=_LONG_AGO) for listed in fed), default=None)

    def feed_ends_soon(self, now: datetime) -> bool:
        """Return whether a feed of the rota ends within 14 days from `now`, or has ended."""
        end = self.feeds_end
        return end is not None and end - now < FEED_ENDS_SOON
