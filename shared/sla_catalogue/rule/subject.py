"""What the rules look at: a catalogue with all its parts built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.assembly.plan import BuiltPlan
from sla_catalogue.assembly_context import Context
from sla_catalogue.calendars import CatalogueCalendars
from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.problem import Findings
from sla_domain.rota import Rota, RotaId


@dataclass(frozen=True, slots=True)
class CheckedCatalogue:
    """The input of the checks of a catalogue: the whole catalogue, or one contract with its plans."""

    plans: tuple[BuiltPlan, ...]
    """The plans to check, as built."""
    contracts: tuple[BuiltContract, ...]
    """The contracts to check, as built."""
    written: CatalogueDocument
    """What is to be checked, as written."""
    known_plans: Mapping[str, BuiltPlan]
    """All plans of the catalogue, by id."""
    calendars: CatalogueCalendars
    """The business calendars."""
    context: Context
    """The document of the whole catalogue, and the findings."""
    today: date | None = None
    """The day from which to warn of holidays and calendar years that end within 90 days. None means no warning."""
    rotas: Mapping[RotaId, Rota] = field(default_factory=dict)
    """All rotas of the catalogue, by id."""

    @property
    def bought(self) -> tuple[BuiltContract, ...]:
        """Return all contracts, split by entitlements (plans with their own products).

        A contract with several entitlements gives one built contract for each.
        """
        return tuple(each for built in self.contracts for each in built.bought)

    @property
    def findings(self) -> Findings:
        """Return the object that collects the errors and warnings of the checks."""
        return self.context.findings

    def known_roles(self) -> set[str]:
        """Return the names by which rules may refer to people to notify.

        They are the roles of all plans, contracts and escalations, and the ids of all people.
        """
        document = self.context.document
        known = {role.id for built in self.known_plans.values() for role in built.draft.roles}
        known |= {name for policy in document.escalations.values() for level in policy.levels for name in level.tell}
        for built in self.contracts:
            known |= {role.role for role in built.contract.roles} | set(built.contract.people)
        return known | {role for each in document.contracts.values() for role in each.roles} | set(document.people)

    def plan(self, id_: str) -> BuiltPlan | None:
        """Return the catalogue's plan with this id, as built, or None for an unknown id."""
        return self.known_plans.get(id_)
