"""What the customer runs (clause H7, docs/clauses.md)."""

from __future__ import annotations

from sla_board.plan.model import PlanSubject, Section, table


def environment(subject: PlanSubject) -> Section:
    """Return the support plan's section on the customer's environment: each product, its versions and other details."""
    words = subject.words
    rows = [
        (
            one["product"],
            ", ".join(one["versions"]),
            "; ".join(f"{name}: {text}" for name, text in one["facts"].items()),
        )
        for one in subject.sheet["environment"]
    ]
    return Section("environment", words.environment, table("", (words.product, words.versions, words.facts), rows))
