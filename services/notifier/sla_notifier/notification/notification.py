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
    """A person who was paged and where; `follows` is the delivery a closing message must wait for."""

    person: str
    address: str
    follows: str = ""


@dataclass(frozen=True, slots=True)
class ClosingMessage:
    """A closing message of an episode that is on its way, alone or in the digest `delivery`."""

    alert: str
    episode: int
    person: str
    delivery: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person at one address; `then` are the further addresses, `why` is the reason for this person."""

    person: str
    language: str
    address: str  # `email:a@b`, `webhook:ops`; empty when there is none
    then: tuple[str, ...] = ()
    why: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A request on its way to one recipient. With a `reason` it is only recorded, in the final `state`."""

    request: NotificationRequest
    recipient: Recipient | None = None
    message: Message | None = None
    state: DeliveryState = DeliveryState.QUEUED
    reason: UnsentReason | None = None
    follows: str = ""
    carried_by: str = ""

    @property
    def live(self) -> bool:
        """Return whether it is still to be sent."""
        return self.reason is None
