"""Drafts → the domain's plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sla_catalogue.assembly.allowance import build_allowances
from sla_catalogue.assembly.breach_reason import build_breach_reasons
from sla_catalogue.assembly.coverage import build_coverages
from sla_catalogue.assembly.draft import PlanDraft
from sla_catalogue.assembly.metric import build_metrics, known_metrics, written_metrics
from sla_catalogue.assembly.notices import build_notice_terms
from sla_catalogue.assembly.objective import build_objectives
from sla_catalogue.assembly.report import build_reports
from sla_catalogue.assembly.target import RowNames, TargetRow, build_targets
from sla_catalogue.assembly.tell import build_tell
from sla_catalogue.assembly.terms import build_terms
from sla_catalogue.assembly.window import build_windows
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.plan import AgreedDatesDocument, PriorityDocument, RoleDocument, RulesDocument
from sla_catalogue.problem import Path, did_you_mean
from sla_domain.calendar import AtClose
from sla_domain.escalation import NO_ESCALATION
from sla_domain.normal import normal, normals
from sla_domain.plan import AgreedDates, Coverage, Plan, PlanId, Priority, PriorityRules, Role

LAST_RANK = 100
NO_COVERAGES: Mapping[str, Coverage] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class BuiltPlan:
    """A plan ready for use, with the paths and names that the checks of the whole catalogue need."""

    plan: Plan
    rows: tuple[TargetRow, ...]
    """The plan's targets with their paths."""
    names: RowNames
    """The names that targets may refer to."""
    draft: PlanDraft
    """The plan as written."""


def build_plan(
    draft: PlanDraft, shared: Mapping[str, Coverage], context: Context, like: Mapping[str, Coverage] = NO_COVERAGES
) -> BuiltPlan:
    """Build a plan, ready for use, from its draft (the plan as written).

    Unknown names, a name shared by two priorities, and urgent channels that are not among the plan's channels are
    reported to `context.findings`.

    Args:
        shared: The coverages of the section `coverages`. A coverage of the plan with the same name is used instead.
        like: The coverages, by name, of the plan from which this plan is derived. If this plan has an equal coverage of
            the same name, the object in `like` is used, to save memory.
    """
    document = draft.document
    priorities = tuple(_priority(rank, path, each, context) for rank, (path, each) in enumerate(draft.priorities, 1))
    made = build_coverages(draft.coverages, shared, context)
    coverages = {name: held if (held := like.get(name)) == coverage else coverage for name, coverage in made.items()}
    metrics = {**written_metrics(context), **draft.metrics}
    folded = {name.casefold(): p.id for p in priorities for name in p.also}
    folded |= {p.id.casefold(): p.id for p in priorities}
    names = RowNames(
        metrics=known_metrics(metrics),
        coverages=frozenset(coverages),
        priority=lambda name: folded.get(name.casefold()),
        priorities=[p.id for p in priorities],
    )
    rows = build_targets(draft.targets, names, context)
    used = [*draft.metrics, *(row.target.metric for row in rows), *draft.timed_too]
    allowances = build_allowances(draft.allowances, coverages, context)
    built_metrics = build_metrics(used, metrics, context)
    plan = Plan(
        id=PlanId(draft.id),
        titles=MappingProxyType(dict(document.title) or {"en": draft.id}),
        rank=document.rank or LAST_RANK,
        priorities=priorities,
        coverages=MappingProxyType(coverages),
        metrics=built_metrics,
        targets=tuple(row.target for row in rows),
        rules=_rules(document.rules, (*draft.path, "rules"), names, context),
        agreed_dates=_agreed_dates(document.agreed_dates, (*draft.path, "agreed_dates"), names, context),
        escalation=document.escalation,
        roles=tuple(map(_role, draft.roles)),
        allowances=allowances,
        channels=frozenset(each.channel for each in document.channels),
        urgent_channels=frozenset(document.urgent_channels),
        languages=tuple(document.languages),
        requires_base=frozenset(PlanId(name) for name in document.requires_base),
        valid_from=document.sold.from_ if document.sold else None,
        valid_to=document.sold.to if document.sold else None,
        at_close=document.at_close or AtClose.STAY,
        notices=build_notice_terms(document.notices),
        terms=build_terms(draft.document),
        notes=MappingProxyType(dict(document.note)),
        breach_reasons=build_breach_reasons(document.breach_reasons, (*draft.path, "breach_reasons"), context),
        windows=build_windows(draft.windows, names.priority, [role.id for role in draft.roles], allowances, context),
        reports=build_reports(draft.reports, names.coverages, context),
        objectives=build_objectives(draft.objectives, names, [metric.id for metric in built_metrics], context),
        tell=build_tell(draft.tell, names, context),
    )
    _check_references(draft, plan, context)
    return BuiltPlan(plan, tuple(rows), names, draft)


def _role(document: RoleDocument) -> Role:
    return Role(
        id=document.id,
        titles=MappingProxyType(dict(document.title)),
        coverage=document.coverage,
        outside=document.outside,
        clause=document.clause,
        optional=document.optional,
        sole=document.sole,
    )


def _priority(rank: int, path: Path, document: PriorityDocument, context: Context) -> Priority:
    return Priority(
        id=document.id,
        rank=document.rank or rank,
        titles=MappingProxyType(dict(document.title)),
        definitions=MappingProxyType(dict(document.definition)),
        also=frozenset(document.also),
        clause=document.clause,
    )


def _rules(document: RulesDocument | None, path: Path, names: RowNames, context: Context) -> PriorityRules:
    if document is None:
        return PriorityRules()

    def known(name: str | None, key: str) -> str | None:
        if name is None:
            return None
        id_ = names.priority(name)
        if id_ is None:
            context.report_unknown(name, names.priorities, (*path, key), "priority")
        return id_

    pairs: set[tuple[str, str]] = set()
    for pair in document.downgrade_pairs:
        old, new = known(pair.from_, "downgrade_pairs"), known(pair.to, "downgrade_pairs")
        if old and new:
            pairs.add((old, new))
    return PriorityRules(
        without_description=known(document.without_description, "without_description"),
        default=known(document.default, "default"),
        downgrade=document.downgrade,
        downgrade_pairs=frozenset(pairs),
        correction_notice=document.correction_notice,
        clause=document.clause,
    )


def _agreed_dates(document: AgreedDatesDocument | None, path: Path, names: RowNames, context: Context) -> AgreedDates:
    if document is None:
        return AgreedDates()
    priorities = None
    if "priorities" in document.model_fields_set:
        known = {name: names.priority(name) for name in document.priorities}
        for name, id_ in known.items():
            if id_ is None:
                context.report_unknown(name, names.priorities, (*path, "priorities"), "priority")
        priorities = frozenset(id_ for id_ in known.values() if id_ is not None)
    return AgreedDates(priorities=priorities, by=document.by, clause=document.clause)


def _check_references(draft: PlanDraft, plan: Plan, context: Context) -> None:
    document = draft.document
    for name in document.requires_base:
        context.has_entry("plans", name, (*draft.path, "requires_base"), "plan")
    if document.escalation not in (None, NO_ESCALATION):
        context.has_entry("escalations", document.escalation, (*draft.path, "escalation"), "escalation")
    for role in draft.roles:
        if role.coverage is not None and role.coverage not in plan.coverages:
            context.report_unknown(role.coverage, plan.coverages, (*draft.path, "roles"), "coverage")
    for each in document.channels:
        if each.coverage is not None and each.coverage not in plan.coverages:
            context.report_unknown(each.coverage, plan.coverages, (*draft.path, "channels"), "coverage")
    _check_priorities(draft.priorities, context)
    _check_channels(draft, context)


def _check_channels(draft: PlanDraft, context: Context) -> None:
    """Report urgent channels that the plan does not include (clause B6, docs/clauses.md)."""
    document, written = draft.document, context.document.plans[str(draft.path[1])]
    if not document.channels or not (written.channels or written.urgent_channels):
        return  # every channel is entitled, or the mistake is the parent's
    channels = [each.channel for each in document.channels]
    for name in document.urgent_channels:
        if normal(name) not in normals(channels):
            message = f"the urgent channel {name!r} is none of the plan's channels"
            hint = did_you_mean(name, channels)
            context.findings.error((*draft.path, "urgent_channels"), "urgent-channel", message, hint)


def _check_priorities(priorities: Iterable[tuple[Path, PriorityDocument]], context: Context) -> None:
    taken: dict[str, tuple[Path, str]] = {}
    for path, document in priorities:
        for name in (document.id, *document.also):
            there, held = taken.setdefault(name.casefold(), (path, document.id))
            if there != path:
                message = f"{name!r} is already a name of the priority {held}"
                context.findings.error(path, "duplicate-priority", message, "every name belongs to one priority")
