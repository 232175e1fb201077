"""Stage 5, follow: no page is sent before the closing message of the episode before it, and no end before the word
that it corrects. Pure.

A page of a later episode names the closing message of an earlier one to the same person as what it follows. The sender
holds it back while that message is being sent, and cancels one that waits for another attempt: no page waits for that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.state import MessageKind
from sla_notifier.notification.notification import ClosingMessage, Notification
from sla_notifier.notification.pipeline_context import PipelineContext

_CLOSING = (MessageKind.RESOLVED, MessageKind.TAKEN_BACK)
_ESCALATED = (MessageKind.PAGE, MessageKind.INFO)


def follow(context: PipelineContext, notifications: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """Make notifications wait for an earlier closing message to the same person; return all notifications.

    A closing message says that an alert has ended. It is one of `context.closing` (stored, but not sent yet), or one of
    `notifications`. The id of its delivery is set as `follows` in the notification that must wait.

    - The alert was closed and opened again: a PAGE or INFO message waits for the last closing message to the same
      person.
    - The alert is closed again: a RESOLVED message waits for the earlier closing message about the same opening of the
      alert, which the RESOLVED message corrects.
    - A page that already waits for another message is unchanged.
    """
    words = _by_alert((*context.closing, *_closing_words(notifications)))
    if not words:
        return notifications
    return tuple(
        replace(each, follows=before) if (before := _word_before(each, words)) and _may_follow(each) else each
        for each in notifications
    )


def _closing_words(notifications: Iterable[Notification]) -> list[ClosingMessage]:
    return [
        ClosingMessage(each.request.alert, each.request.episode, each.recipient.person, _id(each))
        for each in notifications
        if each.live and each.recipient is not None and each.request.kind in _CLOSING
    ]


def _by_alert(words: Iterable[ClosingMessage]) -> dict[tuple[str, str], list[ClosingMessage]]:
    found: dict[tuple[str, str], list[ClosingMessage]] = {}
    for word in words:
        found.setdefault((word.alert, word.person), []).append(word)
    return found


def _word_before(notification: Notification, words: dict[tuple[str, str], list[ClosingMessage]]) -> str:
    """The delivery of the last closing message of an earlier episode, to this person."""
    request, recipient = notification.request, notification.recipient
    if not notification.live or recipient is None:
        return ""
    told = words.get((request.alert, recipient.person), ())
    if request.kind is MessageKind.RESOLVED:
        earlier = [w for w in told if w.episode == request.episode and w.delivery != _id(notification)]
    elif request.kind in _ESCALATED:
        earlier = [w for w in told if w.episode < request.episode]
    else:
        return ""
    return max(earlier, key=lambda word: word.episode).delivery if earlier else ""


def _may_follow(notification: Notification) -> bool:
    """An end that follows a page still follows the word about that page, which itself follows the page."""
    return not notification.follows or notification.request.kind is MessageKind.RESOLVED


def _id(notification: Notification) -> str:
    assert notification.recipient is not None
    return delivery_id(notification.request.id, notification.recipient.person, notification.recipient.address)
