"""The states of a delivery.

queued ──▶ sending ──▶ sent
  │          │ ▲ └────▶ failed          (rejected, or the retry policy gives up)
  │          ▼ │
  │        retrying
  └──▶ cancelled    no longer needed            undeliverable: no recipient from the start
"""

from __future__ import annotations

from enum import StrEnum


class DeliveryState(StrEnum):
    """The states of a delivery; the drawing at the top of the module shows which follows which."""

    QUEUED = "queued"
    SENDING = "sending"
    RETRYING = "retrying"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDELIVERABLE = "undeliverable"

    @property
    def final(self) -> bool:
        """Return whether a delivery in this state changes no more."""
        return self not in UNFINISHED


UNFINISHED = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING})
WAITING = UNFINISHED - {DeliveryState.SENDING}  # in no hands of a sender


class MessageKind(StrEnum):
    """What a message is for. A page asks for an acknowledgement; a notice (INFO) only informs."""

    WARNING = "warning"
    PAGE = "page"
    INFO = "notice"  # a breach, sent to a level that is only informed
    UNPROMISED = "unpromised"  # an incident for which no clock runs: somebody must know of it all the same
    RESOLVED = "resolved"
    TAKEN_BACK = "taken_back"
    CRITICAL_FIX = "fix"  # a critical-fix notice
    DIGEST = "digest"

    @property
    def collects(self) -> bool:
        """Return whether messages of this kind are digests, which stand for several deliveries."""
        return self is MessageKind.DIGEST
