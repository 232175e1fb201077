"""What a person has been notified of about an alert."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.delivery.row import DeliveryRow, row_of


async def messages_to(connection: AsyncConnection, alert: str, person: str) -> list[DeliveryRow]:
    """Return the deliveries (messages to one address) about an alert to a person, the newest first.

    Args:
        alert: The alert's id.
        person: The person's id.
    """
    d = tables.delivery.c
    query = select(tables.delivery).where(d.alert == alert, d.person == person).order_by(d.created_at.desc(), d.id)
    return [row_of(dict(row)) for row in (await connection.execute(query)).mappings()]
