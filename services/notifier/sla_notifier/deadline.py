"""When the running clocks of an incident are due: the notifier's own copy, kept by the facts that it reads.

An alert opens at its breach, when its own clock has nothing left. How long it may rest is said by the other clocks of
the incident.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.clock import ClockState
from sla_notifier import tables
from sla_platform.store.dialect import upsert
from sla_platform.wire import ClockFact
from sla_platform.wire.clock import NOT_BREACHED

_d = tables.deadline.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The due instant of a running clock that is not breached."""

    metric: str
    plan: str
    """The id of the plan that applies, for the title of the metric."""
    hours: str
    """In which hours the clock counts: a calendar's id and the digest of its content, or `wall`."""
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DeadlineChange:
    """What facts change about the deadlines of clocks."""

    rows: tuple[dict[str, Any], ...]
    """The rows of clocks that run."""
    ended: tuple[str, ...]
    """The ids of clocks that run no longer, or are breached."""


def changed_deadlines(facts: Iterable[ClockFact]) -> DeadlineChange:
    """Return what facts change about the deadlines of clocks: the last fact of each clock counts. Pure.

    Facts about no clock are passed over.
    """
    last = {str(fact.clock): fact for fact in facts if fact.clock is not None}
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
    """Store the deadlines of clocks that run, and delete those of clocks that run no longer."""
    if change.ended:
        await connection.execute(delete(tables.deadline).where(_d.clock.in_(change.ended)))
    if change.rows:
        rows = sorted(change.rows, key=lambda row: row["clock"])  # so that no two processes wait for each other
        await connection.execute(upsert(connection, tables.deadline), rows)


async def next_deadline(connection: AsyncConnection, incident: str, now: datetime) -> Deadline | None:
    """Return the earliest deadline of an incident after `now`; None if no clock of it runs towards one.

    Args:
        incident: The id of the incident.
    """
    query = select(tables.deadline).where(_d.incident == incident, _d.due_at > now).order_by(_d.due_at).limit(1)
    row = (await connection.execute(query)).first()
    return None if row is None else Deadline(metric=row.metric, plan=row.plan, hours=row.hours, due_at=row.due_at)
