"""`tell` → the rules of a plan, an entitlement or a contract on who is notified of what."""

from __future__ import annotations

from collections.abc import Iterable

from sla_catalogue.assembly.target import RowNames
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.tell import TellDocument
from sla_catalogue.problem import Path
from sla_domain.escalation import TellKind
from sla_domain.match import Match, MatchCondition
from sla_domain.tell import ATTRIBUTES, OF_CLOCKS, OF_CONTRACTS, Happening, TellRule

Written = tuple[Path, TellDocument]


def build_tell(written: Iterable[Written], names: RowNames, context: Context) -> tuple[TellRule, ...]:
    """Build the notification rules (whom to notify of what) of a plan, entitlement or contract, in the order written.

    Errors are added to `context.findings`: unknown priorities, metrics and hours, a condition that can never hold for
    the kind of happening that the rule is for, and a rule that pages for anything but a breach.

    Args:
        written: Pairs (path in the catalogue, document), one for each rule.
        names: The priorities, metrics and hours to which rules may refer.
    """
    return tuple(_rule(path, document, names, context) for path, document in written)


def _rule(path: Path, document: TellDocument, names: RowNames, context: Context) -> TellRule:
    findings = context.findings
    if document.kind is TellKind.PAGE and document.on is not Happening.BREACHED:
        message = f"a page asks for an acknowledgement that ends with a clock, and `{document.on.value}` is none"
        findings.error((*path, "kind"), "tell-page", message, "kind: notice; or on: breached")
    if document.coverage is not None and document.coverage not in names.coverages:
        context.report_unknown(document.coverage, names.coverages, (*path, "coverage"), "coverage")
    if document.outside and document.coverage is None:
        findings.error((*path, "outside"), "tell-hours", "outside of which hours?", "coverage: the name of hours")
    return TellRule(
        on=document.on,
        to=tuple(document.to),
        kind=document.kind,
        match=Match(tuple(_conditions(path, document, names, context))),
        coverage=document.coverage,
        outside=document.outside,
        clause=document.clause,
    )


def _conditions(path: Path, document: TellDocument, names: RowNames, context: Context) -> list[MatchCondition]:
    found: list[MatchCondition] = []
    if document.priority:
        if document.on in OF_CONTRACTS:
            _unsaid("priority", (*path, "priority"), document.on, context)
        found.append(MatchCondition("priority", frozenset(_priorities(path, document, names, context))))
    if document.metric:
        for metric in document.metric:
            if metric not in names.metrics:
                context.report_unknown(metric, names.metrics, (*path, "metric"), "metric")
        if document.on not in OF_CLOCKS:
            _unsaid("metric", (*path, "metric"), document.on, context)
        found.append(MatchCondition("metric", frozenset(document.metric)))
    for attribute, condition in document.when.items():
        if document.on not in ATTRIBUTES.get(attribute, ()):
            _unsaid(attribute, (*path, "when", attribute), document.on, context)
        values = frozenset(condition.is_ or condition.not_)
        found.append(MatchCondition(attribute, values, negated=bool(condition.not_)))
    return found


def _unsaid(attribute: str, path: Path, on: Happening, context: Context) -> None:
    """A condition that no fact can meet would silence its rule for ever."""
    known = [name for name, happenings in ATTRIBUTES.items() if on in happenings]
    if on in OF_CLOCKS:
        known.append("metric")
    if on not in OF_CONTRACTS:
        known.append("priority")
    message = f"what is told as `{on.value}` says no {attribute}: the rule would never apply"
    hint = f"conditions here: {', '.join(sorted(known))}" if known else "leave the condition out"
    context.findings.error(path, "tell-condition", message, hint)


def _priorities(path: Path, document: TellDocument, names: RowNames, context: Context) -> list[str]:
    found: list[str] = []
    for name in document.priority:
        id_ = names.priority(name)
        if id_ is None:
            context.report_unknown(name, names.priorities, (*path, "priority"), "priority")
        else:
            found.append(id_)
    return found
