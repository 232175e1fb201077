"""Key `objectives` of plans and contracts: what share of requests or clocks must be in time (clause E4)."""

from __future__ import annotations

from pydantic import Field

from sla_catalogue.document.field import Document, Names, Percent, Texts
from sla_domain.objective import DEFAULT_AT_RISK, CountedUnit, PeriodKind


class CreditDocument(Document):
    """A row of a table of service credits: which share of the fee is credited below which attainment."""

    below: Percent
    """The row applies to an attainment below this percentage."""
    credit: Percent
    """The service credit in percent."""


class ObjectiveDocument(Document):
    """A share of promises that must be in time in each period, such as 95 % of the requests of a month.

    Requests (incidents) or clocks (single measurements, such as the first response) are counted. The source is clause
    E4 (docs/clauses.md).
    """

    id: str
    percent: Percent
    """The share that must be in time, such as `90%`."""
    period: PeriodKind = PeriodKind.MONTH
    """The kind of period for which the share is computed."""
    of: CountedUnit = CountedUnit.REQUESTS
    """Whether each request or each clock is counted. A request is counted once."""
    metrics: Names = Field(default_factory=list)
    """The metrics that are counted. Empty for all."""
    priorities: Names = Field(default_factory=list)
    """The priorities that are counted. Empty for all."""
    tell: Names = Field(default_factory=list)
    """The roles to notify when the objective is at risk, is certain to be missed, or recovers."""
    at_risk: Percent = DEFAULT_AT_RISK
    """The percentage of the allowed misses at which the objective is at risk."""
    credits: list[CreditDocument] = Field(default_factory=list)
    """The table of service credits."""
    title: Texts = Field(default_factory=dict)
    """Language -> name."""
    clause: str = ""
    """The clause of the contract that states the objective, such as `E4`."""
