"""What one customer bought: a plan in a country and zone, for some products, with the people to notify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from sla_domain.allowance import Allowance
from sla_domain.calendar import AtClose, Calendar, local_instant
from sla_domain.normal import normals
from sla_domain.objective import Objective
from sla_domain.plan import NO_TEXTS, MetricId, PlanId, Target, Texts, attributes_of, rows_by_metric
from sla_domain.report_schedule import ReportSchedule
from sla_domain.rota import RotaId
from sla_domain.window import BookedWindow

ContractId = NewType("ContractId", str)

NO_CONTRACT = ContractId("")


class Side(StrEnum):
    """Whether a person belongs to the support or to the customer; the customer's own people are never paged."""

    SUPPORT = "support"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person who can be notified.

    `addresses`: in order of preference, such as `email:ann@example.com` or `webhook:<channel id>`. `language`: tag of
    the language of messages to the person, `languages`: of all that the person speaks, the best first. `notices`:
    notices about critical fixes may be sent to the person. `side`: people of the customer's side are never paged.
    `zone`: where the person lives, None if not known. `hours`: in which the person works, None for any hour. `until`:
    the first day on which the person is no longer there, None if no such day is known.
    """

    id: str
    name: str
    addresses: tuple[str, ...]
    language: str = "en"
    notices: bool = True  # entitled to critical-fix notices (clause H6; opt-in registration I5)
    side: Side = Side.SUPPORT
    zone: str | None = None
    languages: tuple[str, ...] = ()
    hours: Calendar | None = field(default=None, compare=False)
    until: date | None = None

    def leaves(self, zone: str) -> datetime | None:
        """Return the instant from which the person is no longer there; None without a last day.

        It is midnight of the day `until`, as an aware datetime. `zone`: the time zone of that midnight, used if the
        person's own is not known.
        """
        if self.until is None:
            return None
        return local_instant(datetime.combine(self.until, time()), self.zone or zone)

    def gone(self, at: datetime, zone: str) -> bool:
        """Return whether the person has left by the instant `at`.

        `zone`: the time zone of the midnight at which the person leaves, used if the person's own zone is not known.
        """
        leaves = self.leaves(zone)
        return leaves is not None and leaves <= at


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleHolder:
    """Who holds a role of a contract: a person, or a rota, that is, whoever is on call in it (clauses H5, E11 and I7).

    All fields but `outside` are ids. `person`: "" if a rota holds the role. `rota`: None if a person holds it.
    `coverage`: the hours in which the role is held, None: at any hour of the person or rota. `outside`: the role is
    held outside those hours instead.
    """

    role: str
    person: str = ""
    rota: RotaId | None = None
    coverage: str | None = None
    outside: bool = False  # True: holds the role outside the coverage's hours instead


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentItem:
    """One product in the customer's environment and its versions, as the customer names them.

    `versions`: empty if the version in use is not known. `facts`: what else is worth knowing of it, name and text, such
    as how many use it. Source: clause H7 (docs/clauses.md).
    """

    product: str
    versions: tuple[str, ...] = ()  # empty: some unknown version
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorContract:
    """A contract that the customer has with a vendor, so that work with that vendor can be coordinated.

    `vendor`: the vendor's name. `valid_from`: the first day on which the contract is valid, `valid_to`: the first day
    on which it is no longer valid; None: no such bound. Source: clause H13 (docs/clauses.md).
    """

    vendor: str
    valid_from: date | None = None
    valid_to: date | None = None  # exclusive

    def valid_on(self, day: date) -> bool:
        """Return whether the contract with the vendor is valid on this day."""
        return _within(day, self.valid_from, self.valid_to)


def _within(day: date, first: date | None, end: date | None) -> bool:
    return (first is None or first <= day) and (end is None or day < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractEntitlement:
    """One of several entitlements of a contract: a plan with its own products, dates and types of requests.

    `bought`: a copy of the contract as if it had only this plan, its base plan and products. `valid_from`: the first
    day on which the entitlement is in force, `valid_to`: the first on which it is no longer; None: no such bound.
    `types`: the types of requests that it is for, empty for all; `normal_types`: the same in the form in which they are
    compared (lower case, single spaces).
    """

    id: str
    bought: Contract
    valid_from: date | None = None
    valid_to: date | None = None  # exclusive
    types: frozenset[str] = frozenset()
    normal_types: frozenset[str] = field(init=False, repr=False, compare=False)  # as they are compared

    def __post_init__(self) -> None:
        object.__setattr__(self, "normal_types", normals(self.types))

    def valid_on(self, day: date) -> bool:
        """Return whether this entitlement (one plan of the contract) is in force on this day."""
        return _within(day, self.valid_from, self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What one customer bought: a plan in a country and time zone, for some products, with the people to notify.

    `customers`: names by which tickets call the customer. `products`: those covered, empty for every product, except
    `excluded_products` and `unavailable_products` (for which the plan is not sold). `base_plan`: the plan whose targets
    apply to products not covered. `holidays`: None: each coverage (hours of service) says which holidays are closed;
    False: none are; True: those of `country` and `subdivision` are, also where a coverage names none (but not around
    the clock). `valid_from`, `valid_to`: the first day in force, and the first day no longer in force. `entitlements`:
    if it has several, all in order; plan, base plan and products are then those of the first. `vendors`: contracts with
    vendors, None if nothing is said of them. `environment`: what the customer runs. `registration_domains`: mail
    domains whose addresses may register for notices. `people`: by id. `languages`: tags, the preferred first.
    `targets`: its own, tried before the plan's; `rows`: the same by metric; `matched_on`: the attributes that they look
    at. `at_close`: None: as the plan says. `notes`: language tag -> text. `leaves_unspecified`: metrics that may go
    without a number. `windows`: booked hours that count too. `version`, `effective_from`: of a recorded contract; 0 and
    None for one of a file. `normal_…`: the names in the form in which they are compared. `hours_key`: equal for
    contracts with the same zone and holidays. `objectives`: shares that must be in time; of a contract with several
    entitlements those for all of them together. `reports`: those that are sent after each period.
    """

    id: ContractId
    customers: frozenset[str]  # names by which sources call the customer
    plan: PlanId
    zone: str
    title: str = ""
    base_plan: PlanId | None = None  # H3, H4: targets for products out of scope
    country: str | None = None
    subdivision: str | None = None
    holidays: bool | None = None  # None: as the coverage says; False/True: the contract overrides
    valid_from: date | None = None
    valid_to: date | None = None  # exclusive
    products: frozenset[str] = frozenset()  # scope; empty: every product
    excluded_products: frozenset[str] = frozenset()  # clause I9
    unavailable_products: frozenset[str] = frozenset()  # clause H17
    entitlements: tuple[ContractEntitlement, ...] = ()
    vendors: tuple[VendorContract, ...] | None = None  # clause H13
    environment: tuple[EnvironmentItem, ...] = ()
    registration_domains: frozenset[str] = frozenset()  # of addresses that may register themselves (clause I5)
    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    roles: tuple[RoleHolder, ...] = ()
    languages: tuple[str, ...] = ("en",)
    targets: tuple[Target, ...] = ()
    allowances: tuple[Allowance, ...] = ()  # with its own amounts; optional ones if bought (clauses E13, E14)
    objectives: tuple[Objective, ...] = ()  # of attainment: the plan's, with its own changes (clause E4)
    reports: tuple[ReportSchedule, ...] = ()  # the plan's, with its own changes (clauses E5, H9 and I7)
    at_close: AtClose | None = None  # None: as the plan says
    notes: Texts = field(default_factory=lambda: NO_TEXTS)
    leaves_unspecified: frozenset[MetricId] = frozenset()  # metrics for which it accepts that the plan has no number
    windows: tuple[BookedWindow, ...] = ()  # booked hours; no file has them
    version: int = 0  # of a recorded contract; 0: from a file
    effective_from: datetime | None = None  # of that version
    normal_customers: frozenset[str] = field(init=False, repr=False, compare=False)  # as they are compared
    normal_products: frozenset[str] = field(init=False, repr=False, compare=False)  # as they are compared
    normal_excluded: frozenset[str] = field(init=False, repr=False, compare=False)
    normal_unavailable: frozenset[str] = field(init=False, repr=False, compare=False)
    hours_key: str = field(init=False, repr=False, compare=False)  # what of it decides on calendars, beside coverages
    rows: Mapping[MetricId, tuple[Target, ...]] = field(init=False, repr=False, compare=False)
    matched_on: frozenset[str] = field(init=False, repr=False, compare=False)  # attributes any override looks at

    def __post_init__(self) -> None:
        object.__setattr__(self, "normal_customers", normals(self.customers))
        object.__setattr__(self, "normal_products", normals(self.products))
        object.__setattr__(self, "normal_excluded", normals(self.excluded_products))
        object.__setattr__(self, "normal_unavailable", normals(self.unavailable_products))
        hours = (self.zone, self.country or "", self.subdivision or "", str(self.holidays))
        object.__setattr__(self, "hours_key", "\0".join(hours))
        object.__setattr__(self, "rows", rows_by_metric(self.targets))
        object.__setattr__(self, "matched_on", attributes_of(self.targets))

    @property
    def bought(self) -> tuple[Contract, ...]:
        """Return one contract for each entitlement (plan with its own products), in the order written.

        Each has the plan, base plan and products of that entitlement alone. A contract without entitlements returns
        (itself,).
        """
        return tuple(each.bought for each in self.entitlements) or (self,)

    @property
    def plans(self) -> tuple[PlanId, ...]:
        """Return the ids of all plans and base plans that the contract has, each once, in the order written."""
        named = [plan for one in self.bought for plan in (one.plan, one.base_plan) if plan is not None]
        return tuple(dict.fromkeys(named))

    def under(self, entitlement: str) -> Contract:
        """Return the contract with only the plan, base plan and products of one of its entitlements.

        `entitlement`: its id. For "", and for an id that the contract does not have, the contract itself is returned.
        """
        return next((each.bought for each in self.entitlements if each.id == entitlement), self)
