"""Which ledgers a contract has: one for each of its allowances, by the calendars of its catalogue."""

from __future__ import annotations

from sla_domain.contract import Contract
from sla_domain.ledger import LedgerTerms
from sla_domain.plan import Coverage
from sla_domain.rulebook import Rulebook


def ledger_terms(rulebook: Rulebook, contract: Contract) -> tuple[LedgerTerms, ...]:
    """Return the terms from which the ledgers of a contract are computed, in the order of its allowances.

    A ledger is the account of one allowance (an included amount, such as support hours). It is computed from the
    allowance, the dates of the contract, and the service hours. The result is empty for a contract without a first day.

    Args:
        rulebook: The plans and calendars.

    Raises:
        CalendarError: The calendar of the hours that an allowance names cannot be made.
    """
    if contract.valid_from is None:
        return ()
    found: list[LedgerTerms] = []
    for allowance in contract.allowances:
        rate = allowance.off_hours
        coverage = None if rate is None else _coverage(rulebook, contract, rate.coverage)
        terms = LedgerTerms(
            contract=contract.id,
            allowance=allowance,
            zone=contract.zone,
            first_day=contract.valid_from,
            end_day=contract.valid_to,
            hours=None if coverage is None else rulebook.calendars.calendar(contract, coverage),
        )
        found.append(terms)
    return tuple(found)


def _coverage(rulebook: Rulebook, contract: Contract, name: str) -> Coverage | None:
    """The coverage of this name of the first of the contract's plans that has one."""
    plans = (rulebook.plan_of(one) for one in contract.bought)
    return next((plan.coverages[name] for plan in plans if name in plan.coverages), None)
