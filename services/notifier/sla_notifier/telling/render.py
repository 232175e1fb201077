"""Stage 5, render: what is to be sent by itself gets its words, in the recipient's language. Pure."""

from __future__ import annotations

from dataclasses import replace

from sla_notifier.telling.content import content_of
from sla_notifier.telling.notification import Notification
from sla_notifier.telling.surroundings import Surroundings


def render(around: Surroundings, notifications: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """A notification that is only recorded, or told by a digest, needs no words."""
    return tuple(
        replace(
            each,
            message=around.texts.message(content_of(around, each.occasion, each.recipient), each.recipient.language),
        )
        if each.live and not each.carried_by and each.message is None and each.recipient is not None
        else each
        for each in notifications
    )
