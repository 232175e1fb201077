"""What one customer bought: a plan in a country and zone, for some products, with the people to notify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from sla_domain.allowance import Allowance
from sla_domain.calendar import AtClose
from sla_domain.normal import normals
from sla_domain.plan import NO_TEXTS, MetricId, PlanId, Target, Texts, attributes_of, rows_by_metric
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
    the language of messages to the person. `notices`: notices about critical fixes may be sent to the person. `side`:
    people of the customer's side are never paged.
    """

    id: str
    name: str
    addresses: tuple[str, ...]
    language: str = "en"
    notices: bool = True  # entitled to critical-fix notices (clause H6; opt-in registration I5)
    side: Side = Side.SUPPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleHolder:
    """A person who holds a role; `role` and `person` are ids (clauses H5, E11 and I7, docs/clauses.md).

    `coverage`: the id of the hours in which the role is held, None at any hour. `outside`: it is held outside those
    hours.
    """

    role: str
    person: str
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
class Contract:
    """What one customer bought: a plan in a country and time zone, for some products, with the people to notify.

    `customers`: the names by which tickets call the customer. `products`: those covered, empty for every product.
    `base_plan`: the plan whose targets apply to other products. `targets`: own targets, tried before those of the plan.
    `valid_to`: the first day on which the contract is no longer in force. `version`: of a recorded contract, which
    applies from `effective_from` on; 0 for a contract of a file. `windows`: booked hours in which time counts too.
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
    environment: tuple[EnvironmentItem, ...] = ()
    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    roles: tuple[RoleHolder, ...] = ()
    languages: tuple[str, ...] = ("en",)
    targets: tuple[Target, ...] = ()
    allowances: tuple[Allowance, ...] = ()  # with its own amounts; optional ones if bought (clauses E13, E14)
    at_close: AtClose | None = None  # None: as the plan says
    notes: Texts = field(default_factory=lambda: NO_TEXTS)
    leaves_unspecified: frozenset[MetricId] = frozenset()  # metrics for which it accepts that the plan has no number
    windows: tuple[BookedWindow, ...] = ()  # booked hours; no file has them
    version: int = 0  # of a recorded contract; 0: from a file
    effective_from: datetime | None = None  # of that version
    normal_customers: frozenset[str] = field(init=False, repr=False, compare=False)  # as they are compared
    normal_products: frozenset[str] = field(init=False, repr=False, compare=False)  # as they are compared
    normal_excluded: frozenset[str] = field(init=False, repr=False, compare=False)
    hours_key: str = field(init=False, repr=False, compare=False)  # what of it decides on calendars, beside coverages
    rows: Mapping[MetricId, tuple[Target, ...]] = field(init=False, repr=False, compare=False)
    matched_on: frozenset[str] = field(init=False, repr=False, compare=False)  # attributes any override looks at

    def __post_init__(self) -> None:
        object.__setattr__(self, "normal_customers", normals(self.customers))
        object.__setattr__(self, "normal_products", normals(self.products))
        object.__setattr__(self, "normal_excluded", normals(self.excluded_products))
        hours = (self.zone, self.country or "", self.subdivision or "", str(self.holidays))
        object.__setattr__(self, "hours_key", "\0".join(hours))
        object.__setattr__(self, "rows", rows_by_metric(self.targets))
        object.__setattr__(self, "matched_on", attributes_of(self.targets))
