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
    """One of the figures that an ended period has had.

    `number`: 0 for the one that was recorded when it was closed. `incident`: by which it was amended, "" for number 0;
    `others`: how many incidents besides.
    """

    number: int
    at: datetime
    tally: Tally
    incident: str
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveResult:
    """What became of one objective in one period.

    `entitlement`: to which it is limited, "": the whole contract. `bounds`: the instants of `period`.
    `amendments`: the figures that the ended period has had, oldest first; () as long as none was recorded.
    """

    contract: str
    entitlement: str
    objective: Objective
    period: AttainmentPeriod
    bounds: PeriodBounds
    figure: AttainmentFigure
    amendments: tuple[FigureAmendment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractAttainment:
    """The attainment of one contract: its objectives, and all that was counted in one period.

    `zone`: the contract's time zone. `provisional`: the period has not ended. `ended`: the first day on which the
    contract is no longer in force, if that is not after the period's first; else None. `requests`, `clocks`: what was
    counted. `exempt`: clocks that do not count. `moved`: how many clocks of incidents that are another contract's by
    now count here.
    """

    contract: str
    title: str
    zone: str
    period: AttainmentPeriod
    bounds: PeriodBounds
    provisional: bool
    ended: date | None
    objectives: tuple[ObjectiveResult, ...]
    requests: tuple[CountCell, ...]
    clocks: tuple[CountCell, ...]
    exempt: tuple[ExemptClock, ...]
    moved: int

    @property
    def empty(self) -> bool:
        """Return whether no promise fell due in the period."""
        return not any(cell.tally.decided for cell in (*self.requests, *self.clocks))

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a reader must know beside the figures, as sentences in English."""
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
    """Return a share as a percentage with at most two decimals, such as `93.18`; "" for None.

    It is rounded down, so that a share below an objective never looks as if it were kept.
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
    """Return the query of the list of incidents from which a figure was counted, without the question mark.

    `verdict`: met, missed, open or exempt. `metrics`: of clocks; none for requests. `priorities`: none for all.
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
    """Return the query of the list of incidents from which an objective's figure was counted."""
    objective = result.objective
    metrics = objective.metrics if objective.of is CountedUnit.CLOCKS or objective.metrics else ()
    return list_query(result.contract, result.period, verdict, metrics=metrics, priorities=objective.priorities)
