"""Stage 3, suppress: who is not notified now, each with the reason. Pure.

People who were paged in this round are not paged again by a later level that has somebody else. A level that has nobody
else pages them again, as a reminder that names the level, so that no escalation ends in silence. The people to whom a
critical fix itself is addressed do not count as paged: the fix is no level of its escalation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sla_domain.contract import Side
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.notification.notification import Notification, Recipient
from sla_notifier.notification.pipeline_context import PipelineContext, RoundKey
from sla_notifier.opt_out.optional import OPTIONAL
from sla_notifier.text.content import Phrase

AGAIN = Phrase("notified_again")


def suppress(context: PipelineContext, notifications: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """Cancel notifications that are not needed; return all notifications.

    A cancelled notification is given the reason. The others are unchanged. A round is one pass through the levels of an
    escalation. Not needed are:

    - A page to a person whom another request paged in this round.
    - An INFO message to a person whom another level of the same escalation notifies at the same time.
    - A second message of one request to the same address.
    - Any message of a request with a `cancel_reason`.
    - A message about an incident to a person of the customer who has opted out of such messages.

    Exception: if everybody whom a level would page was already paged in this round, the pages are sent as reminders.
    """
    seen = _Seen(dict.fromkeys(context.paged_in_round, ""), set(), {})
    others = _with_others(seen, notifications)
    judged: list[Notification] = []
    for notification in notifications:
        reason = seen.needless(notification) if notification.live else None
        if reason is None and notification.live and _unwanted(context, notification):
            reason = UnsentReason.OPTED_OUT
        told = reason is UnsentReason.ALREADY_TOLD and _asks(notification.request)
        alone = told and notification.request.id not in others
        if alone and not seen.just_now(notification):
            reason, notification = seen.same_address(notification), _again(notification)
        if reason is not None:
            notification = replace(notification, state=DeliveryState.CANCELLED, reason=reason)
        elif notification.live:
            seen.note(notification)
        judged.append(notification)
    return tuple(judged)


def _unwanted(context: PipelineContext, notification: Notification) -> bool:
    """Only the customer's people can opt out: pages and what else goes to the support are not theirs to refuse."""
    request, recipient = notification.request, notification.recipient
    if recipient is None or recipient.side is not Side.CUSTOMER or request.kind not in OPTIONAL:
        return False
    return (request.contract, recipient.person) in context.opted_out


def _with_others(seen: _Seen, notifications: tuple[Notification, ...]) -> frozenset[str]:
    """Return the requests that notify at least one person who was not paged in this round before."""
    return frozenset(each.request.id for each in notifications if each.live and seen.needless(each) is None)


def _again(notification: Notification) -> Notification:
    assert notification.recipient is not None
    recipient = notification.recipient
    return replace(notification, recipient=replace(recipient, why=(*recipient.why, AGAIN)))


@dataclass(frozen=True, slots=True)
class _Seen:
    """Who was paged in which round, and by which request ('': before this batch); which addresses a request used.

    `levels`: by round and person, the request of the first level that notifies the person in this batch.
    """

    paged: dict[tuple[RoundKey, str], str]
    addresses: set[tuple[str, str]]
    levels: dict[tuple[RoundKey, str], str]

    def needless(self, notification: Notification) -> UnsentReason | None:
        request, recipient = notification.request, notification.recipient
        if request.cancel_reason is not None:
            return request.cancel_reason
        if recipient is None:
            return None
        before = self.paged.get(_round(request, recipient))
        if _asks(request) and before is not None and before != request.id:
            return UnsentReason.ALREADY_TOLD
        if request.kind is MessageKind.INFO and self.levels.get(_round(request, recipient), request.id) != request.id:
            return UnsentReason.ALREADY_TOLD
        return self.same_address(notification)

    def same_address(self, notification: Notification) -> UnsentReason | None:
        request, recipient = notification.request, notification.recipient
        if recipient is not None and (request.id, recipient.address) in self.addresses:
            return UnsentReason.SAME_ADDRESS
        return None

    def just_now(self, notification: Notification) -> bool:
        """Whether an earlier level pages the person in this very batch: after an outage several are due at once."""
        request, recipient = notification.request, notification.recipient
        return recipient is not None and self.paged.get(_round(request, recipient)) != ""

    def note(self, notification: Notification) -> None:
        request, recipient = notification.request, notification.recipient
        if recipient is None:
            return
        self.addresses.add((request.id, recipient.address))
        if _asks(request) or request.kind is MessageKind.INFO:
            self.levels.setdefault(_round(request, recipient), request.id)
        if _asks(request):
            self.paged[_round(request, recipient)] = request.id


def _asks(request: NotificationRequest) -> bool:
    """Whether it is a level's page."""
    return request.kind is MessageKind.PAGE or (request.kind is MessageKind.CRITICAL_FIX and request.level > 1)


def _round(request: NotificationRequest, recipient: Recipient) -> tuple[RoundKey, str]:
    return (request.alert, request.episode, request.round), recipient.person
