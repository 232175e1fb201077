"""Which clock of the fold is which of those the world knows.

A clock's id is made of its metric and the ordinal of its cycle. A late event may begin a cycle before those that were
told, and every later ordinal moves. A clock that was told keeps its id: it is known by what began it first, and where
no clock of the fold began with that, by its ordinal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from sla_domain.clock import Clock, ClockId, clock_id
from sla_domain.event import EventId
from sla_domain.incident import Incident
from sla_domain.plan import MetricId
from sla_domain.spoken import digest


class Known(Protocol):
    """What is remembered of a clock that was told. `start` is empty in rows of releases that did not keep it."""

    @property
    def start(self) -> str: ...
    @property
    def metric(self) -> str: ...
    @property
    def started_at(self) -> datetime | None: ...


def start_name(clock: Clock) -> str:
    """A short stable name for what began the clock."""
    return digest(EventId(f"{clock.metric}\n{clock.start_event}"))


def continued(incident: Incident, known: Mapping[ClockId, Known]) -> Incident:
    """The incident with each clock under the id under which the world knows it."""
    if all(clock.cycle == 0 and clock.id in known for clock in incident.clocks) and len(known) == len(incident.clocks):
        return incident
    ids = _by_start(incident, known)
    used = {*ids.values()}
    for clock in incident.clocks:
        if clock.id not in used and _place(clock) not in ids:
            ids[_place(clock)] = clock.id
            used.add(clock.id)
    clocks = tuple(_under(clock, ids.get(_place(clock))) for clock in incident.clocks)
    return replace(incident, clocks=clocks) if clocks != incident.clocks else incident


def _by_start(incident: Incident, known: Mapping[ClockId, Known]) -> dict[tuple[MetricId, int], ClockId]:
    named = {each.start: id_ for id_, each in known.items() if each.start}
    unnamed = {(each.metric, each.started_at): id_ for id_, each in known.items() if not each.start and each.metric}
    found: dict[tuple[MetricId, int], ClockId] = {}
    for clock in incident.clocks:
        id_ = named.pop(start_name(clock), None) or unnamed.pop((clock.metric, clock.started_at), None)
        if id_ is not None:
            found[_place(clock)] = id_
    return found


def _place(clock: Clock) -> tuple[MetricId, int]:
    return clock.metric, clock.cycle


def _under(clock: Clock, id_: ClockId | None) -> Clock:
    if id_ is None:  # its ordinal's id belongs to a clock that was told and began elsewhere
        id_ = clock_id(clock.incident, clock.metric, f"{clock.cycle}/{start_name(clock)}")
    return clock if id_ == clock.id else replace(clock, id=id_)
