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
    """The kinds of incident events; `opened` is sent as an event of type `io.slad.incident.opened.v1`.

    `DESCRIBED`: the description arrived or changed. `RESPONDED`: staff answered the customer. `COMMENTED`: a comment of
    an author whose side is not known. `UPDATED`: staff informed the customer of the progress. `RECLASSIFIED`: the
    priority was corrected, as the stated one did not match reality. `WAITING`: work waits for somebody (`waiting_on`).
    `CANCELLED`: it should not have been an incident. `MERGED`: it goes on as another incident. `RENAMED`: the ticket
    got another id. `ESCALATED`: somebody escalated it by hand. `TARGET_AGREED`: the parties agreed on a due date.
    `EXEMPTED`: clocks are to count in no attainment (share of targets met). `RATED`: the customer rated the service.
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

    `EXACT`: the sender states it. `DOUBTFUL`: it was read from a local time that came twice or never, or the order of
    events contradicts it. `OBJECT_UPDATED`: it is the time of the ticket's last change, for want of a better one.
    `RECEIPT`: it is the time at which slad received the event. A verdict (met, missed) has the worst quality of its
    incident's events.
    """

    EXACT = "exact"
    DOUBTFUL = "doubtful"  # a local time shown twice or never, or one that the order of events contradicts
    OBJECT_UPDATED = "object_updated"
    RECEIPT = "receipt"


class Actor(StrEnum):
    """Who caused an event.

    `BOT`: a program; its comments count as nobody's, its changes to the ticket count. `UNKNOWN`: the sender does not
    say whether the author is staff or customer. Such an author counts as the customer if the names show that it is the
    reporter; otherwise a response counts as one of staff, and a plain comment as nobody's.
    """

    CUSTOMER = "customer"
    STAFF = "staff"
    BOT = "bot"
    UNKNOWN = "unknown"


class WaitingOn(StrEnum):
    """On whom an incident waits; waiting time is added up separately for each of them (clause H11, docs/clauses.md).

    `OTHER`: somebody else, or nobody is named.
    """

    CUSTOMER = "customer"
    VENDOR = "vendor"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedTarget:
    """A due instant that the parties agreed on for the clock of one metric (clause B5, docs/clauses.md).

    `metric`: the metric's id. `due_at`: aware datetime. `agreed_by`: who agreed. `reason`: in words. `moved_by_pauses`:
    pauses after the agreement move `due_at` on by their open time; otherwise `due_at` stays fixed.
    """

    metric: str
    due_at: datetime
    agreed_by: str
    reason: str = ""
    moved_by_pauses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state of the sender's ticket at one instant, as one delivery shows it.

    `at`: that instant (the ticket's own "updated", else the time of the delivery). `created_at`, `ended_at`, `phase`:
    None if the ticket does not state them, or in words not understood. `waiting_on`: on whom the ticket waits, None if
    it does not. `attributes`: name -> value; "" means that the ticket has no value now, a missing name that nothing is
    known. `version`: the sender's number of the ticket's state, 0 if it has none. `before`: the earlier values of what
    this delivery changed, name -> value, with the earlier phase under the name PHASE; used to put deliveries of one
    instant in order.
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
        """Return the ticket's phase as a text, such as `waiting:customer` or `open`; "" if `phase` is None.

        The field `before` of a later snapshot holds the phase in the same form.
        """
        if self.phase is None:
            return ""
        return self.phase.value if self.waiting_on is None else f"{self.phase.value}:{self.waiting_on.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEvent:
    """One thing that happened to one incident.

    `occurred_at`: when, as the sender states it; `quality` says how reliable that is. `source`: the sender's name.
    `version`: the sender's number of the change, 0: none; orders events of one instant. `actor_name`: the author's
    name. `actor_id`: the author's account, given only while it is open whether the author is the reporter (and so the
    customer); else "". `attributes`: name -> value, what the event states of the incident, such as customer or
    priority; the latest value of each counts. `known_as`: for `renamed`, another id of this incident; for `merged`, the
    id under which it goes on, if that id always meant the same incident, else None. `carried_from`: the event is a copy
    from that incident, which is or was merged into this one. `unanswered_since`: since when a copied comment waits for
    an answer, None if it does not. Given for some kinds of events only: `waiting_on`, `agreed`, `merged_into`, `score`
    (`rated`), `metrics` (`exempted`: ids, empty for all). `reason`: in words, "" for none. `warnings`: what of the
    ticket could not be translated. `snapshot`: the ticket's state in this delivery; only the last event of a delivery
    has it. `history`: imported long afterwards; nobody is notified of it.
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

        Such an event affects the clocks of a metric only if one of the metric's triggers names bots (`Trigger.actors`).
        """
        return self.actor is Actor.BOT and self.kind in WORDS

    @property
    def order(self) -> Order:
        """Return the sort key of the event among the events of its incident.

        Its parts are instant, sender's version, time of arrival, kind and id. Kinds sort in the order of an incident's
        life: `opened` first, an end late.
        """
        return (self.occurred_at, self.version, self.received_at, _NATURAL_ORDER[self.kind], self.id)

    @property
    def snapshot_order(self) -> Order:
        """Return the sort key of the event's `snapshot` (state of the whole ticket) among the events.

        The event must have one. The parts are those of an event's key (`order`): instant, version, time of arrival,
        kind and id. The instant is that of the snapshot, or of the event if that is later. With equal instants,
        versions and times of arrival, a snapshot sorts after the events.
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
