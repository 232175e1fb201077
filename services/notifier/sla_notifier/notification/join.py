"""Stage 2, join: of one notice each mailbox gets one message, which names every contract that it is about. Pure.

Somebody may stand in several contracts that a notice concerns. The message that asks for most is sent and names them
all; the others are recorded as told together with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sla_domain.contract import Side
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.notification.notification import Notification, Recipient
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_platform.wire import NoticeData

_ORDER = (MessageKind.CRITICAL_FIX, MessageKind.ADVISORY, MessageKind.NOTICE_ENDED)  # the first is sent


def join(context: PipelineContext, notifications: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """Replace several messages about one notice to one address by a single message; return all notifications.

    A notice announces a critical fix, and may concern several contracts. One of the messages is sent and names all the
    contracts (`contracts`); the other messages are cancelled (TOLD_TOGETHER). A contract for which the notice has ended
    is named only if the notice has ended for all contracts. Messages of escalation levels above 1 are unchanged.
    """
    heaps: dict[tuple[str, str], list[int]] = {}
    for place, each in enumerate(notifications):
        if (key := _key(each)) is not None:
            heaps.setdefault(key, []).append(place)
    joined = list(notifications)
    for places in heaps.values():
        if len(places) > 1:
            for place, each in zip(places, _joined([notifications[place] for place in places]), strict=True):
                joined[place] = each
    return tuple(joined)


def _key(notification: Notification) -> tuple[str, str] | None:
    request, recipient = notification.request, notification.recipient
    if not notification.live or recipient is None or not isinstance(request.content, NoticeData):
        return None
    return None if request.level > 1 else (request.content.id, recipient.address)


def _joined(heap: list[Notification]) -> Iterable[Notification]:
    kinds = [_ORDER.index(each.request.kind) for each in heap]
    chosen = kinds.index(min(kinds))
    main = heap[chosen]
    about = [each for each in heap if each.request.kind is not MessageKind.NOTICE_ENDED] or heap
    recipient = main.recipient
    assert recipient is not None
    # who was told of it before is told what changed, even where it concerns another of the contracts now
    before = next((each.request.before for each in about if each.request.before is not None), None)
    for place, each in enumerate(heap):
        if place == chosen:
            yield replace(
                each,
                request=replace(each.request, before=before),
                recipient=replace(recipient, side=_side(heap)),
                contracts=tuple(dict.fromkeys(one.request.contract for one in about)),
                follows=next((one.follows for one in heap if one.follows), ""),
            )
        else:
            yield replace(
                each,
                state=DeliveryState.CANCELLED,
                reason=UnsentReason.TOLD_TOGETHER,
                told_by=(main.request.id, recipient.person),
            )


def _side(heap: list[Notification]) -> Side:
    """Of the vendor's own, if so in one of the contracts."""
    recipients: list[Recipient] = [each.recipient for each in heap if each.recipient is not None]
    return Side.SUPPORT if any(each.side is Side.SUPPORT for each in recipients) else Side.CUSTOMER
