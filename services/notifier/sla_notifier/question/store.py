"""Questions in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import orjson
import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.question.question import Question, QuestionState, settle
from sla_platform.store.dialect import insert_new
from sla_platform.store.quarantine import QuarantineRow, raw_row

_log = structlog.get_logger(__name__)
QUESTIONS = "questions"
_q = tables.question.c
AT_ONCE = 50  # questions of which something is due that are looked at together


async def keep_new(connection: AsyncConnection, questions: Iterable[Question]) -> None:
    """Store new questions to customers, one for each proposal of a lower priority.

    Several questions about one proposal are stored as one question to all the people asked. A question that is stored
    already is not changed.
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
    """Return the question to a customer with this id; None if it is unknown.

    Args:
        lock: Whether to lock the row until the end of the transaction.
    """
    query = select(tables.question).where(_q.id == id_)
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().first()
    return None if row is None else _question(dict(row))


async def due_ids(connection: AsyncConnection, now: datetime) -> Sequence[str]:
    """Return the ids of at most 50 open questions to customers with a due reminder or expiry, the oldest first."""
    query = select(_q.id).where(_q.next_at <= now).order_by(_q.next_at, _q.id).limit(AT_ONCE)
    return (await connection.execute(query)).scalars().all()


async def lock_due(connection: AsyncConnection, ids: Collection[str], now: datetime) -> list[Question]:
    """Return the questions with these ids whose reminder or expiry is still due at `now`, and lock their rows.

    Questions that another process has locked are left out.
    """
    query = select(tables.question).where(_q.id.in_(sorted(ids)), _q.next_at <= now).order_by(_q.next_at, _q.id)
    rows = (await connection.execute(query.with_for_update(skip_locked=True))).mappings()
    return [_question(dict(row)) for row in rows]


async def take_out(connection: AsyncConnection, id_: str) -> QuarantineRow:
    """Stop the reminders and the expiry of a question that cannot be processed; return its raw row for the quarantine.

    The quarantine is a table of records that could not be processed. The question asks a customer whether a lower
    priority is agreed.

    Args:
        id_: The question's id.
    """
    row = await raw_row(connection, QUESTIONS, _q.id, id_, ("incident",), "state")
    await connection.execute(update(tables.question).where(_q.id == id_).values(next_at=None))
    return row


async def put_back(connection: AsyncConnection, id_: str, now: datetime) -> None:
    """Undo `take_out`: if the question to a customer is still open, it is processed again at `now`.

    Args:
        id_: The question's id.
    """
    still = (_q.id == id_, _q.state == QuestionState.OPEN.value, _q.next_at.is_(None))
    await connection.execute(update(tables.question).where(*still).values(next_at=now))


async def save(connection: AsyncConnection, question: Question) -> None:
    """Update the row of a changed question to a customer."""
    await connection.execute(update(tables.question).where(_q.id == question.id).values(_columns(question)))


async def settle_all(connection: AsyncConnection, ids: Collection[str], now: datetime) -> None:
    """End the open questions to customers with these ids, because their proposals were decided without an answer.

    A proposal is that of a lower priority for an incident. A question whose row cannot be read is logged and not
    changed. No error is raised for it, so that the events which decided the proposals are still processed.
    """
    for id_ in sorted(ids):
        try:
            known = await find(connection, id_, lock=True)
        except (ValueError, TypeError) as error:
            _log.error("question.unreadable", question=id_, error=str(error)[:500])
            continue
        if known is not None and (after := settle(known, now)) is not known:
            await save(connection, after)


def _columns(question: Question) -> dict[str, Any]:
    values = {each.name: getattr(question, each.name) for each in fields(question)}
    return values | {"people": orjson.dumps(question.people).decode(), "state": question.state.value}


def _question(row: dict[str, Any]) -> Question:
    state = QuestionState(row["state"])
    return Question(**row | {"people": tuple(orjson.loads(row["people"])), "state": state})
