"""Stage 4, gather: what would flood one mailbox is one conversation with it. Pure.

Each message that is gathered keeps its row, which points to the digest that tells it; the digest grows until it leaves
and is put into words then (see `digest`). Channels for machines get every message by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sla_notifier.alert.occasion import Occasion
from sla_notifier.alert.urgency import turn_of, urgency_of
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.row import MAIL, DeliveryRow, split_address
from sla_notifier.delivery.state import Kind, State
from sla_notifier.telling.conversation import Conversation, conversation_id
from sla_notifier.telling.notification import Notification
from sla_notifier.telling.surroundings import Surroundings

PAGES_AT_ALL = 1  # the level of a digest that carries pages: it waits no longer than they would
_PRESSING = (Kind.PAGE, Kind.FIX, Kind.WARNING)
_PAGES = (Kind.PAGE, Kind.FIX)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The notifications; digests that begin, and what changes of digests that gather already; the conversations."""

    notifications: tuple[Notification, ...]
    digests: tuple[DeliveryRow, ...] = ()
    conversations: tuple[Conversation, ...] = ()


def keys_of(notifications: Sequence[Notification]) -> frozenset[str]:
    """Ids of the conversations these notifications belong to."""
    return frozenset(key for each in notifications if (key := _key(each)))


def gather(
    around: Surroundings,
    notifications: tuple[Notification, ...],
    conversations: Mapping[str, Conversation],
    gathering: Mapping[str, DeliveryRow],
) -> Gathered:
    """`gathering`: the digests that have not left yet, by id; `conversations`: those of `keys_of`, as they are."""
    heaps: dict[str, list[Notification]] = {}
    for each in notifications:
        if key := _key(each):
            heaps.setdefault(key, []).append(each)
    carrier: dict[str, str] = {}
    digests: list[DeliveryRow] = []
    after: list[Conversation] = []
    for key, heap in heaps.items():
        conversation = conversations.get(key) or Conversation(id=key, last_at=around.now)
        open_digest = gathering.get(conversation.digest)
        conversation = replace(conversation, gathering=open_digest is not None).at(around.now, around.digest_over)
        conversation, kept, digest = _shared(around, conversation, heap, open_digest)
        if digest is not None:
            digests.append(digest)
            carrier |= {_id(each): digest.id for each in kept}
        after.append(conversation)
    carried = tuple(
        replace(each, carried_by=carrier[_id(each)]) if _key(each) and _id(each) in carrier else each
        for each in notifications
    )
    return Gathered(carried, tuple(digests), tuple(after))


def _shared(
    around: Surroundings, conversation: Conversation, heap: Sequence[Notification], open_digest: DeliveryRow | None
) -> tuple[Conversation, list[Notification], DeliveryRow | None]:
    """The conversation after these messages, which of them are gathered, and the digest that gathers them."""
    now = around.now
    ready = sorted(_free_to_wait(heap, conversation.digest), key=partial(_order, now))
    if not conversation.storm and len(ready) <= conversation.room(now, around.digest_over):
        return conversation.alone(len(heap), now), [], None
    storm = conversation.stormy(now)
    first = not conversation.storm and conversation.room(now, around.digest_over) > 0
    again = bool(conversation.storm) and open_digest is None and now >= (storm.next_at or now)
    if again:
        storm = replace(storm, next_at=now + storm.pause())
    if (first or again) and ready:
        ready = ready[1:]  # the most urgent one leaves at once
        storm = storm.alone(1, now)
    if not ready:
        return storm, [], None
    if open_digest is not None:
        grown = _grown(storm, open_digest, ready, around)
        return replace(storm, last_at=now), ready, grown
    digest = _begun(storm, ready, around)
    return storm.opened(digest.id, digest.next_at, now), ready, digest


def _free_to_wait(heap: Sequence[Notification], digest: str) -> list[Notification]:
    """All but those that must follow a message which is on its way by itself."""
    here = {_id(each) for each in heap} | {"", digest}
    return [each for each in heap if each.follows in here]


def _begun(storm: Conversation, ready: Sequence[Notification], around: Surroundings) -> DeliveryRow:
    first = ready[0]
    recipient = first.recipient
    assert recipient is not None
    channel, address = split_address(recipient.address)
    occasion = f"digest/{storm.thread}/{storm.storm}"
    return DeliveryRow(
        id=delivery_id(occasion, recipient.person, recipient.address),
        occasion=occasion,
        kind=Kind.DIGEST,
        person=recipient.person,
        channel=channel,
        address=address,
        endpoint=MAIL,
        then=recipient.then,
        level=_level(ready),
        contract=first.occasion.contract,
        why="many messages at once",
        state=State.QUEUED,
        next_at=storm.leaves_at(around.now, pressing=_pressing(ready)),
        follows=storm.digest,
        created_at=around.now,
        due_at=min(each.occasion.at for each in ready),
        turn=_order(around.now, first)[0],
    )


def _grown(
    storm: Conversation, digest: DeliveryRow, ready: Sequence[Notification], around: Surroundings
) -> DeliveryRow:
    leaves = digest.next_at
    if _pressing(ready):  # it may have been planned for when nothing in it was
        leaves = min(leaves, max(around.now, digest.created_at + storm.pause()))
    due = min(digest.due_at, *(each.occasion.at for each in ready))
    turn = min(digest.turn, *(_order(around.now, each)[0] for each in ready))
    return replace(digest, level=max(digest.level, _level(ready)), next_at=leaves, due_at=due, turn=turn)


def _key(notification: Notification) -> str:
    recipient = notification.recipient
    if not notification.live or recipient is None or not recipient.address.startswith(f"{MAIL}:"):
        return ""
    return conversation_id(recipient.person, recipient.address)


def _order(now: datetime, notification: Notification) -> tuple[float, datetime]:
    """Pages first, and among equals the most urgent (clause I4)."""
    occasion = notification.occasion
    return turn_of(occasion.kind, urgency_of(occasion.content, occasion.due_at or occasion.at, now)), occasion.at


def _level(ready: Sequence[Notification]) -> int:
    return PAGES_AT_ALL if any(each.occasion.kind in _PAGES for each in ready) else 0


def _pressing(ready: Sequence[Notification]) -> bool:
    return any(each.occasion.kind in _PRESSING for each in ready)


def _id(notification: Notification) -> str:
    assert notification.recipient is not None
    occasion: Occasion = notification.occasion
    return delivery_id(occasion.id, notification.recipient.person, notification.recipient.address)
