"""When a failed message is tried again, and when it is given up. Pure: the time is an argument.

The first delays of an urgent message are short: somebody must get it within minutes. The jitter follows from the
delivery's id and attempt, so that it spreads many messages and yet repeats in tests.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sla_notifier.delivery.state import MessageKind

JITTER = 0.2
LONGEST_ASKED = timedelta(hours=1)  # what Retry-After may ask for at most


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The rules on when a failed message is tried again, and when it is given up."""

    delays: tuple[timedelta, ...]
    """The pauses after the first, second and later failed attempts. The last pause repeats."""
    bound: timedelta
    """How long after the creation of the delivery attempts are made."""
    fall_back_after: int | None = None
    """After this many failed attempts the message is also sent to the person's next address. If None, it is sent there
    only when the message is given up."""

    def next_attempt(
        self, id_: str, failed: int, created_at: datetime, now: datetime, asked: timedelta | None = None
    ) -> datetime | None:
        """Return when to try again after a failed attempt; None to give up the message.

        The pause starts at `now` and is varied by up to a fifth, always in the same way for the same `id_` and
        `failed`. The message is given up if the next attempt would come later than `created_at` plus `bound`.

        Args:
            id_: The delivery's id.
            failed: How many attempts have failed. The number selects the pause from `delays`.
            created_at: When the delivery was created.
            asked: The pause that the endpoint asked for. If it is longer than the pause from `delays`, it is used
                instead, up to an hour (LONGEST_ASKED). None if the endpoint did not ask.
        """
        chosen = self.delays[min(failed, len(self.delays)) - 1]
        delay = chosen * (1.0 + JITTER * _jitter(f"{id_}/{failed}"))
        if asked is not None:
            delay = max(delay, min(asked, LONGEST_ASKED))
        at = now + delay
        return at if at <= created_at + self.bound else None


def _seconds(*delays: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=delay) for delay in delays)


URGENT = RetryPolicy(_seconds(5, 30, 120, 600, 1_800, 7_200), timedelta(hours=24), fall_back_after=3)
# A digest stands for many messages, so it falls back to the next address only once, after its final failure.
COLLECTED = RetryPolicy(_seconds(5, 30, 120, 600, 1_800), timedelta(hours=1))
ORDINARY = RetryPolicy(_seconds(15, 60, 300, 1_800, 7_200, 18_000, 36_000), timedelta(hours=48))


def retry_policy_of(kind: MessageKind) -> RetryPolicy:
    """Return the retry policy for a kind of message.

    - PAGE, CRITICAL_FIX, CONFIRMATION: URGENT, for 24 hours, with short pauses at first.
    - DIGEST: COLLECTED, for one hour.
    - All other kinds: ORDINARY, for 48 hours.
    """
    match kind:
        case MessageKind.PAGE | MessageKind.CRITICAL_FIX | MessageKind.CONFIRMATION:
            return URGENT
        case MessageKind.DIGEST:
            return COLLECTED
        case (
            MessageKind.WARNING
            | MessageKind.INFO
            | MessageKind.UNPROMISED
            | MessageKind.RESOLVED
            | MessageKind.TAKEN_BACK
            | MessageKind.ADVISORY
            | MessageKind.NOTICE_ENDED
            | MessageKind.OBJECTIVE
            | MessageKind.HAPPENING
            | MessageKind.REPORT
            | MessageKind.CONTRACT
        ):
            return ORDINARY
        case _:
            assert_never(kind)


def _jitter(seed: str) -> float:
    """Evenly between -1 and 1."""
    drawn = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    return drawn / 2**63 - 1.0
