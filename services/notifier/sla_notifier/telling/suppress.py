"""Stage 2, suppress: who need not hear this now, each with the reason. Pure.

Who was paged in this round is not paged again by a later level that has somebody else: the others are to hear. A level
that has nobody else pages them again, as a reminder that names the level, so that no escalation ends unheard. Whoever
a critical fix was addressed to has not been paged by that: it is the fix itself, and no level of its escalation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sla_notifier.alert.occasion import Occasion
from sla_notifier.delivery.state import Kind, State
from sla_notifier.delivery.verdict import Reason
from sla_notifier.telling.notification import Notification, Recipient
from sla_notifier.telling.surroundings import Round, Surroundings

AGAIN = "told again: this level has nobody else"


def suppress(around: Surroundings, notifications: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """In the order of the notifications: of two that say the same to the same ears, the first is sent."""
    seen = _Seen(dict.fromkeys(around.told, ""), set())
    others = _with_others(seen, notifications)
    judged: list[Notification] = []
    for notification in notifications:
        reason = seen.needless(notification) if notification.live else None
        alone = reason is Reason.ALREADY_TOLD and notification.occasion.id not in others
        if alone and not seen.just_now(notification):
            reason, notification = seen.same_address(notification), _again(notification)
        if reason is not None:
            notification = replace(notification, state=State.CANCELLED, reason=reason)
        elif notification.live:
            seen.note(notification)
        judged.append(notification)
    return tuple(judged)


def _with_others(seen: _Seen, notifications: tuple[Notification, ...]) -> frozenset[str]:
    """The occasions by which somebody hears who was not paged in this round before."""
    return frozenset(each.occasion.id for each in notifications if each.live and seen.needless(each) is None)


def _again(notification: Notification) -> Notification:
    assert notification.recipient is not None
    recipient = notification.recipient
    return replace(notification, recipient=replace(recipient, why=f"{recipient.why}; {AGAIN}"))


@dataclass(frozen=True, slots=True)
class _Seen:
    """Who was paged in which round, and by which occasion ('': before this batch); which addresses an occasion used."""

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
        return self.same_address(notification)

    def same_address(self, notification: Notification) -> Reason | None:
        occasion, recipient = notification.occasion, notification.recipient
        if recipient is not None and (occasion.id, recipient.address) in self.addresses:
            return Reason.SAME_ADDRESS
        return None

    def just_now(self, notification: Notification) -> bool:
        """Whether an earlier level pages the person in this very batch: after an outage several are due at once."""
        occasion, recipient = notification.occasion, notification.recipient
        return recipient is not None and self.told.get(_round(occasion, recipient)) != ""

    def note(self, notification: Notification) -> None:
        occasion, recipient = notification.occasion, notification.recipient
        if recipient is None:
            return
        self.addresses.add((occasion.id, recipient.address))
        if _asks(occasion):
            self.told[_round(occasion, recipient)] = occasion.id


def _asks(occasion: Occasion) -> bool:
    """Whether it is a level's page."""
    return occasion.kind is Kind.PAGE or (occasion.kind is Kind.FIX and occasion.level > 1)


def _round(occasion: Occasion, recipient: Recipient) -> tuple[Round, str]:
    return (occasion.alert, occasion.episode, occasion.round), recipient.person
