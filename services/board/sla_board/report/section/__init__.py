"""The sections of a report, a module each; `SECTIONS` finds them by id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from sla_board.report.model import ReportSection
from sla_board.report.section.attainment import attainment, priorities
from sla_board.report.section.breaches import breaches, causes
from sla_board.report.section.breakdown import breakdown
from sla_board.report.section.corrections import corrections
from sla_board.report.section.holidays import holidays
from sla_board.report.section.incidents import incidents
from sla_board.report.section.ledgers import ledgers
from sla_board.report.section.method import method
from sla_board.report.section.notices import notices
from sla_board.report.section.pauses import pauses
from sla_board.report.section.people import people
from sla_board.report.section.summary import summary
from sla_board.report.section.trend import trend
from sla_board.report.section.voice import voice
from sla_board.report.subject import ReportSubject

SectionReader = Callable[[ReportSubject], Awaitable[ReportSection]]

SECTIONS: Mapping[str, SectionReader] = MappingProxyType(
    {
        "summary": summary,
        "corrections": corrections,
        "attainment": attainment,
        "priorities": priorities,
        "trend": trend,
        "breaches": breaches,
        "causes": causes,
        "breakdown": breakdown,
        "pauses": pauses,
        "notices": notices,
        "ledgers": ledgers,
        "people": people,
        "voice": voice,
        "incidents": incidents,
        "holidays": holidays,
        "method": method,
    }
)
"""Id of a section -> the function that reads it."""
