"""The states of a delivery.

queued ──▶ sending ──▶ sent
  │          │ ▲ └────▶ failed          (rejected, or the retry policy gives up)
  │          ▼ │
  │        retrying
  └──▶ cancelled    nobody needs to hear it any more     undeliverable: nobody to tell, from the start
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    RETRYING = "retrying"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDELIVERABLE = "undeliverable"

    @property
    def final(self) -> bool:
        return self not in UNFINISHED


UNFINISHED = frozenset({State.QUEUED, State.SENDING, State.RETRYING})
WAITING = UNFINISHED - {State.SENDING}  # in no hands of a sender


class Kind(StrEnum):
    """What a message is. A page wakes somebody and wants an answer; a notice informs."""

    WARNING = "warning"
    PAGE = "page"
    NOTICE = "notice"  # a breach, told to a level that is only informed
    UNPROMISED = "unpromised"  # an incident for which no clock runs: somebody must know of it all the same
    RESOLVED = "resolved"
    TAKEN_BACK = "taken_back"
    FIX = "fix"  # a critical-fix notice
    DIGEST = "digest"

    @property
    def collects(self) -> bool:
        """Whether other deliveries share this one's end."""
        return self is Kind.DIGEST
