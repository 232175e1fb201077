"""Registrations in the database, and how many mails asked for a confirmation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.notice.registered import CONFIRMED, PREFIX, is_registered
from sla_platform.store.dialect import insert, insert_new

PENDING, ENDED = "pending", "ended"
_r, _c = tables.registration.c, tables.confirmation.c


@dataclass(frozen=True, slots=True)
class RegistrationChange:
    """A registration for notices of critical fixes, as a row of `notifier_registration` before and after a change.

    Both rows are mappings from a column name to its value.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]


async def person_of(connection: AsyncConnection, address_key: str) -> str:
    """Return the id of the person with a mail address, which deliveries contain in place of the address.

    For a new address, a random id is returned, but not stored here. The id does not reveal the address.

    Args:
        address_key: The address in lower case (`casefold`).
    """
    query = select(_r.person).where(_r.address_key == address_key).limit(1)
    return (await connection.execute(query)).scalar() or f"{PREFIX}{uuid4().hex}"


async def keep_pending(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> int:
    """Store registrations for notices of critical fixes that wait for confirmation; return how many were stored.

    An existing registration of the same contract, address and product is replaced if it is pending or ended. If it is
    confirmed, the new row is skipped.

    Args:
        rows: The registrations, as mappings from a column's name to its value.
    """
    kept = 0
    statement = insert(connection, tables.registration)
    changing = ("request", "product", "address", "language", "state", "requested_at", "requested_by", "expires_at")
    values = {name: statement.excluded[name] for name in changing} | {"confirmed_at": None, "ended_at": None}
    statement = statement.on_conflict_do_update(
        index_elements=["contract", "address_key", "product_key"], set_=values, where=_r.state != CONFIRMED
    )
    for row in rows:
        done = await connection.execute(statement.returning(_r.id), [row])
        kept += done.first() is not None
    return kept


async def find_by_request(connection: AsyncConnection, request: str) -> list[Any]:
    """Return the rows of the registrations for notices of critical fixes that came with one request.

    The rows are sorted by contract and product. Registrations that a later request has replaced are left out.

    Args:
        request: The id of the request.
    """
    query = select(tables.registration).where(_r.request == request).order_by(_r.contract, _r.product_key)
    return list((await connection.execute(query)).all())


async def find_by_subject(connection: AsyncConnection, subject: str) -> list[Any]:
    """Return the registrations that an unsubscribe link can end or has ended.

    These are the confirmed and ended registrations for notices of critical fixes, as rows of `notifier_registration`,
    sorted by contract and product.

    Args:
        subject: The id in the link. A person's id (`registered:...`) is for all registrations of the person. Any other
            id is that of one registration.
    """
    query = select(tables.registration).where(_subject(subject), _r.state != PENDING)
    return list((await connection.execute(query.order_by(_r.contract, _r.product_key))).all())


def _subject(subject: str) -> ColumnElement[bool]:
    return _r.person == subject if is_registered(subject) else _r.id == subject


async def confirm(connection: AsyncConnection, request: str, now: datetime) -> list[RegistrationChange]:
    """Confirm the pending registrations for notices of critical fixes from one request; return the changed ones.

    Registrations that have expired at `now` are not confirmed.

    Args:
        request: The id of the request.
        now: Stored as the time of the confirmation.
    """
    pending = and_(_r.request == request, _r.state == PENDING, _r.expires_at > now)
    return await _change(connection, pending, {"state": CONFIRMED, "confirmed_at": now})


async def end(connection: AsyncConnection, subject: str, by: str, now: datetime) -> list[RegistrationChange]:
    """End the registrations for notices of critical fixes of a person, or one of them; return the changed ones.

    Registrations that have ended before are not changed.

    Args:
        subject: The id of the person or of the registration.
        by: Who ends the registrations: `link` (the link in a mail), or the id of an API key. Stored with the
            registration.
        now: Stored as the time of the end.
    """
    standing = and_(_subject(subject), _r.state != ENDED)
    return await _change(connection, standing, {"state": ENDED, "ended_at": now, "ended_by": by})


async def _change(
    connection: AsyncConnection, which: ColumnElement[bool], values: dict[str, Any]
) -> list[RegistrationChange]:
    query = select(tables.registration).where(which).order_by(_r.id).with_for_update()
    before = (await connection.execute(query)).mappings().all()
    if before:
        ids = [row["id"] for row in before]
        await connection.execute(update(tables.registration).where(_r.id.in_(ids)).values(values))
    return [RegistrationChange(dict(row), dict(row) | values) for row in before]


async def count_mail(connection: AsyncConnection, of: str, most: int, now: datetime) -> bool:
    """Count one more confirmation mail of today (UTC) and return True; return False if there were `most` already.

    False means that the mail may not be sent. It is then not counted.

    Args:
        of: Whose mails are counted: a person's id, or `contract:<id>`.
        most: The highest number of mails a day.
        now: Determines the day.
    """
    row = {"of": of, "day": now.date().isoformat(), "count": 0}
    await connection.execute(insert_new(connection, tables.confirmation), [row])
    statement = update(tables.confirmation).where(_c.of == of, _c.day == row["day"], _c.count < most)
    return (await connection.execute(statement.values(count=_c.count + 1))).rowcount == 1


async def have_room(connection: AsyncConnection, of: Sequence[str], most: int, now: datetime) -> bool:
    """Return whether fewer than `most` confirmation mails were counted today (UTC) for each key in `of`.

    A key is a person's id or `contract:<id>`, as in `count_mail`.
    """
    full = select(_c.of).where(_c.of.in_(of), _c.day == now.date().isoformat(), _c.count >= most).limit(1)
    return (await connection.execute(full)).first() is None


async def page(connection: AsyncConnection, contract: str | None, state: str, after: str, limit: int) -> list[Any]:
    """Return a page of the registrations for notices of critical fixes, as rows sorted by id.

    Args:
        contract: The contract whose registrations are returned. None means all contracts.
        state: The state of the registrations (`pending`, `confirmed` or `ended`). "" means all states.
        after: The id after which the page begins. "" means the first page.
        limit: The highest number of rows.
    """
    query = select(tables.registration).where(_r.id > after)
    if contract is not None:
        query = query.where(_r.contract == contract)
    if state:
        query = query.where(_r.state == state)
    return list((await connection.execute(query.order_by(_r.id).limit(limit))).all())


async def find(connection: AsyncConnection, id_: str) -> Any | None:
    """Return the row of the registration for notices of critical fixes with this id; None if it is unknown."""
    return (await connection.execute(select(tables.registration).where(_r.id == id_))).first()
