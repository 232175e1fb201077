"""Stage 2, suppress: who need not hear this now, each with the reason. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sla_notifier.alert.occasion import Occasion
from sla_notifier.delivery.state import Kind, State
from sla_notifier.delivery.verdict import Reason
from sla_notifier.telling.notification import Notification, Recipient
from sla_notifier.telling.surroundings import Round, Surroundings


def suppress(around: Surroundings, notifications: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """In the order of the notifications: of two that say the same to the same ears, the first is sent."""
    seen = _Seen(dict.fromkeys(around.told, ""), set())
    judged: list[Notification] = []
    for notification in notifications:
        reason = seen.needless(notification) if notification.live else None
        if reason is not None:
            notification = replace(notification, state=State.CANCELLED, reason=reason)
        elif notification.live:
            seen.note(notification)
        judged.append(notification)
    return tuple(judged)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Who was paged in which round, and by which occasion; which addresses an occasion has used."""

    told: dict[tuple[Round, str], str]
    addresses: set[tuple[str, str]]

    def needless(self, notification: Notification) -> Reason | None:
        occasion, recipient = notification.occasion, notification.recipient
        if occasion.cut_off is not None:
            return occasion.cut_off
        if recipient is None:
            return None
        before = self.told.get(_round(occasion, recipient))
        if _asks(occasion) and before is not None and before != occasion.id:
            return Reason.ALREADY_TOLD
        if (occasion.id, recipient.address) in self.addresses:
            return Reason.SAME_ADDRESS
        return None

    def note(self, notification: Notification) -> None:
        occasion, recipient = notification.occasion, notification.recipient
        if recipient is None:
            return
        self.addresses.add((occasion.id, recipient.address))
        if _asks(occasion):
            self.told.setdefault(_round(occasion, recipient), occasion.id)


def _asks(occasion: Occasion) -> bool:
    return occasion.kind in (Kind.PAGE, Kind.FIX)


def _round(occasion: Occasion, recipient: Recipient) -> tuple[Round, str]:
    return (occasion.alert, occasion.episode, occasion.round), recipient.person
