"""What a fact, a step or an answer does to an alert. Pure: the alert before, `now`, and the change that follows.

A change names everything that must be written in one transaction: the alert, its future steps, what is to be told,
what need not be told any more, and the events for the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from sla_domain.bounds import EVENT, fitting_id
from sla_domain.clock import BREACH, ClockState
from sla_domain.escalation import NO_ESCALATION
from sla_domain.fact import FactKind
from sla_domain.spoken import mark_of_key
from sla_domain.told import BREACHED, BROKEN_SINCE, OLD_BREACHED, TAKES_BACK, TAKES_BACK_DUE, WITHDRAWN
from sla_notifier.alert.alert import Alert, AlertKind, AlertState, CloseReason, fix_alert_id
from sla_notifier.alert.chain import REPEAT, Chain, Step, steps
from sla_notifier.alert.occasion import Audience, Entitled, Level, Occasion, Paged
from sla_notifier.alert.urgency import weight_of
from sla_notifier.delivery.state import Kind
from sla_notifier.delivery.verdict import Reason
from sla_platform.wire import ClockFact, DeliveryFact, NoticeData

FIX_PATIENCE = timedelta(minutes=30)  # before a policy's only level hears of an unanswered critical fix


@dataclass(frozen=True, slots=True)
class Change:
    """`steps_over`: no step the alert had is taken any more; `cut_off`: why its pages still queued are cancelled."""

    alert: Alert | None = None
    steps_over: bool = False
    steps: tuple[Step, ...] = ()
    occasions: tuple[Occasion, ...] = ()
    cut_off: Reason | None = None
    events: tuple[tuple[str, DeliveryFact], ...] = ()  # id and fact


NOTHING = Change()

# Kinds that open an alert, tell somebody or end an alert. A fact of any other kind does so only by what it takes back.
_HEEDED = frozenset(
    {
        FactKind.CLOCK_WARNED,
        FactKind.CLOCK_BREACHED,
        FactKind.CLOCK_MET,
        FactKind.CLOCK_MISSED,
        FactKind.CLOCK_CANCELLED,
        FactKind.CLOCK_AMENDED,
        FactKind.CLOCK_RETARGETED,
        FactKind.PROMISE_NONE,
    }
)


def heeded(fact: ClockFact) -> bool:
    """Whether the fact can concern an alert at all: most facts of a busy day (promises, starts, pauses) cannot."""
    return fact.kind in _HEEDED or TAKES_BACK in fact.details or overdue_again(fact, fact.at)


def overdue_again(fact: ClockFact, now: datetime) -> bool:
    """A clock runs again that has been due long since: by a reopening, because its end has been undone, or because a
    target is in force again whose breach was told long since."""
    if fact.due_at is None:
        return False
    undone = fact.kind is FactKind.CLOCK_AMENDED and fact.details.get("new_state") == ClockState.RUNNING
    if undone:
        return fact.due_at <= now and TAKES_BACK not in fact.details
    if fact.kind is FactKind.CLOCK_RETARGETED:
        return BROKEN_SINCE in fact.details
    return fact.kind is FactKind.CLOCK_RESUMED and fact.due_at <= fact.at


def is_news(before: Alert | None, fact: ClockFact) -> bool:
    """Whether people are to hear of this fact. History opens no alert; of an alert that is open it may say the end."""
    if not fact.is_history:
        return True
    tells = fact.kind in (FactKind.CLOCK_WARNED, FactKind.CLOCK_BREACHED) or overdue_again(fact, fact.at)
    return not tells and before is not None


def warned(fact: ClockFact, id_: str, chain: Chain) -> Change:
    """A notice to those who would be paged first; an overtaken warning is on record as a fact and not told, and one
    whose breach would page nobody either."""
    if fact.overtaken or chain.policy == NO_ESCALATION:
        return NOTHING
    return Change(
        occasions=(
            Occasion(
                id=id_,
                kind=Kind.WARNING,
                at=fact.at,
                contract=fact.contract,
                content=fact,
                audience=_first(chain),
                alert=str(fact.clock or ""),
                due_at=fact.due_at,
            ),
        )
    )


def unpromised(fact: ClockFact, id_: str, chain: Chain) -> Change:
    """A notice to those who would be paged first: no clock will ever speak of this incident."""
    occasion = Occasion(
        id=id_, kind=Kind.UNPROMISED, at=fact.at, contract=fact.contract, content=fact, audience=_first(chain)
    )
    return Change(occasions=(occasion,))


def breached(
    before: Alert | None, fact: ClockFact, id_: str, chain: Chain, now: datetime, due_at: datetime | None = None
) -> Change:
    """Open the alert of this clock, or open it anew: the levels without delay are told at once. `due_at`: the due
    instant that was passed, when the fact is no breach."""
    if before is not None and (before.occasion == id_ or _heard_already(before, fact)):
        return NOTHING
    alert = Alert(
        id=str(fact.clock),
        kind=AlertKind.CLOCK,
        state=AlertState.OPEN,
        contract=fact.contract,
        incident=fact.incident,
        metric=fact.metric,
        generation=fact.generation,
        episode=before.episode + 1 if before is not None else 1,
        occasion=id_,
        content=fact,
        policy=chain,
        opened_at=now,
        due_at=due_at or fact.at,
        weight=weight_of(fact),
    )
    running_before = before is not None and before.state is not AlertState.CLOSED
    return _opened(alert, now, Reason.REOPENED if running_before else None)


def resumed(before: Alert | None, fact: ClockFact, id_: str, chain: Chain, now: datetime) -> Change:
    """A broken promise runs again (`overdue_again`): after its end somebody must act anew, and hears of the old breach.

    While the alert is open or acknowledged (a pause that ended) its people know, unless the clock is another
    contract's now: then the people of that one hear of it.
    """
    if before is None:
        # Its breach was history when slad first heard of it: that the clock runs again is news.
        return NOTHING if fact.passed_due is None else breached(None, fact, id_, chain, now, fact.passed_due)
    if before.state is not AlertState.CLOSED and not _elsewhere(before, fact):
        return NOTHING
    if fact.kind is not FactKind.CLOCK_RETARGETED and before.close_reason not in _OVER_FOR_NOW:
        return NOTHING
    due_at = before.due_at
    if fact.kind is FactKind.CLOCK_RETARGETED and fact.due_at is not None:
        due_at = fact.due_at  # the breach of this target, which need not be the one heard of last
    return breached(before, fact, id_, chain, now, due_at)


def moved(before: Alert | None, fact: ClockFact) -> Change:
    """The breach the alert is about stands at another instant: nobody is told by a message of its own, but every later
    word speaks of that instant."""
    if before is None or fact.kind is not FactKind.CLOCK_AMENDED or BREACHED not in fact.details:
        return NOTHING
    if datetime.fromisoformat(fact.details[OLD_BREACHED]) != before.due_at:
        return NOTHING
    return Change(replace(before, due_at=datetime.fromisoformat(fact.details[BREACHED])))


def published(notice: NoticeData, notice_id: str, contract: str, chain: Chain, now: datetime) -> Change:
    """A critical fix for one contract: the entitled people at once, the policy's next level if none answers."""
    alert = Alert(
        id=fix_alert_id(notice.id, contract),
        kind=AlertKind.FIX,
        state=AlertState.OPEN,
        contract=contract,
        notice=notice.id,
        occasion=fitting_id(f"{notice_id}/{contract}", EVENT),
        content=notice,
        policy=chain.without_first(FIX_PATIENCE),
        opened_at=now,
        due_at=notice.published_at,
        weight=weight_of(notice),
    )
    return _opened(alert, now, None)


def close_reason(alert: Alert, fact: ClockFact, now: datetime) -> CloseReason | None:
    """Why this fact ends the alert; None when it does not."""
    if _takes_back(fact, alert):
        return CloseReason.TAKEN_BACK
    match fact.kind:
        case FactKind.CLOCK_MET:
            return CloseReason.MET
        case FactKind.CLOCK_MISSED:
            return CloseReason.MISSED
        case FactKind.CLOCK_CANCELLED:
            return CloseReason.WITHDRAWN if fact.details.get(WITHDRAWN) else CloseReason.CANCELLED
        case FactKind.CLOCK_AMENDED:
            return _BY_NEW_STATE.get(fact.details.get("new_state", ""))
        case FactKind.CLOCK_RETARGETED:
            return CloseReason.RETARGETED if fact.due_at is not None and fact.due_at > now else None
        case _:
            return None


def ended(before: Alert | None, fact: ClockFact, id_: str, now: datetime) -> Change:
    """Close the alert if this fact ends it, and tell those who were paged; nobody was paged without an alert.

    A breach that is taken back after the close is told too: what they heard last is no longer true.
    """
    reason = None if before is None else close_reason(before, fact, now)
    if before is None or reason is None:
        return NOTHING
    taken_back = reason is CloseReason.TAKEN_BACK
    if before.state is AlertState.CLOSED and not (taken_back and before.close_reason != reason.value):
        return NOTHING
    alert = replace(before, state=AlertState.CLOSED, closed_at=now, close_reason=reason.value)
    occasion = Occasion(
        id=id_,
        kind=Kind.TAKEN_BACK if taken_back else Kind.RESOLVED,
        at=fact.at,
        contract=alert.contract,
        content=_to_those_paged(before, fact),
        audience=(Paged(),),
        alert=alert.id,
        episode=alert.episode,
        outcome=reason.value,
        due_at=alert.due_at,
    )
    return Change(
        alert,
        steps_over=True,
        occasions=(occasion,),
        cut_off=Reason.TAKEN_BACK if taken_back else Reason.ENDED,
        events=(_event(alert, "closed", now, key=f"closed-{reason.value}", reason=reason.value),),
    )


def _to_those_paged(alert: Alert, fact: ClockFact) -> ClockFact:
    """The fact as the alert's people may read it: of an incident that moved on, with the names it had under them."""
    known = alert.content
    if not fact.metric:  # a fact of a release that did not name it
        fact = fact.model_copy(update={"metric": alert.metric})
    if fact.contract in ("", alert.contract) or not isinstance(known, ClockFact):
        return fact
    names = {name: getattr(known, name) for name in _NAMES}
    details = {name: value for name, value in fact.details.items() if name not in _WORDS}
    return fact.model_copy(update=names | {"details": details})


_NAMES = ("contract", "plan", "customer", "priority", "zone", "title", "url", "product", "language", "due_at")
_WORDS = frozenset({"why", "agreed_by", "exempt", "exempt_by"})  # what people of the other contract wrote
_BY_NEW_STATE = {reason.value: reason for reason in (CloseReason.MET, CloseReason.MISSED, CloseReason.CANCELLED)}


_OVER_FOR_NOW = frozenset({CloseReason.MISSED.value, CloseReason.CANCELLED.value, CloseReason.WITHDRAWN.value})


def _takes_back(fact: ClockFact, alert: Alert) -> bool:
    """Whether the breach that the alert is about is taken back: known by its due instant, in facts of older releases by
    the ordinal in its key. (A page after a reopening bears the id of another fact.)"""
    if TAKES_BACK_DUE in fact.details:
        return alert.due_at in map(datetime.fromisoformat, fact.details[TAKES_BACK_DUE].split())
    marks = map(mark_of_key, fact.details.get(TAKES_BACK, "").split())
    return any(mark == (alert.generation, BREACH) for mark in marks)


def _heard_already(alert: Alert, fact: ClockFact) -> bool:
    """While the alert is open: the same breach under another key, or one of a target that is no longer in force."""
    if alert.state is AlertState.CLOSED or _elsewhere(alert, fact):
        return False
    return fact.at == alert.due_at or (fact.breached != "" and fact.passed_due != fact.at)


def _elsewhere(alert: Alert, fact: ClockFact) -> bool:
    """Whether a new target came with a move to another contract than the one whose people the alert told."""
    return fact.kind is FactKind.CLOCK_RETARGETED and fact.contract not in ("", alert.contract)


NO_WAIT: Mapping[int, datetime] = MappingProxyType({})


def in_force(before: Alert, step: Step) -> bool:
    """Whether the step still means anything: nobody has answered, and its round is under way."""
    return before.state is AlertState.OPEN and step.round == before.round


def told_anew(before: Alert) -> tuple[int, ...]:
    """The levels that a further round tells: a critical fix goes to those it is addressed to once (clause H6)."""
    addressed = 1 if before.kind is AlertKind.FIX else 0
    return tuple(range(1 + addressed, len(before.policy.rungs) + 1))


def stepped(before: Alert, step: Step, now: datetime, waits: Mapping[int, datetime] = NO_WAIT) -> Change:
    """The next level of an alert nobody has answered, or the next round; of its levels told at once those in `waits`
    are told at the instants given there."""
    if not in_force(before, step):
        return NOTHING
    if step.level == REPEAT:
        return _next_round(before, now, waits)
    alert = replace(before, level=max(before.level, step.level))
    what = f"level-{step.round}.{step.level}"
    return Change(
        alert,
        occasions=(_page(alert, step.level, step.fire_at),),
        events=(_event(alert, "escalated", now, key=what, reason=f"level {step.level}"),),
    )


class AckAnswer(StrEnum):
    """What whoever acknowledges is told."""

    DONE = "done"
    ALREADY = "already"
    CLOSED = "closed"


def acknowledged(before: Alert, who: str, via: str, now: datetime) -> tuple[AckAnswer, Change]:
    """Somebody acts: nobody else is paged. A second answer, and one after the end, are kind and change nothing."""
    match before.state:
        case AlertState.ACKNOWLEDGED:
            return AckAnswer.ALREADY, NOTHING
        case AlertState.CLOSED:
            return AckAnswer.CLOSED, NOTHING
        case AlertState.OPEN:
            alert = replace(
                before,
                state=AlertState.ACKNOWLEDGED,
                acknowledged_at=now,
                acknowledged_by=who,
                acknowledged_via=via,
            )
            event = _event(alert, "acknowledged", now, by=who, reason=via)
            return AckAnswer.DONE, Change(alert, steps_over=True, cut_off=Reason.ACKNOWLEDGED, events=(event,))
        case _:
            assert_never(before.state)


def _opened(alert: Alert, now: datetime, cut_off: Reason | None) -> Change:
    levels = alert.policy.at_once()
    alert = replace(alert, level=max(levels, default=0))
    return Change(
        alert,
        steps_over=True,
        steps=steps(alert.policy, alert.id, alert.round, now),
        occasions=tuple(_page(alert, level, alert.due_at) for level in levels),
        cut_off=cut_off,
        events=(_event(alert, "opened", now),),
    )


def _next_round(before: Alert, now: datetime, waits: Mapping[int, datetime]) -> Change:
    round_ = before.round + 1
    at_once = [level for level in before.policy.at_once() if level in told_anew(before)]
    levels = [level for level in at_once if level not in waits]
    alert = replace(before, round=round_, level=max(levels, default=0))
    later = tuple(Step(alert.id, round_, level, waits[level]) for level in at_once if level in waits)
    return Change(
        alert,
        steps=(*steps(alert.policy, alert.id, round_, now), *later),
        occasions=tuple(_page(alert, level, now) for level in levels),
        events=(_event(alert, "escalated", now, key=f"round-{round_}", reason=f"round {round_}"),),
    )


def _page(alert: Alert, level: int, at: datetime) -> Occasion:
    """One level of one round; the first page of an alert bears the id of the fact itself."""
    first = alert.round == 0 and level == 1
    entitled = alert.kind is AlertKind.FIX and level == 1
    rung = alert.policy.rung(level)
    audience: Audience = Entitled() if entitled else Level(level, rung.tell, rung.channels)
    return Occasion(
        id=alert.occasion if first else f"{alert.occasion}#{alert.round}.{level}",
        kind=Kind.FIX if alert.kind is AlertKind.FIX else Kind.PAGE if rung.pages else Kind.NOTICE,
        at=at,
        contract=alert.contract,
        content=alert.content,
        audience=(audience,),
        alert=alert.id,
        episode=alert.episode,
        round=alert.round,
        level=level,
        due_at=alert.due_at,
    )


def _first(chain: Chain) -> tuple[Audience, ...]:
    levels = chain.at_once() or ((1,) if chain.rungs else ())
    return tuple(Level(level, chain.rung(level).tell, chain.rung(level).channels) for level in levels)


def _event(
    alert: Alert, what: str, now: datetime, *, key: str = "", reason: str = "", by: str = ""
) -> tuple[str, DeliveryFact]:
    fact = DeliveryFact(
        what=f"alert.{what}",
        incident=alert.incident,
        contract=alert.contract,
        notice=alert.notice,
        alert=alert.id,
        at=now,
        due_at=alert.due_at,
        reason=reason,
        by=by,
    )
    return f"alert/{alert.id}/{alert.episode}/{key or what}", fact
