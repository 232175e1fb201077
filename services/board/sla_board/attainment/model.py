"""The attainment of a contract in a period, as values that pages and answers show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from urllib.parse import urlencode

from sla_board.attainment.counts import CountCell, ExemptClock
from sla_domain.attainment import AttainmentFigure, AttainmentPeriod, PeriodBounds, Tally
from sla_domain.objective import CountedUnit, Objective

NONE = "none"
"""The value in a list's query for promises without a priority, entitlement or reason."""


@dataclass(frozen=True, slots=True)
class FigureAmendment:
    """The result of an objective in an ended period, as recorded at one time.

    The first result is recorded soon after the period ends. If an incident changes afterwards, another result replaces
    the recorded one.
    """

    number: int
    """0 for the result that was recorded first."""
    at: datetime
    """The instant from which the result applies."""
    tally: Tally
    incident: str
    """The incident that changed the result. "" for number 0."""
    others: int
    """How many further incidents changed the result at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveResult:
    """The result of one objective (a promised share) in one period.

    It has the present counts, share and state, and the results that were recorded since the period ended.
    """

    contract: str
    entitlement: str
    """The entitlement (one of several plans) to which the objective is limited. "" for the whole contract."""
    objective: Objective
    period: AttainmentPeriod
    bounds: PeriodBounds
    """The instants of the period."""
    figure: AttainmentFigure
    amendments: tuple[FigureAmendment, ...] = ()
    """The recorded figures of the ended period, oldest first. Empty for a period that is not closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractAttainment:
    """The attainment (share of promises met) of one contract in a period.

    It has the result of each objective, and counts of requests (incidents) and clocks.
    """

    contract: str
    title: str
    zone: str
    """The contract's time zone."""
    list_zone: str
    """The zone to name in links to lists. "" if the catalogue knows the contract, and so its zone."""
    period: AttainmentPeriod
    bounds: PeriodBounds
    provisional: bool
    """Whether the period has not ended."""
    ended: date | None
    """The first day on which the contract is no longer in force, if that is before the end of the period. Else None."""
    objectives: tuple[ObjectiveResult, ...]
    requests: tuple[CountCell, ...]
    """Counts of requests."""
    clocks: tuple[CountCell, ...]
    """Counts of clocks."""
    exempt: tuple[ExemptClock, ...]
    """Clocks that are left out of the attainment."""
    moved: int
    """How many of the counted clocks belong to incidents that have moved to another contract since."""

    @property
    def empty(self) -> bool:
        """Return whether no promise was met or missed in the period, so that there is no share."""
        return not any(cell.tally.decided for cell in (*self.requests, *self.clocks))

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the remarks to show with the figures, as English sentences; for example, that they are provisional."""
        return tuple(self._notes())

    def _notes(self) -> Iterable[str]:
        if self.empty:
            yield "No promises fell due."
        if self.provisional:
            yield "The period has not ended: all figures are provisional."
        if len(self.bounds.zones) > 1:
            yield f"The contract's time zone changed within the period: {', then '.join(self.bounds.zones)}."
        if self.ended is not None:
            yield f"The contract ended on {self.ended.isoformat()}."
        if self.moved:
            yield (
                f"{self.moved} clocks of incidents that have moved to another contract count here, where they were due."
            )


def total_of(cells: Sequence[CountCell]) -> Tally:
    """Return the sum of several cells of counts: how many promises were met, missed or exempt, or are open, in all."""
    return sum((cell.tally for cell in cells), Tally())


def percent_text(share: Fraction | None) -> str:
    """Return a share as a percentage with at most two decimals, such as `93.18`. "" for None.

    The percentage is rounded down, so that a share below an objective never looks like it meets the objective.
    """
    if share is None:
        return ""
    hundredths = int(share * 10_000)
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedQuery:
    """The URL query of the page that lists the requests or clocks from which an attainment was computed.

    The query lets a reader see which incidents are behind a percentage.
    """

    contract: str
    period: AttainmentPeriod
    zone: str = ""
    """The time zone of the period. "" if the catalogue knows the contract, and so its zone."""
    of: CountedUnit = CountedUnit.REQUESTS
    metrics: Iterable[str] = ()
    """Ids of metrics. Empty for all. Requests are judged by their clocks of these metrics only."""
    priorities: Iterable[str] = ()
    """Ids of priorities. Empty for all. The id "" stands for promises without a priority."""
    entitlements: Iterable[str] = ()
    """Ids of entitlements (plans of the contract). Empty for all. "" stands for promises without an entitlement."""
    reasons: Iterable[str] = ()
    """Codes of reasons of breaches. Empty for all. The code "" stands for breaches without a reason."""

    def text(self, *verdicts: str) -> str:
        """Return the query as text for a URL, without a question mark.

        Args:
            verdicts: The verdicts to list: `met`, `missed`, `open` or `exempt`. Without arguments, all are listed.
        """
        pairs = [("contract", self.contract), ("period", self.period.label), ("zone", self.zone)]
        pairs += [("counted", self.of.value), *(("verdict", verdict) for verdict in verdicts)]
        pairs += [("metric", metric) for metric in sorted(self.metrics)]
        for name, values in (
            ("priority", self.priorities), ("entitlement", self.entitlements), ("reason", self.reasons),
        ):  # fmt: skip
            pairs += [(name, value or NONE) for value in sorted(values)]
        return urlencode([pair for pair in pairs if pair[1]])


def query_of_objective(result: ObjectiveResult) -> CountedQuery:
    """Return the query that lists the requests (incidents) or clocks counted for an objective."""
    objective = result.objective
    return CountedQuery(
        contract=result.contract,
        period=result.period,
        of=objective.of,
        metrics=objective.metrics,
        priorities=objective.priorities,
        entitlements=(result.entitlement,) if result.entitlement else (),
    )


def query_of_cell(one: ContractAttainment, cell: CountCell) -> CountedQuery:
    """Return the query that lists the requests or clocks counted in one cell of a contract's counts."""
    several = any(each.entitlement for each in (*one.requests, *one.clocks))
    return CountedQuery(
        contract=one.contract,
        period=one.period,
        zone=one.list_zone,
        of=CountedUnit.CLOCKS if cell.metric else CountedUnit.REQUESTS,
        metrics=(cell.metric,) if cell.metric else (),
        priorities=(cell.priority,),
        entitlements=(cell.entitlement,) if several else (),
    )
