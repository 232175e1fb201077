"""Writing deliveries back: their states, their events for the log, and what follows for others.

A delivery that failed is queued to the person's next address, and what a digest carried shares the digest's end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.channel.registry import is_grouped
from sla_notifier.delivery.fact import delivery_fact
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.row import DeliveryRow, fallback, row_of
from sla_notifier.delivery.state import WAITING, DeliveryState
from sla_platform.store import log as logs
from sla_platform.store.dialect import insert_new

_d = tables.delivery
_WAITING = [state.value for state in WAITING]


async def states_of(connection: AsyncConnection, ids: Collection[str]) -> dict[str, DeliveryState]:
    """Return the state of each delivery (such as SENT), by delivery id. Unknown ids are left out.

    A delivery that may have arrived (`possibly_duplicate`) has the state SENT here.

    Args:
        ids: The ids of the deliveries.
    """
    if not ids:
        return {}
    found = await connection.execute(select(_d.c.id, _d.c.state, _d.c.possibly_duplicate).where(_d.c.id.in_(ids)))
    return {row.id: DeliveryState.SENT if row.possibly_duplicate else DeliveryState(row.state) for row in found}


async def write_rows(connection: AsyncConnection, rows: Sequence[DeliveryRow]) -> None:
    """Store the state, attempts, times and errors of these deliveries in their rows.

    Other columns are unchanged.
    """
    if not rows:
        return
    changing = ("state", "reason", "attempts", "next_at", "lease", "possibly_duplicate", "failure", "error")
    statement = (
        update(_d)
        .where(_d.c.id == bindparam("b_id"))
        .values({name: bindparam(f"b_{name}") for name in (*changing, "finished_at")})
    )
    await connection.execute(
        statement,
        [
            {f"b_{name}": getattr(row, name) for name in (*changing, "finished_at")}
            | {"b_id": row.id, "b_state": row.state.value}
            for row in rows
        ],
    )


async def finish(connection: AsyncConnection, rows: Sequence[DeliveryRow], now: datetime) -> None:
    """Store the final state of deliveries that are not sent any more.

    An event is logged for each delivery. If a delivery has failed and its person has a next address, the message is
    queued to that address, due at `now`. When a digest (a mail that collects several messages) ends, the deliveries in
    the digest end too, unless a new digest to the next address takes them over.

    Args:
        rows: The deliveries with their final state, which is stored.
        now: When the deliveries end.
    """
    await write_rows(connection, rows)
    await append_events(connection, rows, now)
    await queue_fallbacks(connection, [row for row in rows if row.state is DeliveryState.FAILED], now)
    await end_carried(connection, rows)


async def append_events(connection: AsyncConnection, rows: Sequence[DeliveryRow], now: datetime) -> None:
    """Append an event with the present state of each delivery to the notifier's log.

    The log is the table from which the notifier's events are published.

    Args:
        now: The time of the events.
    """
    await logs.append(connection, tables.log, [delivery_fact(row, now) for row in rows])


async def queue_fallbacks(connection: AsyncConnection, rows: Sequence[DeliveryRow], now: datetime) -> None:
    """Queue messages again, each to its person's next address.

    Messages without a next address are skipped, and so are messages that were already queued to the next address.

    A digest is a mail that collects several messages. If a digest failed, a new digest to the next address takes over
    its messages. No digests are sent to some addresses, such as a webhook: there each message is queued by itself.

    Args:
        rows: The present deliveries of the messages.
        now: When the new deliveries are due.
    """
    apart = [row for row in rows if row.kind.collects and row.then and not is_grouped(row.then[0])]
    by_itself = [row for row in rows if row not in apart] + await _by_itself(connection, apart)
    pairs = [(row, following) for row in by_itself if (following := fallback(row, now)) is not None]
    there = await states_of(connection, {following.id for _, following in pairs})  # a busy server was waited for twice
    pairs = [(row, following) for row, following in pairs if following.id not in there]
    if not pairs:
        return
    await connection.execute(insert_new(connection, _d), [following.columns() for _, following in pairs])
    await logs.append(connection, tables.log, [delivery_fact(following, now) for _, following in pairs])
    over = [(row, following) for row, following in pairs if row.state.final and row.kind.collects]
    if over:
        await connection.execute(
            update(_d).where(_d.c.carried_by == bindparam("b_old")).values(carried_by=bindparam("b_new")),
            [{"b_old": row.id, "b_new": following.id} for row, following in over],
        )


async def _by_itself(connection: AsyncConnection, digests: Sequence[DeliveryRow]) -> list[DeliveryRow]:
    """What these digests carried, with the addresses that come after theirs."""
    if not digests:
        return []
    then = {digest.id: digest.then for digest in digests}
    carried = select(_d).where(_d.c.carried_by.in_(list(then)), _d.c.state.in_(_WAITING)).order_by(_d.c.created_at)
    rows = [row_of(dict(mapping)) for mapping in (await connection.execute(carried)).mappings()]
    return [replace(row, then=then[row.carried_by]) for row in rows]


async def end_carried(connection: AsyncConnection, rows: Sequence[DeliveryRow]) -> None:
    """Give the deliveries in finished digests the final state of their digest, and log an event for each delivery.

    A digest is a mail that collects several messages.

    Args:
        rows: Deliveries in a final state. Rows that are not digests are skipped.
    """
    ends = [row for row in rows if row.kind.collects]
    if not ends:
        return
    carried = (
        (await connection.execute(select(_d).where(_d.c.carried_by.in_([row.id for row in ends])))).mappings().all()
    )
    end_of = {row.id: row for row in ends}
    told = [_with_carrier(row_of(dict(mapping)), end_of) for mapping in carried]
    await write_rows(connection, told)
    await append_events(connection, told, ends[0].finished_at or ends[0].next_at)


def _with_carrier(row: DeliveryRow, end_of: Mapping[str, DeliveryRow]) -> DeliveryRow:
    end = end_of[row.carried_by]
    reason = UnsentReason.CARRIER_FAILED.value if end.state is DeliveryState.FAILED else end.reason
    return replace(row, state=end.state, reason=reason, attempts=end.attempts, finished_at=end.finished_at)
