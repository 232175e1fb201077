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
    """The kinds of period over which attainment (the share of promises met) is counted.

    `MONTH`, `QUARTER`: those of the calendar. `CONTRACT_YEAR`: counted from the contract's first day.
    """

    MONTH = "month"
    QUARTER = "quarter"
    CONTRACT_YEAR = "contract_year"


class CountedUnit(StrEnum):
    """What an objective counts.

    `REQUESTS`: incidents, each once: in time if all its clocks are. `CLOCKS`: each clock by itself.
    """

    REQUESTS = "requests"
    CLOCKS = "clocks"


class ObjectiveNews(StrEnum):
    """What is published of an objective; sent as the event type `io.slad.<value>.v1`.

    `AT_RISK`: so many of the misses allowed are used up as the objective says. `EXHAUSTED`: more were missed than the
    period allows. `RECOVERED`: neither holds any more.
    """

    AT_RISK = "objective.at_risk"
    EXHAUSTED = "objective.exhausted"
    RECOVERED = "objective.recovered"


@dataclass(frozen=True, slots=True)
class ServiceCredit:
    """A row of a table of service credits: if the attainment is below `below` percent, `credit` percent are due."""

    below: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A share of requests or clocks that must be in time in each period of a kind (clause E4, docs/clauses.md).

    `percent`: above 0, at most 100. `metrics`, `priorities`: ids of those that count, empty for all. `tell`: the roles
    that are notified when it is at risk, cannot be kept any more, or recovers. `at_risk`: how many percent of the
    misses allowed are used up when it is at risk. `credits`: rows of the table of service credits, that of the highest
    `below` first. `titles`: language tag -> title. `clause`: the contract clause that states it, "" if none is named.
    """

    id: str
    percent: Decimal
    period: PeriodKind = PeriodKind.MONTH
    of: CountedUnit = CountedUnit.REQUESTS
    metrics: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()
    tell: tuple[str, ...] = ()
    at_risk: Decimal = DEFAULT_AT_RISK
    credits: tuple[ServiceCredit, ...] = ()
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    clause: str = ""

    def counts(self, metric: str, priority: str) -> bool:
        """Return whether a clock of this metric and priority (ids) counts towards the objective."""
        return (not self.metrics or metric in self.metrics) and (not self.priorities or priority in self.priorities)
