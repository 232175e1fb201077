"""`objectives` → what share of requests or clocks a plan promises in time, and the changes by a contract."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from types import MappingProxyType

from sla_catalogue.assembly.target import RowNames
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.objective import ObjectiveDocument
from sla_catalogue.problem import Path
from sla_domain.objective import Objective, ServiceCredit

Written = tuple[Path, ObjectiveDocument]


def build_objectives(
    written: Iterable[Written], names: RowNames, timed: Collection[str], context: Context
) -> tuple[Objective, ...]:
    """Return the objectives (shares of requests that must be in time) of a plan or contract, in the order written.

    Errors are reported to `context.findings`: a repeated id, an unknown metric, an unknown priority.

    Args:
        written: Pairs (path in the catalogue, document), one for each objective.
        names: The priorities to which objectives may refer.
        timed: Ids of the metrics for which the plan or contract has targets. Any other metric is unknown.
    """
    found: dict[str, Objective] = {}
    for path, document in written:
        if document.id in found:
            message = f"there is an objective {document.id!r} already"
            context.findings.error((*path, "id"), "duplicate-objective", message, "give it another id")
        for metric in document.metrics:
            if metric not in timed:
                context.report_unknown(metric, timed, (*path, "metrics"), "metric")
        found[document.id] = Objective(
            id=document.id,
            percent=document.percent,
            period=document.period,
            of=document.of,
            metrics=frozenset(document.metrics),
            priorities=_priorities(document.priorities, (*path, "priorities"), names, context),
            tell=tuple(document.tell),
            at_risk=document.at_risk,
            credits=tuple(
                ServiceCredit(row.below, row.credit)
                for row in sorted(document.credits, key=lambda row: row.below, reverse=True)
            ),
            titles=MappingProxyType(dict(document.title)),
            clause=document.clause,
        )
    return tuple(found.values())


def changed_objectives(promised: Iterable[Objective], own: Iterable[Objective]) -> tuple[Objective, ...]:
    """Return the objectives of a plan, with a contract's changes applied.

    Args:
        promised: The objectives of the plan.
        own: The contract's objectives. Each replaces the plan's objective with the same id. Any other objective is
            ignored.
    """
    replaced = {each.id: each for each in own}
    return tuple(replaced.get(each.id, each) for each in promised)


def _priorities(written: Iterable[str], path: Path, names: RowNames, context: Context) -> frozenset[str]:
    found: set[str] = set()
    for name in written:
        id_ = names.priority(name)
        if id_ is None:
            context.report_unknown(name, names.priorities, path, "priority")
        else:
            found.add(id_)
    return frozenset(found)
