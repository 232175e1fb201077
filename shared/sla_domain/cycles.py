"""Which clock of the fold is which of the published clocks.

A clock's id is made of its metric and the ordinal of its cycle. A late event may begin a cycle before those that were
published, and every later ordinal moves. A clock that was published keeps its id: it is recognised by its published
breaches, then by the event that began it first, and last by its ordinal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from sla_domain.clock import BREACH, Clock, ClockId, clock_id
from sla_domain.event import EventId
from sla_domain.incident import Incident
from sla_domain.plan import MetricId
from sla_domain.published_mark import digest


class PublishedClock(Protocol):
    """What is stored about a published clock, that is, a clock about which events were published (protocol).

    When the incident is computed again, its clocks may have other numbers. These values then show which clock is the
    published one. `PublishedState` implements the protocol.
    """

    @property
    def start(self) -> str:
        """Return the hash of the metric and the event that began the clock (`start_name`).

        The result is "" in records of older releases, which did not store the hash.
        """
        ...

    @property
    def metric(self) -> str:
        """Return the id of the clock's metric."""
        ...

    @property
    def started_at(self) -> datetime | None:
        """Return when the clock started, or None if that was not stored."""
        ...

    @property
    def breaches(self) -> frozenset[datetime]:
        """Return the due instants of the clock's published breaches.

        Breaches that were later found to be untrue are left out.
        """
        ...


Place = tuple[MetricId, int]
"""A clock of the fold: its metric and cycle."""


def start_name(clock: Clock) -> str:
    """Return a short hash (twelve hexadecimal digits) of the clock's metric and of the event that started the clock.

    The hash identifies the clock for good. The clock's number (`cycle`) does not: it goes up if a late event adds an
    earlier clock of the same metric.
    """
    return digest(EventId(f"{clock.metric}\n{clock.start_event}"))


def with_published_ids(incident: Incident, known: Mapping[ClockId, PublishedClock]) -> Incident:
    """Return the incident with its clocks under the ids that published events use for them.

    An incident that is computed anew may number its clocks differently. A clock gets the id of a published clock if one
    of these holds:

    1. Both have a breach at the same instant.
    2. Both began with the same event.
    3. An older release did not store that event, and metric and start are equal.

    A clock for which none of these holds is new and gets an unused id.

    Args:
        known: Clock id -> what is stored of the published clock.
    """
    if all(clock.cycle == 0 and clock.id in known for clock in incident.clocks) and len(known) == len(incident.clocks):
        return incident
    ids = _ids_by_published(incident, known)
    used = {*ids.values()}
    for clock in incident.clocks:
        if clock.id not in used and _place(clock) not in ids:
            ids[_place(clock)] = clock.id
            used.add(clock.id)
    clocks = tuple(_under(clock, ids.get(_place(clock))) for clock in incident.clocks)
    return replace(incident, clocks=clocks)


def _ids_by_published(incident: Incident, known: Mapping[ClockId, PublishedClock]) -> dict[Place, ClockId]:
    """Ids by what was published: a breach and the start, a breach alone, the start alone."""
    starts = {start_name(clock): _place(clock) for clock in incident.clocks}
    begun: dict[tuple[str, datetime | None], Place] = {
        (clock.metric, clock.started_at): _place(clock) for clock in incident.clocks
    }
    broken: dict[tuple[str, datetime], list[Place]] = {}
    for clock in incident.clocks:
        for mark in clock.marks:
            if mark.kind == BREACH:
                broken.setdefault((clock.metric, mark.at), []).append(_place(clock))
    wanted: list[tuple[int, ClockId, Place]] = []
    for id_, each in known.items():
        start = starts.get(each.start) if each.start else begun.get((each.metric, each.started_at))
        places = [place for at in sorted(each.breaches) for place in broken.get((each.metric, at), ())]
        wanted += [(0 if place == start else 1, id_, place) for place in places]
        if start is not None:
            wanted.append((2, id_, start))
    ids: dict[Place, ClockId] = {}
    used: set[ClockId] = set()
    for _, id_, place in sorted(wanted, key=lambda one: one[0]):
        if place not in ids and id_ not in used:
            ids[place] = id_
            used.add(id_)
    return ids


def _place(clock: Clock) -> Place:
    return clock.metric, clock.cycle


def _under(clock: Clock, id_: ClockId | None) -> Clock:
    if id_ is None:  # its ordinal's id belongs to a published clock that began with another event
        id_ = clock_id(clock.incident, clock.metric, f"{clock.cycle}/{start_name(clock)}")
    return clock if id_ == clock.id else replace(clock, id=id_)
