"""A support plan as the customer reads it: without the mail addresses and numbers of people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from sla_board.plan.model import SupportPlan
from sla_domain.contract import Contract

_IN_PLACE = "…"


def for_customer(plan: SupportPlan, contract: Contract) -> SupportPlan:
    """Return a copy of a support plan without the mail addresses and phone numbers of the contract's people.

    `…` replaces each of them. No section shows them on purpose, but somebody may have written one into a name, a title
    or a note.
    """
    known = {address.partition(":")[2] for person in contract.people.values() for address in person.addresses}
    reached = sorted((one for one in known if "@" in one or one.startswith("+")), key=len, reverse=True)
    if not reached:
        return plan
    pattern = re.compile("|".join(re.escape(one) for one in reached), re.IGNORECASE)
    return replace(
        plan,
        title=pattern.sub(_IN_PLACE, plan.title),
        facts=_without(plan.facts, pattern),
        sections=_without(plan.sections, pattern),
    )


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    match value:
        case str():
            return pattern.sub(_IN_PLACE, value)
        case tuple():
            return tuple(_without(one, pattern) for one in value)
        case Mapping():
            return {name: _without(one, pattern) for name, one in value.items()}
        case _ if hasattr(value, "__dataclass_fields__"):
            return replace(value, **{one.name: _without(getattr(value, one.name), pattern) for one in fields(value)})
        case _:
            return value
