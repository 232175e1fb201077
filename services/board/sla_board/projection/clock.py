"""The board's row of a clock: computed from all its facts, so that their order of arrival does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from sla_board.projection.text import searchable
from sla_board.projection.verdict import verdict_columns
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
    FactKind,
    Gone,
    Met,
    Missed,
    MovedBreach,
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
    reason_of,
)
from sla_domain.urgency import score
from sla_platform.store.types import to_micros
from sla_platform.wire import ClockFact
from sla_platform.wire.clock import fact_id

_KINDS = tuple(FactKind)
_STATES = frozenset(state.value for state in ClockState)
Move = tuple[datetime, MovedBreach]  # when it was noticed, and from where to where
MARKS = frozenset({FactKind.CLOCK_WARNED, FactKind.CLOCK_BREACHED})
_ABOUT_THE_INCIDENT = frozenset(
    {
        FactKind.PROMISE_MADE,
        FactKind.PROMISE_MOVED,
        FactKind.PROMISE_NONE,
        FactKind.CONTRACT_CHANGED,
        FactKind.PHASE_CHANGED,
        FactKind.PRIORITY_CORRECTED,
        FactKind.ESCALATION_MADE,
        FactKind.RATING_GIVEN,
        FactKind.DOWNGRADE_PROPOSED,
        FactKind.DOWNGRADE_SETTLED,
    }
)


@dataclass(frozen=True, slots=True)
class PublishedFact:
    """A fact that slad published about a clock, or about a whole incident.

    A fact is an event in which the timer service reports what happened, such as `clock.breached`.
    """

    id: str
    """The id of the published event."""
    fact: ClockFact

    @property
    def noticed(self) -> tuple[datetime, datetime, int, str]:
        """Return the key by which the facts of one clock are sorted.

        The key is (when the fact was published, when it became true, its kind in the order of `FactKind`, its id).
        """
        fact = self.fact
        return (fact.fired_at or fact.at, fact.at, _KINDS.index(fact.kind), self.id)


def about_clock(fact: ClockFact) -> bool:
    """Return whether a fact (an event that slad published) concerns one clock.

    The result is False for facts without a clock, and for facts about the whole incident, such as promises and phases.
    """
    return fact.clock is not None and fact.kind not in _ABOUT_THE_INCIDENT


def clock_row(facts: Sequence[PublishedFact]) -> dict[str, Any]:
    """Return the row of the table `board_clock` for one clock, computed from all facts about the clock.

    Facts about the whole incident are ignored.

    Args:
        facts: Events that slad published about the clock, in any order. There is at least one.
    """
    ordered = sorted((one for one in facts if about_clock(one.fact)), key=lambda one: one.noticed)
    applied = [one.fact for one in ordered if one.fact.kind not in MARKS] or [one.fact for one in ordered]
    last = applied[-1]
    context = next((fact for fact in reversed(applied) if fact.metric), last)
    state = state_of(last)
    breach = _breach(ordered, context, state)
    breached_at = _breached_at(breach, context, state)
    due_at = None if state in (ClockState.PAUSED, ClockState.CANCELLED) else context.due_at
    return {
        "id": context.clock,
        "incident": context.incident,
        "metric": context.metric,
        "cycle": context.cycle,
        "contract": context.contract,
        "plan": context.plan,
        "customer": context.customer,
        "priority": context.priority,
        "zone": context.zone,
        "title": context.title,
        "url": context.url,
        "allowed": context.allowed,
        "hours": context.hours,
        "left_seconds": context.left_seconds if state is ClockState.PAUSED else None,
        "weight": _weight(context),
        "state": state.value,
        "open": state.open,
        "why": _why(applied) if state is ClockState.PAUSED else "",
        "generation": context.generation,
        "warned": _warned(ordered, context),
        "provisional": breach.fact.provisional if breach is not None else False,
        "started_at": next((fact.at for fact in applied if fact.kind is FactKind.CLOCK_STARTED), None),
        "due_at": due_at,
        "due_seconds": None if due_at is None else to_micros(due_at) / 1e6,
        "original_due_at": context.original_due_at,
        "stopped_at": None if state.open else last.at,
        "breached_at": breached_at,
        "search": searchable(context.incident, context.title, context.customer, context.contract),
    } | verdict_columns(applied, breach.fact if breach is not None else None, state, breached_at)


def state_of(fact: ClockFact) -> ClockState:
    """Return the state of a clock after a fact (an event that slad published about the clock).

    If the fact states the clock's state, this is the result. Otherwise the kind of the fact decides; for example
    `clock.started` gives RUNNING. If the kind decides nothing either, as for a warning of an older release, the state
    is RUNNING.
    """
    body = fact.body
    if isinstance(body, Gone):
        return ClockState.CANCELLED
    if isinstance(body, Amended) and body.new_state is not None:
        return body.new_state
    if fact.state in _STATES:
        return ClockState(fact.state)
    return state_brought_by(fact) or ClockState.RUNNING


def state_brought_by(fact: ClockFact) -> ClockState | None:
    """Return the state that a clock has because of a fact, or None if the fact changes no state.

    A fact is an event that slad published about the clock. For example `clock.started` gives RUNNING, and a warning
    gives None.
    """
    body = fact.body
    match body:
        case Started() | Resumed():
            return ClockState.RUNNING
        case Paused():
            return ClockState.PAUSED
        case Met():
            return ClockState.MET
        case Missed():
            return ClockState.MISSED
        case Cancelled() | Gone():
            return ClockState.CANCELLED
        case Amended():
            return None if body.old_state is None else body.new_state
        case Exempted() | Warned() | Breached() | Retargeted():
            return None
        case PromiseMade() | PromiseMoved() | PromiseNone():
            return None
        case ContractChanged() | PhaseChanged() | PriorityCorrected():
            return None
        case EscalationMade() | RatingGiven() | DowngradeProposed() | DowngradeSettled():
            return None
        case _:
            assert_never(body)


def reason_with_party(fact: ClockFact) -> str:
    """Return why a fact became true; "" if the fact gives no reason.

    A fact is an event that slad published. For a pause the text begins with whom the clock waits for: `waiting on
    customer: logs asked for`.
    """
    body = fact.body
    if not isinstance(body, Paused) or not body.waiting_on:
        return reason_of(body)
    words = body.why.removeprefix(body.waiting_on).lstrip(": ")
    return f"waiting on {body.waiting_on}" + (f": {words}" if words else "")


def _why(applied: Sequence[ClockFact]) -> str:
    return next((reason_with_party(fact) for fact in reversed(applied) if fact.kind is FactKind.CLOCK_PAUSED), "")


def _weight(context: ClockFact) -> float:
    """Return the part of the urgency that time does not change; facts of older releases do not carry it."""
    if context.weight:
        return context.weight
    left = None if context.due_at is None else context.due_at - (context.fired_at or context.at)
    pressed = score(1, 1, left)
    return context.urgency / pressed if pressed else 0.0


def _warned(ordered: Sequence[PublishedFact], context: ClockFact) -> str:
    """Return the last threshold that was published for the target in force."""
    warnings = [
        one.fact
        for one in ordered
        if one.fact.kind is FactKind.CLOCK_WARNED and not one.fact.overtaken and _same_target(one.fact, context)
    ]
    return max(warnings, key=lambda fact: fact.at).threshold if warnings else ""


def _same_target(fact: ClockFact, context: ClockFact) -> bool:
    """Late events renumber targets; only facts of older releases, which do not name theirs, go by the number."""
    if not fact.target or not context.target:
        return fact.generation == context.generation
    return fact.target == context.target or (fact.due_at is not None and fact.due_at == context.due_at)


@dataclass(frozen=True, slots=True)
class _Breach:
    """A published breach, and the due instant that it is about by now: an amendment may have moved it."""

    fact: ClockFact
    at: datetime


def _breach(ordered: Sequence[PublishedFact], context: ClockFact, state: ClockState) -> _Breach | None:
    """Return the breach in force: published and never taken back. A met clock passed no due instant."""
    if state is ClockState.MET:
        return None
    changes = [(one.fact, one.fact.breach_change) for one in ordered]
    taken_back = {
        fact_id(fact.clock, fact.incident, taken.key) for fact, change in changes for taken in change.takes_back
    }
    moves = [(fact.fired_at or fact.at, change.moved) for fact, change in changes if change.moved is not None]
    told = [
        _Breach(one.fact, _moved(moves, one.fact))
        for one in ordered
        if one.fact.kind is FactKind.CLOCK_BREACHED and one.id not in taken_back
    ]
    breaches = [breach for breach in told if _in_force(breach, context, state)]
    return breaches[-1] if breaches else None


def _in_force(breach: _Breach, context: ClockFact, state: ClockState) -> bool:
    """Whether it is the due instant in force that was passed."""
    if state in (ClockState.RUNNING, ClockState.MISSED) and context.due_at is not None:
        return breach.at == context.due_at
    if not context.breached:  # an older release, whose facts carry no more
        return breach.fact.generation == context.generation
    if context.passed_due is None:  # published by the tick after the applier's last fact, of a paused clock
        fact = breach.fact
        return bool(fact.target) and fact.target == context.target and fact.passed_due == breach.at
    return breach.at == context.passed_due


def _moved(moves: Sequence[Move], breach: ClockFact) -> datetime:
    """The due instant that was passed. A later amendment may have moved it: one that names it as the old one."""
    passed = breach.at
    for noticed, moved in moves:
        if noticed > (breach.fired_at or breach.at) and moved.old_at == passed:
            passed = moved.new_at
    return passed


def _breached_at(breach: _Breach | None, context: ClockFact, state: ClockState) -> datetime | None:
    if breach is not None:
        return breach.at
    return context.due_at if state is ClockState.MISSED else None
