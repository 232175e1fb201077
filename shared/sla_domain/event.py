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
    """The canonical kinds; on the wire `io.slad.incident.<kind>.v1`."""

    OPENED = "opened"
    DESCRIBED = "described"
    RESPONDED = "responded"
    CUSTOMER_REPLIED = "customer_replied"
    COMMENTED = "commented"  # a word of somebody of whom nobody knows on whose side they are
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
    OBSERVED = "observed"  # a look at the ticket: nothing happened, `snapshot` says how it stands


WORDS = frozenset({EventKind.RESPONDED, EventKind.CUSTOMER_REPLIED, EventKind.COMMENTED, EventKind.UPDATED})
"""The kinds by which somebody speaks; the others say how the incident stands, and count whoever brought it about."""


class TimeQuality(StrEnum):
    """How good the sender's claim of `occurred_at` is; it reaches the verdict."""

    EXACT = "exact"
    DOUBTFUL = "doubtful"  # a local time that came twice or never, or one that the order of events contradicts
    OBJECT_UPDATED = "object_updated"
    RECEIPT = "receipt"


class Actor(StrEnum):
    """Who did it. A bot's words neither answer nor wait for an answer; what it does to the incident counts."""

    CUSTOMER = "customer"
    STAFF = "staff"
    BOT = "bot"
    UNKNOWN = "unknown"


class WaitingOn(StrEnum):
    """Whose turn it is while an incident waits; each has its own measured share of the clock (clause H11)."""

    CUSTOMER = "customer"
    VENDOR = "vendor"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedTarget:
    """A due instant agreed between the parties (clause B5): pinned, attributed, the original is kept."""

    metric: str
    due_at: datetime
    agreed_by: str
    reason: str = ""
    moved_by_pauses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How the sender's ticket stood at an instant, beside what happened to it.

    `at`: the instant for which it holds (the ticket's own "updated", else the time of the delivery). `phase` None: the
    sender does not say, or slad does not understand it; `waiting_on` belongs to the phase waiting. `attributes` holds
    what the payload states: "" means that the ticket has no such value now, an absent name says nothing. `version`
    is the sender's, 0 when it has none. `before`: of attributes that the delivery itself changed, the values before it,
    and under PHASE where the ticket stood: of several deliveries of one instant they tell which was first.
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
        """Return where the ticket stands as `before` names it; empty when the sender does not say."""
        if self.phase is None:
            return ""
        return self.phase.value if self.waiting_on is None else f"{self.phase.value}:{self.waiting_on.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent:
    """One thing that happened to one incident.

    `attributes` are the incident attributes this event states (customer, priority, product, type, channel, title,
    url, reporter, assignee, group, language, description …): the fold keeps the last value of each. `version`
    orders events with the same `occurred_at` (ServiceNow `sys_mod_count`, a changelog id); 0 when the sender has
    none. `snapshot` is how the whole ticket stood in the delivery of this event; of several events of one delivery
    the last one has it. The other fields belong to one kind each and are None elsewhere.

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
    unanswered_since: datetime | None = None  # set by the fold alone: a carried word has waited since then
    metrics: tuple[str, ...] = ()  # exempted: which metrics; empty means all
    score: int | None = None  # rated
    reason: str = ""
    warnings: tuple[str, ...] = ()  # what the dialect could not map; they become remarks of the incident
    snapshot: Snapshot | None = None
    history: bool = False  # told by an import, long after it happened: nobody is to be told of what followed from it

    @property
    def automatic(self) -> bool:
        """Return whether it is a word of a bot, which counts only where a condition names bots."""
        return self.actor is Actor.BOT and self.kind in WORDS

    @property
    def order(self) -> Order:
        """Return the order in which a fold reads events: when, sender's version, arrival, kind's natural order, id."""
        return (self.occurred_at, self.version, self.received_at, _NATURAL_ORDER[self.kind], self.id)

    @property
    def snapshot_order(self) -> Order:
        """Where the fold reads its `snapshot`: when it holds, but behind the event and all that arrived with it."""
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
