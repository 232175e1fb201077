"""Plans with their inheritance applied, still as documents: `extends`, and a plan laid over a contract's base plan.

A plan replaces only what it names (clause H1, docs/clauses.md): its rows come before those of the plan below, its
priorities, metrics and coverages replace those of the same id, everything else is taken from below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sla_catalogue.assembly.breach_reason import merged_reasons
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.allowance import AllowanceDocument
from sla_catalogue.document.coverage import CoverageDocument
from sla_catalogue.document.objective import ObjectiveDocument
from sla_catalogue.document.plan import (
    MetricDocument,
    PlanDocument,
    PriorityDocument,
    RoleDocument,
    TargetDocument,
)
from sla_catalogue.document.report import ReportDocument
from sla_catalogue.document.tell import TellDocument
from sla_catalogue.document.window import WindowDocument
from sla_catalogue.problem import Path
from sla_domain.plan import PlanId, written_name


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A plan as written, merged with the plan that it extends."""

    id: str
    document: PlanDocument
    """The plan's single values, such as title and rules."""
    priorities: tuple[tuple[Path, PriorityDocument], ...]
    """Pairs (path in the catalogue, document), one for each priority."""
    coverages: Mapping[str, tuple[Path, CoverageDocument]]
    """Name -> (path in the catalogue, document)."""
    metrics: Mapping[str, tuple[Path, MetricDocument]]
    """Name -> (path in the catalogue, document)."""
    targets: tuple[tuple[Path, TargetDocument], ...]
    """Pairs (path in the catalogue, document), one for each target."""
    roles: tuple[RoleDocument, ...]
    windows: tuple[tuple[Path, WindowDocument], ...]
    """Pairs (path in the catalogue, document), one for each window."""
    allowances: tuple[tuple[Path, AllowanceDocument], ...]
    objectives: tuple[tuple[Path, ObjectiveDocument], ...]
    reports: tuple[tuple[Path, ReportDocument], ...]
    tell: tuple[tuple[Path, TellDocument], ...]
    timed_too: tuple[str, ...] = ()  # metrics that only rows of the contract time

    @property
    def path(self) -> Path:
        """Return the plan's path in the catalogue, such as `("plans", "gold")`.

        For a plan made for a contract (`gold@acme`), it is the path of the original plan.
        """
        return ("plans", written_name(PlanId(self.id)))


def draft_plans(context: Context) -> dict[str, PlanDraft]:
    """Return the draft of every plan, by id.

    A draft is the plan as written, merged with the plan that it extends. A plan is left out if it extends an unknown
    plan, a plan that is left out, or itself in a circle. Unknown plans and circles are reported to `context.findings`.
    """
    drafts: dict[str, PlanDraft] = {}
    for name in context.document.plans:
        _draft(name, (), drafts, context)
    return drafts


def _draft(name: str, below: tuple[str, ...], drafts: dict[str, PlanDraft], context: Context) -> PlanDraft | None:
    if name in drafts:
        return drafts[name]
    document = context.document.plans[name]
    path: Path = ("plans", name)
    own = _own(name, document)
    parent = document.extends
    if parent is not None:
        if parent in (*below, name):
            chain = " → ".join([*below, name, parent])
            context.findings.error((*path, "extends"), "cycle", f"plans extend each other in a circle: {chain}")
            return None
        if not context.has_entry("plans", parent, (*path, "extends"), "plan"):
            return None
        base = _draft(parent, (*below, name), drafts, context)
        if base is None:
            return None
        own = _child(lay_over(own, base, name), base.document)
    drafts[name] = own
    return own


def _own(name: str, document: PlanDocument) -> PlanDraft:
    path: Path = ("plans", name)
    return PlanDraft(
        id=name,
        document=document,
        priorities=tuple(((*path, "priorities", i), each) for i, each in enumerate(document.priorities)),
        coverages={key: ((*path, "coverages", key), each) for key, each in document.coverages.items()},
        metrics={key: ((*path, "metrics", key), each or MetricDocument()) for key, each in document.metrics.items()},
        targets=tuple(((*path, "targets", i), each) for i, each in enumerate(document.targets)),
        roles=tuple(document.roles),
        windows=tuple(((*path, "windows", i), each) for i, each in enumerate(document.windows)),
        allowances=tuple(((*path, "allowances", i), each) for i, each in enumerate(document.allowances)),
        objectives=tuple(((*path, "objectives", i), each) for i, each in enumerate(document.objectives)),
        reports=tuple(((*path, "reports", i), each) for i, each in enumerate(document.reports)),
        tell=tuple(((*path, "tell", i), each) for i, each in enumerate(document.tell)),
    )


def _child(draft: PlanDraft, parent: PlanDocument) -> PlanDraft:
    """A child is sold as its parent is, on top of the same base plans, unless it says otherwise."""
    own = draft.document
    sale = {
        "requires_base": own.requires_base or parent.requires_base,
        "sold": own.sold or parent.sold,
        "not_available_for": own.not_available_for or parent.not_available_for,
    }
    return replace(draft, document=own.model_copy(update=sale))


def lay_over(top: PlanDraft, base: PlanDraft, id_: str) -> PlanDraft:
    """Merge two plans into one with the id `id_`: what `top` lacks is taken from `base`.

    For entries with an id or name (such as priorities, metrics and roles), an entry of `top` replaces that of `base`
    with the same id or name. Targets and notification rules of both plans are kept, those of `top` first. Two things of
    `base` are never taken: the base plan that `base` itself requires, and when and where `base` is sold.
    """
    upper, lower = top.document, base.document
    named = {each.id for _, each in top.priorities}
    below = tuple(pair for pair in base.priorities if pair[1].id not in named)
    held = {role.id for role in top.roles}
    booked = {each.id for _, each in top.windows}
    counted = {each.id for _, each in top.allowances}
    aimed = {each.id for _, each in top.objectives}
    sent = {each.id for _, each in top.reports}
    merged = upper.model_copy(
        update={
            "title": upper.title or lower.title,
            "rank": upper.rank if upper.rank is not None else lower.rank,
            "rules": upper.rules or lower.rules,
            "agreed_dates": upper.agreed_dates or lower.agreed_dates,
            "escalation": upper.escalation or lower.escalation,
            "channels": upper.channels or lower.channels,
            "urgent_channels": upper.urgent_channels or lower.urgent_channels,
            "languages": upper.languages or lower.languages,
            "minimum_term": upper.minimum_term or lower.minimum_term,
            "all_products": lower.all_products if upper.all_products is None else upper.all_products,
            "scope": upper.scope or lower.scope,
            "not_covered": lower.not_covered if upper.not_covered is None else upper.not_covered,
            "at_close": upper.at_close or lower.at_close,
            "notices": upper.notices or lower.notices,
            "breach_reasons": merged_reasons(upper.breach_reasons, lower.breach_reasons),
            "note": upper.note or lower.note,
        }
    )
    return PlanDraft(
        id=id_,
        document=merged,
        priorities=(*top.priorities, *below),
        coverages={**base.coverages, **top.coverages},
        metrics={**base.metrics, **top.metrics},
        targets=(*top.targets, *base.targets),
        roles=(*top.roles, *(role for role in base.roles if role.id not in held)),
        windows=(*top.windows, *(pair for pair in base.windows if pair[1].id not in booked)),
        allowances=(*top.allowances, *(pair for pair in base.allowances if pair[1].id not in counted)),
        objectives=(*top.objectives, *(pair for pair in base.objectives if pair[1].id not in aimed)),
        reports=(*top.reports, *(pair for pair in base.reports if pair[1].id not in sent)),
        tell=(*top.tell, *base.tell),
    )
