"""From the key `breach_reasons` of a plan to the codes it offers, and of two plans laid over each other to one."""

from __future__ import annotations

from types import MappingProxyType

from sla_catalogue.assembly_context import Context
from sla_catalogue.document.breach_reason import BreachReasonsDocument
from sla_catalogue.problem import Path
from sla_domain import bounds
from sla_domain.breach_reason import DEFAULT_CODES, LONGEST_CODE, NO_RULES, BreachReasons, ReasonCode


def merged_reasons(
    upper: BreachReasonsDocument | None, lower: BreachReasonsDocument | None
) -> BreachReasonsDocument | None:
    """Return the breach reasons of a plan, completed by those of the plan that it extends.

    Args:
        upper: The section of the plan itself. None if the plan has no such section.
        lower: The section of the plan that it extends, or None. It supplies the values that `upper` leaves out.
    """
    if upper is None or lower is None:
        return upper or lower
    required = upper.required_before_freeze
    return BreachReasonsDocument(
        codes=upper.codes or lower.codes,
        required_before_freeze=lower.required_before_freeze if required is None else required,
    )


def build_breach_reasons(document: BreachReasonsDocument | None, path: Path, context: Context) -> BreachReasons:
    """Return a plan's rules on the reasons of breaches: the codes to choose from, and whether a reason is required.

    A code that is empty, too long or listed twice is reported to `context.findings`.

    Args:
        document: The plan's section. None gives slad's own codes, with no reason required.
        path: Path of the section in the catalogue.
    """
    if document is None:
        return NO_RULES
    codes: dict[str, ReasonCode] = {}
    for number, each in enumerate(document.codes):
        place: Path = (*path, "codes", number)
        if each.id in codes:
            context.findings.error(place, "duplicate-code", f"the code {each.id!r} stands there twice", "take one away")
        elif not each.id.strip() or len(each.id) > LONGEST_CODE or not bounds.writable(each.id):
            message = f"a code is a word of 1 to {LONGEST_CODE} characters on one line"
            context.findings.error(place, "code", message, "write codes: [{id: no_capacity, title: Nobody was free}]")
        codes[each.id] = ReasonCode(each.id, MappingProxyType(dict(each.title)), each.needs_text)
    return BreachReasons(tuple(codes.values()) or DEFAULT_CODES, bool(document.required_before_freeze))
