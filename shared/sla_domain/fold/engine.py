"""The fold: all events of one incident, in any order and number of copies → the incident as it stands.

A pure function of the events and the rulebook: the same end state whatever the order, duplication or delay (INV6). It
never fails on the content of an event; what is odd becomes a remark. A response of somebody unknown who has the
reporter's name is the customer's: reporters do not answer themselves. A sender that states "staff" is believed, because
a service desk opens tickets for others.
"""

from __future__ import annotations

from collections.abc import Iterable

from sla_domain.event import IncidentEvent
from sla_domain.fold.folding import Folding
from sla_domain.fold.order import timeline
from sla_domain.incident import Incident
from sla_domain.rulebook import ContractMatch, Rulebook


def fold(events: Iterable[IncidentEvent], rulebook: Rulebook, contract: ContractMatch | None = None) -> Incident:
    """Compute the incident, with its clocks, from its events.

    The order of the events and duplicates do not matter. Of several events with the same id, the first in reading order
    is used.

    Args:
        rulebook: The plans, contracts and calendars.
        contract: The contract to use in place of the customer's, for previews. None means the customer's.

    Raises:
        NoEvents: There is no event.
        MixedIncidents: The events belong to several incidents.
    """
    line = timeline(events)
    folding = Folding(line, rulebook, contract)
    folding.read_timeline(line.following)
    return folding.incident()
