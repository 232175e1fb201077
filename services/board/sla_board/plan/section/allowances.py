"""What is included by number: credits, hours, visits (clauses H10, H12 and E10, docs/clauses.md)."""

from __future__ import annotations

from sla_board.plan.model import PlanSubject, Section, table


def allowances(subject: PlanSubject) -> Section:
    """Return the support plan's section on allowances: the amount, period and expiry of each.

    An allowance is a number of included credits, hours or visits. Optional allowances are left out.
    """
    words = subject.words
    rows = [
        (
            one["title"] or one["id"],
            one["amount"] or "",
            words.periods[one["per"]],
            words.periods[one["expires"]],
            one["clause"],
        )
        for one in subject.sheet["allowances"]
        if not one["optional"]
    ]
    head = (words.name, words.amount, words.per, words.expires, words.clause)
    return Section("allowances", words.allowances, table("", head, rows))
