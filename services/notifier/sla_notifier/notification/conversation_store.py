"""Conversations in the database, locked by each unit of work, so that one digest gathers at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.delivery.row import DeliveryRow, row_of
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.notification.conversation import Conversation
from sla_platform.store.dialect import insert_new, upsert

_c, _d = tables.conversation.c, tables.delivery
_COLUMNS = tuple(field.name for field in fields(Conversation) if field.name != "gathering")


async def lock_conversations(
    connection: AsyncConnection, ids: Collection[str], now: datetime
) -> dict[str, Conversation]:
    """Return the conversations with these ids, by id, and lock their rows until the transaction ends.

    A conversation records what was sent to one person at one address. Missing rows are inserted, with `now` as the
    time of the last message. Rows are locked in the order of the ids, which keeps two transactions from waiting for
    each other.
    """
    if not ids:
        return {}
    wanted = sorted(ids)
    new = [{name: getattr(Conversation(id=id_, last_at=now), name) for name in _COLUMNS} for id_ in wanted]
    await connection.execute(insert_new(connection, tables.conversation), new)
    found = select(tables.conversation).where(_c.id.in_(wanted)).order_by(_c.id).with_for_update()
    return {
        row["id"]: Conversation(**{name: row[name] for name in _COLUMNS})
        for row in (await connection.execute(found)).mappings()
    }


async def save_conversations(connection: AsyncConnection, conversations: Iterable[Conversation]) -> None:
    """Insert or update the rows of these conversations.

    A conversation records what was sent to one person at one address.
    """
    rows = [{name: getattr(each, name) for name in _COLUMNS} for each in conversations]
    if rows:
        await connection.execute(upsert(connection, tables.conversation), rows)


async def lock_gathering(connection: AsyncConnection, digests: Collection[str]) -> dict[str, DeliveryRow]:
    """Lock and return those of these digests that can still collect messages: digest id -> delivery.

    The locks hold until the transaction ends. A digest is left out if it was sent, attempted or put into words, or if
    another process has locked its row.

    Args:
        digests: Ids of digests (mails that collect several messages).
    """
    if not digests:
        return {}
    d = _d.c
    statement = (
        select(_d)
        .where(
            d.id.in_(sorted(digests)),
            d.kind == MessageKind.DIGEST.value,
            d.state == DeliveryState.QUEUED.value,
            d.attempts == 0,
        )
        .where(d.subject == "")  # one that has its words grows no more
        .order_by(d.next_at, d.id)
        .with_for_update(skip_locked=True)
    )
    return {row["id"]: row_of(dict(row)) for row in (await connection.execute(statement)).mappings()}


async def update_digests(
    connection: AsyncConnection, digests: Iterable[DeliveryRow], known: Mapping[str, DeliveryRow]
) -> None:
    """Update the stored rows of digests that have collected more messages.

    A digest is a mail that collects several messages. Only `level`, `next_at`, `due_at` and the place in the queue
    (`turn`) are written.

    Args:
        digests: The digests in their new state.
        known: The digests that are stored already, by id. Other digests are skipped.
    """
    for digest in digests:
        if digest.id in known:
            values = {"level": digest.level, "next_at": digest.next_at, "due_at": digest.due_at, "turn": digest.turn}
            await connection.execute(_d.update().where(_d.c.id == digest.id).values(values))
