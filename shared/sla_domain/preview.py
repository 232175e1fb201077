"""What would be due if an incident were opened now: one opening, folded like any other (`slad when`).

Every metric of the plan is answered. One that only a later event starts (next response, cadence) is answered as if that
event came at the same instant, and marked conditional. A metric without a number says which number is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sla_domain.clock import BREACH, Clock
from sla_domain.contract import Contract
from sla_domain.errors import CalendarError
from sla_domain.event import Actor, EventId, EventKind, IncidentEvent, IncidentId
from sla_domain.fold.build import build_clock
from sla_domain.fold.folding import open_incident
from sla_domain.fold.metric_tracker import MetricTracker
from sla_domain.incident import Remark, Scope
from sla_domain.plan import MetricId, PlanId, Target, Unspecified
from sla_domain.rulebook import ContractMatch, MatchReason, Rulebook


@dataclass(frozen=True, slots=True)
class PreviewWarning:
    """A warning in a preview (what would be promised for an incident): its threshold and its instant."""

    key: str
    """`warn-75` (percent) or `warn-3600s` (seconds before the due instant)."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLine:
    """One metric in a preview (what would be promised for an incident): its due instant, warnings and target."""

    metric: MetricId
    due_at: datetime | None
    """When the metric would be due. None means no due instant; `missing` then says why."""
    warnings: tuple[PreviewWarning, ...]
    target: Target | None
    """The target that applies. None if there is none."""
    coverage: str
    """Id of the target's hours."""
    conditional: bool
    """Whether only a later event starts the clock. The instants assume that this event comes at once."""
    missing: str = ""
    out_of_reach: bool = False
    """Whether the due instant lies beyond the calendar's years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A preview: what would be promised for an incident opened at `opened_at`. Nothing is stored."""

    contract: Contract
    reason: MatchReason
    """Why the contract applies."""
    plan: PlanId
    """The plan whose targets apply."""
    scope: Scope
    """Whether the plan covers the product."""
    priority: str
    """Id of the priority. "" for a plan without priorities."""
    opened_at: datetime
    lines: tuple[PreviewLine, ...]
    """A line for each metric with a target, in the plan's order."""
    remarks: tuple[Remark, ...]
    """What is odd about the incident."""
    entitlement: str = ""
    """Id of the contract's entitlement that applies. "" for a contract with one plan."""


def preview(
    contract: Contract,
    priority: str,
    attributes: Mapping[str, str],
    opened_at: datetime,
    rulebook: Rulebook,
    reason: MatchReason = MatchReason.CUSTOMER,
) -> Preview:
    """Return what the contract would promise for an incident opened at `opened_at`.

    Nothing is stored. The attribute `description` matters for the priority (clause E6, docs/clauses.md): if it is "",
    the incident has no description; if it is missing, the incident is assumed to have one.

    Args:
        priority: The incident's priority. "" means the one in `attributes`, if any.
        attributes: Name -> value, such as `product`.
        reason: Why the contract applies, for the result.
    """
    stated = {"description": "as described", **attributes}
    if priority:
        stated["priority"] = priority
    opening = IncidentEvent(
        id=EventId("preview"),
        incident=IncidentId("preview"),
        kind=EventKind.OPENED,
        occurred_at=opened_at,
        received_at=opened_at,
        source="preview",
        actor=Actor.CUSTOMER,
        attributes=stated,
    )
    state, trackers = open_incident(opening, rulebook, ContractMatch(contract, reason))
    timed = (trackers[metric.id] for metric in state.entitlement.plan.metrics if metric.id in trackers)
    lines = tuple(_line(tracker, opening) for tracker in timed)
    return Preview(
        contract=contract,
        reason=reason,
        plan=state.entitlement.plan.id,
        scope=state.entitlement.scope,
        priority=state.priority,
        opened_at=opened_at,
        lines=tuple(line for line in lines if line is not None),
        remarks=tuple(state.remarks),
        entitlement=state.entitlement.id,
    )


def _line(tracker: MetricTracker, opening: IncidentEvent) -> PreviewLine | None:
    """None for a metric for which the plan has no row at all."""
    conditional = tracker.current is None
    builder = tracker.current or tracker.start_now(opening)
    clock = build_clock(builder, opening.incident, opening.occurred_at, None)
    if clock is None:
        missing = tracker.why_no_clock()
        if missing is None:
            return None
        row = tracker.matching_row()
        return PreviewLine(
            metric=tracker.metric.id,
            due_at=None,
            warnings=(),
            target=row,
            coverage="",
            conditional=conditional,
            missing=missing,
            out_of_reach=row is not None and not isinstance(row.allowed, Unspecified),
        )
    return _known(clock, conditional, builder.trouble if clock.due_at is None else None)


def _known(clock: Clock, conditional: bool, trouble: CalendarError | None) -> PreviewLine:
    warnings = tuple(PreviewWarning(mark.kind, mark.at) for mark in clock.marks if mark.kind != BREACH)
    return PreviewLine(
        metric=clock.metric,
        due_at=clock.due_at,
        warnings=warnings,
        target=clock.target,
        coverage=clock.coverage,
        conditional=conditional,
        missing=str(trouble) if trouble is not None else "",
        out_of_reach=trouble is not None,
    )
