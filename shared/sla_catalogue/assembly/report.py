"""`reports` → which reports of a contract are sent on a schedule: the plan's, and the changes by a contract."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import time

from sla_catalogue.assembly_context import Context
from sla_catalogue.document.report import ReportDocument
from sla_catalogue.problem import Path
from sla_domain.report_schedule import ReportSchedule

Written = tuple[Path, ReportDocument]
_DAY = 24 * 60


def build_reports(
    written: Iterable[Written], coverages: Collection[str], context: Context
) -> tuple[ReportSchedule, ...]:
    """Build the schedules of reports of a plan or contract, in the order written.

    Errors are added to `context.findings`: two schedules with the same id, an unknown coverage, a time of 24:00.

    Args:
        written: Pairs (path in the catalogue, document), one for each schedule.
        coverages: Ids of the coverages (hours) that a schedule may name.
    """
    found: dict[str, ReportSchedule] = {}
    for path, document in written:
        if document.id in found:
            message = f"there is a report {document.id!r} already"
            context.findings.error((*path, "id"), "duplicate-report", message, "give it another id")
        if document.coverage and document.coverage not in coverages:
            context.report_unknown(document.coverage, coverages, (*path, "coverage"), "coverage")
        minute = document.after.at
        if minute >= _DAY:
            message = "24:00 is the beginning of the next day"
            context.findings.error((*path, "after", "at"), "report-time", message, "write 00:00, one working day later")
            minute = 0
        found[document.id] = ReportSchedule(
            id=document.id,
            kind=document.kind,
            period=document.period,
            working_days=document.after.working_days,
            at=time(minute // 60, minute % 60),
            coverage=document.coverage,
            tell=tuple(document.to),
        )
    return tuple(found.values())


def contract_reports(
    promised: Iterable[Sequence[ReportSchedule]], own: Iterable[ReportSchedule]
) -> tuple[ReportSchedule, ...]:
    """Return the schedules of reports of a contract: those of its plans, with the contract's own changes.

    Args:
        promised: The schedules of each plan. Of several with the same id the first is used.
        own: The contract's schedules. Each replaces a plan's schedule with the same id, or is added.
    """
    found: dict[str, ReportSchedule] = {}
    for schedules in promised:
        for each in schedules:
            found.setdefault(each.id, each)
    return tuple((found | {each.id: each for each in own}).values())
