"""The attainment of many contracts, page by page in the order of their ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.attainment.model import ContractAttainment
from sla_board.attainment.read import AttainmentReader, asked_period, counted_contract
from sla_domain.errors import BadPeriod
from sla_domain.rulebook import Rulebook
from sla_platform.turn import LoopYielder

_MOST_LOOKED_AT = 500  # contracts read at once; most may have nothing to show


@dataclass(frozen=True, slots=True)
class AttainmentPage:
    """A page of the list of contracts with their attainment (share of promises met)."""

    contracts: tuple[ContractAttainment, ...]
    after: str | None
    """The id after which the next page begins. None on the last page."""


async def attainment_of(
    connection: AsyncConnection, rulebook: Rulebook | None, contract: str, period: str, now: datetime
) -> ContractAttainment | None:
    """Return the attainment of one contract in a period. None for an unknown contract.

    Args:
        rulebook: The rulebook in force (plans, contracts, calendars). None if there is none.
        period: Such as `2026-11`. "" for the present month.

    Raises:
        BadPeriod: The period cannot be read.
    """
    of = await counted_contract(connection, rulebook, contract)
    return None if of is None else await AttainmentReader(connection, of, now).whole(asked_period(of, period, now))


async def attainment_page(
    connection: AsyncConnection, rulebook: Rulebook | None, period: str, now: datetime, after: str, limit: int
) -> AttainmentPage:
    """Return the attainment of at most `limit` contracts, in the order of their ids.

    Contracts with neither objectives nor counts are left out. A contract is also left out if the requested period does
    not exist for it, such as a contract year if the contract has no first day.

    Args:
        rulebook: The rulebook in force (plans, contracts, calendars). None if there is none.
        period: Such as `2026-11`. "" for the present month.
        after: The id after which the page begins. "" for the first page.
    """
    found: list[ContractAttainment] = []
    turn = LoopYielder()
    ids = await _ids_after(connection, rulebook, after)
    for place, id_ in enumerate(ids):
        await turn.yield_if_due()
        try:
            one = await attainment_of(connection, rulebook, id_, period, now)
        except BadPeriod:
            continue
        if one is not None and (one.objectives or one.requests or one.clocks):
            found.append(one)
        if len(found) == limit or place + 1 == _MOST_LOOKED_AT:
            return AttainmentPage(tuple(found), id_ if place + 1 < len(ids) else None)
    return AttainmentPage(tuple(found), None)


async def _ids_after(connection: AsyncConnection, rulebook: Rulebook | None, after: str) -> Sequence[str]:
    """Those of the catalogue, and those that only clocks know: as many as are looked at, and one more."""
    of = tables.request.c.contract
    query = select(of).where(of > after, of != "").distinct().order_by(of).limit(_MOST_LOOKED_AT + 1)
    counted = list((await connection.execute(query)).scalars())
    whole = len(counted) <= _MOST_LOOKED_AT
    catalogued = {id_ for id_ in _catalogued(rulebook) if id_ > after and (whole or id_ <= counted[-1])}
    return sorted(catalogued.union(counted))[: _MOST_LOOKED_AT + 1]


def _catalogued(rulebook: Rulebook | None) -> Iterable[str]:
    if rulebook is None:
        return ()
    recorded = () if rulebook.recorded is None else rulebook.recorded.ids()
    return {*map(str, rulebook.written_contracts), *map(str, recorded)}
