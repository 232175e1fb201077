"""What dialects of service desks share: a ticket as a delivery shows it, and the events and the state made from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sla_catalogue.source import Lookup, Source, TicketPhase, fold_case
from sla_domain.event import ENDED, NOTHING, PHASE, Actor, EventKind, Snapshot
from sla_ingest.dialect.phase import standing_of, transition_steps
from sla_ingest.dialect.port import (
    ClaimedTime,
    Delivery,
    EventDraft,
    Ignored,
    IgnoredBecause,
    IngestRemark,
    Outcome,
    Parked,
    RemarkNote,
    incident_id,
    number_or_ignore,
)
from sla_ingest.dialect.read import Node, attribute_lookups, stated_lookups
from sla_ingest.dialect.speaker import SAID, SIDED, Speaker

_ENDED = frozenset({TicketPhase.RESOLVED, TicketPhase.CLOSED, TicketPhase.CANCELLED})
_WITHIN = timedelta(seconds=1)  # many senders date a ticket to the second
_AT_ONCE = timedelta(seconds=5)  # a ticket is made, then announced
NOBODY_KNOWN = Speaker(Actor.UNKNOWN)
"""The speaker of a change of which the delivery does not say who made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What one delivery says about a ticket. The events and the ticket's state (`snapshot`) are derived from it."""

    source: Source
    """The settings of the sender."""
    at: ClaimedTime
    """When the change that the delivery reports happened."""
    shown_at: datetime | None = None
    """The instant whose state the delivery shows, if the state may be later than the change. None if not stated."""
    attributes: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Name -> value. "" means that the ticket has no such value; a missing name, that the delivery does not tell."""
    before: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """How the ticket stood before the change, as in `Snapshot.before`: it orders changes of one instant. Empty if the
    delivery does not say so."""
    phase: TicketPhase | None = None
    """The phase that the ticket's status means. None if the delivery does not state it in words that slad knows."""
    created: ClaimedTime | None = None
    """When the ticket was created. None if the delivery has no place for it."""
    ended_at: datetime | None = None
    """When the ticket ended, if it has ended and the delivery says when."""
    ends_with_word: bool = False
    """Whether staff can comment on and end a ticket in one act, which the system reports as two deliveries."""
    remarks: tuple[RemarkNote, ...] = ()
    """What is odd about the ticket's words."""

    def draft(self, kind: EventKind, who: Speaker = NOBODY_KNOWN, name: str = "", **values: Any) -> EventDraft:
        """Return the draft (without ids) of an event of this ticket.

        The event's time is `stamp` if that is among `values`, else the time of the reported change (`at`).

        Args:
            kind: The event's kind.
            who: The side of the person who caused the event.
            name: The person's name.
            values: Further fields of the draft.
        """
        said = who.remarks if kind in SIDED else ()
        values["remarks"] = (*values.get("remarks", ()), *said)
        stamp = values.pop("stamp", self.at)
        return EventDraft(kind=kind, stamp=stamp, actor=who.actor, actor_name=name, **values)

    def opened(self, who: Speaker = NOBODY_KNOWN, name: str = "") -> list[EventDraft]:
        """Return the events of a new ticket: its opening with all attributes, and what follows from its first status.

        If the delivery shows the ticket more than 5 seconds after its creation, the status may have changed since. Then
        only the opening is returned. The status is then reported by the ticket's state (`snapshot`).
        """
        stamp = self.created if self.created is not None and self.created.at is not None else self.at
        stated = {name: value for name, value in self.attributes.items() if value}
        first = self.draft(EventKind.OPENED, who, name, stamp=stamp, attributes=stated, remarks=self.remarks)
        steps = transition_steps(TicketPhase.OPEN, self.phase) if self.phase and self._is_first(stamp) else ()
        later = [step for step in steps if step.kind is not EventKind.UPDATED]
        return [first, *(self.draft(s.kind, who, name, stamp=stamp, waiting_on=s.waiting_on) for s in later)]

    def _is_first(self, made: ClaimedTime) -> bool:
        """Whether the ticket is shown as it was when it was made."""
        shown = [at for at in (self.at.at, self.shown_at) if at is not None]
        return made.at is None or all(at <= made.at + _AT_ONCE for at in shown)

    def moved(self, before: TicketPhase | None, who: Speaker = NOBODY_KNOWN, name: str = "") -> list[EventDraft]:
        """Return the events of a change of the ticket's status.

        If the change makes no difference to the work, the only event has the kind OBSERVED (nothing happened). It
        has the status and the remarks. The result is empty if the ticket has neither a status nor remarks.

        Args:
            before: The phase before the change. None if not known.
            who: The side of the person who changed it.
            name: The person's name.
        """
        status = {"status": self.attributes["status"]} if self.attributes.get("status") else {}
        steps = transition_steps(before, self.phase) if self.phase else ()
        if not steps:
            odd = status or self.remarks
            return [self.draft(EventKind.OBSERVED, who, name, attributes=status, remarks=self.remarks)] if odd else []
        first, *later = (self.draft(step.kind, who, name, waiting_on=step.waiting_on) for step in steps)
        return [replace(first, attributes=status, remarks=(*first.remarks, *self.remarks)), *later]

    def said(self, who: Speaker, name: str, at: ClaimedTime | None = None) -> list[EventDraft] | Ignored:
        """Return the event of a comment that the customer can see. A bot's comment gives Ignored.

        Args:
            who: The author's side.
            name: The author's name.
            at: When the comment was written. None means the delivery's time.
        """
        if who.actor is Actor.BOT:
            return Ignored(IgnoredBecause.BOT_COMMENT, name)
        stamp = at if at is not None and at.at is not None else self.at
        return [EventDraft(kind=SAID[who.actor], stamp=stamp, actor=who.actor, actor_name=name, remarks=who.remarks)]

    def only_shown(self, ignored: Ignored) -> list[EventDraft] | Ignored:
        """Return `ignored` for a ticket without remarks, else an event of the kind OBSERVED with the remarks.

        Call this for a delivery that reports no change. A remark names a status, resolution or priority of the ticket
        that no table explains. Remarks can only be shown on an event, so there must be an event.

        Args:
            ignored: Why the delivery has no event.
        """
        return [self.draft(EventKind.OBSERVED, remarks=self.remarks)] if self.remarks else ignored

    def snapshot(self, received_at: datetime) -> Snapshot:
        """Return the ticket's state with its time: the time of the reported change, or else that of receipt.

        If `shown_at` is later than this time, the state gets the time one second after `shown_at`. The reason is that
        the state may be newer than the change, and that many senders state times in whole seconds.
        """
        standing = None if self.phase is None else standing_of(self.phase)
        at = self.at.at or received_at
        return Snapshot(
            at=self.shown_at + _WITHIN if self.shown_at is not None and self.shown_at > at else at,
            created_at=None if self.created is None else self.created.at,
            phase=standing,
            waiting_on=None if self.phase is None else self.phase.waiting_on,
            ended_at=self.ended_at if self.phase in _ENDED else None,
            attributes=self.attributes,
            version=self.at.version,
            before=self.before,
        )

    def outcome(
        self, delivery: Delivery, own: str, id_: str, found: list[EventDraft] | Ignored | Parked, *, shown: bool = True
    ) -> Outcome:
        """Return the outcome of a delivery about this ticket: events, or why there are none.

        Args:
            own: The ticket's id at the sender.
            id_: The delivery's id.
            found: The events. An empty list means that the delivery has nothing relevant.
            shown: Whether the delivery shows the ticket's state. If so, the state is part of the outcome.
        """
        if isinstance(found, Parked):
            return found
        ticket = self._ended_with(found) if isinstance(found, list) else self
        incident, state = incident_id(self.source.id, own), ticket.snapshot(delivery.received_at) if shown else None
        return number_or_ignore(
            delivery, self.source, incident, id_, found or Ignored(IgnoredBecause.NOTHING_RELEVANT), state, self.remarks
        )

    def _ended_with(self, found: list[EventDraft]) -> Ticket:
        """Return the ticket with the date of its end if staff ended it together with what they said.

        Such an act is told by two deliveries. The one about the word may come first: it shows the ticket as it stands
        after the act, and says nothing of the end.
        """
        said = next((one.stamp.at for one in found if one.kind is EventKind.RESPONDED), None)
        if said is None or not self.ends_with_word or self.phase not in _ENDED or self.ended_at is not None:
            return self
        later = any(at is not None and at > said + _WITHIN for at in (self.shown_at, self.at.at))
        return self if later else replace(self, ended_at=said)


def meaning_of(
    source: Source, words: tuple[str, ...], usual: Mapping[str, TicketPhase]
) -> tuple[TicketPhase | None, tuple[RemarkNote, ...]]:
    """Return the phase that a status means. If the meaning is not known, return None and a remark.

    Args:
        source: The sender, whose table `statuses` is searched first.
        words: The status, as its number and its names. Empty texts are left out.
        usual: The usual meanings of the system's own statuses, searched second. The keys are in lower case.
    """
    named = [word for word in words if word]
    for table in (source.statuses, usual):
        for word in named:
            if (phase := table.get(fold_case(word))) is not None:
                return phase, ()
    if not named:
        return None, ()
    said = f"{named[-1]}; say it under sources.{source.id}.statuses"
    return None, (RemarkNote(IngestRemark.UNMAPPED_STATUS, said),)


def category_remark(
    source: Source, words: Iterable[str], usual: Mapping[str, TicketPhase], *categories: str
) -> tuple[RemarkNote, ...]:
    """Return a remark if slad knows the meaning of a status only from the status's category.

    There is no remark if the source's table `statuses` has the status or its category, nor if `usual` has the status,
    nor without `words`.

    Args:
        source: The sender.
        words: The status, as its number and its names. Empty texts are left out.
        usual: The meanings of the system's own statuses. The keys are in lower case.
        categories: The names of the category. The remark shows the first.
    """
    named = [word for word in words if word]
    told = any(fold_case(word) in source.statuses for word in (*named, *categories) if word)
    if not named or told or any(fold_case(word) in usual for word in named):
        return ()
    said = f"{named[-1]} ({categories[0]}); say it under sources.{source.id}.statuses"
    return (RemarkNote(IngestRemark.STATUS_BY_CATEGORY, said),)


def resolution_meaning(
    source: Source, word: str, usual: Mapping[str, TicketPhase]
) -> tuple[TicketPhase, tuple[RemarkNote, ...]]:
    """Return whether a sender's resolution (how work ended) means RESOLVED or CANCELLED.

    An unknown resolution means RESOLVED, with a remark.

    Args:
        source: The sender, whose table `resolutions` decides first.
        word: The sender's word for the resolution. "" means RESOLVED.
        usual: The meanings of the system's own resolutions. The keys are in lower case.
    """
    found = source.ending_of(word) or usual.get(fold_case(word)) if word else TicketPhase.RESOLVED
    if found is not None:
        return (TicketPhase.CANCELLED if found is TicketPhase.CANCELLED else TicketPhase.RESOLVED), ()
    said = f"{word}; say under sources.{source.id}.resolutions whether it means resolved or cancelled"
    return TicketPhase.RESOLVED, (RemarkNote(IngestRemark.UNMAPPED_RESOLUTION, said),)


def stood_in(phase: TicketPhase | None, status: str = "") -> Mapping[str, str]:
    """Return a ticket's phase and status before a change, as a mapping for the attribute `before` of a Snapshot.

    A Snapshot is the ticket's state in one delivery.

    Args:
        phase: The phase before the change. If None (not known), the result is empty.
        status: The name of the status before the change. "" if only its number is known; it then matches no known
            status.
    """
    if phase is None:
        return NOTHING
    waits = "" if phase.waiting_on is None else f":{phase.waiting_on.value}"
    return {PHASE: ENDED if phase in _ENDED else f"{standing_of(phase).value}{waits}", "status": status}


def plan_priority(source: Source, *words: str) -> tuple[str, tuple[RemarkNote, ...]]:
    """Return the plan's priority for a sender's priority, by the source's table of priorities.

    If the table lacks the priority, the last of `words` is returned, with a remark. If the source has no such table,
    there is no remark.

    Args:
        words: The sender's priority, as its number and its name. Empty texts are left out.
    """
    named = [word for word in words if word]
    known = next((found for word in named if (found := source.priority_of(word))), None)
    if known is not None or not named:
        return known or "", ()
    if not source.priorities:
        return named[-1], ()
    said = f"{named[-1]}; say it under sources.{source.id}.priorities"
    return named[-1], (RemarkNote(IngestRemark.UNMAPPED_PRIORITY, said),)


def with_lookups(
    shown: Mapping[str, str],
    source: Source,
    document: Node,
    *,
    customer: Lookup | None = None,
    product: Lookup | None = None,
    whole: Iterable[str] = (),
) -> dict[str, str]:
    """Return a ticket's attributes together with those that the catalogue says to look up in the delivery.

    Args:
        shown: The attributes that the dialect found itself.
        source: The sender, whose lookups are applied.
        document: The delivery.
        customer: The lookup for the customer if the catalogue has none.
        product: The lookup for the product if the catalogue has none.
        whole: Paths of objects of which the delivery always shows all keys. A key that is missing in one of them has no
            value; elsewhere a missing key means that the delivery says nothing about it.
    """
    return {**shown, **stated_lookups(attribute_lookups(source, customer, product), document, whole=whole)}
