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
    """The kinds of incident events (what can happen to a ticket).

    An event of the kind `opened` is sent as type `io.slad.incident.opened.v1`.
    """

    OPENED = "opened"
    DESCRIBED = "described"
    """The description arrived or changed."""
    RESPONDED = "responded"
    """Staff answered the customer."""
    CUSTOMER_REPLIED = "customer_replied"
    COMMENTED = "commented"
    """Somebody commented, and it is not known for which side."""
    UPDATED = "updated"
    """Staff informed the customer of the progress."""
    ASSIGNED = "assigned"
    PRIORITY_CHANGED = "priority_changed"
    DOWNGRADE_PROPOSED = "downgrade_proposed"
    DOWNGRADE_AGREED = "downgrade_agreed"
    DOWNGRADE_DECLINED = "downgrade_declined"
    RECLASSIFIED = "reclassified"
    """A wrong priority was corrected."""
    WAITING = "waiting"
    """Work waits for somebody (`waiting_on`)."""
    RESUMED = "resumed"
    WORKAROUND_PROVIDED = "workaround_provided"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    """The ticket turned out not to be an incident."""
    MERGED = "merged"
    """The incident continues as another incident."""
    RENAMED = "renamed"
    """The ticket got another id."""
    LINKED = "linked"
    """Another system's ticket is the same incident: events of both count together."""
    UNLINKED = "unlinked"
    """Another system's ticket is no longer the same incident."""
    ESCALATED = "escalated"
    """Somebody escalated the incident by hand."""
    TARGET_AGREED = "target_agreed"
    """The parties agreed on a due date."""
    EXEMPTED = "exempted"
    """Clocks are left out of attainment (share of targets met)."""
    RATED = "rated"
    """The customer rated the service."""
    OBSERVED = "observed"
    """Nothing happened; the event's `snapshot` shows the ticket's state."""


LINKING = frozenset({EventKind.LINKED, EventKind.UNLINKED})
"""The kinds that join incidents of several systems, or part them again."""


WORDS = frozenset({EventKind.RESPONDED, EventKind.CUSTOMER_REPLIED, EventKind.COMMENTED, EventKind.UPDATED})
"""The kinds that are comments and replies; the others change the ticket, and count whatever actor caused them."""


class TimeQuality(StrEnum):
    """How reliable an event's `occurred_at` is, the most reliable first.

    A verdict (met, missed) is as reliable as the least reliable event of its incident.
    """

    EXACT = "exact"
    """The sender states the time."""
    DOUBTFUL = "doubtful"
    """A local time that came twice or never, or a time that the order of events contradicts."""
    OBJECT_UPDATED = "object_updated"
    """The time of the ticket's last change, used if no better time is known."""
    RECEIPT = "receipt"
    """The time at which slad received the event."""


class Actor(StrEnum):
    """Who caused an event."""

    CUSTOMER = "customer"
    STAFF = "staff"
    BOT = "bot"
    """A program. Comments of bots affect no clocks unless a metric names bots. A bot's changes to the ticket do affect
    clocks."""
    UNKNOWN = "unknown"
    """The sender does not say whether the author is staff or customer. If the author's name is the reporter's, the
    author is read as the customer. Otherwise a response is read as coming from staff, and a plain comment as coming
    from nobody."""


class WaitingOn(StrEnum):
    """Whom an incident waits on.

    The waiting time of each party is added up separately (clause H11).
    """

    CUSTOMER = "customer"
    VENDOR = "vendor"
    OTHER = "other"
    """Somebody else, or nobody in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedTarget:
    """A due instant that the parties agreed on for the clock of one metric (clause B5)."""

    metric: str
    """Id of the metric."""
    due_at: datetime
    """Aware datetime."""
    agreed_by: str
    reason: str = ""
    moved_by_pauses: bool = False
    """Whether the open time of later pauses is added to `due_at`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state of the sender's ticket at one instant, as one delivery shows it."""

    at: datetime
    """The ticket's own time of its last change. The time of the delivery if the ticket states none."""
    created_at: datetime | None = None
    """When the ticket was created. None if the ticket does not state it."""
    phase: Phase | None = None
    """The ticket's phase. None if the ticket does not state it in words that slad knows."""
    waiting_on: WaitingOn | None = None
    """Whom the ticket waits on. None means nobody."""
    ended_at: datetime | None = None
    """When the ticket ended. None if the ticket does not state it."""
    attributes: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Name -> value. The value "" means that the ticket has no value now. For a missing name, nothing is known."""
    version: int = 0
    """The sender's number of this state. 0 means none."""
    before: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Name -> value before this delivery's changes, used to order deliveries of one instant. The name PHASE has the
    earlier phase."""

    @property
    def phase_text(self) -> str:
        """Return the ticket's phase as a text, such as `waiting:customer` or `open`.

        The result is "" if `phase` is None. The field `before` (earlier values of the ticket) of a later snapshot uses
        the same text.
        """
        if self.phase is None:
            return ""
        return self.phase.value if self.waiting_on is None else f"{self.phase.value}:{self.waiting_on.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent:
    """One thing that happened to one incident."""

    id: EventId
    incident: IncidentId
    kind: EventKind
    occurred_at: datetime
    """When it happened, as the sender states it."""
    received_at: datetime
    source: str
    quality: TimeQuality = TimeQuality.EXACT
    """How reliable `occurred_at` is."""
    version: int = 0
    """The sender's number of the change, to order events of one instant. 0 means none."""
    actor: Actor = Actor.UNKNOWN
    actor_name: str = ""
    actor_id: str = ""
    """The author's account, while it is not known whether the author is the reporter. "" otherwise."""
    attributes: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Name -> value, such as customer or priority. The newest value of each name applies."""
    waiting_on: WaitingOn | None = None
    agreed: AgreedTarget | None = None
    merged_into: IncidentId | None = None
    known_as: IncidentId | None = None
    """For `renamed`, another id of this incident. For `merged`, the id under which the incident continues, if that id
    always meant the same incident. For `linked` and `unlinked`, the other incident. None otherwise."""
    said_as: IncidentId | None = None
    """The linked incident on which the sender said this, if it is not `incident` itself. See `fold.linked`."""
    copy_of: EventId | None = None
    """The id of the event of which this is a copy, made when incidents were linked or unlinked. None otherwise."""
    carried_from: IncidentId | None = None
    """The incident from which the event is copied. That incident is or was merged into this one."""
    unanswered_since: datetime | None = None
    """Since when a copied comment waits for an answer. None if the comment does not wait."""
    metrics: tuple[str, ...] = ()
    """For `exempted`, the ids of the metrics. Empty means all."""
    score: int | None = None
    """For `rated`, the customer's score."""
    reason: str = ""
    warnings: tuple[str, ...] = ()
    """What of the ticket could not be translated."""
    snapshot: Snapshot | None = None
    """The ticket's state. Only the last event of a delivery has a snapshot."""
    history: bool = False
    """Whether the event was imported long afterwards. Nobody is notified of such an event."""

    @property
    def automatic(self) -> bool:
        """Return whether the event is a bot's comment or reply.

        Such an event affects clocks only through triggers (conditions on events) that name bots in `Trigger.actors`.
        """
        return self.actor is Actor.BOT and self.kind in WORDS

    @property
    def order(self) -> Order:
        """Return the key by which the events of an incident are sorted.

        The parts of the key are instant, version (the sender's number of the change), time of arrival, kind and id.
        Kinds are ordered as in an incident's life: `opened` comes first, the kinds that end an incident come late.
        """
        return (self.occurred_at, self.version, self.received_at, _NATURAL_ORDER[self.kind], self.id)

    @property
    def snapshot_order(self) -> Order:
        """Return the key by which the event's `snapshot` (state of the ticket) is sorted among the events.

        The event must have a snapshot. The key has the same parts as `order`. Its instant is that of the snapshot or
        that of the event, whichever is later. Its kind sorts the snapshot after all events with equal instant, version
        and arrival.
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
