"""Facts that close an alert, or move the instant of its breach. Pure: the alert before, and the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from sla_domain.clock import BREACH, ClockState
from sla_domain.fact import (
    Amended,
    Breached,
    Cancelled,
    ContractChanged,
    DowngradeProposed,
    DowngradeSettled,
    EscalationMade,
    Exempted,
    FactKind,
    Gone,
    Met,
    Missed,
    Paused,
    PhaseChanged,
    PriorityCorrected,
    PromiseMade,
    PromiseMoved,
    PromiseNone,
    RatingGiven,
    Resumed,
    Retargeted,
    Started,
    Warned,
)
from sla_domain.published_mark import mark_of_key
from sla_notifier.alert.alert import Alert, AlertState, CloseReason
from sla_notifier.alert.change import NO_CHANGE, AlertChange, log_event
from sla_notifier.alert.request import (
    NotificationRequest,
    PagedRecipients,
)
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ClockFact

_NAMES = ("contract", "plan", "customer", "priority", "zone", "title", "url", "ticket", "product", "language", "due_at")
_BY_NEW_STATE = {
    ClockState.MET: CloseReason.MET,
    ClockState.MISSED: CloseReason.MISSED,
    ClockState.CANCELLED: CloseReason.CANCELLED,
}
# What people were told last, and the ends of the clock that make it untrue: they are told of those, too.
_UNTRUE_BY: Mapping[str, frozenset[CloseReason]] = {
    CloseReason.MISSED: frozenset({CloseReason.MET, CloseReason.CANCELLED}),
    CloseReason.MET: frozenset({CloseReason.MISSED, CloseReason.CANCELLED}),
    CloseReason.CANCELLED: frozenset({CloseReason.MISSED, CloseReason.MET}),
    CloseReason.WITHDRAWN: frozenset({CloseReason.MISSED, CloseReason.MET}),
    CloseReason.TAKEN_BACK: frozenset({CloseReason.MISSED}),
    CloseReason.RETARGETED: frozenset({CloseReason.MISSED}),
}


def move_alert(before: Alert | None, fact: ClockFact, now: datetime) -> AlertChange:
    """Return the change that corrects the instant of an alert's breach after a late event.

    - The fact moves the breach: `due_at` becomes the new instant.
    - The fact takes the breach back, and the clock is breached at another instant: `due_at` becomes that other instant.
    - Otherwise the change is empty.

    There is an exception to the second case. The change is empty if the clock still runs, and the alert is closed or
    was opened for another target: people are then paged anew.

    Nothing is stored here, and nobody is notified.

    Args:
        before: The alert. None means no alert.
        fact: An event of the timer about the alert's clock (the measurement of a target).
        now: The present instant.
    """
    body = fact.body
    if before is None or not isinstance(body, Amended):
        return NO_CHANGE
    if body.moved is not None and body.moved.old_at == before.due_at:
        return AlertChange(replace(before, due_at=body.moved.new_at))
    stands = _other_breach(before, fact, now)
    if stands is None or not _takes_back(fact, before):
        return NO_CHANGE
    goes_on = body.new_state is not None and body.new_state.open
    if goes_on and (before.state is AlertState.CLOSED or not _same_target(before, fact)):
        return NO_CHANGE  # it is paged anew
    return AlertChange(replace(before, due_at=stands))


def close_reason(alert: Alert, fact: ClockFact, now: datetime) -> CloseReason | None:
    """Return why a fact closes an alert; None if the fact does not close the alert.

    The fact closes the alert in three cases:

    - The fact ends the clock.
    - The fact brings a new target that is due after `now`.
    - The fact takes back the alert's breach, and no other breach remains.

    Another breach remains if another one was published, or if the clock runs and its due instant is not after `now`.
    There are two exceptions in which no breach remains:

    - The clock is met.
    - The clock is now measured under another contract, and did not end as missed under the alert's contract.

    Args:
        fact: An event of the timer about the alert's clock (the measurement of a target).
    """
    if _takes_back(fact, alert) and _other_breach(alert, fact, now) is None:
        return CloseReason.TAKEN_BACK
    match body := fact.body:
        case Met():
            return CloseReason.MET
        case Missed():
            return CloseReason.MISSED
        case Cancelled():
            return CloseReason.WITHDRAWN if body.withdrawn else CloseReason.CANCELLED
        case Gone():
            withdrawn = body.withdrawn and body.kind is FactKind.CLOCK_CANCELLED
            return CloseReason.WITHDRAWN if withdrawn else CloseReason.CANCELLED
        case Amended():
            return None if body.new_state is None else _BY_NEW_STATE.get(body.new_state)
        case Retargeted():
            return CloseReason.RETARGETED if fact.due_at is not None and fact.due_at > now else None
        case Started() | Paused() | Resumed() | Warned() | Breached() | Exempted():
            return None
        case PromiseMade() | PromiseMoved() | PromiseNone() | ContractChanged() | PhaseChanged() | PriorityCorrected():
            return None
        case EscalationMade() | RatingGiven() | DowngradeProposed() | DowngradeSettled():
            return None
        case _:
            assert_never(body)


def close_alert(before: Alert | None, fact: ClockFact, id_: str, now: datetime) -> AlertChange:
    """Return the change that closes an alert if a fact ends the alert.

    A fact ends the alert in three cases:

    - The fact ends the clock.
    - The fact brings a target that is due after `now`.
    - The fact takes back the last breach.

    The change closes the alert, cancels the alert's queued pages, and notifies the people who were paged. For any other
    fact, and without an alert, the change is empty.

    A closed alert is closed again, with a new message, only if the fact makes the last message to these people wrong.
    This is so if the breach is taken back, or if the clock ended in another way than the message said.

    Nothing is stored or sent here.

    Args:
        before: The alert. None means no alert.
        fact: An event of the timer about the alert's clock (the measurement of a target).
        id_: The event id of the fact.
    """
    reason = None if before is None else close_reason(before, fact, now)
    if before is None or reason is None:
        return NO_CHANGE
    taken_back = reason is CloseReason.TAKEN_BACK
    if before.state is AlertState.CLOSED and not _corrects(before, reason, fact):
        return NO_CHANGE
    alert = replace(before, state=AlertState.CLOSED, closed_at=now, close_reason=reason.value)
    if before.close_reason == CloseReason.TAKEN_BACK.value and fact.passed_due is not None:
        alert = replace(alert, due_at=fact.passed_due)  # another target may have been passed than the one taken back
    return AlertChange(
        alert,
        clear_steps=True,
        requests=(closing_request(alert, fact, id_, reason),),
        cancel_reason=UnsentReason.TAKEN_BACK if taken_back else UnsentReason.ENDED,
        events=(log_event(alert, "closed", now, key=f"closed-{reason.value}", reason=reason.value),),
    )


def closing_request(alert: Alert, fact: ClockFact, id_: str, reason: CloseReason) -> NotificationRequest:
    """Return the request for the message that says why an alert closed.

    The recipients are the people who were paged since the alert was opened last.

    Args:
        fact: The timer's event that closed the alert.
        id_: The id of the request.
        reason: Why the alert closed.
    """
    return NotificationRequest(
        id=id_,
        kind=MessageKind.TAKEN_BACK if reason is CloseReason.TAKEN_BACK else MessageKind.RESOLVED,
        at=fact.at,
        contract=alert.contract,
        content=_to_those_paged(alert, fact),
        audience=(PagedRecipients(),),
        alert=alert.id,
        episode=alert.episode,
        outcome=reason.value,
        due_at=alert.due_at,
    )


def _corrects(alert: Alert, reason: CloseReason, fact: ClockFact) -> bool:
    """Whether a closed alert was closed with a message that is not true any more."""
    if reason is CloseReason.TAKEN_BACK:
        return alert.close_reason != reason.value
    ours = fact.contract in ("", alert.contract)  # its end under another contract does not concern these people
    return ours and reason in _UNTRUE_BY.get(alert.close_reason, frozenset())


def _other_breach(alert: Alert, fact: ClockFact, now: datetime) -> datetime | None:
    """The due instant by which the clock is breached all the same, when the fact takes back the alert's breach.

    The breach of a running clock that is due by now is published next. None if the clock is measured for another
    contract by now: the people of the contract before are told that their breach is taken back. A clock that had ended
    as missed under their contract stays theirs, wherever its ticket moved since.
    """
    state = fact.body.new_state if isinstance(fact.body, Amended) else None
    ended_theirs = alert.close_reason == CloseReason.MISSED.value and state in (None, ClockState.MISSED)
    if state is ClockState.MET or (fact.contract not in ("", alert.contract) and not ended_theirs):
        return None
    overdue = state is ClockState.RUNNING and fact.due_at is not None and fact.due_at <= now
    return fact.due_at if overdue else fact.passed_due


def _same_target(alert: Alert, fact: ClockFact) -> bool:
    """Whether the alert was opened for the target now in force. A fact names that target, and may be about another."""
    opened_by = alert.content
    if not isinstance(opened_by, ClockFact):
        return False
    if opened_by.breached != "" and opened_by.passed_due != opened_by.due_at:
        return False
    return opened_by.target == fact.target if opened_by.target else alert.generation == fact.generation


def _takes_back(fact: ClockFact, alert: Alert) -> bool:
    """Whether the breach that the alert is about is taken back: known by its due instant, in facts of older releases by
    the ordinal in its key. (A page after a reopening bears the id of another fact.)"""
    place = (alert.generation, BREACH)
    return any(
        taken.due_at == alert.due_at if taken.due_at is not None else mark_of_key(taken.key) == place
        for taken in fact.breach_change.takes_back
    )


def _to_those_paged(alert: Alert, fact: ClockFact) -> ClockFact:
    """The fact as the alert's people may read it: of an incident that moved on, with the names it had under them."""
    known = alert.content
    if not fact.metric:  # a fact of a release that did not name it
        fact = fact.model_copy(update={"metric": alert.metric})
    if fact.contract in ("", alert.contract) or not isinstance(known, ClockFact):
        return fact
    names = {name: getattr(known, name) for name in _NAMES}
    return fact.without_free_text(names)
