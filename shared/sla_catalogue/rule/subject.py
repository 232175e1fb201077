"""What the rules look at: a catalogue with all its parts built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.assembly.plan import BuiltPlan
from sla_catalogue.assembly_context import Context
from sla_catalogue.calendars import CatalogueCalendars
from sla_catalogue.document.catalogue import CatalogueDocument
from sla_catalogue.problem import Findings


@dataclass(frozen=True, slots=True)
class CheckedCatalogue:
    """What the rules check: plans and contracts as built, and the entries of the document `written`.

    It is a whole catalogue, or one contract with the plans that are made for it. What it may refer to, besides, is in
    the whole document of `context`, which takes findings, and in `known_plans`, by id. `calendars`: when time counts.
    `today`: warn of holidays and calendar years that end within 90 days of this day; None: give no such warning.
    """

    plans: tuple[BuiltPlan, ...]
    contracts: tuple[BuiltContract, ...]
    written: CatalogueDocument
    known_plans: Mapping[str, BuiltPlan]
    calendars: CatalogueCalendars
    context: Context
    today: date | None = None  # None: what ends soon is not checked

    @property
    def bought(self) -> tuple[BuiltContract, ...]:
        """Return every contract with one plan, and every other as it is under each of its entitlements."""
        return tuple(each for built in self.contracts for each in built.bought)

    @property
    def findings(self) -> Findings:
        """Return the findings to which the rules report."""
        return self.context.findings

    def plan(self, id_: str) -> BuiltPlan | None:
        """Return the built plan with this id; None if there is none."""
        return self.known_plans.get(id_)
