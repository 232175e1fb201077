"""Incidents with several ids: a ticket that is moved gets another id, a merged ticket continues in another one.

`known` says which incident a name is and where its words are heard (pure), `kept` keeps and reads the names, `joining`
brings together what was stored apart.
"""

from __future__ import annotations

from sla_ingest.name.joining import carry_events, incidents_with_own_events, join
from sla_ingest.name.kept import NamesChanged, delete_names, load_names, lock_names, names_unchanged
from sla_ingest.name.known import (
    JOINING,
    IncidentNames,
    incident_with_too_many_names,
    joins,
    names_in_entry,
    names_in_event,
    route_entry,
)

__all__ = [
    "JOINING",
    "IncidentNames",
    "NamesChanged",
    "carry_events",
    "delete_names",
    "incident_with_too_many_names",
    "incidents_with_own_events",
    "join",
    "joins",
    "load_names",
    "lock_names",
    "names_in_entry",
    "names_in_event",
    "names_unchanged",
    "route_entry",
]  # fmt: skip
