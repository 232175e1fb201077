"""Key `allowances` of plans and contracts: what is included by number besides incidents."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema, model_validator

from sla_catalogue.document.field import Document, Names, Texts
from sla_domain.allowance import AllowancePeriod, AllowanceUnit

Amount = Annotated[str, WithJsonSchema({"type": ["string", "number"]})]  # YAML's numbers are texts here
Limit = Annotated[int, Field(ge=1, le=1000)]
Multiplier = Annotated[Decimal, Field(gt=1, le=100, decimal_places=3), WithJsonSchema({"type": "number"})]


class OffHoursDocument(Document):
    """The rate at which work outside given hours uses up an allowance (clause E10, docs/clauses.md)."""

    coverage: str
    """Name of the coverage."""
    multiplier: Multiplier
    """How many hours of the allowance one hour of such work uses up. More than 1."""


class AllowanceDocument(Document):
    """An amount that a plan includes: credits, hours, visits (clauses H10, H12 and E10, docs/clauses.md)."""

    id: str
    unit: AllowanceUnit
    title: Texts = Field(default_factory=dict)
    amount: Amount | None = None
    """The amount that each period of the kind `per` includes, such as `120h` or `2`. Absent means that nothing is
    included and every unit must be bought."""
    per: AllowancePeriod = AllowancePeriod.CONTRACT_YEAR
    expires: AllowancePeriod | None = None
    """The kind of period at whose end the rest is lost. Absent means the same as `per`."""
    at_most: dict[AllowancePeriod, Limit] = Field(default_factory=dict)
    """Period -> how many units may be used in such a period."""
    off_hours: OffHoursDocument | None = None
    """The rate of work outside hours."""
    warn: Names = Field(default_factory=list)
    """Thresholds at which to warn, such as `20% left` or `30 days before expiry`."""
    optional: bool = False
    """Whether only contracts that name the allowance have it."""
    clause: str = ""
    """The contract clause, such as `H5`."""


class BoughtAllowanceDocument(Document):
    """A contract's entry for one allowance of its plan. A text such as `120h` means `amount`.

    The entry buys an optional allowance (clause E13), or changes an included one (clause E14, docs/clauses.md). An
    absent key means the plan's value.
    """

    amount: Amount | None = None
    """What each period includes."""
    at_most: dict[AllowancePeriod, Limit] | None = None
    """Period -> how many units may be used in such a period."""
    warn: Names | None = None
    """Thresholds at which to warn, such as `20% left`."""

    @model_validator(mode="before")
    @classmethod
    def _from_amount(cls, value: Any) -> Any:
        return {"amount": value} if isinstance(value, str) else value
