"""The JSON form of attainment, as documented models. Instants are RFC 3339 UTC, shares are percentages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction

from pydantic import BaseModel, ConfigDict, Field

from sla_board.attainment.counts import CountCell, ExemptClock
from sla_board.attainment.model import (
    ContractAttainment,
    CountedQuery,
    ObjectiveResult,
    percent_text,
    query_of_cell,
    query_of_objective,
)
from sla_board.attainment.words import assumption_of
from sla_domain.attainment import Tally

PAGE, API = "/incidents", "/v1/incidents"


class _Answer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)


class CountAnswer(_Answer):
    """A number of incidents or clocks, with links to the list of these incidents or clocks."""

    count: int
    """The number of incidents or clocks."""
    page: str
    """Path of the list as a page."""
    api: str
    """Path of the list as JSON."""


class CountsAnswer(_Answer):
    """How many requests (incidents) or clocks were met, missed or exempt, or are open.

    The attainment is the share of the met ones among those met or missed. `exempt` and `open` do not affect it.
    """

    met: CountAnswer
    missed: CountAnswer
    exempt: CountAnswer = Field(description="taken out of the count by a person")
    open: CountAnswer = Field(description="not decided, and due in the period as far as is known")
    share_percent: float | None = Field(description="met ÷ (met + missed), rounded down; null if nothing was decided")


class ForecastAnswer(_Answer):
    """The expected attainment (share of promises met) of an objective at the end of its period.

    An objective is a promised share, such as 95 % of the requests of a month in time.
    """

    expected: int = Field(description="how many will be decided in all")
    rate_percent: float | None = Field(description="the share of the open ones that is expected to be met")
    share_percent: float | None
    """The expected attainment."""
    worst_percent: float | None
    """The attainment if all open promises are missed."""
    best_percent: float | None
    """The attainment if all open promises are met."""
    assumption: str = Field(description="what the forecast supposes, in words")


class CreditRowAnswer(_Answer):
    """A row of the table of service credits: an attainment below `below_percent` gives `credit_percent`."""

    below_percent: float
    credit_percent: float


class AmendmentAnswer(_Answer):
    """The result of an objective in an ended period, as recorded at one time.

    The first result is recorded soon after the period ends. If an incident changes afterwards, another result replaces
    the recorded one and names the incident. The first result names none.
    """

    at: datetime = Field(description="since when it is the figure")
    met: int
    missed: int
    exempt: int
    share_percent: float | None
    incident: str
    """The incident that changed the result. Empty for the first result."""
    others: int = Field(description="how many incidents besides changed it at once")


class ObjectiveAnswer(_Answer):
    """The result of an objective in a period: counts, state, forecast, service credit and recorded results.

    An objective is a promised share, such as 95 % of the requests of a month in time.
    """

    id: str
    title: str
    entitlement: str = Field(description="to which it is limited; empty: the whole contract")
    percent: float = Field(description="the share that is promised")
    of: str = Field(description="requests or clocks")
    metrics: tuple[str, ...] = Field(description="those that count; empty: all")
    priorities: tuple[str, ...] = Field(description="those that count; empty: all")
    clause: str
    period: str
    start: datetime
    end: datetime
    provisional: bool = Field(description="the period has not ended")
    standing: str = Field(
        description="nothing_due (no promise fell due), kept (met so far), at_risk, exhausted (out of reach) or missed"
    )
    counts: CountsAnswer
    misses_allowed: int = Field(description="among those expected")
    misses_left: int = Field(description="negative once the objective cannot be met")
    forecast: ForecastAnswer
    credits: tuple[CreditRowAnswer, ...]
    credit_percent: float | None = Field(description="the service credit due; computed, never paid; null for none")
    amendments: tuple[AmendmentAnswer, ...] = Field(
        description="the figures that the ended period has had, oldest first; more than one if late events changed it"
    )


class CellAnswer(_Answer):
    """The counts of met, missed, open and exempt requests or clocks for one entitlement, metric and priority.

    An entitlement is one of several plans of a contract.
    """

    entitlement: str
    metric: str = Field(description="empty where requests are counted: each has all its metrics")
    priority: str
    counts: CountsAnswer


class ExemptionAnswer(_Answer):
    """A clock that a person left out of the attainment, and why."""

    incident: str
    metric: str
    cycle: int
    """The clock's number among the incident's clocks of this metric, from 0."""
    priority: str
    verdict: str
    """The verdict on the exempt clock: met, missed or open."""
    reason: str
    """Why the clock was left out."""
    by: str
    """Who left the clock out."""


class ContractAttainmentAnswer(_Answer):
    """The attainment (share of promises met) of one contract in a period.

    It has the result of each objective, and counts of requests (incidents) and clocks.
    """

    contract: str
    title: str
    zone: str
    period: str
    kind: str = Field(description="month, quarter or contract_year")
    start: datetime
    end: datetime
    first_day: date
    end_day: date = Field(description="the first day after the period")
    provisional: bool
    nothing_due: bool = Field(description="no promise fell due: there is no share")
    notes: tuple[str, ...]
    """Remarks that a reader must know beside the figures, in English."""
    objectives: tuple[ObjectiveAnswer, ...]
    requests: tuple[CellAnswer, ...] = Field(description="each incident once, by the clock that decided it")
    clocks: tuple[CellAnswer, ...]
    exemptions: tuple[ExemptionAnswer, ...] = Field(description="at most 200, the oldest first")


class AttainmentAnswer(_Answer):
    """A page of the list of contracts with their attainment (share of promises met), sorted by the contracts' ids."""

    now: datetime
    contracts: tuple[ContractAttainmentAnswer, ...]
    after: str | None
    """Pass it as `after` to get the next page. Null on the last page."""


def attainment_answer(
    found: Iterable[ContractAttainment], now: datetime, after: str | None, language: str
) -> AttainmentAnswer:
    """Return the attainment of contracts as a JSON model.

    Args:
        found: The contracts with their attainment (share of promises met).
        now: The present instant.
        after: The id after which the next page begins. None on the last page.
        language: Language tag of the objectives' titles.
    """
    contracts = tuple(_contract(one, language) for one in found)
    return AttainmentAnswer(now=now, contracts=contracts, after=after)


def _contract(one: ContractAttainment, language: str) -> ContractAttainmentAnswer:
    return ContractAttainmentAnswer(
        contract=one.contract,
        title=one.title,
        zone=one.zone,
        period=one.period.label,
        kind=one.period.kind.value,
        start=one.bounds.start,
        end=one.bounds.end,
        first_day=one.period.first,
        end_day=one.period.end,
        provisional=one.provisional,
        nothing_due=one.empty,
        notes=one.notes,
        objectives=tuple(_objective(each, language) for each in one.objectives),
        requests=tuple(_cell(one, cell) for cell in one.requests),
        clocks=tuple(_cell(one, cell) for cell in one.clocks),
        exemptions=tuple(map(_exemption, one.exempt)),
    )


def _objective(result: ObjectiveResult, language: str) -> ObjectiveAnswer:
    objective, figure = result.objective, result.figure
    forecast = figure.forecast
    titles = objective.titles
    return ObjectiveAnswer(
        id=objective.id,
        title=titles.get(language) or titles.get("en") or next(iter(titles.values()), objective.id),
        entitlement=result.entitlement,
        percent=float(objective.percent),
        of=objective.of.value,
        metrics=tuple(sorted(objective.metrics)),
        priorities=tuple(sorted(objective.priorities)),
        clause=objective.clause,
        period=result.period.label,
        start=result.bounds.start,
        end=result.bounds.end,
        provisional=figure.provisional,
        standing=figure.standing.value,
        counts=_counts(figure.tally, query_of_objective(result)),
        misses_allowed=figure.allowed,
        misses_left=figure.misses_left,
        forecast=ForecastAnswer(
            expected=forecast.expected,
            rate_percent=_percent(forecast.rate),
            share_percent=_percent(forecast.share),
            worst_percent=_percent(forecast.worst),
            best_percent=_percent(forecast.best),
            assumption=assumption_of(figure),
        ),
        credits=tuple(
            CreditRowAnswer(below_percent=float(row.below), credit_percent=float(row.credit))
            for row in objective.credits
        ),
        credit_percent=None if figure.credit is None else float(figure.credit),
        amendments=tuple(
            AmendmentAnswer(
                at=one.at,
                met=one.tally.met,
                missed=one.tally.missed,
                exempt=one.tally.exempt,
                share_percent=_percent(one.tally.share),
                incident=one.incident,
                others=one.others,
            )
            for one in result.amendments
        ),
    )


def _cell(one: ContractAttainment, cell: CountCell) -> CellAnswer:
    return CellAnswer(
        entitlement=cell.entitlement,
        metric=cell.metric,
        priority=cell.priority,
        counts=_counts(cell.tally, query_of_cell(one, cell)),
    )


def _counts(tally: Tally, query: CountedQuery) -> CountsAnswer:
    def count(verdict: str, number: int) -> CountAnswer:
        written = query.text(verdict)
        return CountAnswer(count=number, page=f"{PAGE}?{written}", api=f"{API}?{written}")

    return CountsAnswer(
        met=count("met", tally.met),
        missed=count("missed", tally.missed),
        exempt=count("exempt", tally.exempt),
        open=count("open", tally.open),
        share_percent=_percent(tally.share),
    )


def _percent(share: Fraction | None) -> float | None:
    return None if share is None else float(percent_text(share))


def _exemption(one: ExemptClock) -> ExemptionAnswer:
    return ExemptionAnswer(
        incident=one.incident,
        metric=one.metric,
        cycle=one.cycle,
        priority=one.priority,
        verdict=one.verdict,
        reason=one.exempt,
        by=one.exempt_by,
    )
