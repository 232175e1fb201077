"""Which facts concern alerts, and which of them people are notified of. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from sla_domain.clock import ClockState
from sla_domain.fact import (
    Amended,
    Breached,
    Cancelled,
    ContractChanged,
    DowngradeProposed,
    DowngradeSettled,
    EscalationMade,
    Exempted,
    FactBody,
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
from sla_notifier.alert.alert import Alert
from sla_platform.wire import ClockFact


def is_relevant(fact: ClockFact) -> bool:
    """Return whether a fact about a clock can change an alert, or can require a message to somebody.

    A clock is the measurement of one target of an incident; a fact is an event that the timer publishes.

    Most facts (promises, starts, pauses) cannot. These can:

    - a warning, a breach, the end of a clock, a correction or a new target
    - a fact that no target applies to an incident
    - the end of a proposal to lower a priority, because the customer may have been asked about it
    - a fact that takes back a breach
    - a resumption at or after the due instant

    Args:
        fact: An event of the timer.
    """
    body = fact.body
    return _relevant_body(body) or bool(fact.breach_change.takes_back) or _overdue_again(fact, body, fact.at)


def overdue_again(fact: ClockFact, now: datetime) -> bool:
    """Return whether a fact makes a clock (measurement of a target) run again after the clock's due instant.

    There are three cases:

    - The fact is a resumption at or after the due instant.
    - The fact is a correction that takes back no breach; after it the clock runs, and its due instant is not after
      `now`.
    - The fact is a new target whose breach was published before.

    Args:
        fact: An event of the timer about the clock.
    """
    return _overdue_again(fact, fact.body, now)


def is_news(before: Alert | None, fact: ClockFact) -> bool:
    """Return whether a fact about a clock is to be processed; False if the fact is to be ignored as history.

    History (`fact.is_history`) is what was over, or was imported, when slad first received it. History is processed
    only to close or correct an existing alert. It never warns and never opens an alert. A fact that is not history is
    always processed.

    Args:
        before: The clock's alert. None means no alert.
        fact: An event of the timer.
    """
    if not fact.is_history:
        return True
    tells = fact.kind in (FactKind.CLOCK_WARNED, FactKind.CLOCK_BREACHED) or overdue_again(fact, fact.at)
    return not tells and before is not None


def _relevant_body(body: FactBody) -> bool:
    """Whether it opens an alert, notifies people or closes one. Any other fact does so only by what it takes back."""
    match body:
        case Warned() | Breached() | Met() | Missed() | Cancelled() | Gone() | Amended() | Exempted() | Retargeted():
            return True
        case PromiseNone() | DowngradeSettled():
            return True
        case Started() | Paused() | Resumed():
            return False
        case PromiseMade() | PromiseMoved() | ContractChanged() | PhaseChanged() | PriorityCorrected():
            return False
        case EscalationMade() | RatingGiven() | DowngradeProposed():
            return False
        case _:
            assert_never(body)


def _overdue_again(fact: ClockFact, body: FactBody, now: datetime) -> bool:
    if fact.due_at is None:
        return False
    match body:
        case Amended():
            return body.new_state is ClockState.RUNNING and fact.due_at <= now and not body.takes_back
        case Retargeted():
            return body.broken_since is not None
        case Resumed():
            return fact.due_at <= fact.at
        case Started() | Paused() | Warned() | Breached() | Met() | Missed() | Cancelled() | Gone() | Exempted():
            return False
        case PromiseMade() | PromiseMoved() | PromiseNone() | ContractChanged() | PhaseChanged() | PriorityCorrected():
            return False
        case EscalationMade() | RatingGiven() | DowngradeProposed() | DowngradeSettled():
            return False
        case _:
            assert_never(body)
