"""The score of urgency in SQL is that of the domain, on both databases, whatever is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Column, Float, MetaData, Table, select

from sla_domain.urgency import score_of_weight, weight
from sla_platform.store.engine import Store
from sla_platform.store.schema import create_all
from sla_platform.store.types import Instant, to_micros
from sla_platform.store.urgency import seconds_of, urgency_at

NOW = datetime(2026, 11, 23, 9, 0, 0, 123_456, tzinfo=UTC)
LEFT = [
    timedelta(seconds=seconds)
    for seconds in (-400_000, -86_401, -86_400, -86_399.5, -3_600, -1, -0.000001, 0, 0.000001, 1, 59, 3_600, 90_000)
]
WEIGHTS = [weight(severity, rank) for severity in (1, 2, 4) for rank in (1, 3)]
metadata = MetaData()
clock = Table(
    "urgency_clock", metadata, Column("weight", Float), Column("due_at", Instant), Column("due_seconds", Float)
)


def _row(weight: float, left: timedelta | None) -> dict[str, object]:
    due = None if left is None else NOW + left
    return {"weight": weight, "due_at": due, "due_seconds": None if due is None else to_micros(due) / 1e6}


async def test_the_score_in_sql_is_the_score_of_the_domain(store: Store) -> None:
    await create_all(store, [metadata])
    cases = [(each, left) for each in WEIGHTS for left in [*LEFT, None]]
    async with store.transaction() as connection:
        await connection.execute(clock.insert(), [_row(*case) for case in cases])
    async with store.reading() as connection:
        of_instant = urgency_at(NOW, clock.c.weight, seconds_of(connection, clock.c.due_at))
        of_seconds = urgency_at(NOW, clock.c.weight, clock.c.due_seconds)
        columns = (clock.c.weight, clock.c.due_at, of_instant.label("one"), of_seconds.label("other"))
        rows = (await connection.execute(select(*columns))).all()
    assert len(rows) == len(cases)
    for row in rows:
        left = None if row.due_at is None else row.due_at - NOW
        assert (row.one, row.other) == (pytest.approx(score_of_weight(row.weight, left), abs=1e-5),) * 2, left
