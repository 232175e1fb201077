"""The board's part of an incident's evidence: every fact that slad published about it, in the order of arrival."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
from sqlalchemy import select

from sla_board import tables
from sla_board.projection.contract import periods_of
from sla_board.projection.store import envelope_of
from sla_domain.contract_view import ContractShare, contract_share
from sla_domain.incident import ContractPeriod
from sla_domain.rfc3339 import rfc3339
from sla_platform.envelope import Topic
from sla_platform.errors import BadEnvelope
from sla_platform.http.evidence import EvidenceLine
from sla_platform.store.engine import Store
from sla_platform.wire import ClockFact, decode_clock_fact

_AT_ONCE = 500
_event = tables.event.c


async def fact_lines(store: Store, incident: str, contract: str | None) -> AsyncIterator[EvidenceLine]:
    """Yield the published facts about an incident as records for its evidence, in the order of arrival.

    The evidence is a zip file that proves the verdicts on the incident.

    Args:
        incident: The id under which the incident is stored.
        contract: Limits the facts to the time in which the incident was under this contract. None for all facts.
    """
    periods = () if contract is None else await _periods(store, incident)
    share = contract_share(periods, contract) if contract is not None and periods else None
    if periods and share is None:
        return
    last = 0
    while True:
        query = select(tables.event).where(
            _event.incident == incident, _event.topic == Topic.CLOCKS.value, _event.position > last
        )
        async with store.reading() as connection:
            rows = (await connection.execute(query.order_by(_event.position).limit(_AT_ONCE))).all()
        for row in rows:
            fact = _fact(row)
            if contract is None or (fact is not None and _may_read(fact, contract, share)):
                yield EvidenceLine("facts", _line(row))
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1].position


async def _periods(store: Store, incident: str) -> tuple[ContractPeriod, ...]:
    """Empty for an incident that never moved."""
    moved = tables.contract.c
    async with store.reading() as connection:
        query = select(moved.periods).where(moved.incident == incident)
        written = (await connection.execute(query)).scalar_one_or_none()
    return () if written is None else periods_of(written)


def _may_read(fact: ClockFact, contract: str, share: ContractShare | None) -> bool:
    """An incident that never moved has no periods here: all its facts bear its one contract."""
    return fact.contract == contract if share is None else share.has_fact(fact.contract, fact.at)


def _fact(row: Any) -> ClockFact | None:
    try:
        return decode_clock_fact(envelope_of(row))
    except BadEnvelope:
        return None


def _line(row: Any) -> dict[str, Any]:
    return {"id": row.id, "type": row.type, "at": rfc3339(row.at), "data": orjson.loads(row.data)}
