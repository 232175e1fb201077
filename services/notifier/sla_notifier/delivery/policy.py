"""Decisions about a delivery: whether it is still to be sent, and what follows from an attempt. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from sla_notifier.channel.port import Busy, Failure, Outcome, Rejected, Retry, Sent
from sla_notifier.delivery.retry_policy import retry_policy_of
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.state import DeliveryState, MessageKind


class UnsentReason(StrEnum):
    """Why a delivery was not sent. `text` is a sentence for each reason."""

    ACKNOWLEDGED = "acknowledged"
    """The alert was acknowledged before this message was sent."""
    PASSED = "passed"
    """The alert was passed to somebody before this message was sent."""
    ENDED = "ended"
    """The alert was closed before this page was sent. The closing message reports the breach too."""
    TAKEN_BACK = "taken_back"
    """The breach was taken back."""
    REOPENED = "reopened"
    """A newer breach is sent instead."""
    NEVER_TOLD = "never_told"
    """An earlier message, which this message would take back, was not sent."""
    ENDPOINT_DISABLED = "endpoint_disabled"
    """Nothing is sent to the mail server or webhook now."""
    REJECTED = "rejected"
    """The server refused the message finally."""
    EXHAUSTED = "exhausted"
    """Every attempt failed until the time for attempts was over."""
    ALREADY_TOLD = "already_told"
    """The person was notified by another message."""
    SAME_ADDRESS = "same_address"
    """Another person was notified at this address."""
    OVERTAKEN = "overtaken"
    """The due instant came before the warning."""
    NOBODY = "nobody"
    """No recipient was found, not even an operator."""
    NO_ADDRESS = "no_address"
    """No usable address was found."""
    CARRIER_FAILED = "carrier_failed"
    """The digest (a mail that collects several messages) that contained the message failed."""
    NOTHING_LEFT = "nothing_left"
    """All messages of a digest were cancelled."""
    TOLD_TOGETHER = "told_together"
    """Another message to the person names this contract too."""
    OPTED_OUT = "opted_out"
    """The customer's contact wants no such messages."""
    WITHDRAWN = "withdrawn"
    """The notice was withdrawn."""
    QUIET_HOURS = "quiet_hours"
    """The message waits for the end of the receiver's quiet hours."""
    UNFIT = "unfit"
    """The database row of the delivery cannot be processed, and is in quarantine."""

    @property
    def text(self) -> str:
        """Return the reason as an English sentence, for the API."""
        return _TEXTS[self]


_TEXTS = {
    UnsentReason.ACKNOWLEDGED: "the alert was acknowledged before this message went out",
    UnsentReason.PASSED: "somebody passed the alert on before this message went out",
    UnsentReason.ENDED: "the clock ended before this message went out; the closing message reports the breach",
    UnsentReason.TAKEN_BACK: "a late event took the breach back before this message went out",
    UnsentReason.REOPENED: "a newer breach of the same clock is sent instead",
    UnsentReason.NEVER_TOLD: "the message it follows never went out",
    UnsentReason.ENDPOINT_DISABLED: "the endpoint is disabled; enable it again by the API",
    UnsentReason.REJECTED: "the other side refused the message for good",
    UnsentReason.EXHAUSTED: "every attempt failed until the time for attempts was over",
    UnsentReason.ALREADY_TOLD: "this person was notified in this round already",
    UnsentReason.SAME_ADDRESS: "another person was notified at the same address",
    UnsentReason.OVERTAKEN: "the due instant came before the warning was noticed or went out",
    UnsentReason.NOBODY: "nobody holds the role and there is no operator to fall back to",
    UnsentReason.NO_ADDRESS: "the person has no usable address",
    UnsentReason.CARRIER_FAILED: "the digest that carried this message failed",
    UnsentReason.NOTHING_LEFT: "everything in this digest was cancelled before it went out",
    UnsentReason.TOLD_TOGETHER: "one message about the notice names every contract of this person",
    UnsentReason.OPTED_OUT: "this contact of the customer wants no messages about incidents of the contract",
    UnsentReason.WITHDRAWN: "the notice was withdrawn before this message went out",
    UnsentReason.QUIET_HOURS: "it can wait until the quiet hours of the receiver are over",
    UnsentReason.UNFIT: "its row cannot be processed and is in quarantine; mend it and replay it from there",
}


_TAKES_BACK = (MessageKind.TAKEN_BACK, MessageKind.NOTICE_ENDED)
BUSY_PAUSE = timedelta(seconds=1)  # after the channel has waited for a place in vain
BUSY_FOR_TOO_LONG = timedelta(minutes=1)  # an urgent message then goes to the person's next address, too


@dataclass(frozen=True, slots=True)
class AlertStatus:
    """The part of an alert that decides whether a delivery about the alert is still sent."""

    state: str
    """`open`, `acknowledged` or `closed`."""
    episode: int
    """How often the alert was opened so far."""
    close_reason: str
    """Why the alert was closed. "" if it is not closed."""


def skip_reason(
    row: DeliveryRow, alert: AlertStatus | None, endpoint_disabled: bool, followed: DeliveryState | None, now: datetime
) -> tuple[DeliveryState, UnsentReason] | None:
    """Return why a due delivery is not sent any more, as (final state, reason); None if it is to be sent.

    The state is FAILED in two cases:

    - The endpoint is disabled.
    - The sending process ended during an attempt, and the longest time of the retry policy is over.

    The state is CANCELLED in three cases:

    - The delivery is a page that its alert no longer needs.
    - The delivery is a warning, and its due instant has passed.
    - The delivery is a TAKEN_BACK or NOTICE_ENDED message, and the message that it corrects was not sent.

    Args:
        row: The delivery.
        alert: The state of the delivery's alert. None without an alert.
        endpoint_disabled: Whether the delivery's endpoint (mail server or webhook) is disabled.
        followed: The state of the earlier delivery for which `row` had to wait (its id is `row.follows`). None if there
            was no such delivery.
        now: The present instant.
    """
    if row.attempts and retry_policy_of(row.kind).bound < now - row.created_at and row.state is DeliveryState.SENDING:
        return DeliveryState.FAILED, UnsentReason.EXHAUSTED  # the process ended several times while sending it
    if endpoint_disabled:
        return DeliveryState.FAILED, UnsentReason.ENDPOINT_DISABLED
    if followed is not None and followed is not DeliveryState.SENT and row.kind in _TAKES_BACK:
        return DeliveryState.CANCELLED, UnsentReason.NEVER_TOLD
    if row.warns_until is not None and row.warns_until < now:
        return DeliveryState.CANCELLED, UnsentReason.OVERTAKEN
    if row.pages and alert is not None:
        reason = page_skip_reason(alert, row.episode)
        return None if reason is None else (DeliveryState.CANCELLED, reason)
    return None


def page_skip_reason(alert: AlertStatus, episode: int) -> UnsentReason | None:
    """Return why a page is no longer needed; None if it is needed.

    A page is not needed if its alert is acknowledged or closed, or was closed and opened again after the page was
    created.

    Args:
        alert: The state of the page's alert.
        episode: The number of the alert's opening for which the page was created, from 1.
    """
    if alert.episode != episode:
        return UnsentReason.REOPENED
    if alert.state == "acknowledged":
        return UnsentReason.ACKNOWLEDGED
    if alert.state == "closed":
        return UnsentReason.TAKEN_BACK if alert.close_reason == "taken_back" else UnsentReason.ENDED
    return None


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """The state of a delivery after an attempt to send it, and the consequences of the attempt."""

    state: DeliveryState
    reason: str = ""
    """The `UnsentReason` if the delivery is given up. Otherwise ""."""
    failure: str = ""
    """A `Failure` code of the attempt. "" if it did not fail."""
    detail: str = ""
    """The failure in words. "" if it did not fail."""
    next_at: datetime | None = None
    """When to try again. None means never."""
    possibly_duplicate: bool = False
    """Whether the message may have arrived."""
    fall_back: bool = False
    """Whether to send to the person's next address too."""
    disable: bool = False
    """Whether to stop sending anything to this endpoint."""
    counts: bool = True
    """Whether the attempt is kept. False if the server was busy; the attempt is then deleted."""


def after_attempt(row: DeliveryRow, outcome: Outcome, now: datetime) -> AttemptResult:
    """Return the state of a delivery after an attempt to send it, and the consequences.

    The retry policy for the kind of message decides whether and when the delivery is tried again. Nothing is stored
    here.

    Args:
        row: The delivery. Its `attempts` include this attempt.
        outcome: How the attempt ended.
    """
    match outcome:
        case Sent():
            return AttemptResult(DeliveryState.SENT, possibly_duplicate=row.possibly_duplicate)
        case Rejected(failure, detail, disable):
            return AttemptResult(
                DeliveryState.FAILED,
                UnsentReason.REJECTED,
                failure,
                detail,
                possibly_duplicate=row.possibly_duplicate,
                fall_back=True,
                disable=disable,
            )
        case Busy(detail):
            return _after_busy(row, detail, now)
        case Retry():
            return _after_retry(row, outcome, now)
        case _:
            assert_never(outcome)


def _after_busy(row: DeliveryRow, detail: str, now: datetime) -> AttemptResult:
    """The message goes as soon as there is a place.

    Who has another address is tried there when that lasts too long; beyond the longest time of the retry policy it is
    given up like any other.
    """
    retry_policy = retry_policy_of(row.kind)
    if now - row.created_at > retry_policy.bound:
        return _after_retry(row, Retry(Failure.BUSY, detail), now)
    return AttemptResult(
        DeliveryState.QUEUED if row.attempts == 1 else DeliveryState.RETRYING,
        "",
        Failure.BUSY,
        detail,
        next_at=now + BUSY_PAUSE,
        possibly_duplicate=row.possibly_duplicate,
        fall_back=retry_policy.fall_back_after is not None and now - row.created_at >= BUSY_FOR_TOO_LONG,
        counts=False,
    )


def _after_retry(row: DeliveryRow, outcome: Retry, now: datetime) -> AttemptResult:
    retry_policy = retry_policy_of(row.kind)
    again = retry_policy.next_attempt(row.id, row.attempts, row.created_at, now, outcome.after)
    duplicate = row.possibly_duplicate or outcome.maybe_arrived
    if again is None:
        return AttemptResult(
            DeliveryState.FAILED,
            UnsentReason.EXHAUSTED,
            outcome.failure,
            outcome.detail,
            possibly_duplicate=duplicate,
            fall_back=True,
        )
    return AttemptResult(
        DeliveryState.RETRYING,
        "",
        outcome.failure,
        outcome.detail,
        next_at=again,
        possibly_duplicate=duplicate,
        fall_back=retry_policy.fall_back_after == row.attempts,
    )
