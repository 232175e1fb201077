"""When which report of a contract is made and sent automatically (clauses E5, H9, I7, docs/clauses.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from sla_domain.objective import PeriodKind


class ReportKind(StrEnum):
    """The kinds of report.

    - `service_report`: what was promised and kept in a period
    - `review`: the service report in three parts (technical, business, strategic), for a review with the customer
    - `incident_review`: the incidents of a period, with who reported, opened and closed them
    """

    SERVICE_REPORT = "service_report"
    REVIEW = "review"
    INCIDENT_REVIEW = "incident_review"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSchedule:
    """A schedule of a contract's reports.

    After the end of each period, a report is computed, stored unchangeably (frozen) and sent.
    """

    id: str
    kind: ReportKind
    """The kind of the reports."""
    period: PeriodKind
    working_days: int
    """The working day after the period's end on which the report is sent. 1 is the first."""
    at: time
    """The time of day at which the report is sent, in the contract's zone."""
    coverage: str
    """Id of the plan's hours whose open days are working days. "" means Monday to Friday."""
    tell: tuple[str, ...]
    """Ids of the roles whose holders receive the report. They may be people of the customer."""
