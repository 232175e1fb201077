"""What the rules look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.assembly.plan import BuiltPlan
from sla_catalogue.assembly_context import Context
from sla_catalogue.calendars import CatalogueCalendars
from sla_catalogue.problem import Findings


@dataclass(frozen=True, slots=True)
class CheckedCatalogue:
    """Everything built, before it is trusted."""

    plans: tuple[BuiltPlan, ...]
    contracts: tuple[BuiltContract, ...]
    calendars: CatalogueCalendars
    context: Context
    today: date | None = None  # None: nobody asks what ends soon

    @property
    def findings(self) -> Findings:
        """Return where findings are collected."""
        return self.context.findings

    def plan(self, id_: str) -> BuiltPlan | None:
        """Return the built plan of this id; None when there is none."""
        return next((built for built in self.plans if built.plan.id == id_), None)
