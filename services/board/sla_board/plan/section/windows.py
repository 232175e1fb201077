"""Hours that can be booked, and those that are (clauses H10 and I6, docs/clauses.md)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from sla_board.plan.model import PlanSubject, Section, table
from sla_domain.calendar import load_zone


def windows(subject: PlanSubject) -> Section:
    """Return the support plan's section on windows, the hours that a customer can book.

    The section shows which windows may be booked and which are booked. Booked windows that ended before today are
    left out.
    """
    words, contract = subject.words, subject.contract
    bookable = [
        (
            one["title"] or one["id"],
            _days(one["notice_seconds"], subject),
            f"+{one['surcharge']} %" if one["late"] == "surcharge" else words.refused,
            str(one["per_contract_year"] or ""),
            _days(one["longest_seconds"], subject),
            ", ".join(one["priorities"]),
            ", ".join(one["languages"]),
            one["clause"],
        )
        for one in subject.sheet["windows"]
    ]
    head = (
        words.name, words.notice, words.late, words.per_year, words.lasts, words.priority, words.languages,
        words.clause,
    )  # fmt: skip
    zone = load_zone(contract.zone)
    titles = {one["id"]: one["title"] or one["id"] for one in subject.sheet["windows"]}
    booked = [
        (
            titles.get(one.window, one.window),
            _local(one.start, zone, subject),
            _local(one.end, zone, subject),
            ", ".join(contract.people[each].name for each in one.people if each in contract.people),
            f"+{one.surcharge} %" if one.surcharge else "",
        )
        for one in contract.windows
        if one.end.astimezone(zone).date() >= subject.today
    ]
    told = table(words.booked, (words.name, words.start, words.end, words.people, words.surcharge), booked)
    return Section("windows", words.windows, (*table("", head, bookable), *told))


def _days(seconds: float | None, subject: PlanSubject) -> str:
    return "" if not seconds else subject.words.days.format(count=f"{seconds / 86_400:g}")


def _local(at: datetime, zone: ZoneInfo, subject: PlanSubject) -> str:
    locale = subject.words.language.replace("-", "_")
    return format_datetime(at.astimezone(zone), "medium", locale=locale)
