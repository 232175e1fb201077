"""What each priority means (clause E12, docs/clauses.md)."""

from __future__ import annotations

from sla_board.plan.model import PlanSubject, Section, table


def priorities(subject: PlanSubject) -> Section:
    """Return the section of priorities with their definitions, the most urgent first."""
    words = subject.words
    rows = [
        (one["id"], one["title"], one["definition"], ", ".join(one["also"]), one["clause"])
        for one in subject.sheet["priorities"]
    ]
    head = (words.priority, words.name, words.means, words.also, words.clause)
    return Section("priorities", words.priorities, table("", head, rows))
