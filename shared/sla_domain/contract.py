"""What one customer bought: a plan in a country and zone, for some products, with the people to notify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from sla_domain.allowance import Allowance
from sla_domain.calendar import AtClose, Calendar, Window, local_instant
from sla_domain.normal import normals
from sla_domain.objective import Objective
from sla_domain.plan import NO_TEXTS, MetricId, PlanId, Target, Texts, attributes_of, rows_by_metric
from sla_domain.report_schedule import ReportSchedule
from sla_domain.rota import RotaId
from sla_domain.tell import TellRule
from sla_domain.window import BookedWindow

ContractId = NewType("ContractId", str)

NO_CONTRACT = ContractId("")


class Side(StrEnum):
    """Whether a person belongs to the support or to the customer.

    People of the customer are never paged.
    """

    SUPPORT = "support"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person who can be notified."""

    id: str
    name: str
    addresses: tuple[str, ...]
    """Addresses such as `email:ann@example.com` or `webhook:<channel id>`, best first."""
    language: str = "en"
    """Tag of the language for messages."""
    notices: bool = True
    """Whether the person may get notices about critical fixes (clauses H6 and I5)."""
    side: Side = Side.SUPPORT
    """The side that the person belongs to. People of the customer's side are never paged."""
    zone: str | None = None
    """The person's time zone. None if not known."""
    languages: tuple[str, ...] = ()
    """Tags of all languages that the person speaks, best first."""
    hours: Calendar | None = field(default=None, compare=False)
    """When the person works. None means any hour."""
    week: Mapping[int, tuple[Window, ...]] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    """Weekday (0 is Monday) -> the working hours, as written. Empty means any hour."""
    quiet: Calendar | None = field(default=None, compare=False)
    """The person's quiet hours, as the open time of a calendar. Messages that can wait are held then. None means none.
    """
    until: date | None = None
    """The first day on which the person is no longer there. None if no such day is known."""

    def leaves(self, zone: str) -> datetime | None:
        """Return the instant at which the person leaves: midnight at the start of the day `until`.

        The instant is an aware datetime; None if no such day is known.

        Args:
            zone: The time zone of midnight if the person's own zone is not known.
        """
        if self.until is None:
            return None
        return local_instant(datetime.combine(self.until, time()), self.zone or zone)

    def gone(self, at: datetime, zone: str) -> bool:
        """Return whether the person has left by the instant `at`.

        Args:
            zone: The time zone for the day of leaving if the person's own zone is not known.
        """
        leaves = self.leaves(zone)
        return leaves is not None and leaves <= at


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleHolder:
    """Who has a role of a contract, such as service manager: a person, or whoever is on call in a rota (on-call plan).

    Source: clauses H5, E11 and I7 (docs/clauses.md).
    """

    role: str
    person: str = ""
    """Id of the person. "" if a rota holds the role."""
    rota: RotaId | None = None
    """Id of the rota. None if a person holds the role."""
    coverage: str | None = None
    """Id of the hours in which the role is held. None means any hour."""
    outside: bool = False
    """Whether the role is held outside those hours instead."""
    quiet: Calendar | None = field(default=None, compare=False)
    """Quiet hours while holding the role, as the open time of a calendar. None means the person's own quiet hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentItem:
    """One product in the customer's environment, with the versions in use.

    Source: clause H7 (docs/clauses.md).
    """

    product: str
    versions: tuple[str, ...] = ()
    """Versions as the customer names them. Empty if not known."""
    facts: tuple[tuple[str, str], ...] = ()
    """Other details as (name, text), such as the number of users."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorContract:
    """A contract of the customer with a vendor, so that work with that vendor can be coordinated.

    Source: clause H13 (docs/clauses.md).
    """

    vendor: str
    """The vendor's name."""
    valid_from: date | None = None
    """The first valid day. None means no such bound."""
    valid_to: date | None = None
    """The first day that is no longer valid. None means no such bound."""

    def valid_on(self, day: date) -> bool:
        """Return whether the contract with the vendor is valid on this day."""
        return day_within(day, self.valid_from, self.valid_to)


def day_within(day: date, first: date | None, end: date | None) -> bool:
    """Return whether a day lies in a range of days: every validity of a catalogue is decided by this rule.

    Args:
        first: The first day of the range. None means no such bound.
        end: The first day after the range. None means no such bound.
    """
    return (first is None or first <= day) and (end is None or day < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractEntitlement:
    """One of several plans of a contract, with its own products, dates and types of requests."""

    id: str
    bought: Contract
    """A copy of the contract that has only this plan, its base plan and its products."""
    valid_from: date | None = None
    """The first day in force. None means no such bound."""
    valid_to: date | None = None
    """The first day no longer in force. None means no such bound."""
    types: frozenset[str] = frozenset()
    """Types of requests for which the entitlement applies. Empty means all."""
    normal_types: frozenset[str] = field(init=False, repr=False, compare=False)
    """`types` in the form in which they are compared (lower case, single spaces)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "normal_types", normals(self.types))

    def valid_on(self, day: date) -> bool:
        """Return whether the entitlement (one plan of the contract) is in force on this day."""
        return day_within(day, self.valid_from, self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What one customer bought: a plan in a country and time zone, for some products, with the people to notify."""

    id: ContractId
    customers: frozenset[str]
    """Names by which tickets call the customer."""
    plan: PlanId
    zone: str
    title: str = ""
    base_plan: PlanId | None = None
    """The plan whose targets apply to products that are not covered (clauses H3 and H4)."""
    country: str | None = None
    subdivision: str | None = None
    holidays: bool | None = None
    """Whether holidays are closed. None means that each coverage (hours of service) decides. False closes no holiday.
    True also gives a coverage without holidays those of the contract's country, unless it is open around the clock."""
    valid_from: date | None = None
    """The first day in force."""
    valid_to: date | None = None
    """The first day no longer in force."""
    products: frozenset[str] = frozenset()
    """The covered products. Empty means every product."""
    excluded_products: frozenset[str] = frozenset()
    """Products that are not covered by agreement (clause I9)."""
    unavailable_products: frozenset[str] = frozenset()
    """Products that are not covered because the plan is not sold for them (clause H17)."""
    entitlements: tuple[ContractEntitlement, ...] = ()
    """The plans of a contract with several plans. `plan`, `base_plan` and `products` are then those of the first
    entitlement."""
    vendors: tuple[VendorContract, ...] | None = None
    """The customer's contracts with vendors (clause H13). None if not stated."""
    environment: tuple[EnvironmentItem, ...] = ()
    """What the customer runs."""
    registration_domains: frozenset[str] = frozenset()
    """Mail domains whose addresses may register for notices (clause I5)."""
    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    """Id -> person."""
    roles: tuple[RoleHolder, ...] = ()
    languages: tuple[str, ...] = ("en",)
    """Language tags, best first."""
    targets: tuple[Target, ...] = ()
    """The contract's own targets, which are tried before the plan's."""
    allowances: tuple[Allowance, ...] = ()  # with its own amounts; optional ones if bought (clauses E13, E14)
    objectives: tuple[Objective, ...] = ()  # of attainment: the plan's, with its own changes (clause E4)
    reports: tuple[ReportSchedule, ...] = ()  # the plan's, with its own changes (clauses E5, H9 and I7)
    tell: tuple[TellRule, ...] = ()  # its own rules, besides those of its plans (clauses H5, B7, E11)
    at_close: AtClose | None = None  # None: as the plan says
    notes: Texts = field(default_factory=lambda: NO_TEXTS)
    """Language tag -> a remark for people."""
    leaves_unspecified: frozenset[MetricId] = frozenset()
    """Metrics for which the contract accepts that the plan has no number."""
    windows: tuple[BookedWindow, ...] = ()
    """Booked extra hours."""
    version: int = 0
    """Number of the contract's version. 0 for a contract from a file."""
    effective_from: datetime | None = None
    """The instant from which the version applies. None for a contract from a file."""
    normal_customers: frozenset[str] = field(init=False, repr=False, compare=False)
    """`customers` in the form in which they are compared."""
    normal_products: frozenset[str] = field(init=False, repr=False, compare=False)
    """`products` in the form in which they are compared."""
    normal_excluded: frozenset[str] = field(init=False, repr=False, compare=False)
    normal_unavailable: frozenset[str] = field(init=False, repr=False, compare=False)
    hours_key: str = field(init=False, repr=False, compare=False)
    """A key that is equal for contracts with the same zone and holidays."""
    rows: Mapping[MetricId, tuple[Target, ...]] = field(init=False, repr=False, compare=False)
    """The contract's own targets by metric."""
    matched_on: frozenset[str] = field(init=False, repr=False, compare=False)
    """The attributes that select the contract's own targets."""

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
        """Return the contract split by plan: one copy for each entitlement (a plan with its own products).

        Each copy has only the plan, base plan and products of its entitlement. They are in the order written. For a
        contract without entitlements, the result is the contract itself as the only item.
        """
        return tuple(each.bought for each in self.entitlements) or (self,)

    @property
    def plans(self) -> tuple[PlanId, ...]:
        """Return the ids of all plans that the contract has, each once, in the order written.

        Base plans, which apply to products that are not covered, are included.
        """
        named = [plan for one in self.bought for plan in (one.plan, one.base_plan) if plan is not None]
        return tuple(dict.fromkeys(named))

    def under(self, entitlement: str) -> Contract:
        """Return the contract with only the plan, base plan and products of one entitlement.

        For "" or an unknown id, the contract itself is returned.

        Args:
            entitlement: Id of the entitlement.
        """
        return next((each.bought for each in self.entitlements if each.id == entitlement), self)
