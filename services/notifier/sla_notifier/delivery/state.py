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
    """The states of a delivery.

    `QUEUED`: waits for its first attempt. `SENDING`: an attempt is under way. `RETRYING`: waits for another attempt.
    Final: `SENT`; `FAILED`, refused or given up; `CANCELLED`, no longer needed; `UNDELIVERABLE`, no recipient or
    address from the start.
    """

    QUEUED = "queued"
    SENDING = "sending"
    RETRYING = "retrying"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDELIVERABLE = "undeliverable"

    @property
    def final(self) -> bool:
        """Return whether a delivery in this state changes no more, unless an administrator retries it."""
        return self not in UNFINISHED


UNFINISHED = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING})
WAITING = UNFINISHED - {DeliveryState.SENDING}  # in no hands of a sender


class MessageKind(StrEnum):
    """What a message is for.

    `PAGE` and `CRITICAL_FIX` ask for an acknowledgement. `INFO`: a breach, to a level that is only informed. `WARNING`:
    a breach is near. `UNPROMISED`: an incident without any clock. `RESOLVED` and `TAKEN_BACK` close an alert for the
    people who were notified. `ADVISORY`: a notice that asks for nothing: of low severity, or a change of one that is
    acknowledged. `NOTICE_ENDED`: a notice was withdrawn, or no longer concerns the recipient. `CONFIRMATION`: asks an
    address that was registered for notices whether it wants them. `DIGEST`: several of these messages in one.
    """

    WARNING = "warning"
    PAGE = "page"
    INFO = "notice"  # a breach, sent to a level that is only informed
    UNPROMISED = "unpromised"  # an incident for which no clock runs: somebody must know of it all the same
    RESOLVED = "resolved"
    TAKEN_BACK = "taken_back"
    CRITICAL_FIX = "fix"  # a critical-fix notice
    ADVISORY = "advisory"  # a notice that asks for no acknowledgement
    NOTICE_ENDED = "fix_ended"  # a notice that is withdrawn, or concerns the recipient no longer
    CONFIRMATION = "confirm"  # whether an address wants to be registered
    DIGEST = "digest"

    @property
    def collects(self) -> bool:
        """Return whether messages of this kind are digests, each of which carries several deliveries."""
        return self is MessageKind.DIGEST
