"""Which incident a name belongs to, and into which others it was merged. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from sla_domain.bounds import INCIDENT
from sla_domain.event import LINKING, EventKind, IncidentEvent, IncidentId
from sla_domain.fold.carried import end_of_chain
from sla_domain.same_as import SAME_AS, linked_names
from sla_domain.ticket_key import ticket_key
from sla_ingest.dialect.port import TranslatedEvent
from sla_ingest.entry import InboxEntry


class AliasKind(StrEnum):
    """How an id (`name`) belongs to an incident, such as by a rename, a merge or a link of tickets."""

    MOVED = "moved"
    """Another id of the incident, whose ticket was moved."""
    MERGED = "merged"
    """An incident of its own, whose ticket was merged into the ticket of the other incident."""
    KEY = "key"
    """What people call the ticket of the incident, after the name of its source: `jira:SUP-77`."""
    STATED = "stated"
    """A ticket that says by `same_as` that it is the same incident as the other."""
    JOINED = "joined"
    """A ticket that somebody has linked with the other."""
    APART = "apart"
    """A ticket that somebody has unlinked from the other, whatever the tickets say."""
    UNDER = "under"
    """A linked ticket, told of under the name of the other."""


Pair = frozenset[IncidentId]
_NO_PAIRS: frozenset[Pair] = frozenset()


@dataclass(frozen=True, slots=True)
class IncidentNames:
    """The recorded renames, merges and links of some incidents, and the keys by which people call their tickets."""

    moved: Mapping[IncidentId, IncidentId] = field(default_factory=dict)
    """Maps a later id of an incident to the id under which slad stores the incident."""
    merged: Mapping[IncidentId, frozenset[IncidentId]] = field(default_factory=dict)
    """Maps a merged incident to the incidents into which it was merged (its survivors)."""
    keys: Mapping[IncidentId, IncidentId] = field(default_factory=dict)
    """Maps what people call a ticket, after the name of its source, to the ticket."""
    stated: Mapping[IncidentId, frozenset[IncidentId]] = field(default_factory=dict)
    """Maps a ticket to those of which it says that they are the same incident."""
    joined: frozenset[Pair] = _NO_PAIRS
    """Pairs of tickets that somebody has linked."""
    apart: frozenset[Pair] = _NO_PAIRS
    """Pairs of tickets that somebody has unlinked, whatever they say."""
    under: Mapping[IncidentId, IncidentId] = field(default_factory=dict)
    """Maps a linked ticket to the incident under which it is told of, another than itself."""
    since: Mapping[IncidentId, datetime] = field(default_factory=dict)
    """Maps those linked tickets of which slad knows events to the first instant. Other tickets are left out."""

    def incident(self, name: IncidentId) -> IncidentId:
        """Return the id under which slad stores the incident with the id `name`.

        It is `name` itself if the incident was never renamed and is not linked. Several renames are followed to the
        last. For a linked ticket it is the id of the incident to which the ticket belongs.
        """
        ticket = end_of_chain(self.moved.get, name)
        return self.under.get(ticket, ticket)

    def ticket(self, name: IncidentId) -> IncidentId:
        """Return the first id of the ticket that is called `name`, without regard to links.

        `name` is an id of the ticket, from before or after a rename, or its key (the name that people use) after the
        name of the source, such as `jira:SUP-77`. An unknown name is returned unchanged.
        """
        return end_of_chain(self.moved.get, self.keys.get(name, name))

    def with_merge(self, incident: IncidentId, into: IncidentId | None) -> IncidentNames:
        """Return a copy with an additional merge of `incident` into `into`.

        Nothing is added if `into` is None or the same incident.
        """
        if into is None or into == incident:
            return self
        return replace(self, merged={**self.merged, incident: self.merged.get(incident, frozenset()) | {into}})

    def survivors(self, incident: IncidentId) -> frozenset[IncidentId]:
        """Return all incidents into which `incident` was merged, directly or through others.

        The result is empty if it was not merged. `incident` itself is never included.
        """
        found: set[IncidentId] = set()
        ahead = [incident]
        while ahead:
            for into in self.merged.get(ahead.pop(), ()):
                if into != incident and into not in found:
                    found.add(into)
                    ahead.append(into)
        return frozenset(found)

    def sources(self, incident: IncidentId) -> frozenset[IncidentId]:
        """Return all incidents that were merged into `incident`, directly or through others."""
        return frozenset(name for name in self.merged if incident in self.survivors(name))


JOINING = frozenset({EventKind.RENAMED, EventKind.MERGED}) | LINKING
MOST_NAMES = 500
"""Names that may belong together by moves and merges in any direction: a delivery about one of them reads all."""
MOST_MOVES = 50
"""Other names of one incident: with each more, all that was stored under it is told again."""
MOST_SURVIVORS = 10
"""Incidents into which one may be merged, directly or through others: its words are stored once for each."""
MOST_COPIED = 500
"""Pairs of a merged incident and a survivor that one delivery may bring together."""


def joins(entry: InboxEntry) -> bool:
    """Return whether an event of the delivery renames its incident, merges it into another, links or unlinks it."""
    return any(one.event.kind in JOINING for one in entry.events)


def names_in_entry(entry: InboxEntry) -> set[IncidentId]:
    """Return the ids of all incidents that a delivery mentions: in its events, in `observed` and in `work`."""
    looked = () if entry.observed is None else (entry.observed,)
    worked = set() if entry.work is None else {entry.work.incident}
    return {name for one in (*entry.events, *looked) for name in names_in_event(one.event)} | worked


def names_in_event(event: IncidentEvent) -> Iterable[IncidentId]:
    """Return the ids of all incidents that an event mentions.

    They are `incident`, `said_as`, `merged_into`, `known_as`, the ticket's key (`key_in_event`), and the tickets that
    are the same incident according to the event (`stated_links`).
    """
    named = (event.incident, event.said_as, event.merged_into, event.known_as, key_in_event(event))
    return [*(name for name in named if name is not None), *(stated_links(event) or ())]


def key_in_event(event: IncidentEvent) -> IncidentId | None:
    """Return the key of the event's ticket (the name that people use), after the name of its source: `jira:SUP-77`.

    The result is None if the event has no key, or if the key equals the id. It is also None for a key that is a number,
    since this may be the id of another ticket.
    """
    key = url = ""
    for stated in (event.attributes, {} if event.snapshot is None else event.snapshot.attributes):
        key, url = stated.get("key", key), stated.get("url", url)
    if not (key or url):
        return None
    ticket = event.said_as or event.incident
    called = ticket_key(ticket, url, key)
    name = IncidentId(f"{ticket.partition(':')[0]}:{called}")
    return None if called.isdigit() or called == ticket or name == ticket or len(name) > INCIDENT else name


def stated_links(event: IncidentEvent) -> tuple[IncidentId, ...] | None:
    """Return the tickets that are the same incident as the event's ticket, by the ticket's attribute `same_as`.

    The result is None if the event lacks the attribute, and empty if the ticket has no such links.
    """
    shown = None if event.snapshot is None else event.snapshot.attributes.get(SAME_AS)
    said = event.attributes.get(SAME_AS, shown)
    return None if said is None else linked_names(said)


def route_entry(entry: InboxEntry, names: IncidentNames) -> InboxEntry:
    """Return a copy of a delivery with the ids under which slad stores its incidents.

    A renamed incident is stored under its first id, a linked ticket under the id of the incident to which it belongs.
    Ids are replaced in the events (`incident`, `said_as`, `merged_into`), in `observed` and in `work`. A merge of two
    ids of the same ticket becomes a rename, and a merge of two tickets of the same incident becomes a link.

    Args:
        names: The known renames and links.
    """
    if not names.moved and not names.under and not joins(entry):
        return entry
    observed = None if entry.observed is None else _routed(entry.observed, names)
    work = None if entry.work is None else replace(entry.work, incident=names.incident(entry.work.incident))
    return replace(entry, events=tuple(_routed(one, names) for one in entry.events), work=work, observed=observed)


def _routed(one: TranslatedEvent, names: IncidentNames) -> TranslatedEvent:
    event = one.event
    ticket, incident = names.ticket(event.incident), names.incident(event.incident)
    said_as = None if ticket == incident else ticket
    into = None if event.merged_into is None else names.incident(event.merged_into)
    if event.kind is EventKind.MERGED and into == incident:
        # Both are names of one incident by now: nothing ends.
        if event.merged_into is not None and names.ticket(event.merged_into) != ticket:
            other = event.merged_into if said_as is None else ticket
            event = replace(event, kind=EventKind.LINKED, merged_into=None, known_as=other, version=0)
        else:
            moved = event.incident if event.incident != ticket else event.merged_into
            event = replace(event, kind=EventKind.RENAMED, merged_into=None, known_as=moved)
        into = None
    if (incident, said_as, into) != (event.incident, event.said_as, event.merged_into):
        event = replace(event, incident=incident, said_as=said_as, merged_into=into)
    return one if event is one.event else replace(one, event=event)


def copy_routes(event: IncidentEvent, names: IncidentNames) -> tuple[frozenset[IncidentId], frozenset[IncidentId]]:
    """Return the incidents from which and to which events must be copied after a rename or a merge.

    The result is (incidents whose events are copied, incidents that get the copies). Both sets are empty for any other
    event.

    Args:
        names: The known renames and merges.
    """
    incident = event.incident
    sources, survivors = names.sources(incident), names.survivors(incident)
    if event.kind in LINKING or event.said_as is not None:
        return frozenset(), frozenset()
    if event.kind is EventKind.RENAMED:
        later = incident if event.known_as is None else names.incident(event.known_as)
        both = {incident, later}
        sources, survivors = sources | names.sources(later), survivors | names.survivors(later)
        return sources - both | {incident}, survivors - both | {incident}
    if event.merged_into is None:
        return frozenset(), frozenset()
    into = names.incident(event.merged_into)
    return sources | {incident}, names.survivors(into) | {into}


def incident_with_too_many_names(entry: InboxEntry, names: IncidentNames) -> IncidentId | None:
    """Return the incident of the first event in a delivery by which too many incidents would be joined.

    The result is None if there is no such event. A rename, merge or link joins too many if it would exceed one of these
    limits:

    - `MOST_NAMES` (500): ids that are connected with each other.
    - `MOST_MOVES` (50): other ids of one incident.
    - `MOST_SURVIVORS` (10): incidents into which one incident is merged.
    - `MOST_COPIED` (500): pairs of incidents between which events are copied.

    The limits keep the transaction of one event short, since it delays all other senders.

    Args:
        names: The known renames and merges.
    """
    for one in entry.events:
        event = one.event
        if event.kind in JOINING and _overgrown(event, names):
            return event.incident
    return None


def _overgrown(event: IncidentEvent, names: IncidentNames) -> bool:
    known = {*names.moved, *names.moved.values(), *names.merged, *names_in_event(event)}
    if len(known.union(*names.merged.values())) > MOST_NAMES:
        return True
    own = {names.incident(name) for name in names_in_event(event)}
    if event.kind is EventKind.RENAMED and sum(into in own for into in names.moved.values()) >= MOST_MOVES:
        return True
    copied_from, copied_to = copy_routes(event, names)
    if len(copied_from) * len(copied_to) > MOST_COPIED:
        return True
    return any(len((names.survivors(name) | copied_to) - {name}) > MOST_SURVIVORS for name in copied_from)
