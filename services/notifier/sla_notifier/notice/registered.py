"""Who has registered for notices and confirmed it, as people to notify (clause I5, docs/clauses.md)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.contract import Person, Side
from sla_domain.normal import normal
from sla_notifier import tables
from sla_notifier.channel.registry import split_address
from sla_notifier.notice.record import RegisteredPerson

CONFIRMED = "confirmed"
PREFIX = "registered:"  # of the ids of people who are known by their registration alone
_r = tables.registration.c


def is_registered(person: str) -> bool:
    """Return whether a person is known only from a registration for notices of critical fixes, not from a contract.

    The id of such a person begins with `registered:`.

    Args:
        person: The person's id.
    """
    return person.startswith(PREFIX)


async def registered_people(connection: AsyncConnection, products: Iterable[str]) -> tuple[RegisteredPerson, ...]:
    """Return the people with a confirmed registration for one of these products, or for every product.

    The result is sorted by contract, address and product.

    Args:
        products: Product names, which are normalised here.
    """
    asked = sorted({"", *(normal(product) for product in products)})
    query = select(tables.registration).where(_r.state == CONFIRMED, _r.product_key.in_(asked))
    query = query.order_by(_r.contract, _r.address_key, _r.product_key)
    return tuple(
        RegisteredPerson(
            row.contract,
            row.product_key,
            Person(
                id=row.person,
                name=split_address(row.address)[1],
                addresses=(row.address,),
                language=row.language,
                side=Side.CUSTOMER,
            ),
        )
        for row in (await connection.execute(query)).all()
    )
