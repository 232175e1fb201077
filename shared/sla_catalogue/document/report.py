"""Key `reports` of plans and contracts: which reports are made, frozen and sent on a schedule, and when."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sla_catalogue.document.field import Document, Minute, Names
from sla_domain.objective import PeriodKind
from sla_domain.report_schedule import ReportKind

_MOST_DAYS = 60


class ReportTimeDocument(Document):
    """When a report is sent: on which working day after the period's end, and at which local time."""

    working_days: Annotated[int, Field(ge=1, le=_MOST_DAYS)] = 1
    at: Minute = 9 * 60


class ReportDocument(Document):
    """A report that is computed, frozen (stored unchangeably) and sent after each period."""

    id: str
    kind: ReportKind = ReportKind.SERVICE_REPORT
    """`service_report`, `review` or `incident_review`."""
    period: PeriodKind = PeriodKind.MONTH
    """The length of the periods: month, quarter or contract year."""
    after: ReportTimeDocument = Field(default_factory=ReportTimeDocument)
    """When the report is sent, after the end of the period."""
    coverage: str = ""
    """Id of the plan's hours whose open days are working days. Absent means Monday to Friday."""
    to: Annotated[Names, Field(min_length=1)]
    """The roles whose holders get the report. They may be people of the customer."""
