"""Retention: removes ended incidents and old notices by the timer's rule, but later, and links that are over.

The rule is in `sla_platform.retention`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.history.keep import forget_listed
from sla_board.link.store import ended_before
from sla_board.projection.store import events_of_incidents
from sla_board.shown.alert import alerts_of
from sla_domain.event import IncidentEvent
from sla_domain.incident import Phase
from sla_platform.bus import Quarantine, SkippedRows
from sla_platform.retention import Removed, doubted_now, newest_in
from sla_platform.rows import in_parts
from sla_platform.store import alias, tombstone
from sla_platform.store.engine import Store
from sla_platform.store.keyset import rows_after
from sla_platform.timesource import TimeSource

BATCH = 100  # incidents or notices in one step
CLAIMS = 1_000
CLAIMS_KEPT = timedelta(days=30)  # longer than any broker keeps what it could send again
_LIVE = [phase.value for phase in Phase if phase.live]
_incident, _notice = tables.incident.c, tables.notice.c
_OF_INCIDENT = (tables.clock, tables.request, tables.contract, tables.phase)
_ABOUT_INCIDENT = (
    tables.event, *_OF_INCIDENT, tables.delivery, tables.alert, tables.unfolded, tables.breakdown, tables.pause,
    tables.breach_reason,
)  # fmt: skip
_ABOUT_NOTICE = (tables.delivery, tables.alert)


class EndedIncidents:
    """Deletes old data from the board's tables.

    - `ended` deletes incidents that have ended.
    - `late` deletes events that arrived after their incident was deleted.
    - `notices` deletes critical-fix notices.
    - `links` deletes links to support plans.

    Args:
        quarantine: Receives the incidents that cannot be read, which are kept.
    """

    def __init__(self, store: Store, quarantine: Quarantine) -> None:
        self._store = store
        self._horizon: datetime | None = None  # of the last call
        self._skipped = SkippedRows(quarantine, "retention", self._again, seconds=0)  # each look is an hour later

    async def ended(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete the incidents that have ended and have not changed since the instant `horizon`.

        An incident is kept in three cases:

        - One of its clocks is open.
        - The phase that the timer published last shows that work on the incident continues.
        - An event of the incident arrived since `horizon`.

        At most 100 incidents are deleted in a transaction, the longest unchanged first. After each transaction, the
        number of deleted rows by table is yielded. The ids are kept in a table of tombstones, so that late events do
        not create a deleted incident again.
        """
        after: Any | None = None
        self._horizon = horizon
        while page := await self._ended_page(horizon, after):
            after = page[-1]
            steps: list[Removed] = []

            async def work(names: Sequence[str], steps: list[Removed] = steps) -> None:
                steps.append(await self._forget_quiet(names, horizon))

            await in_parts([row.id for row in page], work, self._skipped.skip)
            for removed in steps:
                if removed:
                    yield removed

    async def _forget_quiet(self, names: Sequence[str], horizon: datetime) -> Removed:
        async with self._store.reading() as connection:
            told = await events_of_incidents(connection, names)
        quiet = [name for name in names if not _has_events_since(told.get(name, ()), horizon)]
        if not quiet:
            return {}
        async with self._store.transaction() as connection:
            return await _forget(connection, quiet, horizon)

    async def _again(self, incident: str) -> None:
        async with self._store.reading() as connection:
            await events_of_incidents(connection, [incident])
        if self._horizon is not None:
            await self._forget_quiet([incident], self._horizon)

    async def late(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete events that arrived for an incident after the incident had been deleted.

        The events are kept if one of them arrived since the instant `horizon`, or if the incident was opened again. A
        transaction handles at most 100 incidents. After each transaction, the number of deleted rows by table is
        yielded.
        """

        async def strays(connection: AsyncConnection, names: Sequence[str]) -> Removed:
            removed = await _remove(connection, "incident", names, _ABOUT_INCIDENT)
            return removed | (await forget_listed(connection, names) if names else {})

        steps = tombstone.remove_late(self._store, tables.tombstone, _incident.id, strays, horizon, BATCH)
        async for removed in steps:
            yield removed

    async def notices(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete critical-fix notices published before the instant `horizon`, oldest first.

        Their deliveries and alerts are deleted too. A notice with an open alert is kept. A transaction handles at
        most 100 notices. After each transaction, the number of deleted rows by table is yielded.
        """
        after: Any | None = None
        while page := await self._notice_page(horizon, after):
            after = page[-1]
            ids = [row.id for row in page]
            async with self._store.transaction() as connection:
                over = await _answered(connection, ids)
                removed = await _remove(connection, "notice", over, _ABOUT_NOTICE)
                if over:
                    gone = await connection.execute(delete(tables.notice).where(_notice.id.in_(over)))
                    removed[tables.notice.name] = gone.rowcount
            if removed:
                yield removed

    async def links(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete the links to support plans that expired, or were revoked, before the instant `horizon`.

        A transaction deletes at most 100 links. After each transaction, the number of deleted rows by table is yielded.
        The links' entries in the audit log are kept.
        """
        link = tables.plan_link.c
        while True:
            async with self._store.transaction() as connection:
                chosen = select(link.id).where(ended_before(horizon)).limit(BATCH)
                ids = (await connection.execute(chosen)).scalars().all()
                if ids:
                    await connection.execute(delete(tables.plan_link).where(link.id.in_(ids)))
            if ids:
                yield {tables.plan_link.name: len(ids)}
            if len(ids) < BATCH:
                return

    async def _ended_page(self, horizon: datetime, after: Any | None) -> Sequence[Any]:
        further = rows_after(after, _incident.changed_at, _incident.id)
        query = select(_incident.id, _incident.changed_at).where(tables.ENDED, _incident.changed_at < horizon, further)
        async with self._store.reading() as connection:
            return (await connection.execute(query.order_by(_incident.changed_at, _incident.id).limit(BATCH))).all()

    async def _notice_page(self, horizon: datetime, after: Any | None) -> Sequence[Any]:
        further = rows_after(after, _notice.published_at, _notice.id)
        query = select(_notice.id, _notice.published_at).where(_notice.published_at < horizon, further)
        async with self._store.reading() as connection:
            return (await connection.execute(query.order_by(_notice.published_at, _notice.id).limit(BATCH))).all()


class AppliedIds:
    """Deletes the recorded ids of applied events once they are 30 days old; call `old`.

    The board records the ids to skip events that the bus delivers twice. The bus repeats no event after 30 days.
    """

    def __init__(self, store: Store, time_source: TimeSource) -> None:
        self._store = store
        self._time_source = time_source

    async def old(self) -> AsyncIterator[int]:
        """Delete the recorded ids of events that were applied more than 30 days ago (CLAIMS_KEPT).

        A transaction deletes at most 1,000 ids. After each transaction that deleted ids, their number is yielded.
        """
        inbox = tables.inbox.c
        now = await doubted_now(self._time_source, newest_in(self._store, inbox.applied_at))
        oldest = select(inbox.topic, inbox.id).where(inbox.applied_at < now - CLAIMS_KEPT)
        while True:
            async with self._store.transaction() as connection:
                chosen = oldest.order_by(inbox.applied_at).limit(CLAIMS).subquery()
                which = tuple_(inbox.topic, inbox.id).in_(select(chosen.c.topic, chosen.c.id))
                rows = (await connection.execute(delete(tables.inbox).where(which))).rowcount
            if rows:
                yield rows
            if rows < CLAIMS:
                return


def _has_events_since(told: Iterable[IncidentEvent], horizon: datetime) -> bool:
    return any(event.received_at >= horizon for event in told)


async def _forget(connection: AsyncConnection, names: Sequence[str], horizon: datetime) -> dict[str, int]:
    """Remove those of these incidents that may still go; rows by table."""
    clock, told = tables.clock.c, tables.phase.c
    fit = (
        select(_incident.id, _incident.changed_at)
        .where(
            _incident.id.in_(names),
            tables.ENDED,
            _incident.changed_at < horizon,
            ~exists().where(clock.incident == _incident.id, clock.open),
            ~exists().where(told.incident == _incident.id, told.phase.in_(_LIVE)),
        )
        .with_for_update()
    )
    ended = {row.id: row.changed_at for row in (await connection.execute(fit)).all()}
    await _seal_periods(connection, sorted(ended))
    removed = await _remove(connection, "incident", sorted(ended), _ABOUT_INCIDENT)
    if ended:
        removed |= await forget_listed(connection, ended)
        gone = await connection.execute(delete(tables.incident).where(_incident.id.in_(sorted(ended))))
        removed[tables.incident.name] = gone.rowcount
        others = await alias.forget_names(connection, tables.alias, ended)
        await tombstone.insert_tombstones(
            connection, tables.tombstone, ended | {name: ended[was] for name, was in others.items()}
        )
    return removed


async def _seal_periods(connection: AsyncConnection, names: Sequence[str]) -> None:
    """Keep the recorded figures of ended periods: with these incidents gone they cannot be counted again."""
    if not names:
        return
    clock, objective = tables.clock.c, tables.objective.c
    counted = exists().where(
        clock.incident.in_(names),
        clock.decided_contract == objective.contract,
        clock.decided_at >= objective.starts_at,
        clock.decided_at < objective.ends_at,
    )
    await connection.execute(
        update(tables.objective).where(objective.closed_at.is_not(None), counted).values(sealed=True)
    )


async def _remove(
    connection: AsyncConnection, column: str, values: Sequence[str], about: Sequence[Table]
) -> dict[str, int]:
    """Delete the rows of these incidents or notices from the tables; return rows by table."""
    removed: dict[str, int] = {}
    for table in about if values else ():
        rows = (await connection.execute(delete(table).where(table.c[column].in_(values)))).rowcount
        if rows:
            removed[table.name] = rows
    return removed


async def _answered(connection: AsyncConnection, notices: Sequence[str]) -> list[str]:
    """Those of which no alert is open."""
    alert = tables.alert.c
    steps: dict[str, list[Any]] = {notice: [] for notice in notices}
    for row in (await connection.execute(select(tables.alert).where(alert.notice.in_(notices)))).all():
        steps[row.notice].append(row)
    return [notice for notice, said in steps.items() if all(one.state != "open" for one in alerts_of(said))]
