"""One incident under all its names: tickets that are moved get another id, tickets that are merged live on in another.

`known` says which incident a name is and where its words are heard (pure), `kept` keeps and reads the names, `joining`
brings together what was stored apart.
"""

from __future__ import annotations

from sla_ingest.name.joining import carry, join, with_own_events
from sla_ingest.name.kept import NamesChanged, forget, hold, load, unchanged
from sla_ingest.name.known import JOINING, IncidentNames, concerned, joins, overgrown, routed, touched

__all__ = [
    "JOINING", "IncidentNames", "NamesChanged", "carry", "concerned", "forget", "hold", "join", "joins", "load",
    "overgrown", "routed", "touched", "unchanged", "with_own_events",
]  # fmt: skip
