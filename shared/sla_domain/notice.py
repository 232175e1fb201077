"""Critical-fix notices, and which contracts they concern (clauses H6, H7 and I5, docs/clauses.md).

A notice names products with version ranges. It concerns a contract whose environment holds such a product: in a version
of the range, or in an unknown version, since one notice too many is better than one too few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from sla_domain.contract import Contract, EnvironmentItem, Person
from sla_domain.normal import normal
from sla_domain.notice_terms import Cause, Registration, Severity, TermsReason
from sla_domain.rulebook import Rulebook, in_force
from sla_domain.version import VersionRange

NoticeId = NewType("NoticeId", str)


@dataclass(frozen=True, slots=True)
class Affected:
    """A product that a notice of a critical fix concerns, with the affected versions."""

    product: str
    versions: VersionRange = field(default_factory=VersionRange)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice of a critical fix: affected products, severity and cause.

    Source: clauses H6 and H15 (docs/clauses.md).
    """

    id: NoticeId
    severity: Severity
    affected: tuple[Affected, ...]
    cause: Cause | None = None
    """The cause. None if the publisher names none."""


class NoticeReason(StrEnum):
    """Why a notice of a critical fix concerns a contract.

    The value is the reason in words.
    """

    VERSION = "a version in use is affected"
    UNKNOWN_VERSION = "the product is in use in an unknown version"


@dataclass(frozen=True, slots=True)
class NoticeMatch:
    """The result of comparing a notice of a critical fix with a contract: why the notice concerns the contract."""

    reason: NoticeReason
    product: str
    """The product, as the contract names it."""
    version: str = ""
    """The affected version in use. "" if the version in use is not known."""


def match_notice(notice: Notice, contract: Contract) -> NoticeMatch | None:
    """Return why a notice of a critical fix concerns the contract, or None if it does not.

    A match with a known affected version is preferred to a match with an affected product in an unknown version. Of
    several equally good matches, the first in the notice's order is returned.
    """
    found = [
        match
        for affected in notice.affected
        for item in contract.environment
        if (match := _match(affected, item)) is not None
    ]
    return min(found, key=lambda match: match.reason is NoticeReason.UNKNOWN_VERSION, default=None)


def _match(affected: Affected, item: EnvironmentItem) -> NoticeMatch | None:
    if normal(affected.product) != normal(item.product):
        return None
    if not item.versions:
        return NoticeMatch(NoticeReason.UNKNOWN_VERSION, item.product)
    for version in item.versions:
        if affected.versions.holds(version):
            return NoticeMatch(NoticeReason.VERSION, item.product, version)
    return None


def concerned_contracts(notice: Notice, rulebook: Rulebook, at: datetime) -> list[Contract]:
    """Return the contracts whose people are to be notified of a critical fix (`notice`) at `at`.

    `is_concerned` decides for each contract. Contracts from files come first, in the catalogue's order, then recorded
    contracts by id.
    """
    return [contract for contract in _using(notice, rulebook, at) if is_concerned(notice, contract, rulebook, at)]


def is_concerned(notice: Notice, contract: Contract, rulebook: Rulebook, at: datetime) -> bool:
    """Return whether the people of the contract are to be notified of a critical fix (`notice`) at `at`.

    All of these must hold:
    1. The contract is in force at `at`.
    2. The customer runs an affected version, or an affected product in an unknown version.
    3. A plan of the contract includes the notice.
    """
    return (
        match_notice(notice, contract) is not None
        and in_force(contract, at)
        and notice_terms(notice, contract, rulebook).entitled
    )


def affected_contracts(notice: Notice, rulebook: Rulebook, at: datetime) -> list[Contract]:
    """Return the contracts in force at `at` whose customer runs something that `notice` affects.

    That is an affected version, or an affected product in an unknown version. Whether the plan includes the notice is
    ignored. Contracts from files come first, in the catalogue's order, then recorded contracts by id.
    """
    return [c for c in _using(notice, rulebook, at) if in_force(c, at) and match_notice(notice, c) is not None]


def _using(notice: Notice, rulebook: Rulebook, at: datetime) -> Iterator[Contract]:
    """The contracts of files, and of the recorded ones those that name an affected product, as they apply at `at`."""
    written = rulebook.written_contracts
    found = list(written)
    if rulebook.recorded is not None:
        products = [affected.product for affected in notice.affected]
        found += [id_ for id_ in rulebook.recorded.with_products(products) if id_ not in written]
    for id_ in found:
        contract = rulebook.contract_at(id_, at)
        if contract is not None:
            yield contract


def notice_terms(notice: Notice, contract: Contract, rulebook: Rulebook) -> TermsReason:
    """Return why the contract's plans include a notice of a critical fix, or why not.

    The result's property `entitled` says whether they include it. Source: clause H15 (docs/clauses.md).
    """
    reasons = [rulebook.plan_of(one).notices.judge(notice.severity, notice.cause) for one in contract.bought]
    return next((reason for reason in reasons if reason.entitled), reasons[0])


def environment_gained(old: Iterable[EnvironmentItem], new: Iterable[EnvironmentItem]) -> tuple[EnvironmentItem, ...]:
    """Return the items of `new` that the customer did not run before: new products, and new versions of a product.

    An item without versions stands for any version. So `Storage` is new to a customer who ran `Storage 4.1`, but
    `Storage 4.1` is not new to a customer who ran `Storage`.

    Args:
        old, new: What the customer runs, before and now.
    """
    before = {normal(item.product): item.versions for item in old}
    return tuple(item for item in new if _gained(before.get(normal(item.product)), item.versions))


def _gained(before: tuple[str, ...] | None, now: tuple[str, ...]) -> bool:
    if before is None:
        return True
    return bool(before) and (not now or not set(now) <= set(before))


def entitled_people(contract: Contract, at: datetime) -> list[Person]:
    """Return the people of a contract to whom notices of critical fixes may be sent at `at`.

    They are in the catalogue's order. People with `notices` False, and people who no longer work there, are left out.
    """
    return [person for person in contract.people.values() if person.notices and not person.gone(at, contract.zone)]


def known_products(rulebook: Rulebook) -> dict[str, str]:
    """Return every product that a contract names: name in compared form -> name as written.

    The compared form is `normal` of the name (lower case, single spaces). Contracts in the database are included.
    Products are named in a contract's environment (what the customer runs), scope and exclusions.
    """
    named = (
        product
        for whole in rulebook.written_contracts.values()
        for contract in whole.bought
        for product in (*(i.product for i in contract.environment), *contract.products, *contract.excluded_products)
    )
    recorded = {} if rulebook.recorded is None else rulebook.recorded.products()
    return {**recorded, **{normal(product): product for product in named}}


def registrable_products(contract: Contract) -> dict[str, str]:
    """Return the products for whose notices people may register under a contract.

    The result is name in compared form -> name as written; the compared form is `normal` of the name. The products are
    those of the contract's environment (what the customer runs) and scope, without the excluded ones.
    """
    found: dict[str, str] = {}
    for one in contract.bought:
        named = (*(item.product for item in one.environment), *sorted(one.products))
        found |= {normal(name): name for name in reversed(named) if normal(name) not in one.normal_excluded}
    return found


def open_to_registration(rulebook: Rulebook, domain: str, at: datetime) -> Iterator[Contract]:
    """Yield the contracts under which people of a mail domain may register for notices of critical fixes.

    Such a contract is in force at `at`, has a plan that asks for registration, and names the domain (clause I5,
    docs/clauses.md).

    Args:
        domain: The part of a mail address after the @. Case is ignored.
    """
    wanted, written = domain.lower(), rulebook.written_contracts
    found = [id_ for id_, contract in written.items() if wanted in contract.registration_domains]
    if rulebook.recorded is not None:
        found += [id_ for id_ in rulebook.recorded.with_domain(wanted) if id_ not in written]
    for id_ in found:
        contract = rulebook.contracts.get(id_)
        if contract is None or wanted not in contract.registration_domains or not in_force(contract, at):
            continue
        if asks_registration(rulebook, contract):
            yield contract


def asks_registration(rulebook: Rulebook, contract: Contract) -> bool:
    """Return whether people must register to receive the contract's notices of critical fixes.

    The result is True if a plan of the contract asks for registration and includes at least one kind of notice.
    """
    terms = (rulebook.plan_of(one).notices for one in contract.bought)
    return any(each.registration is Registration.OPT_IN and each.causes for each in terms)
