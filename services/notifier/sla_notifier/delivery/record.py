"""Recording the results of attempts: set-based statements in one transaction.

A result counts only while its lease holds, so a sender that slept through its lease changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.channel.port import Rejected, Retry, Sent
from sla_notifier.delivery.endpoint import FinishedAttempt, disable, record_pauses
from sla_notifier.delivery.finish import append_events, end_carried, queue_fallbacks, write_rows
from sla_notifier.delivery.policy import AttemptResult, after_attempt
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.state import DeliveryState

_d = tables.delivery
_WORDS: Mapping[type, str] = {Sent: "sent", Retry: "retry", Rejected: "rejected"}


async def record_attempts(
    connection: AsyncConnection, done: Sequence[FinishedAttempt], now: datetime
) -> list[tuple[DeliveryRow, AttemptResult]]:
    """Store the results of attempts to send deliveries, and the consequences of the attempts.

    Returns (delivery, result) for each stored result. A result is stored only if the delivery still has the lease (the
    claim of a sender) under which it was sent. If the mail server was busy, the attempt is deleted, as if there had
    been none.

    The consequences are:

    - Endpoints that answered 410 are disabled, and pauses that endpoints asked for are stored.
    - Messages are queued to the next addresses of their recipients.
    - The deliveries in finished digests (mails that collect several messages) end with the state of their digest.
    - Events are logged.

    Args:
        done: The finished attempts.
        now: The instant of all changes.
    """
    held = await _held(connection, [item.row for item in done])
    settled = [(item, after_attempt(item.row, item.outcome, now)) for item in done if item.row.id in held]
    rows = [_after(item.row, what, now) for item, what in settled]
    await write_rows(connection, rows)
    await _close_attempts(connection, [(item, what) for item, what in settled if what.counts])
    await _forget_attempts(connection, [item.row for item, what in settled if not what.counts])
    await disable(connection, [item for item, what in settled if what.disable], now)
    await record_pauses(connection, [item for item, _ in settled], now)
    await append_events(connection, [row for row, (_, what) in zip(rows, settled, strict=True) if what.counts], now)
    await queue_fallbacks(
        connection, [row for row, (_, what) in zip(rows, settled, strict=True) if what.fall_back], now
    )
    await end_carried(connection, [row for row in rows if row.state.final])
    return [(row, what) for row, (_, what) in zip(rows, settled, strict=True)]


async def _held(connection: AsyncConnection, rows: Sequence[DeliveryRow]) -> frozenset[str]:
    """Ids whose lease is still the one they were sent under; locked until the end of the transaction."""
    lease_of = {row.id: row.lease for row in rows}
    statement = (
        select(_d.c.id, _d.c.lease)
        .where(_d.c.id.in_(list(lease_of)), _d.c.state == DeliveryState.SENDING.value)
        .order_by(_d.c.id)
        .with_for_update()
    )
    found = await connection.execute(statement)
    return frozenset(row.id for row in found if lease_of[row.id] == row.lease)


def _after(row: DeliveryRow, what: AttemptResult, now: datetime) -> DeliveryRow:
    return replace(
        row,
        state=what.state,
        attempts=row.attempts if what.counts else row.attempts - 1,
        reason=str(what.reason),
        failure=str(what.failure),
        error=what.detail,
        next_at=what.next_at or now,
        lease="",
        possibly_duplicate=what.possibly_duplicate,
        finished_at=now if what.state.final else None,
    )


async def _close_attempts(
    connection: AsyncConnection, settled: Sequence[tuple[FinishedAttempt, AttemptResult]]
) -> None:
    if not settled:
        return
    a = tables.attempt.c
    await connection.execute(
        update(tables.attempt)
        .where(and_(a.delivery == bindparam("b_id"), a.number == bindparam("b_number")))
        .values(
            finished_at=bindparam("b_at"),
            outcome=bindparam("b_outcome"),
            failure=bindparam("b_failure"),
            detail=bindparam("b_detail"),
        ),
        [
            {
                "b_id": item.row.id,
                "b_number": item.row.attempts,
                "b_at": item.at,
                "b_outcome": _WORDS[type(item.outcome)],
                "b_failure": str(what.failure),
                "b_detail": what.detail,
            }
            for item, what in settled
        ],
    )


async def _forget_attempts(connection: AsyncConnection, rows: Sequence[DeliveryRow]) -> None:
    """Delete attempts that do not count, such as one that found the server busy."""
    a = tables.attempt.c
    for row in rows:
        await connection.execute(delete(tables.attempt).where(a.delivery == row.id, a.number == row.attempts))
