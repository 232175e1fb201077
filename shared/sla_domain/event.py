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
    """The kinds of incident events; `opened` is sent as type `io.slad.incident.opened.v1`.

    `DESCRIBED`: the description arrived or changed.
    `RESPONDED`: staff answered the customer.
    `COMMENTED`: somebody commented, and it is not known for which side.
    `UPDATED`: staff informed the customer of the progress.
    `RECLASSIFIED`: a wrong priority was corrected.
    `WAITING`: work waits for somebody (`waiting_on`).
    `CANCELLED`: the ticket turned out not to be an incident.
    `MERGED`: the incident continues as another incident.
    `RENAMED`: the ticket got another id.
    `ESCALATED`: somebody escalated the incident by hand.
    `TARGET_AGREED`: the parties agreed on a due date.
    `EXEMPTED`: clocks are left out of attainment (share of targets met).
    `RATED`: the customer rated the service.
    `OBSERVED`: nothing happened; the event's `snapshot` shows the ticket's state.
    """

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
    """How reliable an event's `occurred_at` is, the most reliable first.

    `EXACT`: the sender states the time.
    `DOUBTFUL`: a local time that came twice or never, or a time that the order of events contradicts.
    `OBJECT_UPDATED`: the time of the ticket's last change, as no better time is known.
    `RECEIPT`: the time at which slad received the event.
    A verdict (met, missed) has the worst quality of its incident's events.
    """

    EXACT = "exact"
    DOUBTFUL = "doubtful"  # a local time shown twice or never, or one that the order of events contradicts
    OBJECT_UPDATED = "object_updated"
    RECEIPT = "receipt"


class Actor(StrEnum):
    """Who caused an event.

    `BOT`: a program. Its comments affect no clocks unless a metric names bots; its changes to the ticket do.
    `UNKNOWN`: the sender does not say whether the author is staff or customer. If the author's name is the reporter's,
    the author is read as the customer. Otherwise a response is read as coming from staff, and a plain comment as coming
    from nobody.
    """

    CUSTOMER = "customer"
    STAFF = "staff"
    BOT = "bot"
    UNKNOWN = "unknown"


class WaitingOn(StrEnum):
    """Whom an incident waits on; the waiting time of each is added up separately (clause H11).

    `OTHER`: somebody else, or nobody in particular.
    """

    CUSTOMER = "customer"
    VENDOR = "vendor"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedTarget:
    """A due instant that the parties agreed on for the clock of one metric (clause B5).

    `metric`: id of the metric.
    `due_at`: aware datetime.
    `moved_by_pauses`: whether the open time of later pauses is added to `due_at`.
    """

    metric: str
    due_at: datetime
    agreed_by: str
    reason: str = ""
    moved_by_pauses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state of the sender's ticket at one instant, as one delivery shows it.

    `at`: the instant: the ticket's own "updated", else the time of the delivery.
    `created_at`, `ended_at`, `phase`: None if the ticket does not state them in words that slad knows.
    `waiting_on`: whom the ticket waits on; None: nobody.
    `attributes`: name -> value. The value "" means that the ticket has no value now. For a missing name, nothing is
    known.
    `version`: the sender's number of this state; 0: none.
    `before`: name -> value before this delivery's changes, used to order deliveries of one instant. The earlier phase
    has the name PHASE.
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
        """Return the ticket's phase as a text, such as `waiting:customer` or `open`.

        "" if `phase` is None. A later snapshot has this text in its `before`.
        """
        if self.phase is None:
            return ""
        return self.phase.value if self.waiting_on is None else f"{self.phase.value}:{self.waiting_on.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent:
    """One thing that happened to one incident.

    `occurred_at`, `quality`: when, as the sender states it, and how reliable that time is.
    `version`: the sender's number of the change, to order events of one instant; 0: none.
    `actor_id`: the author's account, while it is not known whether the author is the reporter; else "".
    `attributes`: name -> value, such as customer or priority. The newest value of each name applies.
    `known_as`: for `renamed`, another id of this incident. For `merged`, the id under which the incident continues, if
    that id always meant the same incident; else None.
    `carried_from`: the event is a copy from that incident, which is or was merged into this one.
    `unanswered_since`: since when a copied comment waits for an answer; None: it does not wait.
    `metrics`: for `exempted`, ids of metrics; empty: all.
    `score`: for `rated`.
    `warnings`: what of the ticket could not be translated.
    `snapshot`: the ticket's state; only the last event of a delivery has it.
    `history`: the event was imported long afterwards; nobody is notified.
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
    actor_id: str = ""
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
        """Return whether the event is a bot's comment or reply.

        Such an event affects clocks only through triggers that name bots (`Trigger.actors`).
        """
        return self.actor is Actor.BOT and self.kind in WORDS

    @property
    def order(self) -> Order:
        """Return the key by which the events of an incident are sorted.

        Its parts are instant, sender's version, time of arrival, kind and id. Kinds follow an incident's life: `opened`
        comes first, ends come late.
        """
        return (self.occurred_at, self.version, self.received_at, _NATURAL_ORDER[self.kind], self.id)

    @property
    def snapshot_order(self) -> Order:
        """Return the key by which the event's `snapshot` (state of the ticket) is sorted among the events.

        The event must have a snapshot. The parts of the key are those of `order`. The instant is the later of the
        snapshot's and the event's. If instant, version and arrival are equal, the snapshot comes after the events.
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
