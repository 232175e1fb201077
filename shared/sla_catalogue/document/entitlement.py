"""What contracts are entitled to, and on which terms: keys of contracts and plans (H4, H13, H17, I10, B11)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from sla_catalogue.document.field import TEXT, Document, Names, Texts, Validity, guarded, one_or_many, refuse
from sla_catalogue.duration import parse_term
from sla_domain.normal import normal
from sla_domain.terms import Term, UncoveredClocks

CalendarTerm = Annotated[Term, PlainValidator(guarded(parse_term)), WithJsonSchema(TEXT)]


class EntitlementDocument(Document):
    """One of several plans of a contract, with its own products, dates and types of requests.

    The first in the list that covers an incident applies.
    `base_plan`: the plan for other products. It also supplies the parts that `plan` lacks, if `plan` requires a base
    plan.
    `products`: the covered products; empty: all but `excluded_products`.
    `valid`: the days in force; an absent bound is the contract's.
    `types`: types of requests for which it applies; empty: all.
    """

    id: str
    plan: str
    base_plan: str | None = None
    products: Names = Field(default_factory=list)
    excluded_products: Names = Field(default_factory=list)
    valid: Validity = Field(default_factory=Validity)
    types: Names = Field(default_factory=list)


class VendorDocument(Document):
    """A contract of the customer with a vendor (clause H13, docs/clauses.md); a text means `vendor`.

    `vendor`: the vendor's name.
    `valid`: the days on which the contract is in force.
    """

    vendor: str
    valid: Validity = Field(default_factory=Validity)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"vendor": value} if isinstance(value, str) else value


class UncoveredDocument(Document):
    """A type of request that a plan does not cover (clauses I10 and B10, docs/clauses.md).

    `type`: one or several names of the type; a plain text means this.
    `advice`: language -> text for the sender.
    `clocks`: `as_usual`: clocks run as for any request. `none`: no clock runs.
    `clause`: the contract clause, such as `H5`.
    """

    type: Names
    advice: Texts = Field(default_factory=dict)
    clocks: UncoveredClocks = UncoveredClocks.AS_USUAL
    clause: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value


class UnavailableDocument(Document):
    """Products and countries for which a plan is not sold (clause H17, docs/clauses.md).

    `countries`: codes such as `PL`.
    `clause`: the contract clause, such as `H5`.
    """

    products: Names = Field(default_factory=list)
    countries: Names = Field(default_factory=list)
    clause: str = ""


class ScopeDocument(Document):
    """How often, and at what notice, the products of an entitlement may change in its term (clause H4).

    `per`: the unit that is bought, such as `product_family`.
    `changes_per_term`: absent: any number.
    `notice`: the least time from recording a change to its taking effect, such as `30 days`.
    `clause`: the contract clause, such as `H5`.
    """

    per: str
    changes_per_term: int | None = Field(default=None, ge=0, le=1000)
    notice: CalendarTerm = Term()
    clause: str = ""


class PlanChannelDocument(Document):
    """A way of sending requests that a plan includes (clauses B6 and I11, docs/clauses.md).

    `channel`: its name, such as `phone`, as incidents state it; a plain text means this.
    `coverage`: name of the hours in which the channel may be used; absent: any hour.
    """

    channel: str
    coverage: str | None = None

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
