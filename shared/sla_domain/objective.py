"""What share of requests or clocks a contract promises to be in time, in which periods (clause E4, docs/clauses.md).

The promise alone; what has become of it in a period is a figure (`sla_domain.attainment`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

DEFAULT_AT_RISK = Decimal(75)


class PeriodKind(StrEnum):
    """The kinds of period for which attainment (the share of promises met) is computed."""

    MONTH = "month"
    """A calendar month."""
    QUARTER = "quarter"
    """A calendar quarter."""
    CONTRACT_YEAR = "contract_year"
    """A year counted from the contract's first day."""


class CountedUnit(StrEnum):
    """What an objective (the share that the contract promises to handle in time) counts: requests or clocks."""

    REQUESTS = "requests"
    """Incidents. Each is counted once, and is in time if all its clocks are in time."""
    CLOCKS = "clocks"
    """Each clock separately."""


class ObjectiveNews(StrEnum):
    """The kinds of news about an objective (share of requests or clocks that must be in time).

    Each is published as event type `io.slad.<value>.v1`.
    """

    AT_RISK = "objective.at_risk"
    """The share of allowed misses that the objective's `at_risk` names is used up."""
    EXHAUSTED = "objective.exhausted"
    """More promises were missed than the period allows."""
    RECOVERED = "objective.recovered"
    """The objective is neither at risk nor exhausted any more."""


@dataclass(frozen=True, slots=True)
class ServiceCredit:
    """A row of a table of service credits: the credit, in percent, if attainment is below a percentage.

    Attainment is the share of requests or clocks that were in time.
    """

    below: Decimal
    """The row applies to an attainment below this percentage."""
    credit: Decimal
    """The service credit in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A share of requests or clocks that must be in time in each period.

    The source is clause E4 (docs/clauses.md).
    """

    id: str
    percent: Decimal
    """Above 0, at most 100."""
    period: PeriodKind = PeriodKind.MONTH
    """The kind of period for which the share is computed."""
    of: CountedUnit = CountedUnit.REQUESTS
    """Whether each request or each clock is counted."""
    metrics: frozenset[str] = frozenset()
    """Ids of the metrics that are counted. Empty for all."""
    priorities: frozenset[str] = frozenset()
    """Ids of the priorities that are counted. Empty for all."""
    tell: tuple[str, ...] = ()
    """The roles to notify when the objective is at risk, is certain to be missed, or recovers."""
    at_risk: Decimal = DEFAULT_AT_RISK
    """The percentage of the allowed misses at which the objective is at risk."""
    credits: tuple[ServiceCredit, ...] = ()
    """The table of service credits, the row with the highest `below` first."""
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Language tag -> title."""
    clause: str = ""
    """The clause of the contract that states the objective. "" if none is named."""

    def counts(self, metric: str, priority: str) -> bool:
        """Return whether the objective includes clocks of this metric and priority.

        Args:
            metric: Id of the metric.
            priority: Id of the priority.
        """
        return (not self.metrics or metric in self.metrics) and (not self.priorities or priority in self.priorities)
