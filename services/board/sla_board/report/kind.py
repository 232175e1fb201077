"""Which sections each kind of report has, in which chapters: data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sla_domain.objective import PeriodKind
from sla_domain.report_schedule import ReportKind

CHAPTERS: Mapping[ReportKind, tuple[tuple[str, tuple[str, ...]], ...]] = MappingProxyType(
    {
        ReportKind.SERVICE_REPORT: (
            (
                "",
                (
                    "summary", "corrections", "attainment", "trend", "breaches", "causes", "breakdown", "pauses",
                    "notices", "ledgers", "people", "voice", "incidents", "holidays", "method",
                ),
            ),
        ),
        ReportKind.REVIEW: (
            ("", ("summary", "corrections")),
            ("chapter.technical", ("priorities", "breaches", "causes", "breakdown", "pauses", "incidents")),
            ("chapter.business", ("attainment", "trend", "ledgers")),
            ("chapter.strategic", ("voice", "notices", "people", "holidays", "method")),
        ),
        ReportKind.INCIDENT_REVIEW: (
            ("", ("summary", "corrections", "incidents", "breaches", "causes", "voice", "method")),
        ),
    }
)  # fmt: skip
"""Kind -> chapters, each a pair (key of its heading, ids of its sections)."""

USUAL: Mapping[PeriodKind, ReportKind] = MappingProxyType(
    {
        PeriodKind.MONTH: ReportKind.SERVICE_REPORT,
        PeriodKind.QUARTER: ReportKind.REVIEW,
        PeriodKind.CONTRACT_YEAR: ReportKind.REVIEW,
    }
)
"""The kind of report that is meant where none is named."""
