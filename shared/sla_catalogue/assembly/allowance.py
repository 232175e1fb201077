"""`allowances` → what a plan includes by number, and what one contract has of it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from sla_catalogue.amount import BadAmount, parse_amount, parse_balance_warning
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.allowance import AllowanceDocument, BoughtAllowanceDocument
from sla_catalogue.problem import Path
from sla_domain.allowance import Allowance, AllowanceUnit, BalanceWarning, OffHoursRate

Written = tuple[Path, AllowanceDocument]


def build_allowances(written: Iterable[Written], coverages: Container[str], context: Context) -> tuple[Allowance, ...]:
    """Build the allowances (included amounts, such as support hours) of a plan, in the order written.

    Repeated ids, unreadable amounts and thresholds, and unknown coverages are reported to `context.findings`.

    Args:
        written: Pairs (path in the catalogue, document), one for each allowance.
        coverages: Ids of the plan's coverages.
    """
    found: dict[str, Allowance] = {}
    for path, document in written:
        if document.id in found:
            message = f"the plan has an allowance {document.id!r} already"
            context.findings.error((*path, "id"), "duplicate-allowance", message, "give it another id")
        rate = document.off_hours
        if rate is not None and rate.coverage not in coverages:
            names = coverages if isinstance(coverages, Mapping) else ()
            context.report_unknown(rate.coverage, names, (*path, "off_hours", "coverage"), "coverage")
        found[document.id] = Allowance(
            id=document.id,
            unit=document.unit,
            amount=_amount(document.amount, document.unit, (*path, "amount"), context),
            per=document.per,
            expires=document.expires or document.per,
            at_most=MappingProxyType(dict(document.at_most)),
            off_hours=None if rate is None else OffHoursRate(rate.coverage, rate.multiplier),
            warnings=_warnings(document.warn, document.unit, (*path, "warn"), context),
            optional=document.optional,
            titles=MappingProxyType(dict(document.title)),
            clause=document.clause,
        )
    return tuple(found.values())


def contract_allowances(
    bought: Mapping[str, BoughtAllowanceDocument], promised: Sequence[Allowance], path: Path, context: Context
) -> tuple[Allowance, ...]:
    """Return the allowances (included amounts) of a contract: those of its plan, with the contract's changes applied.

    Optional allowances are left out unless the contract names them (clause E13, docs/clauses.md). An id that the plan
    does not have is reported to `context.findings`.

    Args:
        bought: Allowance id -> the contract's changes of that allowance.
        promised: The plan's allowances.
        path: Path of `bought` in the catalogue, such as `("contracts", "acme", "allowances")`.
    """
    for name in bought:
        if all(each.id != name for each in promised):
            context.report_unknown(name, [each.id for each in promised], (*path, name), "allowance")
    found: list[Allowance] = []
    for each in promised:
        own = bought.get(each.id)
        if own is not None:
            found.append(_changed(each, own, (*path, each.id), context))
        elif not each.optional:
            found.append(each)
    return tuple(found)


def _changed(each: Allowance, own: BoughtAllowanceDocument, path: Path, context: Context) -> Allowance:
    amount = _amount(own.amount, each.unit, (*path, "amount"), context)
    return replace(
        each,
        amount=each.amount if amount is None else amount,
        at_most=each.at_most if own.at_most is None else MappingProxyType(dict(own.at_most)),
        warnings=each.warnings if own.warn is None else _warnings(own.warn, each.unit, (*path, "warn"), context),
        optional=False,
    )


def _amount(text: str | None, unit: AllowanceUnit, path: Path, context: Context) -> Decimal | None:
    if text is None:
        return None
    try:
        return parse_amount(text, unit)
    except BadAmount as error:
        context.findings.error(path, "amount", str(error), error.hint)
        return None


def _warnings(texts: Iterable[str], unit: AllowanceUnit, path: Path, context: Context) -> tuple[BalanceWarning, ...]:
    found: list[BalanceWarning] = []
    for text in texts:
        try:
            found.append(parse_balance_warning(text, unit))
        except BadAmount as error:
            context.findings.error(path, "balance-warning", str(error), error.hint)
    return tuple(found)
