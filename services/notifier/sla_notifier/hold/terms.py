"""Which messages may wait, by the escalation policy that applies."""

from __future__ import annotations

from sla_catalogue import Catalogue
from sla_domain.contract import ContractId
from sla_domain.escalation import HoldTerms
from sla_domain.plan import PlanId
from sla_platform.wire import ClockFact


def holds_anything(catalogue: Catalogue) -> bool:
    """Return whether any escalation policy of the catalogue lets messages wait for the end of quiet hours."""
    return any(policy.hold is not None for policy in catalogue.escalations.values())


def hold_terms(catalogue: Catalogue, fact: ClockFact) -> HoldTerms | None:
    """Return the rules by which messages about a fact wait for the end of quiet hours; None if none may wait.

    A fact is a published event about an incident or the clock of a target. The rules say how much time must be left
    until the due instant. They are those of the escalation policy that the fact names, or else of the policy of the
    fact's plan.
    """
    book = catalogue.rulebook
    contract = book.contracts.get(ContractId(fact.contract)) or book.contracts[book.default_contract]
    plan = book.plans.get(PlanId(fact.plan)) or book.plan_of(contract)
    policy = catalogue.escalations.get(fact.escalation or plan.escalation or "")
    return None if policy is None else policy.hold
