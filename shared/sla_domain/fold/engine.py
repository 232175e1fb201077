"""The fold: all events of one incident, in any order and number of copies → the incident as it stands.

A pure function of the events and the rulebook: the same end state whatever the order, duplication or delay (INV6). It
never fails on what an event says; what is odd becomes a remark. Nobody answers themselves: a response of somebody
unknown who bears the reporter's name is the customer's word. A sender that says "staff" is believed, because a
service desk opens tickets for others.
"""

from __future__ import annotations

from collections.abc import Iterable

from sla_domain.event import IncidentEvent
from sla_domain.fold.folding import Folding
from sla_domain.fold.order import timeline
from sla_domain.incident import Incident
from sla_domain.rulebook import ContractMatch, Rulebook


def fold(events: Iterable[IncidentEvent], rulebook: Rulebook, contract: ContractMatch | None = None) -> Incident:
    """Return the incident of these events. `contract` overrides the match by customer (previews).

    Raises NoEvents or MixedIncidents, and nothing else.
    """
    line = timeline(events)
    folding = Folding(line, rulebook, contract)
    folding.read_timeline(line.following)
    return folding.incident()
