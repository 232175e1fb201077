"""A contract → its support plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from babel.dates import format_date

from sla_board.plan.model import PlanSubject, Section, SupportPlan
from sla_board.plan.section import SECTIONS
from sla_board.plan.words import words_in
from sla_board.plan.words.words import PlanWords
from sla_catalogue import Catalogue
from sla_catalogue.sheet import sheet_of
from sla_domain.calendar import load_zone
from sla_domain.contract import Contract


def support_plan(catalogue: Catalogue, contract: Contract, now: datetime, language: str) -> SupportPlan:
    """Return the support plan of a contract in a language; in English if slad does not speak it.

    `catalogue`: has the contract in its rulebook. `now`: decides the year of the holidays, and which booked windows are
    over. Sections that have nothing to say are left out.
    """
    words = words_in(language)
    sheet = sheet_of(catalogue, contract.id, words.language)
    today = now.astimezone(load_zone(contract.zone)).date()
    plan = catalogue.rulebook.plan_of(contract)
    subject = PlanSubject(catalogue, contract, plan, sheet, words, today)
    sections = (make(subject) for make in SECTIONS)
    return SupportPlan(
        contract=contract.id,
        title=contract.title,
        language=words.language,
        facts={name: text for name, text in _facts(subject).items() if text},
        sections=tuple(one for one in sections if one.parts),
        made_on=today,
        words=words,
    )


def _facts(subject: PlanSubject) -> dict[str, str]:
    words, sheet = subject.words, subject.sheet
    return {
        words.customers: ", ".join(sheet["customers"]),
        words.plan: "; ".join(_bought(one, words) for one in sheet["entitlements"] or [{**sheet, "products": ()}]),
        words.valid: _valid(sheet["valid"], words),
        words.zone: sheet["zone"],
        words.languages: ", ".join(sheet["languages"]),
        words.products: ", ".join(sheet["products"]),
        words.not_covered: ", ".join(sheet["excluded_products"]),
        words.channels: ", ".join(sheet["channels"]),
        words.note: sheet["note"],
    }


def _bought(one: Mapping[str, Any], words: PlanWords) -> str:
    """A plan over its base plan, with the products of the entitlement in parentheses."""
    over = f" {words.over.format(base=one['base_plan']['title'])}" if one["base_plan"] else ""
    products = f" ({', '.join(one['products'])})" if one["products"] else ""
    return f"{one['plan']['title']}{over}{products}"


def _valid(valid: Mapping[str, Any], words: PlanWords) -> str:
    bounds = ((words.since, valid["from"]), (words.until, valid["to"]))
    return " ".join(text.format(day=day_text(day, words)) for text, day in bounds if day is not None)


def day_text(day: date, words: PlanWords) -> str:
    """Return a day as people write it in the language of `words`."""
    return format_date(day, "long", locale=words.language.replace("-", "_"))


def plan_json(plan: SupportPlan) -> dict[str, Any]:
    """Return the support plan as JSON values."""
    return {
        "contract": plan.contract,
        "title": plan.title,
        "language": plan.language,
        "as_of": plan.made_on.isoformat(),
        "facts": dict(plan.facts),
        "sections": [_section_json(one) for one in plan.sections],
    }


def _section_json(section: Section) -> dict[str, Any]:
    return {"id": section.id, "title": section.title, "parts": [_part_json(part) for part in section.parts]}


def _part_json(part: Any) -> dict[str, Any]:
    found = {name: getattr(part, name) for name in part.__slots__}
    return {"kind": type(part).__name__.removeprefix("Plan").lower(), **found}
