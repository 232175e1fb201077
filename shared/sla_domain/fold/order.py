"""The order in which a fold reads an incident's events, whatever the order in which they arrived (clauses.md, INV6).

Sorted by `IncidentEvent.order`, each id once. The opening is read first: an event that claims to precede it is read
at the opening instant, so that a resolve stamped before its open by a skewed clock leaves no zombie. An opening whose
time is only our receipt cannot be later than what is known to have happened before it. Without an opening, the first
snapshot of the ticket opens the incident, at the instant at which the ticket was created; without one that says so, the
earliest event does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sla_domain.errors import MixedIncidents, NoEvents
from sla_domain.event import LINKING, Actor, EventKind, IncidentEvent, Order, TimeQuality
from sla_domain.fold.carried import resolve_carried
from sla_domain.fold.linked import LinkedTickets, as_merge, linked_tickets, links_of
from sla_domain.fold.same_instant import in_causal_order
from sla_domain.incident import Remark, RemarkKind
from sla_domain.sentence import Sentence

Position = tuple[Order, datetime]

# A sender's clock may be a little ahead of ours without being worth a remark.
_SKEW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of an incident in the order in which the computation reads them: the opening, then all others."""

    opening: IncidentEvent
    opened_at: datetime
    """The instant of the opening."""
    following: tuple[tuple[IncidentEvent, datetime], ...]
    """The events after the opening, as (event, instant at which it is read)."""
    remarks: tuple[Remark, ...]
    """What is odd about the opening and the order."""
    borrowed: bool = (
        False  # the incident has no events of its own, or none that count: a further event needs a new timeline
    )
    """Whether all events are copies from merged incidents, or the incident continues under another name. A further
    event then needs a new timeline."""
    assumed: bool = False
    """Whether no opening was received. `opening` is then made of another event, which is also in `following`."""
    shown: IncidentEvent | None = None
    """If `assumed`, the event whose snapshot gave the attributes. None means no snapshot."""
    dated: bool = False
    """If `assumed`, whether a snapshot gave the creation date."""
    ended_before: bool = False
    """If `assumed`, whether the earliest event is a reopening after an end that was not received."""
    linked: LinkedTickets | None = None
    """The other tickets of the incident. None if there are none. A further event then needs a new timeline."""

    def rows(self) -> list[tuple[IncidentEvent, datetime]]:
        """Return pairs (event, instant at which the event is read), in reading order, the opening first."""
        if self.following and self.following[0][0].id == self.opening.id:  # none was received: the first stands in
            return list(self.following)
        return [(self.opening, self.opened_at), *self.following]


def in_order(events: Iterable[IncidentEvent]) -> list[IncidentEvent]:
    """Return each event once, in the order in which the computation of an incident (`fold`) reads the events.

    Events are sorted by instant, version (the sender's number of the change) and arrival. If snapshots (states of the
    whole ticket) show that events of the same instant happened in another order, they are put in that order. Of several
    events with the same id, only the first is returned.

    Raises:
        NoEvents: There is no event.
        MixedIncidents: The events belong to several incidents.
    """
    rows = sorted(events, key=position)
    if not rows:
        raise NoEvents
    incident, seen = rows[0].incident, set()
    unique = []
    has_states = False
    for event in rows:
        if event.incident != incident:
            raise MixedIncidents(f"events of {incident} and of {event.incident}: group them by incident first")
        if event.id not in seen:
            seen.add(event.id)
            unique.append(event)
            has_states = has_states or (event.snapshot is not None and bool(event.snapshot.before))
    if not has_states:
        return unique
    if all(event.said_as is None for event in unique):
        return in_causal_order(unique)
    # Each ticket's snapshots speak of that ticket alone.
    tickets = {event.said_as for event in unique}
    turned = [one for name in tickets for one in in_causal_order([e for e in unique if e.said_as == name])]
    return sorted(turned, key=position)


def position(event: IncidentEvent) -> Position:
    """Return the key by which an event is sorted in reading order.

    Its parts are instant, version (the sender's number of the change), time of arrival, kind and id. Compare the key
    only with other keys from this function and with `Folding.last`.
    """
    return (event.order, event.received_at)


def timeline(events: Iterable[IncidentEvent]) -> Timeline:
    """Return the events of one incident in reading order: the opening, then all others, each once.

    Without an opening event, an opening is made from the first snapshot (state of the whole ticket), or else from the
    earliest event. An event dated before the opening is read at the opening's instant. Copies from merged incidents are
    left out where they have no effect.

    Raises:
        NoEvents: There is no event.
        MixedIncidents: The events belong to several incidents.
    """
    own = in_order(events)
    linked = None
    if any(event.said_as is not None or event.kind in LINKING for event in own):
        links = links_of(own)
        counting = [event for event in own if links.counts(event)]
        if links.goes_on is not None:
            return _under_another_name(counting or own, as_merge(links.goes_on))
        if not counting:  # nothing is left of it: whatever comes opens it
            return replace(_timeline_of(own[:1]), borrowed=True)
        own = counting
        linked = linked_tickets(own, links) if links.others else None
    line = _timeline_of(own)
    if linked is None:
        return line
    return replace(line, remarks=(*line.remarks, *linked.remarks), linked=linked)


def _timeline_of(own: list[IncidentEvent]) -> Timeline:
    rows, carried = resolve_carried(own)
    rows, remarks = list(rows), list(carried)
    if goes_on := next((event for event in rows if event.kind is EventKind.MERGED and event.known_as), None):
        return _under_another_name(rows, goes_on)
    borrowed = rows[0].carried_from is not None and all(event.carried_from is not None for event in own)
    index = next((i for i, event in enumerate(rows) if event.kind is EventKind.OPENED), None)
    if index is None:
        line = _without_opening(rows)
        return replace(line, remarks=(*remarks, *line.remarks), borrowed=borrowed)
    opening = rows.pop(index)
    opened_at = opening.occurred_at
    if index:
        opened_at = rows[0].occurred_at if opening.quality is TimeQuality.RECEIPT else opened_at
        for event in rows[:index]:
            if event.occurred_at < opened_at:
                text = Sentence.BEFORE_OPENING.filled(kind=event.kind.value)
                remarks.append(Remark(RemarkKind.BEFORE_OPENING, text, event.id))
    following = tuple([(e, e.occurred_at if e.occurred_at > opened_at else opened_at) for e in rows])
    return Timeline(opening, opened_at, following, tuple(remarks), borrowed)


def _under_another_name(rows: list[IncidentEvent], goes_on: IncidentEvent) -> Timeline:
    """The incident goes on under another name: it ends at its opening here, and counts there."""
    first = next((event for event in rows if event.kind is EventKind.OPENED), rows[0])
    opening = replace(first, kind=EventKind.OPENED, waiting_on=None, snapshot=None)
    return Timeline(opening, first.occurred_at, ((goes_on, first.occurred_at),), (), borrowed=True)


def _without_opening(rows: list[IncidentEvent]) -> Timeline:
    first = rows[0]
    following = tuple((e, e.occurred_at) for e in rows)
    number = next((n for n, event in enumerate(rows) if event.snapshot is not None), None)
    if number is None:
        remark = Remark(RemarkKind.NO_OPENING, Sentence.NO_OPENING.value, first.id)
        opening = replace(first, kind=EventKind.OPENED, waiting_on=None)
        return Timeline(opening, first.occurred_at, following, (remark,), assumed=True)
    shown = rows[number].snapshot
    assert shown is not None
    # Some snapshots have no creation date; another one may. Of several the earliest counts, so that it does not matter
    # in which order they come.
    dates = [event.snapshot.created_at for event in rows if event.snapshot is not None]
    created = min((date for date in dates if date is not None), default=None)
    # The attributes that these events change had another value at the opening; a text was probably not empty.
    changed = {name for event in rows[: number + 1] for name in event.attributes if name != "description"}
    opening = replace(
        first,
        kind=EventKind.OPENED,
        occurred_at=first.occurred_at if created is None else min(created, first.occurred_at),
        quality=first.quality if created is None else TimeQuality.OBJECT_UPDATED,
        actor=Actor.UNKNOWN,
        actor_name="",
        actor_id="",
        attributes={name: value for name, value in shown.attributes.items() if value and name not in changed},
        waiting_on=None,
        agreed=None,
        merged_into=None,
        reason="",
        warnings=(),
        snapshot=None,
    )
    how = Sentence.NO_OPENING_SHOWN.value if created is None else Sentence.NO_OPENING_DATED.value
    remark = Remark(RemarkKind.NO_OPENING, how, first.id)
    return Timeline(
        opening,
        opening.occurred_at,
        following,
        (remark,),
        assumed=True,
        shown=rows[number],
        dated=created is not None,
        ended_before=first.kind is EventKind.REOPENED and opening.occurred_at < first.occurred_at,
    )


def remarks_on_event(event: IncidentEvent) -> Iterable[Remark]:
    """Yield the remarks (odd facts for people to see) that one event causes by itself.

    There is one for each of the event's `warnings` (what of the ticket could not be translated). There is another one
    if the event is dated more than two minutes after slad received it.
    """
    if event.occurred_at > event.received_at + _SKEW:
        ahead = event.occurred_at - event.received_at
        yield Remark(RemarkKind.FUTURE_TIME, Sentence.IN_FUTURE.filled(kind=event.kind.value, ahead=ahead), event.id)
    for warning in event.warnings:
        yield Remark(RemarkKind.MAPPING, warning, event.id)
