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
from sla_catalogue.document.tell import TellDocument
from sla_catalogue.document.window import WindowPriceDocument
from sla_domain.calendar import AtClose
from sla_domain.contract import Side


class PersonDocument(Document):
    """A person who can be notified."""

    name: str
    addresses: Names = Field(default_factory=list)
    """Addresses such as `email:ada@example.org` or `webhook:<channel>`, best first. Each kind of channel adds a key of
    its name for addresses of that kind."""
    language: str = "en"
    """Tag of the language for messages, such as `pl`."""
    notices: bool | None = None
    """Whether to notify the person of critical fixes (clause I5). Absent means yes, unless the plan demands
    registration."""
    side: Side | None = None
    """`support` or `customer`. Absent means `customer` for holders of a role of the customer's side, else `support`."""
    languages: Names = Field(default_factory=list)
    """Tags of several languages, best first, instead of `language`."""
    zone: str | None = None
    """The person's time zone."""
    hours: Hours = None
    """Weekly working hours, in the person's zone if given, else in the contract's. They are the hours of duty in a role
    without hours."""
    quiet: Hours = None
    """Weekly hours in which the person gets no messages that can wait, in the same zone as `hours`. Absent means none.
    Used if the escalation has `hold`.
    """
    until: Day | None = None
    """The first day on which the person is no longer there. Absent if not known."""

    @model_validator(mode="after")
    def _one_word(self) -> PersonDocument:
        if {"language", "languages"} <= self.model_fields_set:
            raise refuse("language", "a person has a language or languages, and only one of the keys", "languages: […]")
        return self

    @property
    def spoken(self) -> tuple[str, ...]:
        """Return the languages of the person, best first: `languages`, or `language` alone."""
        return tuple(self.languages) or (self.language,)

    def of_kind(self, kind: str) -> list[str]:
        """Return the person's addresses under the key `kind`, in their order, or [] without that key.

        The addresses have no prefix: `ada@example.org`, not `email:ada@example.org`. The key `addresses` is not read.

        Args:
            kind: The name of a kind of channel, such as `email`.
        """
        found: list[str] = getattr(self, kind, [])
        return found


class HolderDocument(Document):
    """Who has a role of a contract, such as service manager: a person, or whoever is on call in a rota.

    A rota is an on-call plan.
    """

    person: str = ""
    """Id of the person. A plain text in the YAML means this."""
    rota: str | None = None
    """Id of the rota, instead of `person`."""
    coverage: str | None = None
    """Name of the hours of duty. Absent means the hours of the role in the plan, else the person's own, else any hour.
    """
    outside: bool = False
    """Whether the holder is on duty outside these hours instead. Without `coverage`, the role in the plan may ask for
    this too."""
    quiet: Hours = None
    """Weekly hours in which the holder of the role gets no messages that can wait, in the contract's zone. Absent means
    the person's own quiet hours.
    """

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

    Contracts list such products so that notices of critical fixes reach the right customers.
    """

    product: str
    versions: Names = Field(default_factory=list)
    """Versions in use. Empty if not known."""
    facts: dict[str, str] = Field(default_factory=dict)
    """Other details of the product, name -> text."""


class ContractDocument(Document):
    """A contract: which plan the customers bought, where, for which products, and who is notified."""

    zone: str
    """Time zone of the hours."""
    plan: str = ""
    """The plan. Absent only if there are entitlements."""
    title: str = ""
    default: bool = False
    """Whether the contract applies to incidents of unknown customers."""
    customers: Names = Field(default_factory=list)
    """Names of the customers in tickets."""
    base_plan: str | None = None
    """The plan for all other products. If `plan` requires a base plan, the base plan also supplies the parts that
    `plan` lacks."""
    country: str | None = None
    """Code of the country for the holidays, such as `DE`."""
    subdivision: str | None = None
    """Code of the subdivision for the holidays, such as `BY`."""
    holidays: bool | None = None
    """Whether holidays close the hours. False closes no hours on holidays. True also closes hours without holidays,
    except 24x7. Absent means what the hours say."""
    valid: Validity = Field(default_factory=Validity)
    products: Names = Field(default_factory=list)
    """The covered products. Empty means all but `excluded_products`."""
    excluded_products: Names = Field(default_factory=list)
    entitlements: list[EntitlementDocument] = Field(default_factory=list)
    """Several plans, each with its own products, instead of `plan`, `base_plan` and products."""
    vendors: list[VendorDocument] | None = None
    """The customer's contracts with vendors (clause H13, docs/clauses.md). Absent if not stated."""
    environment: list[EnvironmentDocument] = Field(default_factory=list)
    """What the customer runs."""
    people: dict[str, PersonDocument] = Field(default_factory=dict)
    roles: dict[str, list[HolderDocument]] = Field(default_factory=dict)
    """Role -> who holds it."""
    languages: Names = Field(default_factory=lambda: ["en"])
    """Tags of the languages of texts for the customer, best first."""
    coverages: dict[str, CoverageDocument] = Field(default_factory=dict)
    """Coverages of the contract's own, used before the plan's."""
    targets: list[TargetDocument] = Field(default_factory=list)
    """Targets of the contract's own, used before the plan's."""
    allowances: dict[str, BoughtAllowanceDocument] = Field(default_factory=dict)
    """Allowance id -> an amount other than the plan's, or the purchase of an optional allowance."""
    window_prices: dict[str, WindowPriceDocument] = Field(default_factory=dict)
    """Id of a plan's bookable window -> what one booking of it takes from an allowance, in place of the plan's
    `price` (clause H10, docs/clauses.md)."""
    objectives: list[ObjectiveDocument] = Field(default_factory=list)
    """Objectives of the contract. Each replaces the plan's objective with the same id, or is added."""
    reports: list[ReportDocument] = Field(default_factory=list)
    """Schedules of reports. Each replaces the plan's schedule with the same id, or is added."""
    tell: list[TellDocument] = Field(default_factory=list)
    """Who is told of what, besides the rules of its plans (clauses H5, B7 and E11)."""
    leaves_unspecified: Names = Field(default_factory=list)
    """Metrics for which the contract accepts that the plan gives no number."""
    registration_domains: Names = Field(default_factory=list)
    """Mail domains whose addresses may register for notices (clause I5, docs/clauses.md)."""
    at_close: AtClose | None = None
    """Whether a due instant at the end of opening hours stays there or moves to the next opening. Absent means what the
    plan says."""
    note: Texts = Field(default_factory=dict)
    """Language -> remark."""

    @model_validator(mode="after")
    def _one_form(self) -> ContractDocument:
        beside = {"plan", "base_plan", "products", "excluded_products"} & self.model_fields_set
        if not self.entitlements and not self.plan:
            raise refuse("missing-key", "a contract has a `plan`, or `entitlements` with a plan each", "plan: gold")
        if self.entitlements and beside:
            text = f"{', '.join(sorted(beside))} cannot stand beside `entitlements`"
            raise refuse("entitlements", text, "give them in each entitlement")
        return self
