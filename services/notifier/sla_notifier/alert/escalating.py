"""A due escalation step: the next level or the next round of an open alert. Pure: the alert before, and the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from sla_notifier.alert.alert import Alert, AlertKind, AlertState
from sla_notifier.alert.chain import EXPIRE, REPEAT, EscalationStep, steps_of_round
from sla_notifier.alert.change import NO_CHANGE, AlertChange, log_event, page_request
from sla_notifier.alert.expiring import expire, expires_by, levels_at_expiry

NO_WAIT: Mapping[int, datetime] = MappingProxyType({})


def step_applies(before: Alert, step: EscalationStep, now: datetime) -> bool:
    """Return whether an escalation step still applies at `now`.

    - A step that notifies people applies if its alert (`before`) is open and in the same round as the step.
    - The expiry of an acknowledgement applies if the alert is acknowledged, in the same round, and due to expire.
    """
    if step.level == EXPIRE:
        return expires_by(before, step, now)
    return before.state is AlertState.OPEN and step.round == before.round


def levels_of_step(before: Alert, step: EscalationStep) -> tuple[int, ...]:
    """Return the numbers of the levels whose people a due escalation step may notify.

    - A step for one level: this level.
    - A step that begins another round (pass through the levels): see `levels_to_repeat`.
    - The expiry of an acknowledgement: see `levels_at_expiry`.

    Args:
        before: The step's alert.
    """
    if step.level == EXPIRE:
        return levels_at_expiry(before)
    return levels_to_repeat(before) if step.level == REPEAT else (step.level,)


def levels_to_repeat(before: Alert) -> tuple[int, ...]:
    """Return the numbers of the levels that are notified in a further round (pass through the levels) of an escalation.

    These are all levels. For a critical fix, level 1 is left out, because the people entitled to a fix are notified
    only once (clause H6, docs/clauses.md).

    Args:
        before: The alert.
    """
    addressed = 1 if before.kind is AlertKind.CRITICAL_FIX else 0
    return tuple(range(1 + addressed, len(before.policy.levels) + 1))


def take_step(
    before: Alert, step: EscalationStep, now: datetime, waits: Mapping[int, datetime] = NO_WAIT
) -> AlertChange:
    """Return the change for a due escalation step; nothing is stored or sent here.

    There are three kinds of steps:

    - A step for one level, if the alert is open: it notifies the people of this level.
    - A step that begins the next round, if the alert is open: it notifies, at `now`, every level that has no delay.
    - The expiry of an acknowledgement, if the alert is acknowledged: it opens the alert again.

    The change is empty if the alert is in another state than the step needs, or in another round than the step.

    Args:
        before: The step's alert.
        waits: Level without a delay -> the later instant at which the next round notifies it, because its people are
            off duty.
    """
    if step.level == EXPIRE:
        return expire(before, step, now)
    if not step_applies(before, step, now):
        return NO_CHANGE
    if step.level == REPEAT:
        return _next_round(before, now, waits)
    alert = replace(before, level=max(before.level, step.level))
    what = f"level-{step.round}.{step.level}"
    return AlertChange(
        alert,
        requests=(page_request(alert, step.level, step.fire_at),),
        events=(log_event(alert, "escalated", now, key=what, reason=f"level {step.level}"),),
    )


def _next_round(before: Alert, now: datetime, waits: Mapping[int, datetime]) -> AlertChange:
    round_ = before.round + 1
    at_once = [level for level in before.policy.at_once() if level in levels_to_repeat(before)]
    levels = [level for level in at_once if level not in waits]
    alert = replace(before, round=round_, level=max(levels, default=0))
    later = tuple(EscalationStep(alert.id, round_, level, waits[level]) for level in at_once if level in waits)
    return AlertChange(
        alert,
        steps=(*steps_of_round(alert.policy, alert.id, round_, now, more_rounds=alert.extra_rounds), *later),
        requests=tuple(page_request(alert, level, now) for level in levels),
        events=(log_event(alert, "escalated", now, key=f"round-{round_}", reason=f"round {round_}"),),
    )
