"""The stored standings of objectives, and the amendments of those whose period has ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.attainment.model import FigureAmendment, ObjectiveResult
from sla_domain.attainment import Tally, ToldStanding
from sla_domain.objective import ObjectiveNews
from sla_platform.store.dialect import insert, upsert

_o, _a = tables.objective.c, tables.amendment.c
Key = tuple[str, str, str]
"""Entitlement, objective and period of a contract."""


@dataclass(frozen=True, slots=True)
class KeptStanding:
    """The stored result of an objective in one period: its counts, and its state as last published.

    An objective is a promised share, such as 95 % of the requests of a month in time.
    """

    tally: Tally
    """The counts of the period."""
    told: ToldStanding
    """What was last published of the objective."""
    ends_at: datetime
    """When the period ends."""
    closed_at: datetime | None
    """When the result of the ended period was first recorded. None before that."""
    sealed: bool
    """Whether incidents of the period were deleted by age. The period can then not be counted again."""


async def standings_of(connection: AsyncConnection, contract: str) -> dict[Key, KeptStanding]:
    """Return the stored results of a contract's objectives (promised shares).

    The result is (entitlement id, objective id, period label) -> counts and last published state.
    """
    rows = (await connection.execute(select(tables.objective).where(_o.contract == contract))).all()
    return {(row.entitlement, row.objective, row.period): _standing(row) for row in rows}


async def contracts_with_standings(connection: AsyncConnection, contracts: Collection[str]) -> set[str]:
    """Return which of the given contracts (ids) have stored results of objectives."""
    return set((await connection.execute(select(_o.contract).where(_o.contract.in_(contracts)).distinct())).scalars())


def _standing(row: Any) -> KeptStanding:
    return KeptStanding(
        tally=Tally(row.met, row.missed, row.exempt, row.open),
        told=ToldStanding(ObjectiveNews(row.told), row.number),
        ends_at=row.ends_at,
        closed_at=row.closed_at,
        sealed=row.sealed,
    )


async def save_standing(
    connection: AsyncConnection,
    result: ObjectiveResult,
    told: ToldStanding,
    now: datetime,
    closed_at: datetime | None,
) -> None:
    """Store the result of an objective in a period, in place of the result stored before.

    Args:
        result: The objective (a promised share) with its counts and state in the period.
        told: The state that was last published, and how many facts about the objective were published.
        now: The present instant.
        closed_at: When the result of the ended period was first recorded. None for a period without a recorded result.
    """
    figure = result.figure
    row = {
        **_key(result),
        "kind": result.period.kind.value,
        "starts_at": result.bounds.start,
        "ends_at": result.bounds.end,
        "percent": f"{result.objective.percent.normalize():f}",
        "met": figure.tally.met,
        "missed": figure.tally.missed,
        "exempt": figure.tally.exempt,
        "open": figure.tally.open,
        "allowed": figure.allowed,
        "standing": figure.standing.value,
        "told": told.last.value,
        "number": told.number,
        "changed_at": now,
        "closed_at": closed_at,
        "sealed": False,
    }
    await connection.execute(upsert(connection, tables.objective), [row])


async def add_amendment(
    connection: AsyncConnection, result: ObjectiveResult, number: int, now: datetime, incidents: Sequence[str]
) -> None:
    """Record the result of an objective in an ended period.

    The first result is recorded soon after the period ends. If an incident changes afterwards, another result replaces
    the recorded one.

    Args:
        result: The objective (a promised share) with its counts in the period.
        number: The number of the recorded result, 0 for the first.
        now: The instant from which the recorded result applies.
        incidents: Ids of the incidents that changed the result. Empty for the first result.
    """
    tally = result.figure.tally
    row = {
        **_key(result),
        "number": number,
        "at": now,
        "met": tally.met,
        "missed": tally.missed,
        "exempt": tally.exempt,
        "incident": incidents[0] if incidents else "",
        "others": max(len(incidents) - 1, 0),
    }
    await connection.execute(insert(connection, tables.amendment), [row])


async def amendments_of(
    connection: AsyncConnection, contract: str, periods: Sequence[str]
) -> dict[Key, list[FigureAmendment]]:
    """Return the results that were recorded for a contract's objectives in ended periods.

    The result is (entitlement id, objective id, period label) -> recorded results, oldest first.

    Args:
        periods: Labels of the periods, such as `2026-11`.
    """
    query = select(tables.amendment).where(_a.contract == contract, _a.period.in_(sorted(set(periods))))
    found: dict[Key, list[FigureAmendment]] = {}
    for row in (await connection.execute(query.order_by(_a.number))).all():
        one = FigureAmendment(row.number, row.at, Tally(row.met, row.missed, row.exempt), row.incident, row.others)
        found.setdefault((row.entitlement, row.objective, row.period), []).append(one)
    return found


async def closable(connection: AsyncConnection, before: datetime, limit: int) -> list[str]:
    """Return the ids of at most `limit` contracts that have an ended period for which no result was recorded yet.

    Args:
        before: Only periods that ended at this instant or earlier are considered.
    """
    query = select(_o.contract).where(_o.ends_at <= before, _o.closed_at.is_(None)).distinct()
    return list((await connection.execute(query.order_by(_o.contract).limit(limit))).scalars())


async def watched_contracts(connection: AsyncConnection, now: datetime, limit: int) -> tuple[list[str], int]:
    """Return the ids of at most `limit` contracts with objectives for a period that has not ended.

    The contracts whose objectives (promised shares) changed most recently come first. The second value is how many
    further contracts there are. Only objectives stored by the board are considered.

    Args:
        now: The present instant.
    """
    present = (_o.ends_at > now, _o.closed_at.is_(None))
    query = select(_o.contract).where(*present).group_by(_o.contract)
    chosen = query.order_by(func.max(_o.changed_at).desc(), _o.contract).limit(limit)
    names = list((await connection.execute(chosen)).scalars())
    total = (await connection.execute(select(func.count()).select_from(query.subquery()))).scalar_one()
    return names, total - len(names)


def _key(result: ObjectiveResult) -> dict[str, str]:
    return {
        "contract": result.contract,
        "entitlement": result.entitlement,
        "objective": result.objective.id,
        "period": result.period.label,
    }
