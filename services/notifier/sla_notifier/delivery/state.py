"""The states of a delivery.

queued ──▶ sending ──▶ sent
  │          │ ▲ └────▶ failed          (rejected, or the retry policy gives up)
  │          ▼ │
  │        retrying
  └──▶ cancelled    no longer needed            undeliverable: no recipient from the start

held ──▶ queued     its receiver's quiet hours are over, or less time is left than it may wait for
  └────▶ cancelled
"""

from __future__ import annotations

from enum import StrEnum


class DeliveryState(StrEnum):
    """The states of a delivery.

    SENT, FAILED, CANCELLED and UNDELIVERABLE are final.
    """

    QUEUED = "queued"
    """Waits for the first attempt."""
    HELD = "held"
    """Waits for the end of the receiver's quiet hours."""
    SENDING = "sending"
    """An attempt is under way."""
    RETRYING = "retrying"
    """Waits for another attempt."""
    SENT = "sent"
    FAILED = "failed"
    """Refused or given up."""
    CANCELLED = "cancelled"
    """No longer needed."""
    UNDELIVERABLE = "undeliverable"
    """There is no recipient or address."""

    @property
    def final(self) -> bool:
        """Return whether the state is final: only an administrator, who has the delivery sent again, changes it."""
        return self not in UNFINISHED


TO_SEND = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING})  # what senders look at
UNFINISHED = TO_SEND | {DeliveryState.HELD}
WAITING = TO_SEND - {DeliveryState.SENDING}  # in no hands of a sender


class MessageKind(StrEnum):
    """What a message is for, such as to page somebody or to send a report."""

    WARNING = "warning"
    """Reports that a breach is near."""
    PAGE = "page"
    """Reports a breach, and asks for an acknowledgement."""
    INFO = "notice"
    """Reports a breach to a level that is only informed."""
    UNPROMISED = "unpromised"
    """Reports an incident to which no target applies, so that somebody knows of it."""
    RESOLVED = "resolved"
    """Reports to the people who were notified of an alert that the alert was closed."""
    TAKEN_BACK = "taken_back"
    CRITICAL_FIX = "fix"  # a critical-fix notice
    ADVISORY = "advisory"  # a notice that asks for no acknowledgement
    NOTICE_ENDED = "fix_ended"  # a notice that is withdrawn, or concerns the recipient no longer
    OBJECTIVE = "objective"  # an objective of attainment stands otherwise than before
    HAPPENING = "happening"
    """Reports what happened to an incident, as a rule of the catalogue asks (`sla_domain.tell`)."""
    CONTRACT = "contract"  # extra hours or an allowance of a contract, as a rule of the catalogue asks
    REPORT = "report"  # a report of a contract, frozen and sent after its period
    CONFIRMATION = "confirm"  # whether an address wants to be registered
    DIGEST = "digest"
    """One mail that collects several messages."""

    @property
    def collects(self) -> bool:
        """Return whether messages of this kind are digests: mails that collect several messages."""
        return self is MessageKind.DIGEST
