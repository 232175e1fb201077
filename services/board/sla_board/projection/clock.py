"""A clock as the board shows it: a fold of its facts, so their order of arrival does not matter.

What the applier says (started, paused, met, amended …) carries the clock's whole state and is read in the order in
which slad noticed it. What the tick says (warned, breached) is noticed by the database's clock, not the applier's, so
it never decides the state: a breach counts while its due instant is the clock's, a warning while its target is,
wherever they land, until an amendment takes a breach back by its key or moves its instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from sla_board.projection.text import searchable
from sla_domain.clock import ClockState
from sla_domain.fact import FactKind
from sla_domain.published import BREACHED, OLD_BREACHED, TAKES_BACK
from sla_domain.urgency import score
from sla_platform.store.types import to_micros
from sla_platform.wire import ClockFact
from sla_platform.wire.clock import fact_id

_KINDS = tuple(FactKind)
_STATES = frozenset(state.value for state in ClockState)
MARKS = frozenset({FactKind.CLOCK_WARNED, FactKind.CLOCK_BREACHED})
_ABOUT_THE_INCIDENT = frozenset(
    {
        FactKind.PROMISE_MADE,
        FactKind.PROMISE_MOVED,
        FactKind.PROMISE_NONE,
        FactKind.CONTRACT_CHANGED,
        FactKind.PHASE_CHANGED,
        FactKind.PRIORITY_CORRECTED,
    }
)


@dataclass(frozen=True, slots=True)
class Said:
    """A fact with the id under which it was published: amendments name others by it."""

    id: str
    fact: ClockFact

    @property
    def noticed(self) -> tuple[datetime, datetime, int, str]:
        """The order in which facts of one clock are read."""
        fact = self.fact
        return (fact.fired_at or fact.at, fact.at, _KINDS.index(fact.kind), self.id)


def about_clock(fact: ClockFact) -> bool:
    """Promises, moves, phases and corrections speak of the incident, even where they name the clock."""
    return fact.clock is not None and fact.kind not in _ABOUT_THE_INCIDENT


def clock_row(said: Sequence[Said]) -> dict[str, Any]:
    """The row of `board_clock` for all known facts of one clock (at least one)."""
    ordered = sorted((one for one in said if about_clock(one.fact)), key=lambda one: one.noticed)
    applied = [one.fact for one in ordered if one.fact.kind not in MARKS] or [one.fact for one in ordered]
    last = applied[-1]
    context = next((fact for fact in reversed(applied) if fact.metric), last)
    state = state_of(last)
    breach = _breach(ordered, context, state)
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
        "breached_at": _breached_at(breach, context, state),
        "search": searchable(context.incident, context.title, context.customer, context.contract),
    }


def state_of(fact: ClockFact) -> ClockState:
    """The state of the clock once this fact of the applier is out."""
    for told in (fact.details.get("new_state", ""), fact.state):
        if told in _STATES:
            return ClockState(told)
    return state_brought_by(fact) or ClockState.RUNNING


def state_brought_by(fact: ClockFact) -> ClockState | None:
    """The state the fact itself brings about at its instant; None when it leaves the state as it was."""
    match fact.kind:
        case FactKind.CLOCK_STARTED | FactKind.CLOCK_RESUMED:
            return ClockState.RUNNING
        case FactKind.CLOCK_PAUSED:
            return ClockState.PAUSED
        case FactKind.CLOCK_MET:
            return ClockState.MET
        case FactKind.CLOCK_MISSED:
            return ClockState.MISSED
        case FactKind.CLOCK_CANCELLED:
            return ClockState.CANCELLED
        case FactKind.CLOCK_AMENDED:
            changed = "old_state" in fact.details and fact.details.get("new_state") in _STATES
            return ClockState(fact.details["new_state"]) if changed else None
        case FactKind.CLOCK_WARNED | FactKind.CLOCK_BREACHED | FactKind.CLOCK_RETARGETED:
            return None
        case FactKind.PROMISE_MADE | FactKind.PROMISE_MOVED | FactKind.PROMISE_NONE:
            return None
        case FactKind.CONTRACT_CHANGED | FactKind.PHASE_CHANGED | FactKind.PRIORITY_CORRECTED:
            return None
        case _:
            assert_never(fact.kind)


def reason_of(fact: ClockFact) -> str:
    """On whom and why a clock waits, in words."""
    waiting_on, why = fact.details.get("waiting_on", ""), fact.details.get("why", "")
    if not waiting_on:
        return why
    words = why.removeprefix(waiting_on).lstrip(": ")
    return f"waiting on {waiting_on}" + (f": {words}" if words else "")


def _why(applied: Sequence[ClockFact]) -> str:
    return next((reason_of(fact) for fact in reversed(applied) if fact.kind is FactKind.CLOCK_PAUSED), "")


def _weight(context: ClockFact) -> float:
    """The part of the urgency that time does not change; facts of older releases do not say it."""
    if context.weight:
        return context.weight
    left = None if context.due_at is None else context.due_at - (context.fired_at or context.at)
    pressed = score(1, 1, left)
    return context.urgency / pressed if pressed else 0.0


def _warned(ordered: Sequence[Said], context: ClockFact) -> str:
    """The last threshold told of the target in force."""
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
    """A told breach, and the due instant it speaks of by now: an amendment may have moved it."""

    fact: ClockFact
    at: datetime


def _breach(ordered: Sequence[Said], context: ClockFact, state: ClockState) -> _Breach | None:
    """The breach in force, told and never taken back. A met clock passed no due instant."""
    if state is ClockState.MET:
        return None
    taken_back = {
        fact_id(one.fact.clock, one.fact.incident, key)
        for one in ordered
        for key in one.fact.details.get(TAKES_BACK, "").split()
    }
    told = [
        _Breach(one.fact, _moved(ordered, one.fact))
        for one in ordered
        if one.fact.kind is FactKind.CLOCK_BREACHED and one.id not in taken_back
    ]
    breaches = [breach for breach in told if _in_force(breach, context, state)]
    return breaches[-1] if breaches else None


def _in_force(breach: _Breach, context: ClockFact, state: ClockState) -> bool:
    """Whether it is the due instant in force that was passed."""
    if state in (ClockState.RUNNING, ClockState.MISSED) and context.due_at is not None:
        return breach.at == context.due_at
    if not context.breached:  # an older release: it says no more
        return breach.fact.generation == context.generation
    if context.passed_due is None:  # the tick told of it after the applier had last spoken, of a paused clock
        fact = breach.fact
        return bool(fact.target) and fact.target == context.target and fact.passed_due == breach.at
    return breach.at == context.passed_due


def _moved(ordered: Sequence[Said], breach: ClockFact) -> datetime:
    """The due instant that was passed. A later amendment may have moved it: one that names it as the old one."""
    passed = breach.at
    for one in ordered:
        old, moved = one.fact.details.get(OLD_BREACHED), one.fact.details.get(BREACHED)
        later = (one.fact.fired_at or one.fact.at) > (breach.fired_at or breach.at)
        if old and moved and later and datetime.fromisoformat(old) == passed:
            passed = datetime.fromisoformat(moved)
    return passed


def _breached_at(breach: _Breach | None, context: ClockFact, state: ClockState) -> datetime | None:
    if breach is not None:
        return breach.at
    return context.due_at if state is ClockState.MISSED else None
