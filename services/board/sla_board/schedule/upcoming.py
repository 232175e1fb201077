"""Which report of a schedule is next, and which after it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sla_board.schedule.due import calendar_of_report, due_at
from sla_domain.attainment import AttainmentPeriod, ZoneHistory, parse_period, period_at, zones_of
from sla_domain.contract import Contract, day_within
from sla_domain.errors import BadPeriod
from sla_domain.report_schedule import ReportSchedule
from sla_domain.rulebook import Rulebook

LATER = timedelta(hours=1)
"""When a report that cannot be frozen yet is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextReport:
    """The next report of a contract's schedule: for which period, and when it is due."""

    contract: str
    schedule: str
    """Id of the schedule."""
    period: str
    due_at: datetime


def next_report(
    rulebook: Rulebook, contract: Contract, schedule: ReportSchedule, known: NextReport | None, now: datetime
) -> NextReport | None:
    """Return the next report of a schedule, with its period and when it is due.

    The result is None if the next period begins after the contract's end. It is also None if the schedule is by
    contract year and the contract has no first day.

    Args:
        known: The report that is stored as the next one. Its period stays, and its due instant is computed anew. None
            means that the schedule is new: its first report is on the present period.
        now: The present instant.
    """
    zones = _zones(rulebook, contract)
    try:
        period = period_at(schedule.period, now, zones, contract.valid_from)
        if known is not None:
            recorded = parse_period(known.period, contract.valid_from)
            period = recorded if recorded.kind is schedule.period else period
    except BadPeriod:
        return None
    if not day_within(period.first, None, contract.valid_to):
        return None
    due = due_at(schedule, period, zones, calendar_of_report(rulebook, contract, schedule))
    if known is not None and known.period == period.label and due < known.due_at <= now + LATER:
        due = known.due_at  # it waits for what it lacks
    return NextReport(contract=str(contract.id), schedule=schedule.id, period=period.label, due_at=due)


def report_after(rulebook: Rulebook, contract: Contract, schedule: ReportSchedule, before: NextReport) -> NextReport:
    """Return the report of a schedule that follows another one, even if it lies after the contract's end."""
    zones = _zones(rulebook, contract)
    period: AttainmentPeriod = parse_period(before.period, contract.valid_from).next()
    at = due_at(schedule, period, zones, calendar_of_report(rulebook, contract, schedule))
    return replace(before, period=period.label, due_at=at)


def coming_reports(
    rulebook: Rulebook,
    contract: Contract,
    schedule: ReportSchedule,
    known: NextReport | None,
    now: datetime,
    count: int,
) -> tuple[NextReport, ...]:
    """Return the next reports of a schedule, at most `count`, of periods that begin before the contract's end.

    Args:
        known: The report that is stored as the next one. None if none is stored.
    """
    found: list[NextReport] = []
    one = next_report(rulebook, contract, schedule, known, now)
    while one is not None and len(found) < count:
        found.append(one)
        one = report_after(rulebook, contract, schedule, one)
        first = parse_period(one.period, contract.valid_from).first
        if not day_within(first, None, contract.valid_to):
            break
    return tuple(found)


def _zones(rulebook: Rulebook, contract: Contract) -> ZoneHistory:
    return zones_of(rulebook, contract.id) or ZoneHistory(contract.zone)
