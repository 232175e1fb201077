"""An incident told in local time: `Telling().opened("Mon 10:00").responded("Mon 10:20")`, and the events it makes.

Times are `2026-11-10 16:30` (optionally with seconds) in the story's zone, or `Tue 16:30` in the week of Monday
2026-11-16. Every event is received when it happened unless `received` says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from sla_domain.clock import Clock
from sla_domain.event import Actor, AgreedTarget, EventId, EventKind, IncidentEvent, IncidentId, WaitingOn
from sla_domain.fold import fold
from sla_domain.incident import Incident
from sla_domain.rulebook import Rulebook

_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONDAY = date(2026, 11, 16)


def instant(text: str, zone: str = "Europe/Warsaw") -> datetime:
    """Local time as a UTC instant."""
    day, _, clock = text.partition(" ")
    if day in _WEEK:
        day = f"{_MONDAY + timedelta(days=_WEEK.index(day)):%Y-%m-%d}"
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


class Telling:
    """Collects events in the order in which they are told."""

    def __init__(self, incident: str = "INC-1", zone: str = "Europe/Warsaw", customer: str = "acme") -> None:
        self.incident = IncidentId(incident)
        self.zone = zone
        self.customer = customer
        self.events: list[IncidentEvent] = []

    def at(self, text: str) -> datetime:
        return instant(text, self.zone)

    def happened(self, kind: EventKind, when: str, **fields: Any) -> Self:
        """Any event; keyword names that are no event fields are attributes."""
        known = set(IncidentEvent.__dataclass_fields__)
        given = {name: value for name, value in fields.items() if name in known}
        stated = {name: str(value) for name, value in fields.items() if name not in known}
        occurred = self.at(when)
        event = IncidentEvent(
            id=given.pop("id", EventId(f"e{len(self.events)}")),
            incident=self.incident,
            kind=kind,
            occurred_at=occurred,
            received_at=given.pop("received_at", occurred),
            source="test",
            attributes=given.pop("attributes", {}) | stated,
            **given,
        )
        self.events.append(event)
        return self

    def opened(self, when: str, priority: str = "P1", **fields: Any) -> Self:
        fields = {"description": "it is broken", "customer": self.customer, **fields}
        if priority:
            fields["priority"] = priority
        return self.happened(EventKind.OPENED, when, **fields)

    def responded(self, when: str, actor: Actor = Actor.STAFF, **fields: Any) -> Self:
        return self.happened(EventKind.RESPONDED, when, actor=actor, **fields)

    def updated(self, when: str, actor: Actor = Actor.STAFF, **fields: Any) -> Self:
        return self.happened(EventKind.UPDATED, when, actor=actor, **fields)

    def replied(self, when: str, **fields: Any) -> Self:
        return self.happened(EventKind.CUSTOMER_REPLIED, when, actor=Actor.CUSTOMER, **fields)

    def waits(self, when: str, on: WaitingOn = WaitingOn.CUSTOMER, **fields: Any) -> Self:
        return self.happened(EventKind.WAITING, when, waiting_on=on, **fields)

    def resumed(self, when: str, **fields: Any) -> Self:
        return self.happened(EventKind.RESUMED, when, **fields)

    def priority(self, when: str, priority: str, actor: Actor = Actor.STAFF, **fields: Any) -> Self:
        return self.happened(EventKind.PRIORITY_CHANGED, when, priority=priority, actor=actor, **fields)

    def workaround(self, when: str, **fields: Any) -> Self:
        return self.happened(EventKind.WORKAROUND_PROVIDED, when, actor=Actor.STAFF, **fields)

    def resolved(self, when: str, **fields: Any) -> Self:
        return self.happened(EventKind.RESOLVED, when, **fields)

    def reopened(self, when: str, actor: Actor = Actor.CUSTOMER, **fields: Any) -> Self:
        return self.happened(EventKind.REOPENED, when, actor=actor, **fields)

    def closed(self, when: str, **fields: Any) -> Self:
        return self.happened(EventKind.CLOSED, when, **fields)

    def cancelled(self, when: str, **fields: Any) -> Self:
        return self.happened(EventKind.CANCELLED, when, **fields)

    def agreed(self, when: str, metric: str, due: str, by: str = "Anna and Bob", moved_by_pauses: bool = False) -> Self:
        target = AgreedTarget(
            metric=metric, due_at=self.at(due), agreed_by=by, reason="spare part", moved_by_pauses=moved_by_pauses
        )
        return self.happened(EventKind.TARGET_AGREED, when, agreed=target)

    def late(self, by: str = "3 h") -> Self:
        """The last event was received so much later than it happened."""
        last = self.events[-1]
        hours = int(by.split()[0])
        self.events[-1] = replace(last, received_at=last.occurred_at + timedelta(hours=hours))
        return self

    def fold(self, rulebook: Rulebook) -> Incident:
        return fold(self.events, rulebook)

    def clock(self, rulebook: Rulebook, metric: str = "resolution", cycle: int = -1) -> Clock:
        """The last clock of a metric, or the one of a cycle."""
        return clock_of(self.fold(rulebook), metric, cycle)


def clock_of(incident: Incident, metric: str, cycle: int = -1) -> Clock:
    clocks = [clock for clock in incident.clocks if clock.metric == metric]
    return clocks[-1] if cycle < 0 else next(clock for clock in clocks if clock.cycle == cycle)


def keys(clocks: Sequence[Clock] | Clock) -> list[str]:
    """What the marks say, in order: `0/warn-75`."""
    many = [clocks] if isinstance(clocks, Clock) else clocks
    return [mark.key for clock in many for mark in clock.marks]
