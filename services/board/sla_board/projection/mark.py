"""Marks that something of a contract was counted: written with what was counted, read by the watch of objectives."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_platform.store.dialect import insert, is_postgres

_c = tables.counted.c
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext('slad.board.objective'), hashtext(:contract))")


class CountedNews(IntEnum):
    """Whether what was counted is news.

    PLAIN: nothing was published of a clock. HISTORY: it was imported, or over when it was heard of. LIVE: it is news.
    """

    PLAIN = 0
    HISTORY = 1
    LIVE = 2


class CountedOnce(NamedTuple):
    """What is counted of one clock, or (`metric` "") of a request as a whole; by its values two are compared."""

    contract: str
    entitlement: str
    metric: str
    priority: str
    verdict: str
    at: datetime | None
    due_at: datetime | None
    exempt: bool


@dataclass(frozen=True, slots=True)
class CountedMark:
    """What was counted of one incident for one contract.

    `earliest`: the first instant by which it counts or counted before; None if it is open.
    """

    contract: str
    incident: str
    earliest: datetime | None
    news: CountedNews


@dataclass(frozen=True, slots=True)
class MarkedContract:
    """The marks of one contract that are worked on together.

    `through`: the highest position among them. `incidents`: of which something was counted, the newest first.
    `earliest`: the first instant concerned, None if there is none. `quiet`: it is imported history.
    """

    contract: str
    through: int
    incidents: tuple[str, ...]
    earliest: datetime | None
    quiet: bool


async def write_marks(connection: AsyncConnection, marks: Iterable[CountedMark]) -> None:
    """Write marks, in the transaction that counts what they are about."""
    rows: list[dict[str, Any]] = [
        {"contract": one.contract, "incident": one.incident, "earliest": one.earliest, "news": one.news.value}
        for one in marks
        if one.contract
    ]
    if rows:
        await connection.execute(insert(connection, tables.counted), rows)


async def marked_contracts(connection: AsyncConnection, limit: int) -> list[str]:
    """Return contracts with marks, at most `limit`; the one that has waited longest first."""
    first = func.min(_c.position)
    query = select(_c.contract).group_by(_c.contract).order_by(first).limit(limit)
    return list((await connection.execute(query)).scalars())


async def lock_contract(connection: AsyncConnection, contract: str) -> bool:
    """Return whether this transaction alone works on the objectives of a contract.

    On SQLite, which has one writer, always.
    """
    if not is_postgres(connection):
        return True
    return bool((await connection.execute(_LOCK, {"contract": contract})).scalar())


async def marks_of(connection: AsyncConnection, contract: str, limit: int) -> MarkedContract | None:
    """Return the oldest marks of a contract, at most `limit`, as one; None if it has none."""
    rows: Sequence[Any] = (
        await connection.execute(
            select(tables.counted).where(_c.contract == contract).order_by(_c.position).limit(limit)
        )
    ).all()
    if not rows:
        return None
    instants = [row.earliest for row in rows if row.earliest is not None]
    return MarkedContract(
        contract=contract,
        through=rows[-1].position,
        incidents=tuple(dict.fromkeys(row.incident for row in reversed(rows))),
        earliest=min(instants, default=None),
        quiet=max(row.news for row in rows) == CountedNews.HISTORY,
    )


async def remove_marks(connection: AsyncConnection, done: MarkedContract) -> None:
    """Delete the marks that were worked on."""
    await connection.execute(delete(tables.counted).where(_c.contract == done.contract, _c.position <= done.through))


def marks_between(
    before: Mapping[str, Collection[CountedOnce]],
    after: Mapping[str, Collection[CountedOnce]],
    news: Mapping[str, CountedNews],
) -> list[CountedMark]:
    """Return a mark for each incident and contract of which something is counted otherwise than before.

    `before`, `after`: incident -> what is counted of it. `news`: incident -> whether it is news.
    """
    marks: list[CountedMark] = []
    for incident in sorted({*before, *after}):
        changed = set(before.get(incident, ())) ^ set(after.get(incident, ()))
        for contract in sorted({one.contract for one in changed}):
            instants = [one.at for one in changed if one.contract == contract and one.at is not None]
            earliest = min(instants, default=None)
            marks.append(CountedMark(contract, incident, earliest, news.get(incident, CountedNews.PLAIN)))
    return marks
