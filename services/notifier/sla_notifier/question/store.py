"""Questions in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.question.question import Question, QuestionState, settle
from sla_platform.store.dialect import insert_new

_q = tables.question.c
AT_ONCE = 50  # questions of which something is due that are looked at together


async def keep_new(connection: AsyncConnection, questions: Iterable[Question]) -> None:
    """Store new questions; those about the same proposal become one question to all the people asked.

    A question that is stored already is not changed.
    """
    merged: dict[str, Question] = {}
    for each in questions:
        known = merged.get(each.id)
        people = (*known.people, *each.people) if known is not None else each.people
        merged[each.id] = replace(each, people=tuple(dict.fromkeys(people)))
    if merged:
        rows = [_columns(each) for _, each in sorted(merged.items())]
        await connection.execute(insert_new(connection, tables.question), rows)


async def find(connection: AsyncConnection, id_: str, *, lock: bool = False) -> Question | None:
    """Return the question with this id; None if it is unknown.

    Args:
        lock: Whether to lock the row until the end of the transaction.
    """
    query = select(tables.question).where(_q.id == id_)
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().first()
    return None if row is None else _question(dict(row))


async def due(connection: AsyncConnection, now: datetime) -> list[Question]:
    """Return at most 50 open questions with a due reminder or expiry, the oldest first, and lock their rows."""
    query = select(tables.question).where(_q.next_at <= now).order_by(_q.next_at, _q.id).limit(AT_ONCE)
    rows = (await connection.execute(query.with_for_update(skip_locked=True))).mappings()
    return [_question(dict(row)) for row in rows]


async def save(connection: AsyncConnection, question: Question) -> None:
    """Store a changed question."""
    await connection.execute(update(tables.question).where(_q.id == question.id).values(_columns(question)))


async def settle_all(connection: AsyncConnection, ids: Collection[str], now: datetime) -> None:
    """End the open questions with these ids, because their proposals were decided without an answer to the question."""
    for id_ in sorted(ids):
        known = await find(connection, id_, lock=True)
        if known is not None and (after := settle(known, now)) is not known:
            await save(connection, after)


def _columns(question: Question) -> dict[str, Any]:
    values = {each.name: getattr(question, each.name) for each in fields(question)}
    return values | {"people": orjson.dumps(question.people).decode(), "state": question.state.value}


def _question(row: dict[str, Any]) -> Question:
    state = QuestionState(row["state"])
    return Question(**row | {"people": tuple(orjson.loads(row["people"])), "state": state})
