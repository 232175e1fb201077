"""What a fact, a step or an acknowledgement does to an alert. Pure: the alert before, `now`, and the change.

A change names everything that must be written in one transaction: the alert, its future steps, the requests to notify
people, the pages to cancel, and the events for the log.
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
from sla_domain.fact import Amended, Cancelled, FactKind, Gone, Met, Missed, Resumed, Retargeted
from sla_domain.published_mark import mark_of_key
from sla_notifier.alert.alert import Alert, AlertKind, AlertState, CloseReason, fix_alert_id
from sla_notifier.alert.chain import REPEAT, EscalationChain, EscalationLevel, EscalationStep, steps
from sla_notifier.alert.request import (
    Audience,
    EntitledRecipients,
    LevelRecipients,
    NotificationRequest,
    PagedRecipients,
)
from sla_notifier.alert.urgency import weight_of
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import MessageKind
from sla_platform.wire import ClockFact, DeliveryFact, NoticeData

FIX_PATIENCE = timedelta(minutes=30)  # before an only level is notified of a critical fix that is not acknowledged


@dataclass(frozen=True, slots=True)
class AlertChange:
    """What must be written in one transaction; `events` are ids and facts for the log.

    `clear_steps`: the steps the alert had are removed; `cancel_reason`: why its queued pages are cancelled.
    """

    alert: Alert | None = None
    clear_steps: bool = False
    steps: tuple[EscalationStep, ...] = ()
    requests: tuple[NotificationRequest, ...] = ()
    cancel_reason: UnsentReason | None = None
    events: tuple[tuple[str, DeliveryFact], ...] = ()  # id and fact


NO_CHANGE = AlertChange()

# Kinds that open an alert, notify people or close one. A fact of any other kind does so only by what it takes back.
_RELEVANT = frozenset(
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


def is_relevant(fact: ClockFact) -> bool:
    """Return whether a fact can concern an alert; most facts of a busy day (promises, starts, pauses) cannot."""
    return fact.kind in _RELEVANT or bool(fact.breach_change.takes_back) or overdue_again(fact, fact.at)


def overdue_again(fact: ClockFact, now: datetime) -> bool:
    """Return whether the fact makes a clock run again that is past its due instant.

    That is so after a reopening, when its end is undone, and when a target whose breach is known is in force again.
    """
    if fact.due_at is None:
        return False
    match fact.body:
        case Amended(new_state=ClockState.RUNNING) as body:
            return fact.due_at <= now and not body.takes_back
        case Retargeted() as body:
            return body.broken_since is not None
        case Resumed():
            return fact.due_at <= fact.at
        case _:
            return False


def is_news(before: Alert | None, fact: ClockFact) -> bool:
    """Return whether people are notified of this fact. History opens no alert; it may close one that is open."""
    if not fact.is_history:
        return True
    tells = fact.kind in (FactKind.CLOCK_WARNED, FactKind.CLOCK_BREACHED) or overdue_again(fact, fact.at)
    return not tells and before is not None


def warned(fact: ClockFact, id_: str, chain: EscalationChain) -> AlertChange:
    """Notify the level that would be paged first; not when the breach has come already or would page nobody."""
    if fact.overtaken or chain.policy == NO_ESCALATION:
        return NO_CHANGE
    return AlertChange(
        requests=(
            NotificationRequest(
                id=id_,
                kind=MessageKind.WARNING,
                at=fact.at,
                contract=fact.contract,
                content=fact,
                audience=_first(chain),
                alert=str(fact.clock or ""),
                due_at=fact.due_at,
            ),
        )
    )


def unpromised(fact: ClockFact, id_: str, chain: EscalationChain) -> AlertChange:
    """Notify the level that would be paged first of an incident for which no clock runs."""
    request = NotificationRequest(
        id=id_, kind=MessageKind.UNPROMISED, at=fact.at, contract=fact.contract, content=fact, audience=_first(chain)
    )
    return AlertChange(requests=(request,))


def breached(
    before: Alert | None,
    fact: ClockFact,
    id_: str,
    chain: EscalationChain,
    now: datetime,
    due_at: datetime | None = None,
) -> AlertChange:
    """Open the alert of this clock, or its next episode, and notify the levels without delay.

    `due_at`: the due instant that has passed, when the fact itself is no breach.
    """
    if before is not None and (before.occasion == id_ or _heard_already(before, fact)):
        return NO_CHANGE
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
    return _opened(alert, now, UnsentReason.REOPENED if running_before else None)


def resumed(before: Alert | None, fact: ClockFact, id_: str, chain: EscalationChain, now: datetime) -> AlertChange:
    """Open the alert anew when a breached clock runs again (`overdue_again`) after its alert was closed.

    An alert that is open or acknowledged goes on, unless the clock belongs to another contract by now; it is about the
    breach of the target that is in force again.
    """
    if before is None:
        # Its breach was history when slad received it: that the clock runs again is news.
        return NO_CHANGE if fact.passed_due is None else breached(None, fact, id_, chain, now, fact.passed_due)
    if before.state is not AlertState.CLOSED and not _elsewhere(before, fact):
        broken_since = fact.body.broken_since if isinstance(fact.body, Retargeted) else None
        if broken_since is None or broken_since == before.due_at:
            return NO_CHANGE
        return AlertChange(replace(before, due_at=broken_since))
    is_published = fact.passed_due is not None  # perhaps as history, while the clock stood still
    if fact.kind is not FactKind.CLOCK_RETARGETED and before.close_reason not in _OVER_FOR_NOW and not is_published:
        return NO_CHANGE
    due_at = fact.passed_due or before.due_at
    if fact.kind is FactKind.CLOCK_RETARGETED and fact.due_at is not None:
        due_at = fact.due_at  # the breach of this target, which need not be the last one
    return breached(before, fact, id_, chain, now, due_at)


def moved(before: Alert | None, fact: ClockFact, now: datetime) -> AlertChange:
    """Move the alert to the corrected instant of its breach. Nobody is notified of that alone.

    The alert of a clock that has ended moves to the breach of another target, too: no page follows for that one.
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


def _other_breach(alert: Alert, fact: ClockFact, now: datetime) -> datetime | None:
    """The due instant by which the clock is breached all the same, when the fact takes back the alert's breach.

    The breach of a running clock that is due by now is published next. None where it is another contract's by now: its
    people before are told that their breach is taken back.
    """
    state = fact.body.new_state if isinstance(fact.body, Amended) else None
    if state is ClockState.MET or fact.contract not in ("", alert.contract):
        return None
    overdue = state is ClockState.RUNNING and fact.due_at is not None and fact.due_at <= now
    return fact.due_at if overdue else fact.passed_due


def _same_target(alert: Alert, fact: ClockFact) -> bool:
    """Whether the alert was opened for the target now in force. A fact names that target, and may be about another."""
    told = alert.content
    if not isinstance(told, ClockFact) or (told.breached != "" and told.passed_due != told.due_at):
        return False
    return told.target == fact.target if told.target else alert.generation == fact.generation


def published(notice: NoticeData, notice_id: str, contract: str, chain: EscalationChain, now: datetime) -> AlertChange:
    """Open the alert of a critical fix for one contract and notify the people entitled to it."""
    alert = Alert(
        id=fix_alert_id(notice.id, contract),
        kind=AlertKind.CRITICAL_FIX,
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
    """Return why this fact closes the alert, or None when it does not."""
    if _takes_back(fact, alert) and _other_breach(alert, fact, now) is None:
        return CloseReason.TAKEN_BACK
    match fact.body:
        case Met():
            return CloseReason.MET
        case Missed():
            return CloseReason.MISSED
        case Cancelled(withdrawn=withdrawn):
            return CloseReason.WITHDRAWN if withdrawn else CloseReason.CANCELLED
        case Gone() as body:
            withdrawn = body.withdrawn and body.kind is FactKind.CLOCK_CANCELLED
            return CloseReason.WITHDRAWN if withdrawn else CloseReason.CANCELLED
        case Amended(new_state=ClockState() as state):
            return _BY_NEW_STATE.get(state)
        case Retargeted():
            return CloseReason.RETARGETED if fact.due_at is not None and fact.due_at > now else None
        case _:
            return None


def ended(before: Alert | None, fact: ClockFact, id_: str, now: datetime) -> AlertChange:
    """Close the alert if this fact ends it, and notify those who were paged.

    A breach that is taken back after the close is sent too, since it corrects the message before.
    """
    reason = None if before is None else close_reason(before, fact, now)
    if before is None or reason is None:
        return NO_CHANGE
    taken_back = reason is CloseReason.TAKEN_BACK
    if before.state is AlertState.CLOSED and not (taken_back and before.close_reason != reason.value):
        return NO_CHANGE
    alert = replace(before, state=AlertState.CLOSED, closed_at=now, close_reason=reason.value)
    request = NotificationRequest(
        id=id_,
        kind=MessageKind.TAKEN_BACK if taken_back else MessageKind.RESOLVED,
        at=fact.at,
        contract=alert.contract,
        content=_to_those_paged(before, fact),
        audience=(PagedRecipients(),),
        alert=alert.id,
        episode=alert.episode,
        outcome=reason.value,
        due_at=alert.due_at,
    )
    return AlertChange(
        alert,
        clear_steps=True,
        requests=(request,),
        cancel_reason=UnsentReason.TAKEN_BACK if taken_back else UnsentReason.ENDED,
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
    return fact.without_free_text(names)


_NAMES = ("contract", "plan", "customer", "priority", "zone", "title", "url", "product", "language", "due_at")
_BY_NEW_STATE = {
    ClockState.MET: CloseReason.MET,
    ClockState.MISSED: CloseReason.MISSED,
    ClockState.CANCELLED: CloseReason.CANCELLED,
}


_OVER_FOR_NOW = frozenset({CloseReason.MISSED.value, CloseReason.CANCELLED.value, CloseReason.WITHDRAWN.value})


def _takes_back(fact: ClockFact, alert: Alert) -> bool:
    """Whether the breach that the alert is about is taken back: known by its due instant, in facts of older releases by
    the ordinal in its key. (A page after a reopening bears the id of another fact.)"""
    place = (alert.generation, BREACH)
    return any(
        taken.due_at == alert.due_at if taken.due_at is not None else mark_of_key(taken.key) == place
        for taken in fact.breach_change.takes_back
    )


def _heard_already(alert: Alert, fact: ClockFact) -> bool:
    """While the alert is open: the same breach under another key, or one of a target that is no longer in force.
    After the end of a breached clock: the breach that its alert is about."""
    if alert.state is AlertState.CLOSED:
        return alert.close_reason == CloseReason.MISSED.value and fact.at == alert.due_at
    if _elsewhere(alert, fact):
        return False
    return fact.at == alert.due_at or (fact.breached != "" and fact.passed_due != fact.at)


def _elsewhere(alert: Alert, fact: ClockFact) -> bool:
    """Whether a new target came with a move to another contract than the one whose people were notified."""
    return fact.kind is FactKind.CLOCK_RETARGETED and fact.contract not in ("", alert.contract)


NO_WAIT: Mapping[int, datetime] = MappingProxyType({})


def in_force(before: Alert, step: EscalationStep) -> bool:
    """Return whether the step still counts: the alert is open and in the step's round."""
    return before.state is AlertState.OPEN and step.round == before.round


def levels_to_repeat(before: Alert) -> tuple[int, ...]:
    """Return the levels that a further round notifies; of a critical fix, not the people entitled to it (clause H6)."""
    addressed = 1 if before.kind is AlertKind.CRITICAL_FIX else 0
    return tuple(range(1 + addressed, len(before.policy.levels) + 1))


def stepped(before: Alert, step: EscalationStep, now: datetime, waits: Mapping[int, datetime] = NO_WAIT) -> AlertChange:
    """Notify the next level of an open alert, or begin the next round.

    Levels of that round named in `waits` are notified at the instants given there.
    """
    if not in_force(before, step):
        return NO_CHANGE
    if step.level == REPEAT:
        return _next_round(before, now, waits)
    alert = replace(before, level=max(before.level, step.level))
    what = f"level-{step.round}.{step.level}"
    return AlertChange(
        alert,
        requests=(_page(alert, step.level, step.fire_at),),
        events=(_event(alert, "escalated", now, key=what, reason=f"level {step.level}"),),
    )


class AckAnswer(StrEnum):
    """What an acknowledgement did."""

    DONE = "done"
    ALREADY = "already"
    CLOSED = "closed"


def acknowledged(before: Alert, who: str, via: str, now: datetime) -> tuple[AckAnswer, AlertChange]:
    """Acknowledge the alert. An acknowledgement of one that is acknowledged or closed changes nothing."""
    match before.state:
        case AlertState.ACKNOWLEDGED:
            return AckAnswer.ALREADY, NO_CHANGE
        case AlertState.CLOSED:
            return AckAnswer.CLOSED, NO_CHANGE
        case AlertState.OPEN:
            alert = replace(
                before,
                state=AlertState.ACKNOWLEDGED,
                acknowledged_at=now,
                acknowledged_by=who,
                acknowledged_via=via,
            )
            event = _event(alert, "acknowledged", now, by=who, reason=via)
            return AckAnswer.DONE, AlertChange(
                alert, clear_steps=True, cancel_reason=UnsentReason.ACKNOWLEDGED, events=(event,)
            )
        case _:
            assert_never(before.state)


def _opened(alert: Alert, now: datetime, cancel_reason: UnsentReason | None) -> AlertChange:
    levels = alert.policy.at_once()
    alert = replace(alert, level=max(levels, default=0))
    return AlertChange(
        alert,
        clear_steps=True,
        steps=steps(alert.policy, alert.id, alert.round, now),
        requests=tuple(_page(alert, level, alert.due_at) for level in levels),
        cancel_reason=cancel_reason,
        events=(_event(alert, "opened", now),),
    )


def _next_round(before: Alert, now: datetime, waits: Mapping[int, datetime]) -> AlertChange:
    round_ = before.round + 1
    at_once = [level for level in before.policy.at_once() if level in levels_to_repeat(before)]
    levels = [level for level in at_once if level not in waits]
    alert = replace(before, round=round_, level=max(levels, default=0))
    later = tuple(EscalationStep(alert.id, round_, level, waits[level]) for level in at_once if level in waits)
    return AlertChange(
        alert,
        steps=(*steps(alert.policy, alert.id, round_, now), *later),
        requests=tuple(_page(alert, level, now) for level in levels),
        events=(_event(alert, "escalated", now, key=f"round-{round_}", reason=f"round {round_}"),),
    )


def _page(alert: Alert, level: int, at: datetime) -> NotificationRequest:
    """One level of one round; the first page of an alert bears the id of the fact itself."""
    first = alert.round == 0 and level == 1
    entitled = alert.kind is AlertKind.CRITICAL_FIX and level == 1
    policy_level = alert.policy.level(level)
    audience: Audience = (
        EntitledRecipients() if entitled else LevelRecipients(level, policy_level.tell, policy_level.channels)
    )
    return NotificationRequest(
        id=alert.occasion if first else f"{alert.occasion}#{alert.round}.{level}",
        kind=_kind_of(alert, policy_level),
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


def _kind_of(alert: Alert, level: EscalationLevel) -> MessageKind:
    if alert.kind is AlertKind.CRITICAL_FIX:
        return MessageKind.CRITICAL_FIX
    return MessageKind.PAGE if level.pages else MessageKind.INFO


def _first(chain: EscalationChain) -> tuple[Audience, ...]:
    levels = chain.at_once() or ((1,) if chain.levels else ())
    return tuple(LevelRecipients(level, chain.level(level).tell, chain.level(level).channels) for level in levels)


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
