"""Incidents with several ids: a ticket that is moved gets another id, a merged ticket continues in another one, and
tickets of several systems are linked.

`known` says which incident a name is and where its words are heard (pure), `linking` which tickets are one incident
(pure), `kept` keeps and reads the names, `joining` and `regroup` bring together what was stored apart.
"""

from __future__ import annotations

from sla_ingest.name.joining import carry_events, incidents_with_own_events, join
from sla_ingest.name.kept import NamesChanged, delete_names, load_names, lock_names, names_unchanged, with_since
from sla_ingest.name.known import (
    JOINING,
    IncidentNames,
    incident_with_too_many_names,
    joins,
    names_in_entry,
    names_in_event,
    route_entry,
)
from sla_ingest.name.linking import LinkChange, after_events, crowded_group, groups, link_change, linked_tickets
from sla_ingest.name.regroup import regroup, store_keys

__all__ = [
    "JOINING",
    "IncidentNames",
    "LinkChange",
    "NamesChanged",
    "after_events",
    "carry_events",
    "crowded_group",
    "delete_names",
    "groups",
    "incident_with_too_many_names",
    "incidents_with_own_events",
    "join",
    "joins",
    "link_change",
    "linked_tickets",
    "load_names",
    "lock_names",
    "names_in_entry",
    "names_in_event",
    "names_unchanged",
    "regroup",
    "route_entry",
    "store_keys",
    "with_since",
]  # fmt: skip
