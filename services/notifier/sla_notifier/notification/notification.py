"""A request on its way to one person. Values only.

A notification is never dropped: a stage that decides against it records the reason, and it becomes a row in a final
state that the API shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sla_domain.contract import Side
from sla_notifier.alert.request import NotificationRequest
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import DeliveryState
from sla_notifier.hold.decide import Hold
from sla_notifier.text.content import Message, Phrase


@dataclass(frozen=True, slots=True)
class PagedPerson:
    """A person who was notified of a breach, with the address used.

    The person also receives the closing message, which says that the alert has ended.
    """

    person: str
    address: str
    follows: str = ""
    """The id of the delivery that must be final before the closing message is sent. "" means no such delivery."""


@dataclass(frozen=True, slots=True)
class ClosingMessage:
    """A message that tells people that an alert was closed, and that is not in a final state (such as sent) yet.

    The kind of the message is RESOLVED or TAKEN_BACK.
    """

    alert: str
    """The alert's id."""
    episode: int
    """The number of the opening that was closed, from 1."""
    person: str
    """The person's id."""
    delivery: str
    """The id of the message's delivery, or of the digest (a mail that collects several messages) that contains the
    message."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person with the address to which a message is sent."""

    person: str
    """The person's id. "" means nobody."""
    language: str
    """A language tag."""
    address: str
    """For example, `email:a@b` or `webhook:ops`. "" if there is no address."""
    then: tuple[str, ...] = ()
    """Further addresses to try if `address` fails."""
    why: tuple[Phrase, ...] = ()
    """Why this person is notified, as Phrases."""
    side: Side = Side.SUPPORT
    """Whether the person belongs to the vendor's support or to the customer."""
    rests_until: datetime | None = None
    """When the person may be disturbed again. None means now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A message to one recipient while it is being prepared: request, recipient, text, and whether it is sent."""

    request: NotificationRequest
    """What the message is about, and whom to notify."""
    recipient: Recipient | None = None
    """Who gets the message. None until looked up."""
    message: Message | None = None
    """The text. None before the text is written."""
    state: DeliveryState = DeliveryState.QUEUED
    reason: UnsentReason | None = None
    """Why the message is not sent. The notification is then only stored, in the final `state`. None means that the
    message is sent."""
    follows: str = ""
    """The id of the delivery to wait for. "" means no such delivery."""
    carried_by: str = ""
    """The id of the digest (a mail that collects several messages) that contains the message. "" without a digest."""
    contracts: tuple[str, ...] = ()
    """The contracts that a message about a notice names. Empty means the contract of the request."""
    hold: Hold | None = None
    """How long the message waits, in the state HELD. None means that it does not wait."""
    told_by: tuple[str, str] | None = None
    """The request id and the person of another message that names this contract instead. None if there is no such
    message."""

    @property
    def live(self) -> bool:
        """Return whether the notification is to be sent.

        The result is False if the notification is only stored, with the reason why it is not sent.
        """
        return self.reason is None
