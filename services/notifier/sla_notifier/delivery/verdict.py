"""Decisions about a delivery: whether it should still go out, and what follows from how it went. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from sla_notifier.channel.port import Busy, Failure, Outcome, Rejected, Retry, Sent
from sla_notifier.delivery.ladder import ladder_of
from sla_notifier.delivery.row import DeliveryRow
from sla_notifier.delivery.state import Kind, State


class Reason(StrEnum):
    """Why a delivery ended other than by being sent; stored in its row, shown and counted."""

    ACKNOWLEDGED = "acknowledged"  # somebody acts already
    ENDED = "ended"  # the clock stopped before this page went out; the closing message tells the breach too
    TAKEN_BACK = "taken_back"  # it turned out not to be true
    REOPENED = "reopened"  # a newer breach of the clock is being told instead
    NEVER_TOLD = "never_told"  # what this message would take back never went out
    ENDPOINT_DISABLED = "endpoint_disabled"
    REJECTED = "rejected"
    EXHAUSTED = "exhausted"  # the ladder's bound has passed
    ALREADY_TOLD = "already_told"
    SAME_ADDRESS = "same_address"
    OVERTAKEN = "overtaken"
    NOBODY = "nobody"  # no person, not even an operator
    NO_ADDRESS = "no_address"
    CARRIER_FAILED = "carrier_failed"  # the digest that was to tell it failed
    NOTHING_LEFT = "nothing_left"  # everything a digest gathered was cancelled before it left

    @property
    def text(self) -> str:
        return _TEXTS[self]


_TEXTS = {
    Reason.ACKNOWLEDGED: "the alert was acknowledged before this message went out",
    Reason.ENDED: "the clock ended before this message went out; the closing message tells of the breach",
    Reason.TAKEN_BACK: "a late event took the breach back before this message went out",
    Reason.REOPENED: "a newer breach of the same clock is told instead",
    Reason.NEVER_TOLD: "the message it follows never went out",
    Reason.ENDPOINT_DISABLED: "the endpoint is disabled; enable it again by the API",
    Reason.REJECTED: "the other side refused the message for good",
    Reason.EXHAUSTED: "every attempt failed until the time for attempts was over",
    Reason.ALREADY_TOLD: "this person was told in this round already",
    Reason.SAME_ADDRESS: "somebody else was told at the same address",
    Reason.OVERTAKEN: "the breach came before the warning was noticed",
    Reason.NOBODY: "nobody holds the role and there is no operator to fall back to",
    Reason.NO_ADDRESS: "the person has no usable address",
    Reason.CARRIER_FAILED: "the digest that carried this message failed",
    Reason.NOTHING_LEFT: "everything that this digest was to tell was over before it went out",
}


BUSY_PAUSE = timedelta(seconds=1)  # after the channel has waited for a place in vain
BUSY_FOR_TOO_LONG = timedelta(minutes=1)  # an urgent message then goes to the person's next address, too


@dataclass(frozen=True, slots=True)
class AlertNow:
    """What a sender needs to know of the alert a delivery belongs to."""

    state: str
    episode: int
    close_reason: str


def obstacle(
    row: DeliveryRow, alert: AlertNow | None, endpoint_disabled: bool, followed: State | None, now: datetime
) -> tuple[State, Reason] | None:
    """Why a due delivery must not go out now, with the final state it gets; None to send it.

    Only pages and follow-ups depend on the alert: a warning, a notice or a digest is told whatever happened since.
    A page cut off by the end of its clock is not lost: its person gets the closing message, which tells the breach.
    """
    if row.attempts and ladder_of(row.kind).bound < now - row.created_at and row.state is State.SENDING:
        return State.FAILED, Reason.EXHAUSTED  # the process died with it again and again
    if endpoint_disabled:
        return State.FAILED, Reason.ENDPOINT_DISABLED
    if followed is not None and followed is not State.SENT and row.kind is Kind.TAKEN_BACK:
        return State.CANCELLED, Reason.NEVER_TOLD
    if row.pages and alert is not None:
        reason = page_obstacle(alert, row.episode)
        return None if reason is None else (State.CANCELLED, reason)
    return None


def page_obstacle(alert: AlertNow, episode: int) -> Reason | None:
    """Why a page of `episode` is no longer needed."""
    if alert.episode != episode:
        return Reason.REOPENED
    if alert.state == "acknowledged":
        return Reason.ACKNOWLEDGED
    if alert.state == "closed":
        return Reason.TAKEN_BACK if alert.close_reason == "taken_back" else Reason.ENDED
    return None


@dataclass(frozen=True, slots=True)
class Sequel:
    """What becomes of a delivery after an attempt."""

    state: State
    reason: str = ""
    failure: str = ""
    detail: str = ""
    next_at: datetime | None = None
    possibly_duplicate: bool = False
    fall_back: bool = False  # tell the person by the next address
    disable: bool = False  # nothing more to this endpoint
    counts: bool = True  # False: it was no try, the row is as it was before


def sequel(row: DeliveryRow, outcome: Outcome, now: datetime) -> Sequel:
    """`row.attempts` counts the attempt that had this outcome."""
    match outcome:
        case Sent():
            return Sequel(State.SENT, possibly_duplicate=row.possibly_duplicate)
        case Rejected(failure, detail, disable):
            return Sequel(
                State.FAILED,
                Reason.REJECTED,
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


def _after_busy(row: DeliveryRow, detail: str, now: datetime) -> Sequel:
    """The message goes as soon as there is a place. Who has another address is tried there when that lasts too long;
    beyond the ladder's bound it is given up like any other."""
    ladder = ladder_of(row.kind)
    if now - row.created_at > ladder.bound:
        return _after_retry(row, Retry(Failure.BUSY, detail), now)
    return Sequel(
        State.QUEUED if row.attempts == 1 else State.RETRYING,
        "",
        Failure.BUSY,
        detail,
        next_at=now + BUSY_PAUSE,
        possibly_duplicate=row.possibly_duplicate,
        fall_back=ladder.fall_back_after is not None and now - row.created_at >= BUSY_FOR_TOO_LONG,
        counts=False,
    )


def _after_retry(row: DeliveryRow, outcome: Retry, now: datetime) -> Sequel:
    ladder = ladder_of(row.kind)
    again = ladder.next_attempt(row.id, row.attempts, row.created_at, now, outcome.after)
    duplicate = row.possibly_duplicate or outcome.maybe_arrived
    if again is None:
        return Sequel(
            State.FAILED,
            Reason.EXHAUSTED,
            outcome.failure,
            outcome.detail,
            possibly_duplicate=duplicate,
            fall_back=True,
        )
    return Sequel(
        State.RETRYING,
        "",
        outcome.failure,
        outcome.detail,
        next_at=again,
        possibly_duplicate=duplicate,
        fall_back=ladder.fall_back_after == row.attempts,
    )
