"""When which report of a contract is made and sent by itself (clauses E5, H9, I7, docs/clauses.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from sla_domain.objective import PeriodKind


class ReportKind(StrEnum):
    """The kinds of report.

    `SERVICE_REPORT`: what was promised and kept in a period. `REVIEW`: the same in three parts (technical, business,
    strategic), for a review with the customer. `INCIDENT_REVIEW`: the incidents of a period, with who reported, opened
    and closed them.
    """

    SERVICE_REPORT = "service_report"
    REVIEW = "review"
    INCIDENT_REVIEW = "incident_review"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSchedule:
    """A report that is made, frozen and sent after each period of a kind.

    `kind`: of the report. `working_days`: on which working day after the period's end, the first being 1. `at`: at
    which time of day, in the contract's zone. `coverage`: the id of the hours of the plan by which working days are
    counted, "": Monday to Friday. `tell`: the roles to whose holders it is sent, the customer's people among them too.
    """

    id: str
    kind: ReportKind
    period: PeriodKind
    working_days: int
    at: time
    coverage: str
    tell: tuple[str, ...]
