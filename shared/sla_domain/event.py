"""What happened to an incident, in slad's own words: the canonical event every dialect is translated into.

An event is immutable. It carries the sender's claim of *when* (`occurred_at`, with its quality), our own receipt
(`received_at`) and, where the sender has one, a version that orders events of the same instant. Everything an
incident is follows from its events by a fold (see `sla_domain.fold`), so an event holds only what it changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from sla_domain.phase import Phase

EventId = NewType("EventId", str)
IncidentId = NewType("IncidentId", str)

NO_EVENT = EventId("")

PHASE = ":phase"
"""The name under which `Snapshot.before` holds where the ticket stood; no attribute has it."""
ENDED = "ended"
"""Under PHASE: it had ended, in whatever way."""

Order = tuple[datetime, int, datetime, int, str]

NOTHING: Mapping[str, str] = MappingProxyType({})


class EventKind(StrEnum):
    """The kinds of incident events, in slad's own vocabulary; on the wire `io.slad.incident.<kind>.v1`."""

    OPENED = "opened"
    DESCRIBED = "described"
    RESPONDED = "responded"
    CUSTOMER_REPLIED = "customer_replied"
    COMMENTED = "commented"  # a comment of somebody whose side is not known
    UPDATED = "updated"
    ASSIGNED = "assigned"
    PRIORITY_CHANGED = "priority_changed"
    DOWNGRADE_PROPOSED = "downgrade_proposed"
    DOWNGRADE_AGREED = "downgrade_agreed"
    RECLASSIFIED = "reclassified"
    WAITING = "waiting"
    RESUMED = "resumed"
    WORKAROUND_PROVIDED = "workaround_provided"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"
    RENAMED = "renamed"
    ESCALATED = "escalated"
    TARGET_AGREED = "target_agreed"
    EXEMPTED = "exempted"
    RATED = "rated"
    OBSERVED = "observed"  # nothing happened; `snapshot` shows how the ticket stands


WORDS = frozenset({EventKind.RESPONDED, EventKind.CUSTOMER_REPLIED, EventKind.COMMENTED, EventKind.UPDATED})
"""The kinds that are comments and replies; the others change the ticket, and count whatever actor caused them."""


class TimeQuality(StrEnum):
    """How reliable the sender's `occurred_at` is; a verdict carries the worst quality of its incident's events."""

    EXACT = "exact"
    DOUBTFUL = "doubtful"  # a local time shown twice or never, or one that the order of events contradicts
    OBJECT_UPDATED = "object_updated"
    RECEIPT = "receipt"


class Actor(StrEnum):
    """Who caused an event. A bot's comments neither answer nor wait for an answer; its changes to the ticket count."""

    CUSTOMER = "customer"
    STAFF = "staff"
    BOT = "bot"
    UNKNOWN = "unknown"


class WaitingOn(StrEnum):
    """On whom an incident waits; the time of each is measured separately (clause H11, docs/clauses.md)."""

    CUSTOMER = "customer"
    VENDOR = "vendor"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedTarget:
    """A due instant that the parties agreed on, with who agreed (clause B5, docs/clauses.md).

    `moved_by_pauses`: whether pauses move it.
    """

    metric: str
    due_at: datetime
    agreed_by: str
    reason: str = ""
    moved_by_pauses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How the sender's ticket stood at an instant, as one delivery shows it.

    `at`: the instant for which it holds (the ticket's own "updated", else the time of the delivery). `phase` None: the
    sender does not state it, or slad does not understand it; `waiting_on` belongs to the phase waiting. `attributes`
    holds what the payload states: "" means that the ticket has no such value now, an absent name means nothing.
    `version` is the sender's, 0 when it has none. `before`: the values, before this delivery, of the attributes that it
    changed, and under PHASE the phase before it; they give the order of several deliveries of one instant.
    """

    at: datetime
    created_at: datetime | None = None
    phase: Phase | None = None
    waiting_on: WaitingOn | None = None
    ended_at: datetime | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    version: int = 0
    before: Mapping[str, str] = field(default_factory=lambda: NOTHING)

    @property
    def phase_text(self) -> str:
        """Return the phase as `before` holds it, such as `waiting:customer`; empty if the sender does not state it."""
        if self.phase is None:
            return ""
        return self.phase.value if self.waiting_on is None else f"{self.phase.value}:{self.waiting_on.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent:
    """One thing that happened to one incident.

    `attributes` are the incident attributes this event states (customer, priority, product, type, channel, title, url,
    reporter, assignee, group, language, description …): the fold keeps the last value of each. `version` orders events
    with the same `occurred_at` (ServiceNow `sys_mod_count`, a changelog id); 0 when the sender has none. `snapshot` is
    how the whole ticket stood in the delivery of this event; of several events of one delivery the last one has it. The
    other fields belong to one kind each and are None elsewhere.

    `known_as`: of `renamed`, another name of this incident; of `merged`, the name under which all of this incident goes
    on, because it was one incident all along. `carried_from`: the event is a copy of what happened to that other
    incident, which is or was merged into this one (see `sla_domain.fold.carried`).
    """

    id: EventId
    incident: IncidentId
    kind: EventKind
    occurred_at: datetime
    received_at: datetime
    source: str
    quality: TimeQuality = TimeQuality.EXACT
    version: int = 0
    actor: Actor = Actor.UNKNOWN
    actor_name: str = ""
    attributes: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    waiting_on: WaitingOn | None = None
    agreed: AgreedTarget | None = None
    merged_into: IncidentId | None = None
    known_as: IncidentId | None = None
    carried_from: IncidentId | None = None
    unanswered_since: datetime | None = None  # set by the fold alone: a carried comment waits for an answer since then
    metrics: tuple[str, ...] = ()  # exempted: which metrics; empty means all
    score: int | None = None  # rated
    reason: str = ""
    warnings: tuple[str, ...] = ()  # what the dialect could not map; they become remarks of the incident
    snapshot: Snapshot | None = None
    history: bool = False  # imported, long after it happened: nobody is notified of what followed from it

    @property
    def automatic(self) -> bool:
        """Return whether the event is a comment or reply of a bot, which counts only where a condition names bots."""
        return self.actor is Actor.BOT and self.kind in WORDS

    @property
    def order(self) -> Order:
        """Return the sort key by which a fold reads events: instant, sender's version, arrival, kind, id."""
        return (self.occurred_at, self.version, self.received_at, _NATURAL_ORDER[self.kind], self.id)

    @property
    def snapshot_order(self) -> Order:
        """Return the sort key at which the fold reads the event's `snapshot`, which must not be None.

        That is the instant for which the snapshot holds, but behind the event and all that arrived with it.
        """
        shown = self.snapshot
        assert shown is not None
        at = max(shown.at, self.occurred_at)
        return (at, shown.version or self.version, self.received_at, len(_NATURAL_ORDER), self.id)


# Two events of one instant without versions, from a whole-second sender, are read as they arrived. Those that arrived
# at once (one delivery, an import) are read in the order of an incident's life, so that "opened" never follows
# "resolved" by an accident of ids. A reopening comes before what the incident does once it is open again: a status that
# moves from done to waiting says both at once, and a wait read first would be lost on an incident that has ended.
_ONCE_OPEN_AGAIN = (EventKind.WAITING, EventKind.RESUMED, EventKind.WORKAROUND_PROVIDED)
_LIFE = [kind for kind in EventKind if kind not in _ONCE_OPEN_AGAIN]
_LIFE[_LIFE.index(EventKind.REOPENED) + 1 : 0] = _ONCE_OPEN_AGAIN
_NATURAL_ORDER: Mapping[EventKind, int] = MappingProxyType({kind: rank for rank, kind in enumerate(_LIFE)})
