"""One pass of the tick: fire everything due, batch by batch, oldest first, and say how late each was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_platform.store.engine import Store
from sla_platform.store.quarantine import LONGEST_ERROR, fit
from sla_platform.store.types import Instant, from_micros, to_micros
from sla_timer.tick import postgres, sqlite
from sla_timer.tick.progress import BEGINNING, Progress


@dataclass(frozen=True, slots=True)
class Fired:
    """One claimed timer row. `live` is False for a stale one, which told nothing."""

    fire_at: datetime
    kind: str
    provisional: bool
    live: bool


@dataclass(frozen=True, slots=True)
class ClaimBounds:
    """`now`: the believed instant; `since`: the lower bound of the claim (None: a sweep of everything overdue);
    `patience`: how long a partition may be behind before its clocks fire flagged `provisional`; `limit`: rows of one
    partition; `lane` of `lanes`: every how manieth partition alone, so that several claims can go on at once."""

    now: datetime
    since: datetime | None
    patience: timedelta
    limit: int
    only: int | None = None  # this partition alone
    lane: int = 0
    lanes: int = 1


_POSTGRES = text(postgres.FIRE).bindparams(bindparam("now", type_=Instant), bindparam("bound", type_=Instant))
_SET_ASIDE = text(postgres.SET_ASIDE).bindparams(bindparam("now", type_=Instant))
_SQLITE_CLAIM = text(sqlite.CLAIM)
_SQLITE_TELL = text(sqlite.TELL.replace(":%M:%S", r"\:%M\:%S"))


class Firing:
    """Fires due timers on one store. On PostgreSQL any number of instances may do so at once.

    `lanes`: how many batches of this instance are worth firing at once, when many rows are due.
    """

    def __init__(self, store: Store, progress: Progress) -> None:
        self.lanes = 1 if store.sqlite else 2
        self._store = store
        self._progress = progress

    async def fire(self, bounds: ClaimBounds) -> list[Fired]:
        """One batch. A full batch (`limit` rows of a partition) means there may be more."""
        if self._store.sqlite:
            return await self._fire_sqlite(bounds)
        async with self._store.claiming() as connection:
            values = {
                "now": bounds.now,
                "bound": bounds.since or BEGINNING,
                "patience": bounds.patience,
                "limit": bounds.limit,
                "only": bounds.only,
                "lane": bounds.lane,
                "lanes": bounds.lanes,
            }
            return _rows((await connection.execute(_POSTGRES, values)).all())

    async def set_aside(self, bounds: ClaimBounds, partition: int, error: str) -> bool:
        """Quarantine the row that a claim of one would take next from this partition; False when there is none."""
        why = fit(error, LONGEST_ERROR)
        if self._store.sqlite:
            through = to_micros(self._through(bounds))
            async with self._store.transaction() as connection:
                keep, remove = map(text, sqlite.SET_ASIDE)
                await connection.execute(keep, {"now": to_micros(bounds.now), "through": through, "error": why})
                return bool((await connection.execute(remove, {"through": through})).rowcount)
        values = {"now": bounds.now, "patience": bounds.patience, "only": partition, "error": why}
        async with self._store.claiming() as connection:
            return (await connection.execute(_SET_ASIDE, values)).first() is not None

    def _through(self, bounds: ClaimBounds) -> datetime:
        """Up to where the one partition of SQLite fires."""
        caught = self._progress.caught_up_through(0) or BEGINNING
        return min(bounds.now, max(caught, bounds.now - bounds.patience))

    async def partitions(self) -> list[int]:
        """Where there may be timers."""
        if self._store.sqlite:
            return [0]
        async with self._store.reading() as connection:
            return list((await connection.execute(text("SELECT partition FROM timer_progress"))).scalars())

    async def _fire_sqlite(self, bounds: ClaimBounds) -> list[Fired]:
        caught = self._progress.caught_up_through(0)
        if caught is None:
            return []
        through = self._through(bounds)
        if not await self._anything_due(through):
            return []
        async with self._store.transaction() as connection:
            return await _claim_and_tell(connection, bounds, through, caught)

    async def _anything_due(self, through: datetime) -> bool:
        """A look without the write lock: an idle tick must cost nothing."""
        async with self._store.reading() as connection:
            look = text(
                "SELECT 1 FROM timer_timer WHERE partition = 0 AND fire_at <= :through "
                "AND coalesce(ripe_at, fire_at) <= :through LIMIT 1"
            )
            return (await connection.execute(look, {"through": to_micros(through)})).first() is not None


async def _claim_and_tell(
    connection: AsyncConnection, bounds: ClaimBounds, through: datetime, caught: datetime
) -> list[Fired]:
    for statement in (sqlite.PREPARE, sqlite.CLEAR):
        await connection.exec_driver_sql(statement)
    await connection.execute(
        _SQLITE_CLAIM,
        {"partition": 0, "through": to_micros(through), "caught": to_micros(caught), "limit": bounds.limit},
    )
    for statement in (sqlite.DELETE, sqlite.MARK):
        await connection.exec_driver_sql(statement)
    await connection.execute(_SQLITE_TELL, {"now": to_micros(bounds.now), "through": to_micros(through)})
    rows: list[Any] = list((await connection.exec_driver_sql(sqlite.FIRED)).all())
    return [Fired(from_micros(at), kind, bool(late), bool(live)) for at, kind, late, live in rows]


def _rows(rows: Any) -> list[Fired]:
    return [Fired(row.fire_at, row.kind, row.provisional, row.live) for row in rows]
