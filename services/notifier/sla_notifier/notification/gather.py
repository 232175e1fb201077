"""Stage 6, gather: messages that would flood a mailbox are gathered into digests. Pure.

A gathered message keeps its row, which points to its digest; the digest grows until it leaves and is put into words
then (see `digest`). Programs get every message by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sla_domain.contract import Side
from sla_domain.tell import Happening
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.alert.urgency import queue_turn, urgency_of
from sla_notifier.channel.registry import endpoint_of, is_grouped, split_address
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.notification.conversation import Conversation, conversation_id
from sla_notifier.notification.notification import Notification
from sla_notifier.notification.pipeline_context import PipelineContext
from sla_notifier.text.content import Phrase
from sla_notifier.text.render import ENGLISH

FLOOD = (Phrase("flood"),)
WITH_PAGES = 1  # the level of a digest that carries pages: it waits no longer than they would
_PRESSING = (MessageKind.PAGE, MessageKind.CRITICAL_FIX, MessageKind.WARNING)
_PAGES = (MessageKind.PAGE, MessageKind.CRITICAL_FIX)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The result of `gather`, which puts messages into digests (mails that collect several messages)."""

    notifications: tuple[Notification, ...]
    """All notifications. `carried_by` is the id of the digest that contains the notification."""
    digests: tuple[DeliveryRow, ...] = ()
    """The deliveries of digests that are new or have more messages now."""
    conversations: tuple[Conversation, ...] = ()
    """The new records of what was sent to each address."""


def conversation_ids(notifications: Sequence[Notification]) -> frozenset[str]:
    """Return the ids of the conversations to which these notifications belong.

    A conversation records what was sent to one person at one mailbox. A notification that is not to be sent, or that
    goes to a program (webhook), belongs to no conversation.
    """
    return frozenset(key for each in notifications if (key := _key(each)))


def gather(
    context: PipelineContext,
    notifications: tuple[Notification, ...],
    conversations: Mapping[str, Conversation],
    gathering: Mapping[str, DeliveryRow],
) -> Gathered:
    """Put messages that would flood a mailbox into digests; leave the others to be sent by themselves.

    A digest is a mail that collects several messages. A flood is more than `context.digest_over` messages in a burst;
    only the most urgent of them is then sent at once.

    Nothing is stored here.

    Args:
        conversations: Maps an id to what was sent to a mailbox before. A mailbox without an entry is new.
        gathering: Maps an id to a digest that can still collect messages.
    """
    heaps: dict[str, list[Notification]] = {}
    for each in notifications:
        if key := _key(each):
            heaps.setdefault(key, []).append(each)
    carrier: dict[str, str] = {}
    digests: list[DeliveryRow] = []
    after: list[Conversation] = []
    for key, heap in heaps.items():
        conversation = conversations.get(key) or Conversation(id=key, last_at=context.now)
        open_digest = gathering.get(conversation.digest)
        conversation = replace(conversation, gathering=open_digest is not None).advanced_to(
            context.now, context.digest_over
        )
        conversation, kept, digest = _shared(context, conversation, heap, open_digest)
        if digest is not None:
            digests.append(digest)
            carrier |= {id_of(each): digest.id for each in kept}
        after.append(conversation)
    carried = tuple(
        replace(each, carried_by=carrier[id_of(each)]) if _key(each) and id_of(each) in carrier else each
        for each in notifications
    )
    return Gathered(carried, tuple(digests), tuple(after))


def _shared(
    context: PipelineContext, conversation: Conversation, heap: Sequence[Notification], open_digest: DeliveryRow | None
) -> tuple[Conversation, list[Notification], DeliveryRow | None]:
    """The conversation after these messages, which of them are gathered, and the digest that gathers them."""
    now = context.now
    ready = sorted(_free_to_wait(heap, conversation.digest), key=partial(_order, now))
    if not conversation.storm and len(ready) <= conversation.room(now, context.digest_over):
        return conversation.with_sent_alone(len(heap), now), [], None
    storm = conversation.with_storm(now)
    first = not conversation.storm and conversation.room(now, context.digest_over) > 0
    again = bool(conversation.storm) and open_digest is None and now >= (storm.next_at or now)
    if again:
        storm = replace(storm, next_at=now + storm.pause())
    if (first or again) and ready:
        ready = ready[1:]  # the most urgent one leaves at once
        storm = storm.with_sent_alone(1, now)
    if not ready:
        return storm, [], None
    if open_digest is not None:
        grown = _grown(storm, open_digest, ready, context)
        return replace(storm, last_at=now), ready, grown
    digest = _begun(storm, ready, context)
    return storm.with_new_digest(digest.id, digest.next_at, now), ready, digest


def _free_to_wait(heap: Sequence[Notification], digest: str) -> list[Notification]:
    """All but questions, and those that must follow a message which is on its way by itself."""
    here = {id_of(each) for each in heap} | {"", digest}
    return [each for each in heap if each.follows in here and not _asks(each)]


def _asks(notification: Notification) -> bool:
    """Whether the customer is asked something: each answer is behind a link of its own, and a digest has none."""
    recipient, happening = notification.recipient, notification.request.happening
    return recipient is not None and recipient.side is Side.CUSTOMER and happening is Happening.DOWNGRADE_PROPOSED


def _begun(storm: Conversation, ready: Sequence[Notification], context: PipelineContext) -> DeliveryRow:
    first = ready[0]
    recipient = first.recipient
    assert recipient is not None
    channel, address = split_address(recipient.address)
    request = f"digest/{storm.thread}/{storm.storm}"
    return DeliveryRow(
        id=delivery_id(request, recipient.person, recipient.address),
        occasion=request,
        kind=MessageKind.DIGEST,
        person=recipient.person,
        channel=channel,
        address=address,
        endpoint=endpoint_of(channel, address),
        then=recipient.then,
        level=_level(ready),
        contract=first.request.contract,
        why=context.texts.phrases_in_words(FLOOD, ENGLISH),
        state=DeliveryState.QUEUED,
        next_at=storm.leaves_at(context.now, pressing=_pressing(ready)),
        follows=storm.digest,
        created_at=context.now,
        due_at=min(each.request.at for each in ready),
        side=recipient.side.value,
        turn=_order(context.now, first)[0],
    )


def _grown(
    storm: Conversation, digest: DeliveryRow, ready: Sequence[Notification], context: PipelineContext
) -> DeliveryRow:
    leaves = digest.next_at
    if _pressing(ready):  # it may have been planned for when nothing in it was
        leaves = min(leaves, max(context.now, digest.created_at + storm.pause()))
    due = min(digest.due_at, *(each.request.at for each in ready))
    turn = min(digest.turn, *(_order(context.now, each)[0] for each in ready))
    return replace(digest, level=max(digest.level, _level(ready)), next_at=leaves, due_at=due, turn=turn)


def _key(notification: Notification) -> str:
    recipient = notification.recipient
    if not notification.live or recipient is None or not is_grouped(recipient.address):
        return ""
    return conversation_id(recipient.person, recipient.address)


def _order(now: datetime, notification: Notification) -> tuple[float, datetime]:
    """Pages first, and among equals the most urgent (clause I4)."""
    request = notification.request
    return queue_turn(request.kind, urgency_of(request.content, request.due_at or request.at, now)), request.at


def _level(ready: Sequence[Notification]) -> int:
    return WITH_PAGES if any(each.request.kind in _PAGES for each in ready) else 0


def _pressing(ready: Sequence[Notification]) -> bool:
    return any(each.request.kind in _PRESSING for each in ready)


def id_of(notification: Notification) -> str:
    """Return the id of the delivery of a notification that has a recipient."""
    assert notification.recipient is not None
    request: NotificationRequest = notification.request
    return delivery_id(request.id, notification.recipient.person, notification.recipient.address)
