"""A request on its way to one person. Values only.

A notification is never dropped: a stage that decides against it records the reason, and it becomes a row in a final
state that the API shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import DeliveryState
from sla_notifier.text.content import Message, Phrase


@dataclass(frozen=True, slots=True)
class PagedPerson:
    """A person who was paged, and the address.

    `follows` is the delivery that a closing message must wait for, or "".
    """

    person: str
    address: str
    follows: str = ""


@dataclass(frozen=True, slots=True)
class ClosingMessage:
    """A closing message that is on its way to a person; `delivery` is its id, or that of the digest that carries it."""

    alert: str
    episode: int
    person: str
    delivery: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person at an address. `then`: further addresses to fall back to. `why`: the reasons, to be put into words."""

    person: str
    language: str
    address: str  # `email:a@b`, `webhook:ops`; empty when there is none
    then: tuple[str, ...] = ()
    why: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A request on its way to one recipient (None: none was found).

    With a `reason` it is only recorded, in the final `state`. `follows` and `carried_by`: the delivery to wait for and
    the digest that holds it, by id, or "".
    """

    request: NotificationRequest
    recipient: Recipient | None = None
    message: Message | None = None
    state: DeliveryState = DeliveryState.QUEUED
    reason: UnsentReason | None = None
    follows: str = ""
    carried_by: str = ""

    @property
    def live(self) -> bool:
        """Return whether the notification is still to be sent, not only recorded."""
        return self.reason is None
