"""Removing old alerts and deliveries (see `sla_platform.retention`).

An alert goes when it was closed long ago; one of a critical fix, which nothing closes, when it was acknowledged long
ago. A delivery goes when it was finished long ago and its alert is gone, since a closing message goes to those who were
paged; while something follows it or was carried by it, it stays. What is queued or open is never removed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, exists, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.alert.alert import AlertKind, AlertState
from sla_notifier.delivery.state import UNFINISHED
from sla_platform.retention import Removed
from sla_platform.store.engine import Store
from sla_platform.store.keyset import rows_after

BATCH = 200  # alerts, deliveries or ids in one step
_UNFINISHED = [state.value for state in UNFINISHED]
_NOTHING: Any = literal_column("''")  # as the partial indexes say it
_a, _d = tables.alert.c, tables.delivery.c
_carried = tables.delivery.alias("carried")


class NotifierSweeps:
    """Deletes old rows of the notifier, with a method for each kind of row.

    Each method is an async iterator. Each iteration deletes one batch of rows from before the instant `horizon`, and
    yields the number of deleted rows by table. Iterate over `alerts` before `deliveries` and `notices`, because these
    two keep the rows that belong to an existing alert.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def alerts(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete old alerts with their escalation steps.

        An alert is old if it was closed before `horizon`. An alert about a critical fix is also old if it was
        acknowledged before `horizon`. An alert with an unfinished delivery is kept. Yields the number of deleted rows
        by table, for each batch.
        """
        closed = and_(_a.state == AlertState.CLOSED.value, _a.closed_at < horizon)
        answered = and_(
            _a.state == AlertState.ACKNOWLEDGED.value,
            _a.kind == AlertKind.CRITICAL_FIX.value,
            _a.acknowledged_at < horizon,
        )
        waiting = exists().where(_d.alert == _a.id, _d.state.in_(_UNFINISHED))
        for over in (closed, answered):
            query = select(_a.id).where(over, _a.opened_at < horizon, ~waiting).order_by(_a.opened_at).limit(BATCH)
            while rows := await self._remove_alerts(query.with_for_update(skip_locked=True)):
                yield rows

    async def deliveries(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete deliveries that finished before `horizon`, with their attempts.

        Yields the number of deleted rows by table, for each batch. These deliveries are kept:

        - A delivery whose alert exists.
        - A digest (a mail that collects several messages) while deliveries in it exist.
        - A delivery for which another, unsent delivery must wait (`follows`).
        """
        after: Any | None = None
        while page := await self._page(horizon, after):
            after = page[-1]
            async with self._store.transaction() as connection:
                rows = await _remove_deliveries(connection, [row.id for row in page], horizon)
            if rows:
                yield rows

    async def notices(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete the notices of critical fixes last changed before `horizon`, with the list of people notified.

        A notice that has an alert is kept. If a deleted notice later concerns another contract, because the contract's
        products change, nobody is notified. Yields the number of deleted rows by table, for each batch.
        """
        n = tables.notice.c
        old = select(n.id).where(n.changed_at < horizon, ~exists().where(_a.notice == n.id)).order_by(n.changed_at)
        while True:
            people = 0
            async with self._store.transaction() as connection:
                query = old.limit(BATCH).with_for_update(skip_locked=True)
                ids = (await connection.execute(query)).scalars().all()
                if ids:
                    told = tables.notice_told
                    people = (await connection.execute(delete(told).where(told.c.notice.in_(ids)))).rowcount
                    await connection.execute(delete(tables.notice).where(n.id.in_(ids)))
            if not ids:
                return
            yield {"notifier_notice": len(ids), "notifier_notice_told": people}

    async def registrations(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete registrations for notices of critical fixes that ended, or expired unconfirmed, before `horizon`.

        The counts of confirmation mails for days before `horizon` are deleted too. Yields the number of deleted rows by
        table, for each batch.
        """
        r, days = tables.registration.c, tables.confirmation
        pending = and_(r.state == "pending", r.expires_at < horizon)
        query = select(r.id).where(or_(r.ended_at < horizon, pending)).limit(BATCH)
        while True:
            async with self._store.transaction() as connection:
                ids = (await connection.execute(query.with_for_update(skip_locked=True))).scalars().all()
                gone = delete(tables.registration).where(r.id.in_(ids))
                if ids:
                    await connection.execute(gone)
                old = delete(days).where(days.c.day < horizon.date().isoformat())
                counted = (await connection.execute(old)).rowcount
            if not ids and not counted:
                return
            yield {"notifier_registration": len(ids), "notifier_confirmation": counted}

    async def questions(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete the questions to customers that ended before `horizon`.

        Yields the number of deleted rows by table, for each batch.
        """
        async for removed in self._older(tables.question, tables.question.c.ended_at, horizon):
            yield removed

    async def taken_in(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete the ids of the events that the notifier received before `horizon`.

        By these ids an event that arrives a second time is recognised. An event whose id is deleted would be processed
        again. Yields the number of deleted rows by table, for each batch.
        """
        async for removed in self._older(tables.inbox, tables.inbox.c.at, horizon):
            yield removed

    async def conversations(self, horizon: datetime) -> AsyncIterator[Removed]:
        """Delete the conversations whose last message came before `horizon`.

        A conversation records what was sent to one mailbox. Yields the number of deleted rows by table, for each batch.
        """
        async for removed in self._older(tables.conversation, tables.conversation.c.last_at, horizon):
            yield removed

    async def _older(self, table: Table, at: ColumnElement[datetime], horizon: datetime) -> AsyncIterator[Removed]:
        """Remove what this column says is older, the oldest first: for rows that nothing else points to."""
        query = select(table.c.id).where(at < horizon).order_by(at).limit(BATCH)
        while True:
            async with self._store.transaction() as connection:
                ids = (await connection.execute(query.with_for_update(skip_locked=True))).scalars().all()
                if ids:
                    await connection.execute(delete(table).where(table.c.id.in_(ids)))
            if not ids:
                return
            yield {table.name: len(ids)}

    async def _remove_alerts(self, query: Any) -> Removed:
        async with self._store.transaction() as connection:
            ids = (await connection.execute(query)).scalars().all()
            if ids:
                await connection.execute(delete(tables.step).where(tables.step.c.alert.in_(ids)))
                await connection.execute(delete(tables.alert).where(_a.id.in_(ids)))
        return {"notifier_alert": len(ids)} if ids else {}

    async def _page(self, horizon: datetime, after: Any | None) -> Sequence[Any]:
        query = select(_d.id, _d.created_at).where(_d.created_at < horizon, rows_after(after, _d.created_at, _d.id))
        async with self._store.reading() as connection:
            return (await connection.execute(query.order_by(_d.created_at, _d.id).limit(BATCH))).all()


async def _remove_deliveries(connection: AsyncConnection, ids: Sequence[str], horizon: datetime) -> dict[str, int]:
    """Those of these that may go; rows by table."""
    awaited = select(_d.follows).where(tables.TO_SEND, _d.follows != _NOTHING)
    carries = exists().where(_carried.c.carried_by == _d.id, _carried.c.carried_by != _NOTHING)
    fit = (
        select(_d.id)
        .where(
            _d.id.in_(ids),
            _d.state.not_in(_UNFINISHED),
            _d.finished_at < horizon,
            ~exists().where(_a.id == _d.alert),
            ~carries,
        )
        .with_for_update(skip_locked=True)
    )
    needed = set((await connection.execute(awaited)).scalars())
    gone = sorted(set((await connection.execute(fit)).scalars()) - needed)
    if not gone:
        return {}
    attempts = delete(tables.attempt).where(tables.attempt.c.delivery.in_(gone))
    tried = (await connection.execute(attempts)).rowcount
    await connection.execute(delete(tables.delivery).where(_d.id.in_(gone)))
    return {"notifier_delivery": len(gone), "notifier_attempt": tried}
