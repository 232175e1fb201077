"""The phase of an incident by its events alone, for services that show incidents and have no plans or contracts."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from sla_domain.calendar import Calendar
from sla_domain.contract import Contract, ContractId
from sla_domain.event import IncidentEvent
from sla_domain.fold.engine import fold
from sla_domain.incident import Incident
from sla_domain.phase import Phase
from sla_domain.plan import NO_TEXTS, Coverage, Plan, PlanId
from sla_domain.rulebook import Rulebook
from sla_domain.window import BookedWindow


def phase_of(events: Iterable[IncidentEvent]) -> Phase:
    """Return the phase (open, waiting, resolved and so on) of the incident with these events.

    The order of the events does not matter, and no plan or contract is needed.

    Raises:
        NoEvents: There is no event.
        MixedIncidents: The events belong to several incidents.
    """
    return folded_alone(events).phase


def folded_alone(events: Iterable[IncidentEvent]) -> Incident:
    """Compute an incident from its events without any plan or contract, so that it has no clocks.

    The order of the events does not matter.

    Raises:
        NoEvents: There is no event.
        MixedIncidents: The events belong to several incidents.
    """
    return fold(events, _NO_RULES)


class _NoCalendars:
    def calendar(self, contract: Contract, coverage: Coverage, windows: tuple[BookedWindow, ...] = ()) -> Calendar:
        raise AssertionError("without targets no time is counted")


_PLAN = Plan(
    id=PlanId("none"), titles=NO_TEXTS, rank=1, priorities=(), coverages=MappingProxyType({}), metrics=(), targets=()
)
_CONTRACT = Contract(id=ContractId("none"), customers=frozenset(), plan=_PLAN.id, zone="UTC")
_NO_RULES = Rulebook(
    version="",
    plans=MappingProxyType({_PLAN.id: _PLAN}),
    contracts=MappingProxyType({_CONTRACT.id: _CONTRACT}),
    default_contract=_CONTRACT.id,
    calendars=_NoCalendars(),
    by_customer=MappingProxyType({}),
)
