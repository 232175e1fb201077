"""A contract → its support plan."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sla_board.plan.bought import bought_plans, bought_text, valid_text
from sla_board.plan.model import PlanSubject, Section, StoredOfPlan, SupportPlan
from sla_board.plan.section import SECTIONS
from sla_board.plan.words import words_in
from sla_catalogue import Catalogue
from sla_catalogue.sheet import sheet_of
from sla_domain.calendar import load_zone
from sla_domain.contract import Contract
from sla_domain.contract_ledgers import ledger_terms
from sla_domain.ledger import ledger_at

_NOTHING = StoredOfPlan()


def support_plan(
    catalogue: Catalogue, contract: Contract, now: datetime, language: str, stored: StoredOfPlan = _NOTHING
) -> SupportPlan:
    """Return the support plan of a contract: its promises as sections of texts.

    Sections without content are left out.

    Args:
        catalogue: The catalogue with the contract.
        now: The present instant, as of which balances, holidays, booked windows and the next reports are shown.
        language: A tag such as `pl`. An unknown tag means English.
        stored: What the board has stored about the contract, such as the entries of its ledgers (accounts of
            allowances).
    """
    words = words_in(language)
    sheet = sheet_of(catalogue, contract.id, words.language)
    today = now.astimezone(load_zone(contract.zone)).date()
    bought = bought_plans(catalogue, contract, sheet, words)
    ledgers = tuple(
        ledger_at(terms, stored.entries_of(terms.allowance.id), now)
        for terms in ledger_terms(catalogue.rulebook, contract)
    )
    subject = PlanSubject(catalogue, contract, sheet, bought, words, now, today, stored, ledgers)
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
    scope = {"products": (), "excluded_products": ()} if sheet["entitlements"] else sheet  # each has its own
    channels = sorted({channel for one in subject.bought for channel in one.sheet["channels"]})
    return {
        words.customers: ", ".join(sheet["customers"]),
        words.plan: "; ".join(bought_text(one, words) for one in sheet["entitlements"] or [{**sheet, "products": ()}]),
        words.valid: valid_text(sheet["valid"], words),
        words.zone: sheet["zone"],
        words.languages: ", ".join(sheet["languages"]),
        words.products: ", ".join(scope["products"]),
        words.not_covered: ", ".join(scope["excluded_products"]),
        words.channels: ", ".join(channels),
        words.note: sheet["note"],
    }


def plan_json(plan: SupportPlan) -> dict[str, Any]:
    """Return a support plan as JSON values: contract, title, language, `as_of`, `facts` and sections.

    `as_of` is the day on which the plan was computed. `facts` maps names to texts, for the head of the page.
    """
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
