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
    """A person who was notified of a breach and gets the closing message, with the address used.

    `follows`: the id of the delivery that must be final before the closing message is sent, "" for none.
    """

    person: str
    address: str
    follows: str = ""


@dataclass(frozen=True, slots=True)
class ClosingMessage:
    """A message about the closing of an alert that is not in a final state yet.

    The kind of the message is RESOLVED or TAKEN_BACK. `alert`, `person`: their ids. `episode`: the number of the
    opening that was closed, from 1. `delivery`: the id of the message's delivery, or of the digest (a mail that
    collects several messages) that contains the message.
    """

    alert: str
    episode: int
    person: str
    delivery: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person with the address to which a message is sent.

    `person`: the person's id, "" for nobody. `language`: a language tag. `address`: such as `email:a@b` or
    `webhook:ops`, "" for none. `then`: further addresses to try if `address` fails. `why`: why this person is
    notified, as Phrases. `side`: whether the person belongs to the vendor's support or to the customer.
    """

    person: str
    language: str
    address: str  # `email:a@b`, `webhook:ops`; empty when there is none
    then: tuple[str, ...] = ()
    why: tuple[Phrase, ...] = ()
    side: Side = Side.SUPPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A message to one recipient while it is prepared.

    - `request`: what the message is about, and whom to notify. `recipient`: None until looked up.
    - `message`: the text, None before the text is written.
    - `reason`: why the message is not sent, None: it is sent. With a reason, the notification is only stored, in the
      final `state`.
    - `follows`: the id of the delivery to wait for, "" for none.
    - `carried_by`: the id of the digest (a mail that collects several messages) that contains the message, "" for
      none.
    - `contracts`: the contracts that a message about a notice names; empty: the contract of the request.
    - `told_by`: (request id, person) of another message that names this contract instead, None for none.
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
        """Return whether the notification is to be sent. False if it is only stored, with a reason."""
        return self.reason is None
