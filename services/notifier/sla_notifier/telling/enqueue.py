"""Stage 6, enqueue: notifications as delivery rows. Pure; whoever runs the transaction inserts them."""

from __future__ import annotations

import orjson

from sla_notifier.alert.urgency import turn_of, urgency_of
from sla_notifier.channel.registry import endpoint_of, split_address
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.telling.notification import Notification, Recipient
from sla_notifier.telling.surroundings import Surroundings
from sla_platform.wire import ClockFact, NoticeData

LARGEST_PAYLOAD = 19_500  # Standard Webhooks asks for less than 20 kB; a mark may still be added
_LONG = ("items", "body", "products")
_NOBODY = Recipient("", "en", "")


def rows_of(around: Surroundings, notifications: tuple[Notification, ...]) -> list[DeliveryRow]:
    return [_row(around, notification) for notification in notifications]


def _row(around: Surroundings, notification: Notification) -> DeliveryRow:
    occasion, recipient, message = notification.occasion, notification.recipient or _NOBODY, notification.message
    channel, address = split_address(recipient.address)
    content = occasion.content
    urgency = urgency_of(content, occasion.due_at or occasion.at, around.now)
    return DeliveryRow(
        id=delivery_id(occasion.id, recipient.person, recipient.address),
        occasion=occasion.id,
        kind=occasion.kind,
        person=recipient.person,
        channel=channel,
        address=address,
        endpoint=endpoint_of(channel, address) if channel else "",
        then=recipient.then,
        alert=occasion.alert,
        episode=occasion.episode,
        round=occasion.round,
        level=occasion.level,
        incident=content.incident if isinstance(content, ClockFact) and not occasion.collects else "",
        contract=occasion.contract,
        notice=content.id if isinstance(content, NoticeData) and not occasion.collects else "",
        why=recipient.why,
        state=notification.state,
        reason=notification.reason.value if notification.reason is not None else "",
        next_at=around.now,
        follows=notification.follows,
        carried_by=notification.carried_by,
        subject=message.subject if message is not None else "",
        text=message.text if message is not None else "",
        html=message.html if message is not None else "",
        payload=_payload(around, notification),
        created_at=around.now,
        due_at=occasion.at,
        turn=turn_of(occasion.kind, urgency),
        finished_at=around.now if notification.state.final else None,
    )


def _payload(around: Surroundings, notification: Notification) -> str:
    if notification.message is None:
        return "{}"
    return bounded({"timestamp": around.now, **notification.message.payload}).decode()


def bounded(payload: dict[str, object]) -> bytes:
    """The webhook's body as JSON; what makes it longer than allowed is left out and named in `left_out`."""
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
