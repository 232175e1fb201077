"""How much time is allowed for what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sla_board.plan.model import BoughtPlan, Part, PlanSubject, Section, per_plan, table
from sla_board.plan.words.words import PlanWords
from sla_domain.plan import MatchCondition


def targets(subject: PlanSubject) -> Section:
    """Return the support plan's section on the targets of each plan.

    Each target has its metric, conditions, allowed time, hours and warnings. The targets are in the order in which
    they are tried; the first that matches an incident applies.
    """
    words = subject.words
    return Section("targets", words.targets, per_plan(subject, lambda bought: _of_plan(bought, words)))


def _of_plan(bought: BoughtPlan, words: PlanWords) -> tuple[Part, ...]:
    sheet = bought.sheet
    metrics = {one["id"]: one["title"] or one["id"] for one in sheet["metrics"]}
    hours = {one["id"]: one["title"] or one["id"] for one in sheet["coverages"]}
    rows = [
        (
            metrics.get(one["metric"], one["metric"]),
            ", ".join(_condition(each, bought, words) for each in target.match.conditions) or words.always,
            one["time"],
            hours.get(one["coverage"], one["coverage"]),
            ", ".join(one["warn"]),
            one["clause"],
        )
        for one, target in zip(sheet["targets"], (*bought.contract.targets, *bought.plan.targets), strict=True)
    ]
    head = (words.metric, words.applies, words.time, words.hours, words.warnings, words.clause)
    return table("", head, rows)


def _condition(condition: MatchCondition, bought: BoughtPlan, words: PlanWords) -> str:
    """Priorities by their titles; other attributes as the catalogue names them, which is how tickets have them."""
    titles = {one["id"]: _titled(one) for one in bought.sheet["priorities"]}
    by_priority = condition.attribute == "priority"
    ordered = [titles[id_] for id_ in titles if id_ in condition.values] if by_priority else []
    values = ", ".join(ordered or sorted(condition.values))
    if by_priority and not condition.negated:
        return values
    pattern = words.is_none_of if condition.negated else words.is_one_of
    return pattern.format(name=words.priority if by_priority else condition.attribute, values=values)


def _titled(priority: Mapping[str, Any]) -> str:
    return f"{priority['id']} {priority['title']}" if priority["title"] not in ("", priority["id"]) else priority["id"]
