"""What share of requests or clocks is promised in time, and which credit is due otherwise (clause E4)."""

from __future__ import annotations

from typing import Any

from sla_board.plan.model import PlanSubject, Section, table
from sla_board.plan.words.words import PlanWords


def objectives(subject: PlanSubject) -> Section:
    """Return the support plan's section on objectives: promised shares, such as 95 % in time, and service credits."""
    words = subject.words
    rows = [
        (
            one["title"] or one["id"],
            one["entitlement"],
            words.in_time[one["of"]].format(percent=one["percent"]),
            words.periods[one["period"]],
            _applies(one, words),
            "; ".join(words.credit_below.format(**row) for row in one["credits"]),
            one["clause"],
        )
        for one in subject.sheet["objectives"]
    ]
    head = (words.name, words.entitlement, words.objective, words.per, words.applies, words.credits, words.clause)
    return Section("objectives", words.objectives, table("", head, rows))


def _applies(one: dict[str, Any], words: PlanWords) -> str:
    return ", ".join([*one["metrics"], *one["priorities"]]) or words.always
