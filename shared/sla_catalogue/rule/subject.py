"""What the rules look at."""

from __future__ import annotations

from dataclasses import dataclass

from sla_catalogue.assembly.context import Context
from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.assembly.plan import BuiltPlan
from sla_catalogue.calendars import CatalogueCalendars


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything built, before it is trusted."""

    plans: tuple[BuiltPlan, ...]
    contracts: tuple[BuiltContract, ...]
    calendars: CatalogueCalendars
    context: Context
