"""`targets` → rows of a plan or overrides of a contract; `by_priority` becomes one row per priority."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from sla_catalogue.assembly_context import Context
from sla_catalogue.document.plan import TargetDocument
from sla_catalogue.problem import Path
from sla_domain.plan import (
    Allowed,
    Match,
    MatchCondition,
    MetricId,
    SatisfiedBy,
    Target,
    WorkingDayTime,
)

PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target (allowed time) of a plan or contract, with its path in the catalogue."""

    path: Path
    """Path of the target in the catalogue, for findings."""
    target: Target


@dataclass(frozen=True, slots=True)
class RowNames:
    """The metrics, coverages and priorities that targets, objectives and notification rules may name."""

    metrics: Collection[str]
    coverages: Collection[str]
    priority: Callable[[str], str | None]
    """Function that returns the id of a priority for any of its names, or None for an unknown name."""
    priorities: Collection[str]


def build_targets(written: Iterable[tuple[Path, TargetDocument]], names: RowNames, context: Context) -> list[TargetRow]:
    """Build the targets (allowed times) of a plan or contract, in the order written, with their paths.

    A document with `by_priority` gives one target for each priority. A document with an unknown metric or coverage
    gives none. Unknown names are reported to `context.findings`.

    Args:
        written: Pairs (path in the catalogue, document), one for each target.
        names: The names that a target may refer to.
    """
    rows: list[TargetRow] = []
    for path, document in written:
        if document.metric not in names.metrics:
            context.report_unknown(document.metric, names.metrics, (*path, "metric"), "metric")
            continue
        if document.coverage not in names.coverages:
            if document.coverage not in context.declared["coverages"]:
                context.report_unknown(document.coverage, names.coverages, (*path, "coverage"), "coverage")
            continue
        rows.extend(_rows(path, document, names, context))
    return rows


def _rows(path: Path, document: TargetDocument, names: RowNames, context: Context) -> Iterator[TargetRow]:
    base = _target(path, document, names, context)
    if document.time is not None:
        priorities = _priorities(document.priority, (*path, "priority"), names, context)
        yield TargetRow(
            path, replace(base, allowed=_in_mode(document.time, document), match=_match(priorities, base.match))
        )
        return
    for name, allowed in document.by_priority.items():
        where = (*path, "by_priority", name)
        for priority in _priorities([name], where, names, context):
            at = context.findings.at(where)
            match = _match([priority], base.match)
            line = f"{at.file}:{at.line}"
            yield TargetRow(where, replace(base, allowed=_in_mode(allowed, document), match=match, line=line))


def _target(path: Path, document: TargetDocument, names: RowNames, context: Context) -> Target:
    at = context.findings.at(path)
    lowered = document.satisfied_by.downgrade_to if document.satisfied_by else []
    satisfying = _priorities(lowered, (*path, "satisfied_by"), names, context)
    return Target(
        metric=MetricId(document.metric),
        allowed=document.time or next(iter(document.by_priority.values())),
        coverage=document.coverage,
        match=Match(
            tuple(
                MatchCondition(attribute, frozenset(condition.is_ or condition.not_), negated=bool(condition.not_))
                for attribute, condition in document.when.items()
            )
        ),
        warnings=tuple(document.warn),
        satisfied_by=frozenset({SatisfiedBy.DOWNGRADE}) if satisfying else frozenset(),
        satisfying_priorities=frozenset(satisfying),
        clause=document.clause,
        line=f"{at.file}:{at.line}",
    )


def _in_mode(allowed: Allowed, document: TargetDocument) -> Allowed:
    return replace(allowed, mode=document.working_days) if isinstance(allowed, WorkingDayTime) else allowed


def _match(priorities: list[str], rest: Match) -> Match:
    if not priorities:
        return rest
    return Match((MatchCondition(PRIORITY, frozenset(priorities)), *rest.conditions))


def _priorities(written: Iterable[str], path: Path, names: RowNames, context: Context) -> list[str]:
    found: list[str] = []
    for name in written:
        id_ = names.priority(name)
        if id_ is None:
            context.report_unknown(name, names.priorities, path, "priority")
        else:
            found.append(id_)
    return found
