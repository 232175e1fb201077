"""Which tickets of several systems are one incident, and under which of their names it is told of. Pure.

Tickets say so themselves (`same_as`), or somebody says so by an event `linked`. What somebody says holds: a pair that
was unlinked stays so until somebody links it again. Links are followed from ticket to ticket, so that A, B and C are
one incident if A is linked with B and B with C. The incident keeps its name as long as that ticket belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sla_domain.event import LINKING, EventKind, IncidentEvent, IncidentId
from sla_domain.same_as import MOST
from sla_ingest.name.known import AliasKind, IncidentNames, Pair, key_in_event, stated_links

_NEVER = datetime.max.replace(tzinfo=UTC)
Row = tuple[IncidentId, AliasKind, IncidentId]


@dataclass(frozen=True, slots=True)
class LinkChange:
    """The rows that an event adds to the table of recorded links and keys, and removes from it.

    The event reports links of tickets, or the key of a ticket (the name that people use). The object is false in a
    condition if there are no such rows.
    """

    added: tuple[Row, ...] = ()
    removed: tuple[Row, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    @property
    def keys_only(self) -> bool:
        """Return whether no link is changed: the event adds at most a key of a ticket (the name that people use)."""
        return not self.removed and all(kind is AliasKind.KEY for _, kind, _ in self.added)


def ticket_of(event: IncidentEvent, names: IncidentNames) -> IncidentId:
    """Return the ticket to which the event belongs, by the ticket's first id."""
    return names.ticket(event.said_as or event.incident)


def link_change(event: IncidentEvent, names: IncidentNames) -> LinkChange:
    """Return the rows by which an event changes the recorded links and keys of tickets; empty if it changes nothing.

    Args:
        names: The renames, merges, links and keys that are recorded before the event.
    """
    if event.carried_from is not None:
        return LinkChange()
    ticket = ticket_of(event, names)
    added, removed = list[Row](), list[Row]()
    key = key_in_event(event)
    if key is not None and names.keys.get(key) != ticket:
        added.append((key, AliasKind.KEY, ticket))
    if event.kind in LINKING and event.known_as is not None:
        other = names.ticket(event.known_as)
        pair = frozenset({ticket, other})
        if len(pair) == 2:
            wanted = AliasKind.JOINED if event.kind is EventKind.LINKED else AliasKind.APART
            held, undone = (names.joined, names.apart) if wanted is AliasKind.JOINED else (names.apart, names.joined)
            if pair not in _resolved(held, names):
                added.append((ticket, wanted, other))
            opposite = AliasKind.APART if wanted is AliasKind.JOINED else AliasKind.JOINED
            for known in undone:
                if frozenset(names.ticket(one) for one in known) == pair:
                    a, b = sorted(known)
                    removed += [(a, opposite, b), (b, opposite, a)]
    said = stated_links(event)
    if said is not None:
        before = names.stated.get(ticket, frozenset())
        wanted_names = {name for name in said if names.ticket(name) != ticket}
        added += [(ticket, AliasKind.STATED, name) for name in sorted(wanted_names - before)]
        removed += [(ticket, AliasKind.STATED, name) for name in sorted(before - wanted_names)]
    return LinkChange(tuple(added), tuple(removed))


def with_change(names: IncidentNames, change: LinkChange) -> IncidentNames:
    """Return a copy of the recorded links and keys of tickets (`names`) with a change made.

    Which ticket belongs to which incident (`under`) is not changed: call `divided` afterwards.
    """
    keys, stated = dict(names.keys), {name: set(others) for name, others in names.stated.items()}
    joined, apart = set(names.joined), set(names.apart)
    for rows, add in ((change.removed, False), (change.added, True)):
        for name, kind, other in rows:
            match kind:
                case AliasKind.KEY:
                    keys[name] = other
                case AliasKind.STATED:
                    (stated.setdefault(name, set()).add if add else stated.setdefault(name, set()).discard)(other)
                case AliasKind.JOINED | AliasKind.APART:
                    pairs = joined if kind is AliasKind.JOINED else apart
                    (pairs.add if add else pairs.discard)(frozenset({name, other}))
    return replace(
        names,
        keys=keys,
        stated={name: frozenset(others) for name, others in stated.items() if others},
        joined=frozenset(joined),
        apart=frozenset(apart),
    )


def linked_tickets(names: IncidentNames) -> frozenset[IncidentId]:
    """Return all tickets that are or were linked, by their first ids."""
    found = {*names.under, *names.under.values(), *names.stated}.union(*names.stated.values(), *names.joined)
    return frozenset(names.ticket(name) for name in found)


def groups(names: IncidentNames) -> list[frozenset[IncidentId]]:
    """Return the tickets that are or were linked, as a set for each incident.

    A ticket that is no longer linked to any other is a set of its own.
    """
    apart = _resolved(names.apart, names)
    links = _resolved(names.joined, names)
    links |= {
        frozenset({names.ticket(name), names.ticket(other)}) for name in names.stated for other in names.stated[name]
    }
    neighbours: dict[IncidentId, set[IncidentId]] = {name: set() for name in linked_tickets(names)}
    for pair in links - apart:
        if len(pair) == 2:
            one, other = pair
            neighbours[one].add(other)
            neighbours[other].add(one)
    found, left = [], set(neighbours)
    while left:
        ahead, group = [min(left)], set[IncidentId]()
        while ahead:
            name = ahead.pop()
            if name not in group:
                group.add(name)
                ahead += neighbours[name]
        found.append(frozenset(group))
        left -= group
    return found


def divided(names: IncidentNames, saying: IncidentId | None = None) -> IncidentNames:
    """Return a copy of `names` in which `under` maps each linked ticket to its present incident.

    The id of an incident is that of one of its tickets, and stays the same while that ticket belongs to the incident.
    If tickets of several incidents come together, or none of these tickets gave an id before, the ticket with the
    earliest known event gives the id.

    Args:
        names: The recorded renames and links of tickets, after a change of the links.
        saying: The ticket that gives the id if slad knows no events of any of the tickets.
    """
    under: dict[IncidentId, IncidentId] = {}
    for group in groups(names):
        earlier = {names.under.get(name, name) for name in group} & group
        first = min(earlier or group, key=lambda name: (names.since.get(name, _NEVER), name != saying, name))
        under |= dict.fromkeys(group - {first}, first)
    return replace(names, under=under)


def crowded_group(names: IncidentNames) -> bool:
    """Return whether the links in `names` make more than 10 tickets one incident."""
    return any(len(group) > MOST for group in groups(names))


def after_events(events: Iterable[IncidentEvent], names: IncidentNames) -> IncidentNames:
    """Return a copy of `names` (recorded links of tickets) with the links that the events of one delivery report.

    If the events report nothing new about links or keys of tickets, `names` itself is returned.
    """
    now, saying = names, None
    for event in events:
        change = link_change(event, now)
        if change:
            now, saying = with_change(now, change), saying or ticket_of(event, now)
    if now is names:
        return names
    # A key alone divides nothing, unless a link names the ticket by it.
    return divided(now, saying) if groups(now) != groups(names) else now


def _resolved(pairs: Iterable[Pair], names: IncidentNames) -> set[Pair]:
    return {frozenset(names.ticket(name) for name in pair) for pair in pairs}


def moves_between(before: Mapping[IncidentId, IncidentId], after: Mapping[IncidentId, IncidentId]) -> set[IncidentId]:
    """Return the tickets that belong to another incident than before.

    Args:
        before, after: Maps a ticket to its incident. A ticket that is left out is an incident of its own.
    """
    return {name for name in {*before, *after} if before.get(name, name) != after.get(name, name)}
