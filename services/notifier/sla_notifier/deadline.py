"""When the running clocks of an incident are due: the notifier's own copy, kept by the facts that it reads.

An alert opens at its breach, when its own clock has nothing left. How long it may rest is said by the other clocks of
the incident. The copy has a reader of its own (`intake.deadlines`), beside the one that pages people: of thousands of
incidents that are opened at once every clock changes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.clock import ClockState
from sla_domain.contract import ContractId
from sla_domain.fact import FactKind
from sla_domain.hours import calendar_named, counted_span
from sla_domain.rulebook import Rulebook
from sla_notifier import tables
from sla_platform.store.dialect import upsert
from sla_platform.wire import ClockFact
from sla_platform.wire.clock import NOT_BREACHED

_d = tables.deadline.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When a running clock (the timer of one target of an incident) is due. The target is not breached."""

    metric: str
    plan: str
    """The id of the plan that applies, with which the metric's title is found."""
    hours: str
    """The hours in which the clock counts time: a calendar's id and a hash of its content, or `wall` for wall time."""
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DeadlineChange:
    """What to change in the table of due instants of running clocks.

    A clock is the timer of one target of an incident.
    """

    rows: tuple[dict[str, Any], ...]
    """Rows of the table of due instants, one for each clock that runs."""
    ended: tuple[str, ...]
    """The ids of clocks that no longer run or are breached."""


def changed_deadlines(facts: Iterable[ClockFact]) -> DeadlineChange:
    """Return how facts change the stored due instants of running clocks; nothing is stored here.

    A fact is a published event, mostly about a clock (the timer of one target of an incident). Only the last fact of
    each clock matters. Warnings, and facts that are not about a clock, are ignored.
    """
    told = (fact for fact in facts if fact.clock is not None and fact.kind is not FactKind.CLOCK_WARNED)
    last = {str(fact.clock): fact for fact in told}  # a warning moves no deadline
    rows: list[dict[str, Any]] = []
    for clock, fact in last.items():
        late = fact.breached not in ("", NOT_BREACHED)
        if fact.state == ClockState.RUNNING.value and fact.due_at is not None and not late:
            rows.append(
                {
                    "clock": clock,
                    "incident": fact.incident,
                    "contract": fact.contract,
                    "plan": fact.plan,
                    "metric": fact.metric,
                    "hours": fact.hours,
                    "due_at": fact.due_at,
                }
            )
    running = {row["clock"] for row in rows}
    return DeadlineChange(tuple(rows), tuple(sorted(clock for clock in last if clock not in running)))


async def save_deadlines(connection: AsyncConnection, change: DeadlineChange) -> None:
    """Store changes of the due instants of running clocks, the timers of the targets of incidents."""
    if change.ended:
        await connection.execute(delete(tables.deadline).where(_d.clock.in_(change.ended)))
    if change.rows:
        rows = sorted(change.rows, key=lambda row: row["clock"])  # so that no two processes wait for each other
        await connection.execute(upsert(connection, tables.deadline), rows)


def counted_left(rulebook: Rulebook, contract: str, due: Deadline, now: datetime) -> timedelta:
    """Return the time from `now` to a clock's due instant, counted only within the hours of the clock.

    A clock is the timer of one target. Its hours are the coverage hours in which it runs. If they are not known, all
    time counts.

    Args:
        rulebook: The contracts and calendars.
        contract: The contract's id.
        due: The clock's due instant, with the hours of the clock.
        now: The present instant.
    """
    calendar = calendar_named(rulebook, ContractId(contract), due.hours)
    return counted_span(calendar, due.hours, now, max(due.due_at, now)).primary


async def next_deadline(connection: AsyncConnection, incident: str, now: datetime) -> Deadline | None:
    """Return the earliest due instant after `now` of an incident's running clocks; None if there is none.

    A clock is the timer of one target of the incident.

    Args:
        incident: The id of the incident.
    """
    query = select(tables.deadline).where(_d.incident == incident, _d.due_at > now).order_by(_d.due_at).limit(1)
    row = (await connection.execute(query)).first()
    return None if row is None else Deadline(metric=row.metric, plan=row.plan, hours=row.hours, due_at=row.due_at)


async def deadlines_of(connection: AsyncConnection, incidents: Collection[str]) -> dict[str, dict[str, Deadline]]:
    """Return incident id -> clock id -> when the clock is due, for the running clocks of these incidents.

    A clock is the timer of one target of an incident. Breached clocks are left out, and so are incidents without any
    other running clock.
    """
    if not incidents:
        return {}
    found: dict[str, dict[str, Deadline]] = {}
    query = select(tables.deadline).where(_d.incident.in_(sorted(incidents))).order_by(_d.due_at)
    for row in await connection.execute(query):
        due = Deadline(metric=row.metric, plan=row.plan, hours=row.hours, due_at=row.due_at)
        found.setdefault(row.incident, {})[row.clock] = due
    return found
