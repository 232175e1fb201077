"""Messages whose wait for the end of quiet hours is over: queued by themselves, or in one digest for each mailbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_catalogue import Catalogue
from sla_domain.contract import Side
from sla_notifier import tables
from sla_notifier.channel.registry import endpoint_of, is_grouped
from sla_notifier.delivery.endpoint import disabled_endpoints
from sla_notifier.delivery.finish import append_events
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.row import DeliveryRow, row_of
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.hold.message import AND_WAITED, RELEASED, WAITED, HeldMessage
from sla_notifier.notification.directory import contract_of
from sla_notifier.notification.enqueue import rows_of
from sla_notifier.notification.notification import Notification, Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.notification.render import render
from sla_notifier.notification.unit_of_work import RenderConfig
from sla_notifier.text.render import ENGLISH
from sla_platform.store.dialect import insert_new

_d = tables.delivery


async def held_deliveries(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, DeliveryRow]:
    """Return those of the deliveries with these ids that wait for the end of quiet hours (state HELD), by id."""
    found = await connection.execute(select(_d).where(_d.c.id.in_(sorted(ids)), _d.c.state == DeliveryState.HELD.value))
    return {row["id"]: row_of(dict(row)) for row in found.mappings()}


async def release(
    connection: AsyncConnection,
    messages: Sequence[tuple[HeldMessage, DeliveryRow]],
    catalogue: Catalogue,
    config: RenderConfig,
    now: datetime,
) -> None:
    """Queue messages that have waited for the end of quiet hours, in the caller's transaction.

    Their texts are written anew. Several messages to one mailbox are sent as one digest (a mail that collects several
    messages).

    Args:
        messages: The messages with their deliveries.
        catalogue: The contracts and people.
        config: How messages are written.
        now: The present instant.
    """
    if not messages:
        return
    context = PipelineContext(
        now=now,
        catalogue=catalogue,
        texts=config.texts,
        links=config.links,
        disabled=await disabled_endpoints(connection),
    )
    carriers = _digests(context, [row for _, row in messages])
    notifications = tuple(_notification(context, message, row, carriers) for message, row in messages)
    rows = [
        replace(row, held_since=before.held_since, held_until=before.held_until)
        for row, (_, before) in zip(rows_of(context, render(context, notifications)), messages, strict=True)
    ]
    for row in rows:
        await connection.execute(update(_d).where(_d.c.id == row.id).values(row.columns()))
    digests = list({each.id: each for each in carriers.values()}.values())
    if digests:
        await connection.execute(insert_new(connection, _d), [each.columns() for each in digests])
    await append_events(connection, [*rows, *digests], now)


def _notification(
    context: PipelineContext, message: HeldMessage, row: DeliveryRow, carriers: dict[str, DeliveryRow]
) -> Notification:
    person = context.catalogue.rulebook.person(contract_of(context.catalogue, row.contract), row.person)
    recipient = Recipient(
        row.person,
        person.language if person is not None else ENGLISH,
        _address(row),
        row.then,
        (*message.why, AND_WAITED),
        Side(row.side) if row.side else Side.SUPPORT,
    )
    carrier = carriers.get(row.id)
    return Notification(
        request=message.request, recipient=recipient, carried_by=carrier.id if carrier is not None else ""
    )


def _digests(context: PipelineContext, rows: Sequence[DeliveryRow]) -> dict[str, DeliveryRow]:
    """The digest of each delivery that does not leave by itself, by the id of the delivery."""
    heaps: dict[tuple[str, str], list[DeliveryRow]] = {}
    for row in rows:
        if is_grouped(_address(row)):
            heaps.setdefault((row.person, _address(row)), []).append(row)
    found: dict[str, DeliveryRow] = {}
    for heap in heaps.values():
        if len(heap) > 1:
            found |= dict.fromkeys((row.id for row in heap), _digest(context, heap))
    return found


def _digest(context: PipelineContext, heap: Sequence[DeliveryRow]) -> DeliveryRow:
    first = min(heap, key=lambda row: (row.turn, row.due_at, row.id))
    named = hashlib.sha256("\n".join(sorted(row.id for row in heap)).encode()).hexdigest()[:32]
    occasion = f"{RELEASED}{named}/1"
    return DeliveryRow(
        id=delivery_id(occasion, first.person, _address(first)),
        occasion=occasion,
        kind=MessageKind.DIGEST,
        person=first.person,
        channel=first.channel,
        address=first.address,
        endpoint=endpoint_of(first.channel, first.address),
        then=first.then,
        contract=first.contract,
        why=context.texts.phrases_in_words((WAITED,), ENGLISH),
        state=DeliveryState.QUEUED,
        next_at=context.now,
        created_at=context.now,
        due_at=min(row.due_at for row in heap),
        side=first.side,
        turn=first.turn,
        held_since=min(row.held_since or context.now for row in heap),
        held_until=max(row.held_until or context.now for row in heap),
    )


def _address(row: DeliveryRow) -> str:
    return f"{row.channel}:{row.address}"
