"""What the rules look at: a catalogue with all its parts built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.assembly.plan import BuiltPlan
from sla_catalogue.assembly_context import Context
from sla_catalogue.calendars import CatalogueCalendars
from sla_catalogue.problem import Findings
from sla_domain.rota import Rota, RotaId


@dataclass(frozen=True, slots=True)
class CheckedCatalogue:
    """A catalogue while it is checked: its plans and contracts as built, its calendars, and `context`, which takes
    findings. `rotas`: by id.

    `today`: warn of holidays and calendar years that end within 90 days of this day; None: give no such warning.
    """

    plans: tuple[BuiltPlan, ...]
    contracts: tuple[BuiltContract, ...]
    calendars: CatalogueCalendars
    context: Context
    today: date | None = None  # None: what ends soon is not checked
    rotas: Mapping[RotaId, Rota] = field(default_factory=dict)

    @property
    def findings(self) -> Findings:
        """Return the findings to which the rules report."""
        return self.context.findings

    def plan(self, id_: str) -> BuiltPlan | None:
        """Return the built plan with this id; None if there is none."""
        return next((built for built in self.plans if built.plan.id == id_), None)
