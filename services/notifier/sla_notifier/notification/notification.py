"""A request on its way to one person. Values only.

A notification is never dropped: a stage that decides against it records the reason, and it becomes a row in a final
state that the API shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from sla_domain.contract import Side
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import DeliveryState
from sla_notifier.text.content import Message, Phrase


@dataclass(frozen=True, slots=True)
class PagedPerson:
    """A person who was notified of a breach, and the address used.

    `follows`: the id of the delivery that a closing message must wait for, "" if it need not wait.
    """

    person: str
    address: str
    follows: str = ""


@dataclass(frozen=True, slots=True)
class ClosingMessage:
    """A closing message on its way to a person about an alert's episode (opening).

    `delivery`: the id of its delivery, or of the digest that carries it.
    """

    alert: str
    episode: int
    person: str
    delivery: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person at an address.

    `address`: such as `email:a@b` or `webhook:ops`, "" when there is none. `then`: further addresses to fall back to.
    `why`: why this person, as phrases that a language puts into words. `side`: whose person it is; the vendor's own
    staff are told of notices as staff.
    """

    person: str
    language: str
    address: str  # `email:a@b`, `webhook:ops`; empty when there is none
    then: tuple[str, ...] = ()
    why: tuple[Phrase, ...] = ()
    side: Side = Side.SUPPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A request on its way to one recipient (None: not addressed yet).

    `message`: the words, None before they are written. `reason`: why it is not sent; then it is only recorded, in the
    final `state`. `follows`: the id of the delivery to wait for, "" for none. `carried_by`: the id of the digest that
    holds it, "" for none. `contracts`: of a notice, the contracts that the message names, if they are not that of the
    request alone. `told_by`: request and person of the message that names this contract too, if it is another one.
    """

    request: NotificationRequest
    recipient: Recipient | None = None
    message: Message | None = None
    state: DeliveryState = DeliveryState.QUEUED
    reason: UnsentReason | None = None
    follows: str = ""
    carried_by: str = ""
    contracts: tuple[str, ...] = ()
    told_by: tuple[str, str] | None = None

    @property
    def live(self) -> bool:
        """Return whether the notification is to be sent, not only recorded."""
        return self.reason is None
