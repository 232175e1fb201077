"""How much time is allowed for what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sla_board.plan.model import PlanSubject, Section, table
from sla_domain.plan import MatchCondition


def targets(subject: PlanSubject) -> Section:
    """Return the section of targets, in the order in which they are tried: the first that fits an incident counts."""
    words, sheet = subject.words, subject.sheet
    metrics = {one["id"]: one["title"] or one["id"] for one in sheet["metrics"]}
    hours = {one["id"]: one["title"] or one["id"] for one in sheet["coverages"]}
    rows = [
        (
            metrics.get(one["metric"], one["metric"]),
            ", ".join(_condition(each, subject) for each in target.match.conditions) or words.always,
            one["time"],
            hours.get(one["coverage"], one["coverage"]),
            ", ".join(one["warn"]),
            one["clause"],
        )
        for one, target in zip(sheet["targets"], (*subject.contract.targets, *subject.plan.targets), strict=True)
    ]
    head = (words.metric, words.applies, words.time, words.hours, words.warnings, words.clause)
    return Section("targets", words.targets, table("", head, rows))


def _condition(condition: MatchCondition, subject: PlanSubject) -> str:
    """Priorities by their titles; other attributes as the catalogue names them, which is how tickets have them."""
    words = subject.words
    titles = {one["id"]: _titled(one) for one in subject.sheet["priorities"]}
    by_priority = condition.attribute == "priority"
    ordered = [titles[id_] for id_ in titles if id_ in condition.values] if by_priority else []
    values = ", ".join(ordered or sorted(condition.values))
    if by_priority and not condition.negated:
        return values
    pattern = words.is_none_of if condition.negated else words.is_one_of
    return pattern.format(name=words.priority if by_priority else condition.attribute, values=values)


def _titled(priority: Mapping[str, Any]) -> str:
    return f"{priority['id']} {priority['title']}" if priority["title"] not in ("", priority["id"]) else priority["id"]
