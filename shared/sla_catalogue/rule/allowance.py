"""Allowances that cannot be counted, or give less than they seem to."""

from __future__ import annotations

from sla_catalogue.assembly.contract import BuiltContract
from sla_catalogue.rule.subject import CheckedCatalogue
from sla_domain.allowance import Allowance, AllowancePeriod

_WITHOUT_END = 10_000  # months; longer than any period but the whole term


def check_allowances(subject: CheckedCatalogue) -> None:
    """Check that the allowances (included amounts) of plans and contracts can work as written.

    A finding is added to `subject.findings` for:

    - an allowance that expires before the next amount is given
    - an allowance of a contract without a first day, from which its years would be counted
    - an amount below that of the plan, which is a minimum (clause E14, docs/clauses.md)
    """
    for plan in subject.plans:
        for path, document in plan.draft.allowances:
            per, expires = document.per, document.expires or document.per
            if _months(expires) < _months(per):
                message = f"what each {per.value} gives expires after its first {expires.value}"
                subject.findings.error((*path, "expires"), "expires-early", message, f"expires: {per.value}")
    for built in subject.contracts:
        _check_start(built, subject)
        promised = {each.id: each for one in reversed(built.bought) for each in one.built.plan.allowances}
        for each in built.contract.allowances:
            _check_amount(each, promised[each.id], built, subject)


def _months(period: AllowancePeriod) -> int:
    return period.months or _WITHOUT_END


def _check_start(built: BuiltContract, subject: CheckedCatalogue) -> None:
    if built.contract.allowances and built.contract.valid_from is None:
        names = ", ".join(each.id for each in built.contract.allowances)
        message = f"the contract {built.contract.id} has no first day: nobody can count {names}"
        subject.findings.warning(built.path, "no-start", message, "valid: {from: …}")


def _check_amount(own: Allowance, promised: Allowance, built: BuiltContract, subject: CheckedCatalogue) -> None:
    if own.amount is not None and promised.amount is not None and own.amount < promised.amount:
        message = f"the plan {built.document.plan} includes more of {own.id}: its amounts are minimums"
        path = (*built.path, "allowances", own.id)
        subject.findings.warning(path, "allowance-below-plan", message, "leave it out, or name more")
