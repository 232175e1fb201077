"""`windows` of a plan → what customers may book."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from sla_catalogue.amount import BadAmount, parse_amount
from sla_catalogue.assembly_context import Context
from sla_catalogue.document.window import WindowDocument, WindowPriceDocument
from sla_catalogue.problem import Path, did_you_mean
from sla_domain.allowance import Allowance
from sla_domain.calendar.spec import DAYS
from sla_domain.window import BookableWindow, LateBooking, WindowPrice


def build_windows(
    documents: Iterable[tuple[Path, WindowDocument]],
    priority: Callable[[str], str | None],
    roles: Iterable[str],
    allowances: Sequence[Allowance],
    context: Context,
) -> tuple[BookableWindow, ...]:
    """Build the bookable windows of a plan (extra hours that a customer may book), in the order written.

    Unknown weekdays, priorities, roles and allowances, unreadable amounts, repeated ids, and a surcharge that could
    never be charged are reported to `context.findings`.

    Args:
        documents: Pairs (path in the catalogue, document), one for each window.
        priority: Function that returns the id of a priority for any of its names.
        roles: Ids of the plan's roles.
        allowances: The plan's allowances (included amounts). The price of a window may be taken from one of them.
    """
    found: dict[str, BookableWindow] = {}
    known = tuple(roles)
    for path, document in documents:
        if document.id in found:
            context.findings.error((*path, "id"), "duplicate-window", f"two windows are called {document.id!r}")
            continue
        found[document.id] = _window(path, document, priority, known, allowances, context)
    return tuple(found.values())


def _window(
    path: Path,
    document: WindowDocument,
    priority: Callable[[str], str | None],
    roles: tuple[str, ...],
    allowances: Sequence[Allowance],
    context: Context,
) -> BookableWindow:
    findings = context.findings
    for day in document.days:
        if day not in DAYS:
            findings.error((*path, "days"), "weekday", f"{day!r} is no weekday", did_you_mean(day, DAYS))
    priorities = {name: priority(name) for name in document.priorities}
    for name, id_ in priorities.items():
        if id_ is None:
            context.report_unknown(name, (), (*path, "priorities"), "priority")
    if document.role is not None and document.role not in roles:
        context.report_unknown(document.role, roles, (*path, "role"), "role")
    if (document.late is LateBooking.SURCHARGE) is not bool(document.surcharge):
        message = "`late: surcharge` and a `surcharge` in percent belong together"
        findings.error((*path, "surcharge"), "surcharge", message, "late: surcharge, surcharge: 50")
    if document.late is LateBooking.SURCHARGE and document.notice is None:
        findings.error((*path, "late"), "surcharge", "without `notice` no booking is late", "notice: 3 weeks")
    return BookableWindow(
        id=document.id,
        titles=MappingProxyType(dict(document.title) or {"en": document.id}),
        notice=document.notice or timedelta(),
        late=document.late,
        surcharge=document.surcharge,
        per_contract_year=document.per_contract_year,
        days=frozenset(DAYS.index(day) for day in document.days if day in DAYS),
        longest=document.longest,
        priorities=frozenset(id_ for id_ in priorities.values() if id_ is not None),
        products=frozenset(document.products),
        excluded_products=frozenset(document.excluded_products),
        languages=tuple(document.languages),
        role=document.role,
        price=None if document.price is None else _price((*path, "price"), document.price, allowances, context),
        clause=document.clause,
    )


def priced_windows(
    prices: Mapping[str, WindowPriceDocument],
    windows: Sequence[BookableWindow],
    allowances: Sequence[Allowance],
    path: Path,
    context: Context,
) -> tuple[BookableWindow, ...]:
    """Return the bookable windows of a plan with the prices of one contract.

    Unknown allowances and unreadable amounts are reported to `context.findings`.

    Args:
        prices: Id of a window -> its price. Windows that are not in it keep their price.
        allowances: The plan's allowances (included amounts).
        path: Path of `prices` in the catalogue.
    """
    return tuple(
        replace(one, price=_price((*path, one.id), prices[one.id], allowances, context)) if one.id in prices else one
        for one in windows
    )


def _price(
    path: Path, document: WindowPriceDocument, allowances: Sequence[Allowance], context: Context
) -> WindowPrice | None:
    found = next((one for one in allowances if one.id == document.allowance), None)
    if found is None:
        context.report_unknown(document.allowance, [one.id for one in allowances], (*path, "allowance"), "allowance")
        return None
    try:
        return WindowPrice(found.id, parse_amount(document.amount, found.unit))
    except BadAmount as error:
        context.findings.error((*path, "amount"), "amount", str(error), error.hint)
        return None
