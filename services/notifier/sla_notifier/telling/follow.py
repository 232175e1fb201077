"""Stage 3, follow: nobody is paged anew before the word that ended the page before. Pure.

A page of a later episode names the closing word of an earlier one to the same person as what it follows. The sender
holds it back while that word is on its way, and ends a word that waits for another attempt: a page waits for no ladder.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sla_notifier.delivery.identity import delivery_id
from sla_notifier.delivery.state import Kind
from sla_notifier.telling.notification import ClosingWord, Notification
from sla_notifier.telling.surroundings import Surroundings

_CLOSING = (Kind.RESOLVED, Kind.TAKEN_BACK)
_ESCALATED = (Kind.PAGE, Kind.NOTICE)


def follow(around: Surroundings, notifications: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """The notifications, pages after the closing words of earlier episodes."""
    words = _by_alert((*around.closing, *_closing_words(notifications)))
    if not words:
        return notifications
    return tuple(
        replace(each, follows=before) if (before := _word_before(each, words)) and not each.follows else each
        for each in notifications
    )


def _closing_words(notifications: Iterable[Notification]) -> list[ClosingWord]:
    return [
        ClosingWord(each.occasion.alert, each.occasion.episode, each.recipient.person, _id(each))
        for each in notifications
        if each.live and each.recipient is not None and each.occasion.kind in _CLOSING
    ]


def _by_alert(words: Iterable[ClosingWord]) -> dict[tuple[str, str], list[ClosingWord]]:
    found: dict[tuple[str, str], list[ClosingWord]] = {}
    for word in words:
        found.setdefault((word.alert, word.person), []).append(word)
    return found


def _word_before(notification: Notification, words: dict[tuple[str, str], list[ClosingWord]]) -> str:
    """The delivery of the last closing word of an earlier episode, to this person."""
    occasion, recipient = notification.occasion, notification.recipient
    if not notification.live or recipient is None or occasion.kind not in _ESCALATED:
        return ""
    earlier = [w for w in words.get((occasion.alert, recipient.person), ()) if w.episode < occasion.episode]
    return max(earlier, key=lambda word: word.episode).delivery if earlier else ""


def _id(notification: Notification) -> str:
    assert notification.recipient is not None
    return delivery_id(notification.occasion.id, notification.recipient.person, notification.recipient.address)
