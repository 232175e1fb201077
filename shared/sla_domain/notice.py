"""Critical-fix notices, and which contracts they concern (clauses H6, H7 and I5, docs/clauses.md).

A notice names products with version ranges. It concerns a contract whose environment holds such a product: in a version
of the range, or in an unknown version, since one notice too many is better than one too few.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from sla_domain.contract import Contract, EnvironmentItem, Person
from sla_domain.normal import normal
from sla_domain.rulebook import Rulebook, in_force
from sla_domain.version import VersionRange

NoticeId = NewType("NoticeId", str)


class Severity(StrEnum):
    """What a critical fix protects from (clause H6, docs/clauses.md)."""

    SECURITY = "security"
    DATA_LOSS = "data_loss"
    OUTAGE = "outage"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Affected:
    """One product that a notice concerns, and the affected `versions`; by default all of them."""

    product: str
    versions: VersionRange = field(default_factory=VersionRange)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A publisher's message about a critical fix and the versions of products that need it.

    `link`: where to read more. `fixed_in`: the version with the fix. Both may be empty. Source: clause H6
    (docs/clauses.md).
    """

    id: NoticeId
    title: str
    text: str
    severity: Severity
    affected: tuple[Affected, ...]
    link: str = ""
    fixed_in: str = ""


class NoticeReason(StrEnum):
    """Why a notice concerns a contract; the value is the reason in words."""

    VERSION = "a version in use is affected"
    UNKNOWN_VERSION = "the product is in use in an unknown version"


@dataclass(frozen=True, slots=True)
class NoticeMatch:
    """Why a notice concerns a contract.

    `product`: as the contract names it. `version`: the affected version in use, "" if that is not known.
    """

    reason: NoticeReason
    product: str
    version: str = ""


def match_notice(notice: Notice, contract: Contract) -> NoticeMatch | None:
    """Return why the notice concerns the contract; None if it does not.

    Of several reasons, a known version in use comes before an unknown version, then the first in the order of the
    notice.
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
    """Return the contracts in force at `at` that the notice concerns (see `match_notice`), in the catalogue's order."""
    return [c for c in rulebook.contracts.values() if in_force(c, at) and match_notice(notice, c) is not None]


def entitled_people(contract: Contract, at: datetime) -> list[Person]:
    """Return the people of a contract who may be told of critical fixes (`notices`) at `at`, in the catalogue's order.

    Whoever is no longer there (`until`) is told of none.
    """

    def gone(person: Person) -> bool:
        leaves = person.leaves(contract.zone)
        return leaves is not None and leaves <= at

    return [person for person in contract.people.values() if person.notices and not gone(person)]


def known_products(rulebook: Rulebook) -> dict[str, str]:
    """Return the names of all products in the environment, scope or exclusions of a contract.

    The mapping is `normal` name -> name as written.
    """
    named = (
        product
        for contract in rulebook.contracts.values()
        for product in (*(i.product for i in contract.environment), *contract.products, *contract.excluded_products)
    )
    return {normal(product): product for product in named}
