"""The sections of a support plan, a file each; `SECTIONS` is their order on the page."""

from __future__ import annotations

from collections.abc import Callable

from sla_board.plan.model import PlanSubject, Section
from sla_board.plan.section.allowances import allowances
from sla_board.plan.section.balances import balances
from sla_board.plan.section.coverage import coverage
from sla_board.plan.section.deliverables import deliverables
from sla_board.plan.section.environment import environment
from sla_board.plan.section.holidays import holidays
from sla_board.plan.section.objectives import objectives
from sla_board.plan.section.people import people
from sla_board.plan.section.priorities import priorities
from sla_board.plan.section.reviews import reviews
from sla_board.plan.section.targets import targets
from sla_board.plan.section.windows import windows

SECTIONS: tuple[Callable[[PlanSubject], Section], ...] = (
    priorities,
    targets,
    objectives,
    coverage,
    people,
    windows,
    allowances,
    balances,
    deliverables,
    reviews,
    environment,
    holidays,
)
