"""Marks that something of a contract was counted: written with what was counted, read by the watch of objectives."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_platform.store.dialect import insert
from sla_platform.store.locks import locks_of

_c = tables.counted.c
_LOCK = "slad.board.objective"


class CountedNews(IntEnum):
    """Whether a change of the counts of met and missed promises is news, or history that was received late.

    For history, no fact about an objective (a promised share) is published.
    """

    PLAIN = 0
    """No fact about a clock was published."""
    HISTORY = 1
    """The change was imported, or was over when the board received it."""
    LIVE = 2
    """The change is news."""


class CountedOnce(NamedTuple):
    """The values of one clock, or of one request (incident), from which attainment (the share met) is counted."""

    contract: str
    entitlement: str
    metric: str
    """"" for a request."""
    priority: str
    verdict: str
    at: datetime | None
    """When the promise was decided. None for an undecided promise."""
    due_at: datetime | None
    """When an open promise is due. None if this is unknown."""
    exempt: bool
    """Whether a person left the clock out of the attainment."""


@dataclass(frozen=True, slots=True)
class CountedMark:
    """A stored note that an incident has changed the counts of a contract.

    `ObjectiveWatch` reads the note and counts the contract's objectives again.
    """

    contract: str
    incident: str
    earliest: datetime | None
    """The earliest instant by which the incident is or was counted. None if it is open."""
    news: CountedNews
    """Whether the change is news to publish."""


@dataclass(frozen=True, slots=True)
class MarkedContract:
    """The marks of one contract that are processed together, combined into one object.

    A mark is a stored note that the counts of a contract have changed.
    """

    contract: str
    through: int
    """The highest position among the marks."""
    incidents: tuple[str, ...]
    """Ids of the incidents that changed the counts, the newest first."""
    earliest: datetime | None
    """The earliest instant by which a changed incident is or was counted. None if there is none."""
    quiet: bool
    """Whether the changes are imported history."""
    more: bool
    """Whether the contract may have more marks than these."""


async def write_marks(connection: AsyncConnection, marks: Iterable[CountedMark]) -> None:
    """Store marks, in the transaction that changes the counts.

    A mark is a note that the counts of a contract have changed.
    """
    rows: list[dict[str, Any]] = [
        {"contract": one.contract, "incident": one.incident, "earliest": one.earliest, "news": one.news.value}
        for one in marks
        if one.contract
    ]
    if rows:
        await connection.execute(insert(connection, tables.counted), rows)


async def marked_contracts(connection: AsyncConnection, limit: int) -> list[str]:
    """Return the ids of at most `limit` contracts for which counts of met and missed promises have changed.

    Objectives of these contracts must be counted again. The contract with the oldest change comes first.
    """
    first = func.min(_c.position)
    query = select(_c.contract).group_by(_c.contract).order_by(first).limit(limit)
    return list((await connection.execute(query)).scalars())


async def lock_contract(connection: AsyncConnection, contract: str) -> bool:
    """Try to lock the objectives of a contract for this transaction, and return whether that succeeded.

    The result is False if another transaction has locked them. On SQLite, which has one writer, it is always True.
    """
    return bool(await locks_of(connection).try_each(_LOCK, (contract,)))


async def marks_of(connection: AsyncConnection, contract: str, limit: int) -> MarkedContract | None:
    """Return at most `limit` marks of a contract, the oldest ones, as one object. None if there are no marks.

    A mark is a stored note that the counts of the contract have changed.
    """
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
        more=len(rows) == limit,
    )


async def last_mark(connection: AsyncConnection) -> int:
    """Return the position of the newest stored mark; 0 if there are no marks.

    A mark is a note that the counts of a contract have changed. Marks are stored with ascending positions.
    """
    return int((await connection.execute(select(func.max(_c.position)))).scalar() or 0)


async def remove_marks_through(connection: AsyncConnection, contracts: Collection[str], position: int) -> None:
    """Delete those marks of some contracts whose position is at most `position`.

    A mark is a note that the counts of a contract have changed. Marks are stored with ascending positions.
    """
    await connection.execute(delete(tables.counted).where(_c.contract.in_(contracts), _c.position <= position))


async def remove_marks(connection: AsyncConnection, done: MarkedContract) -> None:
    """Delete the given marks of a contract; call this when its objectives have been counted again.

    A mark is a stored note that the counts of a contract have changed. Marks stored afterwards stay.

    Args:
        done: The marks, as `marks_of` returned them.
    """
    await connection.execute(delete(tables.counted).where(_c.contract == done.contract, _c.position <= done.through))


def marks_between(
    before: Mapping[str, Collection[CountedOnce]],
    after: Mapping[str, Collection[CountedOnce]],
    news: Mapping[str, CountedNews],
) -> list[CountedMark]:
    """Compare the counted values of incidents before and after a change, and return the marks to store.

    A mark is a note that an incident has changed the counts of a contract. There is one mark for each incident and each
    contract whose values differ.

    Args:
        before: Incident id -> the values of its clocks and of its request before the change.
        after: Incident id -> the values of its clocks and of its request after the change.
        news: Incident id -> whether the change is news or history. PLAIN for an incident that is missing here.
    """
    marks: list[CountedMark] = []
    for incident in sorted({*before, *after}):
        changed = set(before.get(incident, ())) ^ set(after.get(incident, ()))
        for contract in sorted({one.contract for one in changed}):
            instants = [one.at for one in changed if one.contract == contract and one.at is not None]
            earliest = min(instants, default=None)
            marks.append(CountedMark(contract, incident, earliest, news.get(incident, CountedNews.PLAIN)))
    return marks
