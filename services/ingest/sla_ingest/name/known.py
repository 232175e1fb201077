"""Which incident a name is, and on which others its words are heard. Pure.

A *move* makes another name of one incident: the first name stays the incident's, whatever arrives first, and all that
is told of the others is its. A *merge* leaves two incidents, of which one is over: what people say on it is heard on
the survivor (`sla_domain.fold.carried`). Dialects name only incidents of their own source, so no source can reach
another's; what a key of one contract may join is checked in `inbox`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sla_domain.event import EventKind, IncidentEvent, IncidentId
from sla_domain.fold.carried import follow
from sla_ingest.dialect.port import Translated
from sla_ingest.entry import Entry


class AliasKind(StrEnum):
    MOVED = "moved"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Names:
    """What is known of some names: `moved` by name, `merged` by the incident that is over."""

    moved: Mapping[IncidentId, IncidentId] = field(default_factory=dict)
    merged: Mapping[IncidentId, frozenset[IncidentId]] = field(default_factory=dict)

    def incident(self, name: IncidentId) -> IncidentId:
        """The incident of this name."""
        return follow(self.moved.get, name)

    def survivors(self, incident: IncidentId) -> frozenset[IncidentId]:
        """Every incident into which this one was merged, directly or through others."""
        found: set[IncidentId] = set()
        ahead = [incident]
        while ahead:
            for into in self.merged.get(ahead.pop(), ()):
                if into != incident and into not in found:
                    found.add(into)
                    ahead.append(into)
        return frozenset(found)

    def sources(self, incident: IncidentId) -> frozenset[IncidentId]:
        """Every incident that was merged into this one, directly or through others."""
        return frozenset(name for name in self.merged if incident in self.survivors(name))


JOINING = frozenset({EventKind.RENAMED, EventKind.MERGED})


def joins(entry: Entry) -> bool:
    """Whether the delivery makes two names one, or merges one incident into another."""
    return any(one.event.kind in JOINING for one in entry.events)


def touched(entry: Entry) -> set[IncidentId]:
    """The names that the delivery speaks of."""
    looked = () if entry.observed is None else (entry.observed,)
    return {name for one in (*entry.events, *looked) for name in concerned(one.event)}


def concerned(event: IncidentEvent) -> Iterable[IncidentId]:
    """The names that an event speaks of."""
    return [name for name in (event.incident, event.merged_into, event.known_as) if name is not None]


def routed(entry: Entry, names: Names) -> Entry:
    """The delivery with its events under the incidents that their names are."""
    if not names.moved and not joins(entry):
        return entry
    observed = None if entry.observed is None else _routed(entry.observed, names)
    return replace(entry, events=tuple(_routed(one, names) for one in entry.events), observed=observed)


def _routed(one: Translated, names: Names) -> Translated:
    event = one.event
    incident = names.incident(event.incident)
    into = None if event.merged_into is None else names.incident(event.merged_into)
    if event.kind is EventKind.MERGED and into == incident:
        # Both are names of one incident by now: nothing ends.
        other = event.incident if event.incident != incident else event.merged_into
        event = replace(event, kind=EventKind.RENAMED, merged_into=None, known_as=other, incident=incident)
    elif (incident, into) != (event.incident, event.merged_into):
        event = replace(event, incident=incident, merged_into=into)
    return one if event is one.event else replace(one, event=event)
