"""Stage 3, gather: what would flood one address goes there as one digest. Pure.

After an outage hundreds of facts arrive in one batch. More than `digest_over` messages for one address of one person
become one, listing them with their links, the pages first; each keeps its row, which shares the digest's end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import structlog

from sla_notifier.alert.occasion import Occasion
from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.state import Kind
from sla_notifier.telling.content import acknowledge_link, content_of
from sla_notifier.telling.notification import Notification, Recipient
from sla_notifier.telling.surroundings import Surroundings
from sla_notifier.text.content import Action, Content, Item
from sla_notifier.text.words import one_line
from sla_platform.wire import ClockFact

_log = structlog.get_logger(__name__)

MOST_ITEMS = 100
_RANK = {
    kind: rank
    for rank, kind in enumerate(
        (Kind.PAGE, Kind.FIX, Kind.NOTICE, Kind.TAKEN_BACK, Kind.RESOLVED, Kind.WARNING, Kind.UNPROMISED, Kind.DIGEST)
    )
}


def gather(around: Surroundings, notifications: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """The notifications, those in a digest pointing to it, and the digests after them."""
    floods = {key: heap for key, heap in _heaps(notifications).items() if len(heap) > around.digest_over}
    if not floods:
        return notifications
    digests = {key: _digest(around, heap) for key, heap in floods.items()}
    carried = tuple(
        replace(each, carried_by=_id_of(digests[key])) if (key := _key(each)) in digests else each
        for each in notifications
    )
    return carried + tuple(digests.values())


_Key = tuple[str, str, str]
"""Person, address, and what must be final before: words that wait for the same digest go together after it."""


def _heaps(notifications: tuple[Notification, ...]) -> dict[_Key, list[Notification]]:
    heaps: dict[_Key, list[Notification]] = {}
    for each in notifications:
        if (key := _key(each)) is not None:
            heaps.setdefault(key, []).append(each)
    return heaps


def _key(notification: Notification) -> _Key | None:
    recipient = notification.recipient
    if not notification.live or recipient is None:
        return None
    return recipient.person, recipient.address, notification.follows


def _digest(around: Surroundings, heap: Sequence[Notification]) -> Notification:
    first = min(heap, key=_order)
    recipient = first.recipient
    assert recipient is not None
    listed = sorted(heap, key=_order)
    named = "\n".join(each.occasion.id for each in listed)
    occasion = Occasion(
        id=f"digest/{hashlib.sha256(named.encode()).hexdigest()[:32]}",
        kind=Kind.DIGEST,
        at=min(each.occasion.at for each in heap),
        contract=first.occasion.contract,
        content=first.occasion.content,
        audience=(),
    )
    told = replace(recipient, why="many messages at once")
    message = around.texts.message(_content(around, listed, told), told.language)
    return Notification(occasion=occasion, recipient=told, message=message, follows=first.follows)


def _order(notification: Notification) -> tuple[int, object]:
    return _RANK[notification.occasion.kind], notification.occasion.at


def _content(around: Surroundings, listed: Sequence[Notification], recipient: Recipient) -> Content:
    items = tuple(
        Item(_line(around, each.occasion, recipient), acknowledge_link(around, each.occasion, recipient))
        for each in listed[:MOST_ITEMS]
    )
    return Content(
        kind=Kind.DIGEST,
        zone="UTC",
        values={
            "count": len(listed),
            "pages": sum(each.occasion.kind is Kind.PAGE for each in listed),
            "contract": listed[0].occasion.contract,
        },
        items=items,
        more=max(len(listed) - MOST_ITEMS, 0),
        actions=(Action("open_board", around.links.board(), main=True),),
        why=recipient.why,
        data={
            "count": len(listed),
            "items": [{"line": item.line, "acknowledge_url": item.url} for item in items],
            "recipient": recipient.person,
        },
    )


def _line(around: Surroundings, occasion: Occasion, recipient: Recipient) -> str:
    """The subject the message would have had; for one that cannot be put into words what it is about, in plain ones:
    the others of the digest must not wait for it."""
    try:
        return around.texts.subject(content_of(around, occasion, recipient), recipient.language)
    except Exception as error:
        content = occasion.content
        about = content.incident if isinstance(content, ClockFact) else content.title
        _log.exception("digest.line_failed", occasion=occasion.id)
        return one_line(f"{occasion.kind.value}: {about} ({type(error).__name__}: see the board)", 200)


def _id_of(digest: Notification) -> str:
    assert digest.recipient is not None
    return delivery_id(digest.occasion.id, digest.recipient.person, digest.recipient.address)
