"""What each priority means (clause E12, docs/clauses.md)."""

from __future__ import annotations

from sla_board.plan.model import BoughtPlan, Part, PlanSubject, Section, per_plan, table


def priorities(subject: PlanSubject) -> Section:
    """Return the support plan's section on the priorities of each plan, with definitions."""
    words = subject.words
    head = (words.priority, words.name, words.means, words.also, words.clause)

    def of_plan(bought: BoughtPlan) -> tuple[Part, ...]:
        rows = [
            (one["id"], one["title"], one["definition"], ", ".join(one["also"]), one["clause"])
            for one in bought.sheet["priorities"]
        ]
        return table("", head, rows)

    return Section("priorities", words.priorities, per_plan(subject, of_plan))
