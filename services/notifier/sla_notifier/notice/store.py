"""Notices and the people notified of them, in the database. Lock a notice before the alerts of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.notice.record import NoticeKnown, NoticeTold, ToldState
from sla_notifier.notice.registered import registered_people
from sla_platform.store.dialect import insert_new, upsert
from sla_platform.wire import NoticeData

_n, _t, _d = tables.notice.c, tables.notice_told.c, tables.delivery.c
_LOST = (DeliveryState.FAILED, DeliveryState.UNDELIVERABLE, DeliveryState.CANCELLED)


async def lock_notices(connection: AsyncConnection, incoming: Collection[NoticeData]) -> dict[str, NoticeKnown]:
    """Return what is stored about notices of critical fixes, by notice id, and lock their rows.

    There is an entry for each notice, also for a new one. Each entry lists the people who registered for a product of
    any of these notices. For a new notice the entry has nothing else. The locks hold until the transaction ends.

    Args:
        incoming: Revisions of notices.
    """
    ids = {each.id for each in incoming}
    if not ids:
        return {}
    asked = select(_n.id, _n.content).where(_n.id.in_(sorted(ids))).order_by(_n.id).with_for_update()
    rows = (await connection.execute(asked)).all()
    contents = {row.id: NoticeData.model_validate_json(row.content) for row in rows}
    told = await told_of(connection, contents)
    products = {each.product for said in (*incoming, *contents.values()) for each in said.products}
    registered = await registered_people(connection, products)
    return {
        id_: NoticeKnown(content=contents.get(id_), told=tuple(told.get(id_, ())), registered=registered) for id_ in ids
    }


async def standing_notices(connection: AsyncConnection) -> tuple[list[NoticeData], dict[str, ValueError]]:
    """Return the newest revision of every critical-fix notice that is not withdrawn, and those that cannot be read.

    The first result has the notices in the order of publication. The second maps the id of an unreadable notice to the
    error.
    """
    query = select(_n.id, _n.content).where(_n.withdrawn.is_(False)).order_by(_n.published_at, _n.id)
    found: list[NoticeData] = []
    unreadable: dict[str, ValueError] = {}
    for row in (await connection.execute(query)).all():
        try:
            found.append(NoticeData.model_validate_json(row.content))
        except ValueError as error:
            unreadable[row.id] = error
    return found, unreadable


async def find(connection: AsyncConnection, id_: str) -> tuple[NoticeData, datetime] | None:
    """Return the newest revision of a critical-fix notice, and when the revision was received.

    The result is None if there is no such notice.

    Args:
        id_: The notice's id.
    """
    row = (await connection.execute(select(_n.content, _n.changed_at).where(_n.id == id_))).first()
    return None if row is None else (NoticeData.model_validate_json(row.content), row.changed_at)


async def told_of(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, list[ToldState]]:
    """Return the people who were notified of each of some notices of critical fixes, by notice id.

    A person has one entry for each contract. People are left out if all their messages failed, were cancelled or had no
    address.

    Args:
        ids: The ids of the notices.
    """
    found: dict[str, list[ToldState]] = defaultdict(list)
    for told, messages in await told_with_messages(connection, ids):
        kept = [one for one in messages if one.possibly_duplicate or DeliveryState(one.state) not in _LOST]
        if not kept:
            continue
        arrived = any(_arrived(one) for one in kept)
        flying = next((one for one in kept if not DeliveryState(one.state).final), None)
        follows = "" if flying is None else flying.carried_by or flying.id
        found[told.notice].append(ToldState(told, arrived, follows))
    return found


def _arrived(message: Any) -> bool:
    """Whether somebody may have read it: all but what waits for its first attempt by itself."""
    waits = message.state == DeliveryState.QUEUED.value and not message.attempts and not message.carried_by
    return not waits


async def told_with_messages(
    connection: AsyncConnection, ids: Iterable[str], contract: str | None = None
) -> list[tuple[NoticeTold, Sequence[Any]]]:
    """Return the people notified of notices of critical fixes, each with the messages to them.

    The people are sorted by contract and person id. The messages are rows with columns of `notifier_delivery` as
    attributes, the oldest first. A person has several messages if one address failed and the next was tried.

    Args:
        ids: The ids of the notices.
        contract: The contract for which people were notified. None means all contracts.
    """
    wanted = sorted(ids)
    if not wanted:
        return []
    columns = (_d.id, _d.channel, _d.state, _d.attempts, _d.carried_by, _d.possibly_duplicate, _d.finished_at)
    joined = tables.notice_told.outerjoin(
        tables.delivery, and_(_d.notice == _t.notice, _d.occasion == _t.occasion, _d.person == _t.told_as)
    )
    query = select(*tables.notice_told.c, *(column.label(f"d_{column.name}") for column in columns))
    query = query.select_from(joined).where(_t.notice.in_(wanted)).order_by(_t.contract, _t.person, _d.created_at)
    if contract is not None:
        query = query.where(_t.contract == contract)
    found: dict[tuple[str, str, str], tuple[NoticeTold, list[Any]]] = {}
    for row in (await connection.execute(query)).mappings():
        key = (row["notice"], row["contract"], row["person"])
        _, messages = found.setdefault(key, (_told(row), []))
        if row["d_id"] is not None:
            messages.append(_Row({column.name: row[f"d_{column.name}"] for column in columns}))
    return list(found.values())


class _Row:
    """A delivery as far as it matters here, by attribute."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


def _told(row: Any) -> NoticeTold:
    return NoticeTold(
        notice=row["notice"],
        contract=row["contract"],
        person=row["person"],
        occasion=row["occasion"],
        told_as=row["told_as"],
        kind=MessageKind(row["kind"]),
        revision=row["revision"],
        staff=row["staff"],
        at=row["at"],
    )


async def save_notices(connection: AsyncConnection, notices: Iterable[NoticeData], now: datetime) -> None:
    """Store new revisions of notices of critical fixes; each replaces the stored revision of its notice.

    Args:
        now: Stored as `changed_at`.
    """
    rows = [
        {
            "id": each.id,
            "revision": each.revision,
            "content": each.model_dump_json(),
            "withdrawn": each.withdrawn,
            "published_at": each.published_at,
            "changed_at": now,
        }
        for each in notices
    ]
    if rows:
        await connection.execute(upsert(connection, tables.notice), rows)


async def save_told(connection: AsyncConnection, told: Sequence[NoticeTold], further: Sequence[NoticeTold]) -> None:
    """Store who was notified of notices of critical fixes, and by which message.

    Args:
        told: People who were notified. Stored rows for the same notice, contract and person are overwritten.
        further: People notified by a later level of an escalation. If a row for the same notice, contract and person is
            stored already, that row is kept.
    """
    for rows, statement in (
        (told, upsert(connection, tables.notice_told)),
        (further, insert_new(connection, tables.notice_told)),
    ):
        if rows:
            await connection.execute(statement, [_columns(each) for each in rows])


def _columns(told: NoticeTold) -> dict[str, Any]:
    return {
        "notice": told.notice,
        "contract": told.contract,
        "person": told.person,
        "occasion": told.occasion,
        "told_as": told.told_as,
        "kind": told.kind.value,
        "revision": told.revision,
        "staff": told.staff,
        "at": told.at,
    }


async def told_together(connection: AsyncConnection, notice: str, contract: str, person: str) -> list[str]:
    """Return the ids of the contracts that were named in the same message about a notice of a critical fix, sorted.

    The message is the last one about the notice to this person for `contract`. The result is empty if there is none.

    Args:
        notice: The notice's id.
        contract: The id of a contract that the message names.
        person: The person id in the message's delivery.
    """
    own = select(_t.occasion).where(_t.notice == notice, _t.contract == contract, _t.told_as == person)
    named = select(_t.contract).where(_t.notice == notice, _t.told_as == person, _t.occasion.in_(own))
    return list((await connection.execute(named.order_by(_t.contract))).scalars())
