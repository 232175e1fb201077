"""Overrides in the database. Nothing is ever deleted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.rota import RotaId
from sla_notifier import tables
from sla_notifier.override.recorded import RecordedOverride

_TABLE = tables.rota_override
_COLUMNS = {"starts_at": "start", "ends_at": "end"}


async def changed_since(connection: AsyncConnection, place: int) -> list[RecordedOverride]:
    """Return the overrides of rotas that were made or ended after a position in the notifier's audit log.

    The overrides are in the order of the changes. Positions in the log are in the order of the commits, so that a later
    call misses no change.

    Args:
        place: The position, a number. 0 returns all.
    """
    query = select(_TABLE).where(_TABLE.c.changed > place).order_by(_TABLE.c.changed)
    return [_of(row) for row in (await connection.execute(query)).mappings()]


async def insert(connection: AsyncConnection, made: RecordedOverride) -> None:
    """Store an override of a rota (on-call plan) that was just made."""
    values = {name: getattr(made, _COLUMNS.get(name, name)) for name in _TABLE.c.keys()}  # noqa: SIM118
    await connection.execute(_TABLE.insert(), [values])


async def write_end(connection: AsyncConnection, ended: RecordedOverride) -> None:
    """Store that an override of a rota (on-call plan) was ended."""
    values = {"ended_at": ended.ended_at, "ended_by": ended.ended_by, "changed": ended.changed}
    await connection.execute(update(_TABLE).where(_TABLE.c.number == ended.number).values(**values))


def _of(row: RowMapping) -> RecordedOverride:
    values: dict[str, Any] = {_COLUMNS.get(name, name): value for name, value in row.items()}
    return RecordedOverride(**values | {"rota": RotaId(values["rota"])})
