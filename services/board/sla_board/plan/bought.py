"""The plans that a contract has: one for each entitlement, and base plans for the products out of scope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date

from sla_board.plan.model import BoughtPlan, PlanSubject
from sla_board.plan.words.words import PlanWords
from sla_catalogue import Catalogue
from sla_catalogue.sheet import sheet_under
from sla_domain.calendar import load_zone
from sla_domain.contract import Contract


def bought_plans(
    catalogue: Catalogue, contract: Contract, sheet: Mapping[str, Any], words: PlanWords
) -> tuple[BoughtPlan, ...]:
    """Return the plans of a contract, in the order in which they are tried for an incident.

    A contract has one plan, or one for each entitlement (a plan with its own products and dates). A base plan applies
    to all other products and comes last. A plan's heading is "" if it is the only one.

    Args:
        sheet: The contract's promises as a dict (`sla_catalogue.sheet`).
        words: The fixed texts in the language of the headings.
    """
    headings = [entitlement_text(one, words) for one in sheet["entitlements"]] or [""]
    own = [_under(catalogue, one, head, words) for one, head in zip(contract.bought, headings, strict=True)]
    bases = list(_bases(catalogue, contract, words))
    if bases and not sheet["entitlements"]:
        own = [replace(own[0], heading=bought_text(sheet, words))]
    return (*own, *bases)


def _bases(catalogue: Catalogue, contract: Contract, words: PlanWords) -> Iterator[BoughtPlan]:
    found: dict[str, BoughtPlan] = {}
    for one in contract.bought:
        if one.base_plan is None or one.base_plan in found:
            continue
        rows = tuple(row for row in one.targets if any(each.attribute == "scope" for each in row.match.conditions))
        under = replace(one, plan=one.base_plan, base_plan=None, products=frozenset(), targets=rows)
        made = _under(catalogue, under, "", words)
        found[one.base_plan] = replace(made, heading=f"{made.sheet['plan']['title']} ({words.other_products})")
    yield from found.values()


def _under(catalogue: Catalogue, contract: Contract, heading: str, words: PlanWords) -> BoughtPlan:
    sheet = sheet_under(catalogue, contract, words.language)
    return BoughtPlan(heading, contract, catalogue.rulebook.plan_of(contract), sheet)


def bought_text(one: Mapping[str, Any], words: PlanWords) -> str:
    """Return a plan as text: its title, its base plan if there is one, and its products in parentheses.

    Args:
        one: The contract, or one of its entitlements, as a dict of `sla_catalogue.sheet` (the promises of a contract).
        words: The fixed texts in the wanted language.
    """
    over = f" {words.over.format(base=one['base_plan']['title'])}" if one["base_plan"] else ""
    products = f" ({', '.join(one['products'])})" if one["products"] else ""
    return f"{one['plan']['title']}{over}{products}"


def entitlement_text(one: Mapping[str, Any], words: PlanWords) -> str:
    """Return an entitlement as text: its plan, products, types of request and dates.

    An entitlement is one of several plans of a contract.

    Args:
        one: The entitlement as a dict of `sla_catalogue.sheet` (the promises of a contract).
        words: The fixed texts in the wanted language.
    """
    excluded = f"{words.not_covered}: {', '.join(one['excluded_products'])}" if one["excluded_products"] else ""
    texts = (bought_text(one, words), ", ".join(one["types"]), excluded, valid_text(one["valid"], words))
    return " · ".join(text for text in texts if text)


def valid_text(valid: Mapping[str, Any], words: PlanWords) -> str:
    """Return a period of validity as text, such as `from 1 May 2026 until 30 April 2027`.

    A day that is None is left out. If both are None, the text is "".

    Args:
        valid: A dict with `from`, the first day, and `to`, the first day after the period.
        words: The fixed texts in the wanted language.
    """
    last = None if valid["to"] is None else valid["to"] - timedelta(days=1)  # `to` is the first day without it
    bounds = ((words.since, valid["from"]), (words.until, last))
    return " ".join(text.format(day=day_text(day, words)) for text, day in bounds if day is not None)


def day_text(day: date, words: PlanWords) -> str:
    """Return a day in the long format of the language of `words`, such as `12 November 2026`."""
    return format_date(day, "long", locale=words.language.replace("-", "_"))


def local_day_text(at: datetime, subject: PlanSubject) -> str:
    """Return the day of an instant in the contract's time zone as text, such as `12 November 2026`."""
    return day_text(at.astimezone(load_zone(subject.contract.zone)).date(), subject.words)


def last_day_text(end: datetime, subject: PlanSubject) -> str:
    """Return the last day of something that ends at the instant `end`, as text, such as `12 November 2026`.

    The day is that of the contract's time zone.
    """
    return local_day_text(end - timedelta(microseconds=1), subject)
