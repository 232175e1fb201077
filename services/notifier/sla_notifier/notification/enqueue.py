"""Stage 8, enqueue: notifications as delivery rows. Pure; the unit of work inserts them."""

from __future__ import annotations

import orjson

from sla_notifier.alert.urgency import queue_turn, urgency_of
from sla_notifier.channel.registry import endpoint_of, split_address
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.notification.notification import Notification, Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.render import ENGLISH
from sla_platform.wire import ClockFact, NoticeData

LARGEST_PAYLOAD = 19_500  # Standard Webhooks asks for less than 20 kB; a mark may still be added
_LONG = ("items", "body", "products")
_NOBODY = Recipient("", ENGLISH, "")


def rows_of(context: PipelineContext, notifications: tuple[Notification, ...]) -> list[DeliveryRow]:
    """Return a delivery (a row of the queue of messages) to insert for each notification, in the same order.

    A notification that is not to be sent becomes a delivery in a final state, with the reason.
    """
    return [_row(context, notification) for notification in notifications]


def _row(context: PipelineContext, notification: Notification) -> DeliveryRow:
    request, recipient, message = notification.request, notification.recipient or _NOBODY, notification.message
    channel, address = split_address(recipient.address)
    content = request.content
    urgency = urgency_of(content, request.due_at or request.at, context.now)
    return DeliveryRow(
        id=delivery_id(request.id, recipient.person, recipient.address),
        occasion=request.id,
        kind=request.kind,
        person=recipient.person,
        channel=channel,
        address=address,
        endpoint=endpoint_of(channel, address) if channel else "",
        then=recipient.then,
        alert=request.alert,
        episode=request.episode,
        round=request.round,
        level=request.level,
        incident=content.incident if isinstance(content, ClockFact) and not request.collects else "",
        contract=request.contract,
        notice=content.id if isinstance(content, NoticeData) and not request.collects else "",
        why=context.texts.phrases_in_words(recipient.why, ENGLISH),
        state=notification.state,
        reason=notification.reason.value if notification.reason is not None else "",
        next_at=notification.hold.until if notification.hold is not None else context.now,
        follows=notification.follows,
        carried_by=notification.carried_by,
        subject=message.subject if message is not None else "",
        text=message.text if message is not None else "",
        html=message.html if message is not None else "",
        payload=_payload(context, notification),
        created_at=context.now,
        due_at=request.at,
        side=recipient.side.value if recipient.person else "",
        turn=queue_turn(request.kind, urgency),
        finished_at=context.now if notification.state.final else None,
        held_since=context.now if notification.hold is not None else None,
        held_until=notification.hold.until if notification.hold is not None else None,
    )


def _payload(context: PipelineContext, notification: Notification) -> str:
    if notification.message is None:
        return "{}"
    return bounded({"timestamp": context.now, **notification.message.payload}).decode()


def bounded(payload: dict[str, object]) -> bytes:
    """Return a payload as JSON, shortened if longer than 19,500 bytes (LARGEST_PAYLOAD).

    From the payload's `data`, `items` is removed first, then `body`, then `products`, until the JSON is short enough.
    `left_out` in `data` lists what was removed. If removing all three is not enough, a longer JSON text is returned.
    """
    written = _json(payload)
    for name in _LONG:
        data = payload.get("data")
        if len(written) <= LARGEST_PAYLOAD or not isinstance(data, dict) or name not in data:
            continue
        kept = {key: value for key, value in data.items() if key != name}
        payload = payload | {"data": kept | {"left_out": [*data.get("left_out", ()), name]}}
        written = _json(payload)
    return written


def _json(payload: dict[str, object]) -> bytes:
    return orjson.dumps(payload, option=orjson.OPT_UTC_Z)
