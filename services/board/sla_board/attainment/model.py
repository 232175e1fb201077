"""The attainment of a contract in a period, as values that pages and answers show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from urllib.parse import urlencode

from sla_board.attainment.counts import CountCell, ExemptClock
from sla_domain.attainment import AttainmentFigure, AttainmentPeriod, PeriodBounds, Tally
from sla_domain.objective import CountedUnit, Objective, PeriodKind


@dataclass(frozen=True, slots=True)
class FigureAmendment:
    """The recorded attainment of an objective in an ended period: as first recorded, or as corrected later.

    A correction is recorded if an incident of the period changes afterwards.
    """

    number: int
    """0 for the figure recorded when the period was closed."""
    at: datetime
    """From when the figure applies."""
    tally: Tally
    incident: str
    """The incident that changed the figure. "" for number 0."""
    others: int
    """How many further incidents changed the figure at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveResult:
    """The result of one objective in one period."""

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
    """The attainment of one contract: its objectives, and all counts of one period."""

    contract: str
    title: str
    zone: str
    """The contract's time zone."""
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
        """Return whether no promise fell due in the period."""
        return not any(cell.tally.decided for cell in (*self.requests, *self.clocks))

    @property
    def notes(self) -> tuple[str, ...]:
        """Return remarks that a reader must know beside the figures, as English sentences."""
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
    """Return the sum of all cells."""
    return sum((cell.tally for cell in cells), Tally())


def percent_text(share: Fraction | None) -> str:
    """Return a share as a percentage with at most two decimals, such as `93.18`. "" for None.

    The percentage is rounded down, so that a share below an objective never looks like it meets the objective.
    """
    if share is None:
        return ""
    hundredths = int(share * 10_000)
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")


def list_query(
    contract: str,
    period: AttainmentPeriod,
    verdict: str,
    *,
    metrics: Iterable[str] = (),
    priorities: Iterable[str] = (),
) -> str:
    """Return the URL query of the list of incidents behind a figure.

    The query has no question mark.

    Args:
        verdict: `met`, `missed`, `open` or `exempt`.
        metrics: Metrics of the clocks. Empty for requests.
        priorities: Empty for all.
    """
    pairs = [("contract", contract), *_dates(period), ("verdict", verdict)]
    chosen = sorted(metrics)
    if len(chosen) == 1:
        pairs.append(("metric", chosen[0]))
    pairs += [("priority", one) for one in sorted(priorities) if one]
    return urlencode(pairs)


def _dates(period: AttainmentPeriod) -> list[tuple[str, str]]:
    """The list knows months and quarters by name, and other periods by their days."""
    if period.kind is PeriodKind.CONTRACT_YEAR:
        return [("from", period.first.isoformat()), ("to", period.end.isoformat())]
    return [("period", period.label)]


def query_of_objective(result: ObjectiveResult, verdict: str) -> str:
    """Return the URL query of the list of incidents behind an objective's figure.

    Args:
        verdict: `met`, `missed`, `open` or `exempt`.
    """
    objective = result.objective
    metrics = objective.metrics if objective.of is CountedUnit.CLOCKS or objective.metrics else ()
    return list_query(result.contract, result.period, verdict, metrics=metrics, priorities=objective.priorities)
