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
    """The rate of work outside the hours of a coverage (clause E10, docs/clauses.md).

    `coverage`: name of the coverage.
    `multiplier`: how many hours of the allowance one hour of such work uses up; more than 1.
    """

    coverage: str
    multiplier: Multiplier


class AllowanceDocument(Document):
    """An amount that a plan includes: credits, hours, visits (clauses H10, H12 and E10, docs/clauses.md).

    `amount`: what each period `per` includes, such as `120h` or `2`; absent: nothing, it must be bought.
    `expires`: the period at whose end the rest is lost; absent: `per`.
    `at_most`: period -> how many units may be used in it.
    `off_hours`: the rate of work outside hours.
    `warn`: thresholds, such as `20% left` or `30 days before expiry`.
    `optional`: only contracts that name the allowance have it.
    `clause`: the contract clause, such as `H5`.
    """

    id: str
    unit: AllowanceUnit
    title: Texts = Field(default_factory=dict)
    amount: Amount | None = None
    per: AllowancePeriod = AllowancePeriod.CONTRACT_YEAR
    expires: AllowancePeriod | None = None  # None: as `per`
    at_most: dict[AllowancePeriod, Limit] = Field(default_factory=dict)
    off_hours: OffHoursDocument | None = None
    warn: Names = Field(default_factory=list)
    optional: bool = False
    clause: str = ""


class BoughtAllowanceDocument(Document):
    """What a contract says of one allowance of its plan; a text such as `120h` means `amount`.

    It buys an optional allowance (clause E13), or changes an included one (clause E14, docs/clauses.md).
    `amount`: what each period includes.
    `at_most`: period -> how many units may be used in it.
    `warn`: thresholds, such as `20% left`.
    An absent key means: as in the plan.
    """

    amount: Amount | None = None
    at_most: dict[AllowancePeriod, Limit] | None = None
    warn: Names | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_amount(cls, value: Any) -> Any:
        return {"amount": value} if isinstance(value, str) else value
