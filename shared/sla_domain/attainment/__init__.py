"""Attainment: what share of the promises of a contract was kept in a period (clause E4, docs/clauses.md).

`period` names months, quarters and contract years and gives their instants; `verdict` says where and when a clock and a
request count; `tally`, `forecast`, `credit` and `figure` make the figure of an objective; `scope` lists a contract's
objectives.
"""

from __future__ import annotations

from sla_domain.attainment.credit import service_credit
from sla_domain.attainment.figure import AttainmentFigure, Standing, figure_of, keeps, misses_allowed
from sla_domain.attainment.forecast import AttainmentForecast, forecast_of
from sla_domain.attainment.news import ToldStanding, news_of
from sla_domain.attainment.period import (
    AttainmentPeriod,
    PeriodBounds,
    ZoneHistory,
    bounds_of,
    parse_period,
    period_at,
    period_of,
)
from sla_domain.attainment.scope import ScopedObjective, objectives_of, zones_of
from sla_domain.attainment.tally import Tally
from sla_domain.attainment.verdict import JudgedClock, JudgedRequest, PromiseVerdict, contract_then, judge_request

__all__ = [
    "AttainmentFigure",
    "AttainmentForecast",
    "AttainmentPeriod",
    "JudgedClock",
    "JudgedRequest",
    "PeriodBounds",
    "PromiseVerdict",
    "ScopedObjective",
    "Standing",
    "Tally",
    "ToldStanding",
    "ZoneHistory",
    "bounds_of",
    "contract_then",
    "figure_of",
    "forecast_of",
    "judge_request",
    "keeps",
    "misses_allowed",
    "news_of",
    "objectives_of",
    "parse_period",
    "period_at",
    "period_of",
    "service_credit",
    "zones_of",
]
