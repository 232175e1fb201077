"""The notifier's part of an incident's evidence: alerts, who was told of them when, and who acknowledged."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from sla_notifier import tables
from sla_notifier.api.query import alert_shape, delivery_shape, shown_columns
from sla_notifier.api.shape import AttemptShape, StepShape
from sla_platform.http.evidence import EvidenceLine
from sla_platform.store.engine import Store

_AT_ONCE = 200
_a, _d, _t, _s = tables.alert.c, tables.delivery.c, tables.attempt.c, tables.step.c


async def evidence_lines(store: Store, incident: str, contract: str | None) -> AsyncIterator[EvidenceLine]:
    """Yield the notifier's part of the evidence file on an incident: first its alerts, then its deliveries.

    The evidence file has all that slad has stored about an incident. A delivery's record includes the attempts to send
    it. Alerts and deliveries are each in the order of creation. The records contain no addresses, message texts or
    links.

    Args:
        incident: The id under which the incident is stored.
        contract: The contract whose alerts and deliveries are returned. None means all contracts.
    """
    async for line in _alerts(store, incident, contract):
        yield line
    async for line in _deliveries(store, incident, contract):
        yield line


async def _alerts(store: Store, incident: str, contract: str | None) -> AsyncIterator[EvidenceLine]:
    query = select(tables.alert).where(_a.incident == incident, *_of(_a.contract, contract))
    async with store.reading() as connection:
        rows = (await connection.execute(query.order_by(_a.opened_at, _a.id))).mappings().all()
        ids = [row["id"] for row in rows]
        steps = (await connection.execute(select(tables.step).where(_s.alert.in_(ids)).order_by(_s.fire_at))).all()
    for row in rows:
        ahead = [
            StepShape(round=one.round, level=one.level, fire_at=one.fire_at) for one in steps if one.alert == row["id"]
        ]
        shown = alert_shape(dict(row)).model_dump(mode="json", exclude={"urgency"})
        yield EvidenceLine("alerts", shown | {"steps": [step.model_dump(mode="json") for step in ahead]})


async def _deliveries(store: Store, incident: str, contract: str | None) -> AsyncIterator[EvidenceLine]:
    last: Any | None = None
    while True:
        query = select(*shown_columns()).where(_d.incident == incident, *_of(_d.contract, contract))
        if last is not None:
            further = and_(_d.created_at == last["created_at"], _d.id > last["id"])
            query = query.where(or_(_d.created_at > last["created_at"], further))
        async with store.reading() as connection:
            ordered = query.order_by(_d.created_at, _d.id).limit(_AT_ONCE)
            rows = (await connection.execute(ordered)).mappings().all()
            wanted = select(tables.attempt).where(_t.delivery.in_([row["id"] for row in rows]))
            log = (await connection.execute(wanted.order_by(_t.delivery, _t.number))).mappings().all()
        for row in rows:
            attempts = [AttemptShape.model_validate({**one}) for one in log if one["delivery"] == row["id"]]
            shown = delivery_shape(dict(row)).model_dump(mode="json")
            yield EvidenceLine("deliveries", shown | {"log": [one.model_dump(mode="json") for one in attempts]})
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1]


def _of(column: Any, contract: str | None) -> list[ColumnElement[bool]]:
    return [] if contract is None else [column == contract]
