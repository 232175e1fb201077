"""What the sender is told of a report that is accepted and not covered (clauses I10, I11 and H13, docs/clauses.md)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sla_domain.contract import Contract
from sla_domain.errors import CalendarError
from sla_domain.fold.entitlement import Entitlement
from sla_domain.normal import normal
from sla_domain.plan import Texts
from sla_domain.rulebook import Rulebook


def request_advice(entitlement: Entitlement, request_type: str) -> str:
    """Return what to tell of a type of request that the plan does not cover; "" for any other type.

    The plan's advice is in the first of the contract's languages that it has, else in English, else in any.
    """
    found = entitlement.plan.terms.uncovered(request_type)
    if found is None:
        return ""
    advice = _in_language(found.advice, entitlement.contract.languages)
    clause = f" ({found.clause})" if found.clause else ""
    text = f"requests of the type {request_type} are not part of plan {entitlement.plan.id}{clause}"
    return f"{text}: {advice}" if advice else text


def channel_advice(rulebook: Rulebook, entitlement: Entitlement, channel: str, at: datetime) -> str:
    """Return what to tell of a channel that was used at an instant outside its hours; "" within them.

    "" too for a channel without hours, and for an instant for which the hours are not known.
    """
    name = entitlement.plan.terms.channel_hours.get(normal(channel))
    coverage = None if name is None else entitlement.plan.coverages.get(name)
    if coverage is None:
        return ""
    try:
        calendar = rulebook.calendars.calendar(entitlement.contract, coverage)
        if calendar.is_open(at):
            return ""
        opens = f": it opens at {calendar.next_open(at).astimezone(ZoneInfo(calendar.zone)).isoformat()}"
    except CalendarError:
        return ""
    hours = coverage.titles.get("en") or coverage.id
    return f"channel {channel} is part of plan {entitlement.plan.id} in its hours only ({hours}){opens}"


def vendor_advice(contract: Contract, vendor: str, at: datetime) -> str:
    """Return what to remark of a wait on a vendor with whom the customer has no contract valid at `at`; "" if it has.

    "" too if the contract says nothing of vendors. The day of `at` counts in the contract's zone.
    """
    if contract.vendors is None:
        return ""
    if not normal(vendor):
        return f"the incident waits on a vendor that is not named: contract {contract.id} lists those it covers"
    known = [one for one in contract.vendors if normal(one.vendor) == normal(vendor)]
    if not known:
        return f"contract {contract.id} lists no contract of the customer with the vendor {vendor}"
    day = at.astimezone(ZoneInfo(contract.zone)).date()
    if any(one.valid_on(day) for one in known):
        return ""
    return f"the customer's contract with the vendor {vendor} is not valid on {day}"


def _in_language(texts: Texts, languages: tuple[str, ...]) -> str:
    tags = [tag for language in languages for tag in (language, language.partition("-")[0])]
    return next((texts[tag] for tag in (*tags, "en", *texts) if texts.get(tag)), "")
