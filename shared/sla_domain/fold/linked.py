"""Which events of an incident count that several systems tell of, each under a name (ticket) of its own.

Ingest publishes what is said on any of the linked tickets under the name of one of them, the incident's own, with
`IncidentEvent.said_as`. Events `linked` and `unlinked` with a `version` tell since when; the highest version on a name
decides, so that the order of arrival does not matter:

* In the incident's own stream, `linked` with `known_as` says that what was said on that ticket counts here.
* In the stream of the other ticket, `linked` with `merged_into` says that nothing counts there: it does there.
* `unlinked` takes either back. The events stay in the stream, and do not count.

Without a version they are records of a wish that changed nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sla_domain.event import LINKING, NOTHING, EventKind, IncidentEvent, IncidentId
from sla_domain.incident import Remark, RemarkKind
from sla_domain.sentence import Sentence

OF_ITS_OWN = frozenset({"customer", "product", "title", "url", "key", "reporter", "reporter_id", "language"})
"""Attributes that another system's ticket states for itself: its value counts only if the incident's own has none."""


@dataclass(frozen=True, slots=True)
class LinkedNames:
    """The other tickets that are linked to one incident, according to its events."""

    others: Mapping[IncidentId, IncidentEvent] = field(default_factory=dict)
    """Maps another ticket of the incident to the event that linked it."""
    goes_on: IncidentEvent | None = None
    """The event by which this incident counts under another name (its `merged_into`). None if it counts here."""

    def counts(self, event: IncidentEvent) -> bool:
        """Return whether the incident is computed from this event.

        This is so for events on the incident's own ticket, and for those on tickets that are linked to it. Two kinds of
        events never count: those that link or unlink tickets, and the merge of a linked ticket, which ends that ticket
        alone.
        """
        if event.kind in LINKING:
            return False
        return event.said_as is None or (event.said_as in self.others and event.kind is not EventKind.MERGED)


_NONE = LinkedNames()


def links_of(events: Sequence[IncidentEvent]) -> LinkedNames:
    """Return which tickets are linked according to all events of one incident, in any order."""
    latest = _latest(events)
    under: IncidentEvent | None = None
    for event in events:
        if event.kind in LINKING and event.version and event.merged_into is not None:
            under = event if under is None or event.version > under.version else under
    if not latest and under is None:
        return _NONE
    others = {name: latest[name] for name in sorted(latest) if latest[name].kind is EventKind.LINKED}
    return LinkedNames(others, under if under is not None and under.kind is EventKind.LINKED else None)


def _latest(events: Sequence[IncidentEvent]) -> dict[IncidentId, IncidentEvent]:
    """The link that holds of each other ticket, as this incident's stream tells it."""
    latest: dict[IncidentId, IncidentEvent] = {}
    for event in events:
        name = event.known_as
        if event.kind in LINKING and event.version and name is not None and event.merged_into is None:
            known = latest.get(name)
            latest[name] = event if known is None or event.version > known.version else known
    return latest


def counting_events(events: Sequence[IncidentEvent]) -> Sequence[IncidentEvent]:
    """Return the events from which the incident is computed: those on its own ticket and on linked tickets.

    Events that link or unlink tickets are left out. Some attributes of a linked ticket, such as its title, are left out
    if the incident's own ticket states them too. If the incident itself is linked to another incident, which takes its
    events over, only the events on its own ticket are returned.

    Args:
        events: All events of one incident, in order.
    """
    if all(event.said_as is None and event.kind not in LINKING for event in events):
        return events
    links = links_of(events)
    found = [event for event in events if links.counts(event)]
    if not links.others:
        return found
    linked = linked_tickets(found, links)
    return [linked.of_the_incident(event) for event in found]


def happened_there(events: Sequence[IncidentEvent]) -> list[IncidentEvent]:
    """Return the incident's events that people see, in the given order.

    Events on tickets that are no longer linked are left out.
    """
    latest = _latest(events)
    gone = {name for name, link in latest.items() if link.kind is EventKind.UNLINKED}
    return [event for event in events if event.said_as not in gone]


@dataclass(frozen=True, slots=True)
class LinkedTickets:
    """The tickets that are linked to an incident, and the attributes that are not read from them."""

    others: frozenset[IncidentId]
    """The other tickets whose events count."""
    stated: Mapping[str, str]
    """Attributes that the incident's own ticket states for itself, with the first value."""
    remarks: tuple[Remark, ...]
    """Remarks on the links."""
    of_others: frozenset[IncidentId] = frozenset()
    """Those of `others` that name another customer than the incident's own ticket."""

    def of_the_incident(self, event: IncidentEvent) -> IncidentEvent:
        """Return a copy of the event without attributes that the incident's own ticket states for itself.

        An event on the incident's own ticket is returned unchanged. From an event on a linked ticket, and from its
        snapshot, the attributes in `stated` are removed, such as the title.
        """
        if event.said_as is None:
            return event
        shown = event.snapshot
        if shown is not None and not self.stated.keys().isdisjoint(shown.attributes):
            event = replace(event, snapshot=replace(shown, attributes=self._without_its_own(shown.attributes)))
        if self.stated.keys().isdisjoint(event.attributes):
            return event
        return replace(event, attributes=self._without_its_own(event.attributes))

    def _without_its_own(self, attributes: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in attributes.items() if name not in self.stated}

    def opening(self, opening: IncidentEvent) -> IncidentEvent:
        """Return the opening with those attributes (`stated`) that the incident's own ticket states.

        The opening may be on a linked ticket that was opened first. An opening on the incident's own ticket is returned
        unchanged.
        """
        if opening.said_as is None:
            return opening
        return replace(opening, attributes={**opening.attributes, **self.stated})


def linked_tickets(rows: Sequence[IncidentEvent], links: LinkedNames) -> LinkedTickets:
    """Return the tickets that are linked to an incident, as needed to compute the incident.

    Args:
        rows: The events from which the incident is computed, in order.
        links: The links. At least one other ticket must be linked.
    """
    stated: dict[str, str] = {}
    customers: dict[IncidentId, str] = {}
    for event in rows:
        shown = NOTHING if event.snapshot is None else event.snapshot.attributes
        if event.said_as is not None:
            if customer := event.attributes.get("customer") or shown.get("customer"):
                customers[event.said_as] = customer
            continue
        for source in (event.attributes, shown):
            for name in OF_ITS_OWN & source.keys():
                if source[name]:
                    stated.setdefault(name, source[name])
    remarks, of_others = list[Remark](), set[IncidentId]()
    for name, link in links.others.items():
        text = Sentence.LINKED_HERE.filled(incident=name)
        customer = customers.get(name, "")
        if customer and stated.get("customer", customer) != customer:
            of_others.add(name)
            text = Sentence.LINKED_OTHER_CUSTOMER.filled(incident=name, customer=customer, own=stated["customer"])
        remarks.append(Remark(RemarkKind.LINKED, text, link.id))
    return LinkedTickets(frozenset(links.others), stated, tuple(remarks), frozenset(of_others))


def as_merge(link: IncidentEvent) -> IncidentEvent:
    """Return a merge event that ends an incident because its ticket was linked to another incident.

    Args:
        link: The event `linked`. Its `merged_into` names the other incident, which is computed from the events of both.
    """
    assert link.merged_into is not None
    reason = Sentence.LINKED_ELSEWHERE.filled(incident=link.merged_into)
    return replace(link, kind=EventKind.MERGED, known_as=link.merged_into, version=0, reason=reason)
