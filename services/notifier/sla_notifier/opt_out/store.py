"""Opt-outs in the database: who of the customer receives no messages about incidents of a contract, and since when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.contract import Side
from sla_notifier import tables
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.row import DeliveryRow, row_of
from sla_notifier.delivery.state import WAITING, DeliveryState
from sla_notifier.opt_out.optional import OPTIONAL
from sla_platform.store.dialect import insert_new

Contact = tuple[str, str]
"""A contract and the id of a person."""
_o, _d = tables.opt_out.c, tables.delivery.c


async def opted_out(connection: AsyncConnection, contracts: Collection[str]) -> frozenset[Contact]:
    """Return the people who opted out of messages about incidents under these contracts.

    They are pairs of contract id and person id.
    """
    if not contracts:
        return frozenset()
    query = select(_o.contract, _o.person).where(_o.contract.in_(sorted(contracts)), _o.out)
    return frozenset((row.contract, row.person) for row in await connection.execute(query))


async def has_opted_out(connection: AsyncConnection, contact: Contact) -> bool:
    """Return whether a person of a customer has opted out of messages about incidents under a contract.

    Args:
        contact: A pair of contract id and person id.
    """
    return contact in await opted_out(connection, (contact[0],))


async def change(connection: AsyncConnection, contact: Contact, out: bool, now: datetime) -> bool:
    """Store whether a person has opted out of messages about incidents; return whether the stored state changed.

    Args:
        contact: A pair of contract id and person id.
        out: True to opt out, False to opt in again.
        now: Stored as the time of the change.
    """
    contract, person = contact
    row = {"contract": contract, "person": person, "out": False, "changed_at": now}
    await connection.execute(insert_new(connection, tables.opt_out), [row])
    statement = update(tables.opt_out).where(_o.contract == contract, _o.person == person, _o.out != out)
    return (await connection.execute(statement.values(out=out, changed_at=now))).rowcount == 1


async def cancel_waiting(connection: AsyncConnection, contact: Contact, now: datetime) -> list[DeliveryRow]:
    """Cancel a person's unsent messages of the kinds that the opt-out covers; return the cancelled deliveries.

    Messages that wait in a digest (a mail that collects several messages) are not cancelled.

    Args:
        contact: A pair of contract id and person id.
        now: Stored as the time of the cancellation.
    """
    contract, person = contact
    statement = (
        update(tables.delivery)
        .where(
            _d.contract == contract,
            _d.person == person,
            _d.side == Side.CUSTOMER.value,
            _d.kind.in_(sorted(kind.value for kind in OPTIONAL)),
            _d.state.in_(sorted(state.value for state in WAITING)),
            _d.carried_by == "",
        )
        .values(state=DeliveryState.CANCELLED.value, reason=UnsentReason.OPTED_OUT.value, finished_at=now)
        .returning(tables.delivery)
    )
    return [row_of(dict(row)) for row in (await connection.execute(statement)).mappings()]
