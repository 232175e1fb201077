"""Key `objectives` of plans and contracts: what share of requests or clocks must be in time (clause E4)."""

from __future__ import annotations

from pydantic import Field

from sla_catalogue.document.field import Document, Names, Percent, Texts
from sla_domain.objective import DEFAULT_AT_RISK, CountedUnit, PeriodKind


class CreditDocument(Document):
    """A row of a table of service credits: attainment below `below` percent gives a credit of `credit` percent."""

    below: Percent
    credit: Percent


class ObjectiveDocument(Document):
    """A share of requests or clocks that must be in time in each period (clause E4, docs/clauses.md).

    `percent`: such as `90%`. `period`: in which it is counted. `of`: whether requests are counted, each once, or
    clocks. `metrics`, `priorities`: those that count; empty: all. `tell`: the roles notified when it is at risk, cannot
    be kept any more, or recovers. `at_risk`: how many percent of the misses allowed are used up when it is at risk.
    `credits`: the table of service credits. `title`: language -> name. `clause`: the clause that states it, such as
    `E4`.
    """

    id: str
    percent: Percent
    period: PeriodKind = PeriodKind.MONTH
    of: CountedUnit = CountedUnit.REQUESTS
    metrics: Names = Field(default_factory=list)
    priorities: Names = Field(default_factory=list)
    tell: Names = Field(default_factory=list)
    at_risk: Percent = DEFAULT_AT_RISK
    credits: list[CreditDocument] = Field(default_factory=list)
    title: Texts = Field(default_factory=dict)
    clause: str = ""
