"""What contracts are entitled to, and on which terms: keys of contracts and plans (H4, H13, H17, I10, B11)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from sla_catalogue.document.field import TEXT, Document, Names, Texts, Validity, guarded, one_or_many, refuse
from sla_catalogue.document.tell import TellDocument
from sla_catalogue.duration import parse_term
from sla_domain.normal import normal
from sla_domain.terms import Term, UncoveredClocks

CalendarTerm = Annotated[Term, PlainValidator(guarded(parse_term)), WithJsonSchema(TEXT)]


class EntitlementDocument(Document):
    """One of several plans of a contract, with its own products, dates and types of requests.

    The first entitlement in the contract's list that covers an incident applies to the incident.
    """

    id: str
    plan: str
    base_plan: str | None = None
    """The plan for other products. If `plan` requires a base plan, the base plan also supplies the parts that `plan`
    lacks."""
    products: Names = Field(default_factory=list)
    """The covered products. Empty means all but `excluded_products`."""
    excluded_products: Names = Field(default_factory=list)
    valid: Validity = Field(default_factory=Validity)
    """The days in force. An absent bound is the contract's."""
    types: Names = Field(default_factory=list)
    """Types of requests for which the entitlement applies. Empty means all."""
    tell: list[TellDocument] = Field(default_factory=list)
    """Who is told of what, besides the rules of its plan."""


class VendorDocument(Document):
    """A contract of the customer with a vendor (clause H13, docs/clauses.md). A plain text means `vendor`."""

    vendor: str
    """The vendor's name."""
    valid: Validity = Field(default_factory=Validity)
    """The days on which the contract is in force."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"vendor": value} if isinstance(value, str) else value


class UncoveredDocument(Document):
    """A type of request that a plan does not cover (clauses I10 and B10, docs/clauses.md)."""

    type: Names
    """One or several names of the type. A plain text means this."""
    advice: Texts = Field(default_factory=dict)
    """Language -> text for the sender."""
    clocks: UncoveredClocks = UncoveredClocks.AS_USUAL
    """Whether clocks run: `as_usual` for clocks as for any request, `none` for no clock."""
    clause: str = ""
    """The contract clause, such as `H5`."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value


class UnavailableDocument(Document):
    """Products and countries for which a plan is not sold (clause H17, docs/clauses.md)."""

    products: Names = Field(default_factory=list)
    countries: Names = Field(default_factory=list)
    """Codes of the countries, such as `PL`."""
    clause: str = ""
    """The contract clause, such as `H5`."""


class ScopeDocument(Document):
    """How often the products of an entitlement (one of the contract's plans) may change during its term (clause H4).

    The document also says how long in advance a change must be recorded.
    """

    per: str
    """The unit that is bought, such as `product_family`."""
    changes_per_term: int | None = Field(default=None, ge=0, le=1000)
    """How many changes a term allows. Absent means any number."""
    notice: CalendarTerm = Term()
    """The least time from recording a change to its taking effect, such as `30 days`."""
    clause: str = ""
    """The contract clause, such as `H5`."""


class PlanChannelDocument(Document):
    """A way of sending requests that a plan includes (clauses B6 and I11, docs/clauses.md)."""

    channel: str
    """Name of the channel, such as `phone`, as incidents state it. A plain text means this."""
    coverage: str | None = None
    """Name of the hours in which the channel may be used. Absent means any hour."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"channel": value} if isinstance(value, str) else value


def _each_once(values: list[PlanChannelDocument]) -> list[PlanChannelDocument]:
    names = [normal(each.channel) for each in values]
    twice = {each.channel for each in values if names.count(normal(each.channel)) > 1}
    if twice:
        raise refuse("duplicate", f"named twice: {', '.join(sorted(twice))}")
    return values


PlanChannels = Annotated[list[PlanChannelDocument], BeforeValidator(one_or_many), AfterValidator(_each_once)]
