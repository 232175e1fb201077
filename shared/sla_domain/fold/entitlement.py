"""What an incident is entitled to: which contract, whose rows, and the first row that matches.

Source: clauses H4, I1 and I9 (docs/clauses.md). Rows may match on every incident attribute and on five that slad adds:
`priority` (the one in force), `contract`, `plan`, `base_plan` (the contract's, H3) and `scope` (`in`, `out`,
`excluded`). A contract's own rows come before the plan's. Out of scope the base plan's rows apply; of the contract's
own rows then only those with a condition on `scope`, and any that supplies a number the base plan leaves unspecified.
Without a base plan the plan's own rows apply, so that data decides: a row may have the condition `scope: out`.
Which of several entitlements of a contract applies is decided in `sla_domain.fold.entitlement_choice`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sla_domain.calendar import AtClose
from sla_domain.contract import Contract
from sla_domain.fold.entitlement_choice import Chosen, choose
from sla_domain.incident import Scope
from sla_domain.normal import normal
from sla_domain.plan import Metric, MetricId, Plan, Target, Unspecified, written_name
from sla_domain.rulebook import ContractMatch, Rulebook


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a contract promises for one incident: the plan, its targets (`rows`), and why this plan applies."""

    match: ContractMatch
    """The whole contract, and why it applies."""
    plan: Plan
    """The plan whose targets apply; the base plan for a product that is not covered."""
    scope: Scope
    """Whether the product is covered."""
    stated: Mapping[str, str]
    """Attributes that slad adds to the incident's own, such as `plan`."""
    matched_on: frozenset[str]
    """Attributes whose change may select another target."""
    contract: Contract
    """The contract with only that entitlement."""
    at_close: AtClose
    """What happens to a due instant exactly on a close."""
    id: str = ""
    """Id of the entitlement that applies. "" for a contract with one plan."""
    metrics: tuple[Metric, ...] = ()
    """Metrics with a target, and metrics that these depend on (`after`, `until`), in the order in which they read an
    event."""
    _rows: dict[MetricId, tuple[Target, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def rows(self, metric: MetricId) -> tuple[Target, ...]:
        """Return the targets of a metric in the order in which they are tried.

        The contract's own targets come first, then the plan's. For a product that the contract does not cover, its base
        plan may apply. In this case, a target of the contract is left out unless it has a condition on `scope` (whether
        the contract covers the product).
        """
        found = self._rows.get(metric)
        if found is None:
            found = self._rows[metric] = _rows(self, metric)
        return found


def entitle(
    rulebook: Rulebook, match: ContractMatch, attributes: Mapping[str, str], opened_at: datetime
) -> Entitlement:
    """Return what a contract promises for an incident.

    For a product that the contract does not cover, its base plan (a plan for such products) applies, if there is one.
    Results are cached in `rulebook.derived`.

    Args:
        match: The contract that applies to the incident, with the reason.
        attributes: The incident's attributes, name -> value. `product` and `type` select the entitlement.
        opened_at: When the incident was opened.
    """
    contract = match.contract
    chosen = choose(contract, attributes, opened_at)
    key = (contract.id, contract.version, match.reason, chosen.scope, chosen.entitlement)
    known = rulebook.derived.get(key)
    if isinstance(known, Entitlement) and known.match.contract is contract:
        return known
    made = rulebook.derived[key] = _entitle(rulebook, match, chosen)
    return made


def _entitle(rulebook: Rulebook, match: ContractMatch, chosen: Chosen) -> Entitlement:
    contract, scope = chosen.bought, chosen.scope
    base = rulebook.plans.get(contract.base_plan) if contract.base_plan else None
    plan = rulebook.plans[contract.plan]
    if base is not None and scope.word != "in":
        plan = base
    matched_on = plan.matched_on | contract.matched_on | {"product"}
    at_close = plan.at_close if contract.at_close is None else contract.at_close
    own = added_attributes(contract, scope)
    timed = _timed(contract, plan)
    return Entitlement(match, plan, scope, own, matched_on, contract, at_close, chosen.entitlement, timed)


def added_attributes(contract: Contract, scope: Scope) -> dict[str, str]:
    """Return the attributes that slad adds to an incident.

    They are `contract`, `plan`, `base_plan` and `scope`. `base_plan` is the plan for products that the contract does
    not cover, or "" if there is none. `scope` says whether the contract covers the product: `in`, `out` or `excluded`.
    """
    return {
        "contract": contract.id,
        "plan": written_name(contract.plan),
        "base_plan": contract.base_plan or "",
        "scope": scope.word,
    }


def _timed(contract: Contract, plan: Plan) -> tuple[Metric, ...]:
    """Metrics without any row measure nothing, unless another metric waits for them."""
    wanted = {metric.id for metric in plan.metrics if metric.id in plan.rows or metric.id in contract.rows}
    for metric in reversed(plan.reading_order):
        if metric.id in wanted:
            wanted |= {other for other in (metric.after, metric.until) if other is not None}
    return tuple(metric for metric in plan.reading_order if metric.id in wanted)


def _rows(entitlement: Entitlement, metric: MetricId) -> tuple[Target, ...]:
    own = entitlement.contract.rows.get(metric, ())
    if entitlement.scope.base_applies:
        own = tuple(row for row in own if any(c.attribute == "scope" for c in row.match.conditions))
    return (*own, *entitlement.plan.rows.get(metric, ()))


def row_for(entitlement: Entitlement, metric: MetricId, attributes: Mapping[str, str]) -> Target | None:
    """Return the target of a metric that applies to an incident, or None if none applies.

    It is the first target whose conditions hold for `attributes`. If that target has no allowed time, the contract's
    first matching target with an allowed time is returned instead, if there is one. The result is also None for a type
    of request for which the plan runs no clocks (clause I10, docs/clauses.md).
    """
    uncounted = entitlement.plan.terms.uncounted
    if uncounted and normal(attributes.get("type", "")) in uncounted:
        return None
    for row in entitlement.rows(metric):
        if row.match.holds(attributes):
            if isinstance(row.allowed, Unspecified):
                return _supplied(entitlement, metric, attributes) or row
            return row
    return None


def _supplied(entitlement: Entitlement, metric: MetricId, attributes: Mapping[str, str]) -> Target | None:
    """The contract's own number for a target the plan leaves unspecified (docs/clauses.md)."""
    for row in entitlement.contract.rows.get(metric, ()):
        if not isinstance(row.allowed, Unspecified) and row.match.holds(attributes):
            return row
    return None
