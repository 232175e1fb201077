"""Which reports and reviews come when, and who gets them (clauses H9, E5 and I7, docs/clauses.md)."""

from __future__ import annotations

from sla_board.plan.bought import local_day_text
from sla_board.plan.model import PlanSubject, Section, table
from sla_board.plan.section.people import recipients_text
from sla_board.schedule.upcoming import coming_reports
from sla_domain.report_schedule import ReportSchedule

_SHOWN = 3


def reviews(subject: PlanSubject) -> Section:
    """Return the support plan's section on scheduled reports: the next three dates of each report, and its readers.

    Reports of periods that lie after the contract's end are left out.
    """
    words = subject.words
    rows = [
        (
            words.report_kinds[schedule.kind.value],
            words.periods[schedule.period.value],
            _days(schedule, subject),
            recipients_text(told["to"], subject),
        )
        for schedule, told in zip(subject.contract.reports, subject.sheet["reports"], strict=True)
    ]
    rows = [row for row in rows if row[2]]
    head = (words.name, words.per, words.next_days, words.told)
    return Section("reviews", words.reviews, table("", head, rows))


def _days(schedule: ReportSchedule, subject: PlanSubject) -> str:
    rulebook, contract = subject.catalogue.rulebook, subject.contract
    stored = subject.stored.reports.get(schedule.id)
    coming = coming_reports(rulebook, contract, schedule, stored, subject.now, _SHOWN)
    return "; ".join(local_day_text(one.due_at, subject) for one in coming)
