"""The remarks that a sender gets on an accepted report that does not meet the contract's rules.

Source: clauses I10, I11, H13 and B8 (docs/clauses.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sla_domain.contract import Contract
from sla_domain.errors import CalendarError
from sla_domain.fold.entitlement import Entitlement
from sla_domain.normal import normal, normals
from sla_domain.plan import Texts
from sla_domain.rulebook import Rulebook
from sla_domain.sentence import Sentence


def request_advice(entitlement: Entitlement, request_type: str) -> str:
    """Return advice for a request of a type that the plan does not cover, or "" for a covered type.

    The advice names the plan and its clause. If the plan has a text of its own for this type, the text follows. The
    text is in the first of the contract's languages for which the plan has it, else in English, else in any language.
    """
    found = entitlement.plan.terms.uncovered(request_type)
    if found is None:
        return ""
    advice = _in_language(found.advice, entitlement.contract.languages)
    clause = f" ({found.clause})" if found.clause else ""
    said = Sentence.REQUEST_ADVICE if advice else Sentence.REQUEST_NOT_COVERED
    return said.filled(type=request_type, plan=entitlement.plan.id, clause=clause, advice=advice)


def channel_advice(rulebook: Rulebook, entitlement: Entitlement, channel: str, at: datetime) -> str:
    """Return advice for a sender who used a channel (such as the phone) outside its hours.

    The advice says when the channel opens next. The result is "" if the channel is open at `at`, if the plan sets no
    hours for it, or if `at` lies outside the calendar's years.

    Args:
        channel: How the request came in, such as `phone`.
        at: When the channel was used.
    """
    name = entitlement.plan.terms.channel_hours.get(normal(channel))
    coverage = None if name is None else entitlement.plan.coverages.get(name)
    if coverage is None:
        return ""
    try:
        calendar = rulebook.calendars.calendar(entitlement.contract, coverage)
        if calendar.is_open(at):
            return ""
        opens = calendar.next_open(at).astimezone(ZoneInfo(calendar.zone)).isoformat()
    except CalendarError:
        return ""
    hours = coverage.titles.get("en") or coverage.id
    return Sentence.CHANNEL_HOURS.filled(channel=channel, plan=entitlement.plan.id, hours=hours, opens=opens)


def contact_advice(entitlement: Entitlement, attributes: Mapping[str, str], at: datetime) -> str:
    """Return advice for a reporter who is not the one contact through whom the customer must report.

    The attributes `reporter` and `reporter_id` are compared with the contact's name, id and mail addresses. The result
    is "" if one of them fits, if the plan does not demand such a contact, if the contract names nobody for `at`, or if
    `reporter` is empty. Source: clause B8 (docs/clauses.md).
    """
    role, contract, reporter = entitlement.plan.sole_role, entitlement.contract, attributes.get("reporter", "")
    if role is None or not normal(reporter):
        return ""
    held = (contract.people.get(one.person) for one in contract.roles if one.role == role.id)
    contact = next((one for one in held if one is not None and not one.gone(at, contract.zone)), None)
    if contact is None:
        return ""
    addresses = (address.partition(":")[2] for address in contact.addresses)
    stated = normals((reporter, attributes.get("reporter_id", "")))
    if stated & normals((contact.id, contact.name, *addresses)):
        return ""
    clause = f" ({role.clause})" if role.clause else ""
    return Sentence.NOT_THE_CONTACT.filled(contract=contract.id, name=contact.name, clause=clause, reporter=reporter)


def vendor_advice(contract: Contract, vendor: str, at: datetime) -> str:
    """Return a remark on a vendor with whom the customer has no valid contract.

    The result is "" if the customer has a contract with the vendor that is valid on the day of `at` (in the zone of
    `contract`). The result is also "" if `contract.vendors` is None: nothing is known of the customer's vendors.

    Args:
        contract: The customer's support contract, which lists the customer's contracts with vendors.
        vendor: The vendor that an incident waits on. If `vendor` is empty, the remark says that no vendor is named.
    """
    if contract.vendors is None:
        return ""
    if not normal(vendor):
        return Sentence.VENDOR_NOT_NAMED.filled(contract=contract.id)
    known = [one for one in contract.vendors if normal(one.vendor) == normal(vendor)]
    if not known:
        return Sentence.VENDOR_NOT_LISTED.filled(contract=contract.id, vendor=vendor)
    day = at.astimezone(ZoneInfo(contract.zone)).date()
    if any(one.valid_on(day) for one in known):
        return ""
    return Sentence.VENDOR_NOT_VALID.filled(vendor=vendor, day=day)


def _in_language(texts: Texts, languages: tuple[str, ...]) -> str:
    tags = [tag for language in languages for tag in (language, language.partition("-")[0])]
    return next((texts[tag] for tag in (*tags, "en", *texts) if texts.get(tag)), "")
