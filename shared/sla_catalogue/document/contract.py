"""Sections `contracts` and `people`: who bought which plan, where, for what, and whom to notify."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from sla_catalogue.document.allowance import BoughtAllowanceDocument
from sla_catalogue.document.coverage import CoverageDocument
from sla_catalogue.document.entitlement import EntitlementDocument, VendorDocument
from sla_catalogue.document.field import Day, Document, Hours, Names, Texts, Validity, refuse
from sla_catalogue.document.plan import TargetDocument
from sla_domain.calendar import AtClose
from sla_domain.contract import Side


class PersonDocument(Document):
    """A person who can be notified.

    `addresses`: in order of preference, such as `email:ada@example.org` or `webhook:<channel>`. Each kind of channel
    adds a key of its name, with addresses of that kind. `notices`: whether to notify the person of critical fixes;
    absent: yes, unless the plan demands registration. `side`: `support` or `customer`; absent: by the person's roles,
    else `support`. `languages`: several, the best first, in place of `language`. `zone`: the person's time zone.
    `hours`: the working hours, in that zone; the person serves in them in a role that states no hours. `until`: the
    first day on which the person is no longer there.
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
        """Return the addresses under the person's key of this kind of channel, such as `email`, in the order written.

        They have no kind in front; the list is empty without that key.
        """
        found: list[str] = getattr(self, kind, [])
        return found


class HolderDocument(Document):
    """A person who holds a role of a contract, or a rota whose person on call holds it. A text is `person` alone.

    `coverage`: the hours in which the person serves; absent: those that the plan gives the role, else the person's own,
    else any hour. `outside`: the person serves in all other hours instead.
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
    """A product in the customer's environment (clause H7, docs/clauses.md). `versions`: those in use; empty: not known.

    `facts`: what else is worth knowing of it, name -> text.
    Contracts list such products, so that notices of critical fixes reach the right customers.
    """

    product: str
    versions: Names = Field(default_factory=list)
    facts: dict[str, str] = Field(default_factory=dict)


class ContractDocument(Document):
    """A contract: which plan the customers bought, where, for which products, and who is notified.

    `zone`, `country`: the time zone of its hours, and whose holidays it has. `holidays`: whether holidays are excluded;
    overrides the plan. `default`: the contract applies to incidents of unknown customers. `targets`: its own, tried
    before the plan's. `coverages`: its own, in place of the plan's of the same name. `entitlements`: several plans with
    products of their own, in place of `plan`. `vendors`: the customer's own contracts with vendors (clause H13).
    `roles`: role -> who holds it. `leaves_unspecified`: metrics for which it accepts that the plan gives no number.
    `registration_domains`: mail domains whose addresses may register themselves for notices.
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
