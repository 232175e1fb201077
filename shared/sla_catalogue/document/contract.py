"""Sections `contracts` and `people`: who bought which plan, where, for what, and whom to notify."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from sla_catalogue.document.allowance import BoughtAllowanceDocument
from sla_catalogue.document.coverage import CoverageDocument
from sla_catalogue.document.entitlement import EntitlementDocument, VendorDocument
from sla_catalogue.document.field import Day, Document, Hours, Names, Texts, Validity, refuse
from sla_catalogue.document.objective import ObjectiveDocument
from sla_catalogue.document.plan import TargetDocument
from sla_catalogue.document.report import ReportDocument
from sla_domain.calendar import AtClose
from sla_domain.contract import Side


class PersonDocument(Document):
    """A person who can be notified.

    `addresses`: in order of preference, such as `email:ada@example.org` or `webhook:<channel>`. Each kind of channel
    adds a key of its name, with addresses of that kind. `language`: tag of the language of messages, such as `pl`;
    `languages`: several, the best first, in its place. `notices`: whether to notify the person of critical fixes;
    absent: yes, unless the plan demands registration. `side`: `support` or `customer`; absent: `customer` for who holds
    a role of the customer's side, else `support`. `zone`: the person's time zone. `hours`: the weekly working hours, in
    that zone, else in the contract's; in a role that states no hours, the person serves in these. `until`: the first
    day on which the person is no longer there; absent: not known.
    """

    name: str
    addresses: Names = Field(default_factory=list)
    language: str = "en"
    notices: bool | None = None  # None: yes, unless the plan wants people to register (clause I5)
    side: Side | None = None  # None: the customer's for who holds a role of the customer's, else the support's
    languages: Names = Field(default_factory=list)
    zone: str | None = None
    hours: Hours = None
    until: Day | None = None

    @model_validator(mode="after")
    def _one_word(self) -> PersonDocument:
        if {"language", "languages"} <= self.model_fields_set:
            raise refuse("language", "a person has a language or languages, and only one of the keys", "languages: […]")
        return self

    @property
    def spoken(self) -> tuple[str, ...]:
        """Return the languages of the person, the best first: `languages`, or `language` alone."""
        return tuple(self.languages) or (self.language,)

    def of_kind(self, kind: str) -> list[str]:
        """Return the person's addresses under the key `kind`, in their order.

        `kind`: the name of a kind of channel, such as `email`. The addresses have no prefix: `ada@example.org`, not
        `email:ada@example.org`. [] without that key; the key `addresses` is not looked at.
        """
        found: list[str] = getattr(self, kind, [])
        return found


class HolderDocument(Document):
    """Who holds a role of a contract: `person` (an id) or `rota`, whose person on call holds it; never both.

    A plain text in the YAML is the person's id. `coverage`: the name of the hours of duty; absent: those of the role in
    the plan, else the person's own; with neither, or for a rota without hours of the role, every hour. `outside`: on
    duty in all other hours instead; without `coverage`, the plan's role may ask for this too.
    """

    person: str = ""
    rota: str | None = None
    coverage: str | None = None
    outside: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"person": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_holder(self) -> HolderDocument:
        if bool(self.person) == (self.rota is not None):
            raise refuse("holder", "a holder is a person or a rota, and only one of them", "{rota: …} or {person: …}")
        return self


class EnvironmentDocument(Document):
    """A product that the customer runs (clause H7, docs/clauses.md).

    `versions`: those in use; empty: not known. `facts`: what else there is to know about the product, name -> text.
    Contracts list such products, so that notices of critical fixes reach the right customers.
    """

    product: str
    versions: Names = Field(default_factory=list)
    facts: dict[str, str] = Field(default_factory=dict)


class ContractDocument(Document):
    """A contract: which plan the customers bought, where, for which products, and who is notified.

    `customers`: their names in tickets. `default`: the contract applies to incidents of unknown customers. `products`:
    those covered; empty: all but `excluded_products`. `base_plan`: the plan for all other products; a plan that
    requires a base plan also gets from it what it lacks. `entitlements`: several plans with products of their own, in
    place of `plan`, `base_plan` and products. `zone`: the time zone of its hours. `country`, `subdivision`: codes, such
    as `DE` and `BY`, of its holidays. `holidays`: false: none closes its hours; true: they also close hours that
    exclude none, except 24x7; absent: as the hours say. `coverages`, `targets`: its own, used before the plan's.
    `allowances`: amounts other than the plan's, and those that it buys. `objectives`: shares that must be in time, in
    place of the plan's of the same id, or besides them. `reports`: the same for reports that are sent by themselves.
    `vendors`: the customer's own contracts with vendors (clause H13, docs/clauses.md); absent: nothing is said of them.
    `environment`: what the customer runs.
    `roles`: role -> who holds it. `languages`: of texts to the customer, the best first. `leaves_unspecified`: metrics
    for which it accepts that the plan gives no number. `registration_domains`: mail domains whose addresses may
    register for notices. `at_close`: whether a due instant at the end of opening hours stays there or moves to the next
    opening; absent: as the plan says. `note`: language -> a remark.
    """

    zone: str
    plan: str = ""  # absent only where there are entitlements
    title: str = ""
    default: bool = False
    customers: Names = Field(default_factory=list)
    base_plan: str | None = None
    country: str | None = None
    subdivision: str | None = None
    holidays: bool | None = None
    valid: Validity = Field(default_factory=Validity)
    products: Names = Field(default_factory=list)
    excluded_products: Names = Field(default_factory=list)
    entitlements: list[EntitlementDocument] = Field(default_factory=list)  # in place of plan, base plan and products
    vendors: list[VendorDocument] | None = None  # None: nothing is said of the customer's contracts with vendors
    environment: list[EnvironmentDocument] = Field(default_factory=list)
    people: dict[str, PersonDocument] = Field(default_factory=dict)
    roles: dict[str, list[HolderDocument]] = Field(default_factory=dict)
    languages: Names = Field(default_factory=lambda: ["en"])
    coverages: dict[str, CoverageDocument] = Field(default_factory=dict)  # in place of the plan's of the same name
    targets: list[TargetDocument] = Field(default_factory=list)
    allowances: dict[str, BoughtAllowanceDocument] = Field(default_factory=dict)  # own amounts; options bought
    objectives: list[ObjectiveDocument] = Field(default_factory=list)  # in place of the plan's of the same id, or more
    reports: list[ReportDocument] = Field(default_factory=list)  # in place of the plan's of the same id, or more
    leaves_unspecified: Names = Field(default_factory=list)  # metrics whose missing numbers this contract accepts
    registration_domains: Names = Field(default_factory=list)  # whose addresses may register themselves (clause I5)
    at_close: AtClose | None = None
    note: Texts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_form(self) -> ContractDocument:
        beside = {"plan", "base_plan", "products", "excluded_products"} & self.model_fields_set
        if not self.entitlements and not self.plan:
            raise refuse("missing-key", "a contract has a `plan`, or `entitlements` with a plan each", "plan: gold")
        if self.entitlements and beside:
            text = f"{', '.join(sorted(beside))} cannot stand beside `entitlements`"
            raise refuse("entitlements", text, "give them in each entitlement")
        return self
