"""How the figures were counted, in a few sentences."""

from __future__ import annotations

from sla_board.report.model import ReportNote, ReportSection
from sla_board.report.subject import ReportSubject
from sla_board.report.value import instant, text


async def method(subject: ReportSubject) -> ReportSection:
    """Return the section that explains by which rules and in which time zone the figures were computed."""
    return ReportSection(
        "method",
        (
            ReportNote("note.counted", {"zone": text(subject.of.zone)}),
            ReportNote("note.rounded"),
            ReportNote("note.made_at", {"at": instant(subject.now)}),
        ),
    )
