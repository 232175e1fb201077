"""Acknowledgements that expire: when, what puts it off, and what then happens. Pure: the alert before, and the change.

An alert whose acknowledgement expires opens again within its episode, as the next round: the breach is the same, and
the links of its messages still answer it. The round begins behind the level that was reached, because the people up to
there know.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sla_domain.escalation import EXPIRE, REPEAT
from sla_notifier.alert.alert import Alert, AlertState, ExpiryReason
from sla_notifier.alert.chain import EscalationStep, steps_of_round
from sla_notifier.alert.change import NO_CHANGE, AlertChange, lapsed_of, log_event, page_request, passed_of
from sla_notifier.alert.request import NotificationRequest, RoleRecipients, TellRecipients
from sla_notifier.delivery.state import MessageKind

PATIENCE = timedelta(minutes=30)  # for a person who is paged alone, where the policy has no further level or round
VIA_API = "api"


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """When an acknowledgement expires because only a certain share of the time to the next due instant is left.

    The due instant is the next one of the incident's clocks (measurements of targets). The time is counted within the
    hours in which that clock counts.
    """

    left: timedelta
    """The counted time from that instant to the due instant."""
    at: datetime
    """The instant, computed from the present due instant."""


def expire_later(before: Alert, at: datetime) -> AlertChange:
    """Return the change that puts off the expiry of an acknowledgement to the instant `at`.

    The reason is that more time to the due instant is left than planned: the due instant has moved, or its clock is
    paused.

    Args:
        before: The acknowledged alert before the change.
        at: When the acknowledgement expires instead.
    """
    alert = replace(before, expires_at=at, expires_latest=at)
    return AlertChange(alert, clear_steps=True, steps=(expiry_step(alert, at),))


def plan_expiry(
    alert: Alert, now: datetime, next_level_at: datetime | None, time_left: TimeLeft | None = None
) -> tuple[Alert, tuple[EscalationStep, ...]]:
    """Return an acknowledged alert with the time at which its acknowledgement expires, and the step for the expiry.

    There is no step if the escalation policy says that acknowledgements do not expire, or if the alert's
    acknowledgements have already expired as often as the policy allows.

    Args:
        alert: The alert after the acknowledgement.
        now: When the alert was acknowledged.
        next_level_at: When the next level would have been notified. None if no level was left.
        time_left: When the acknowledgement expires because only a share of the time to the next due instant is left.
            None if the policy has no such rule.
    """
    expiry = alert.policy.acknowledgement
    never = replace(alert, expires_at=None, expires_latest=None, latest_reason="", expires_left=0.0)
    if expiry is None or alert.expiries >= expiry.times:
        return never, ()
    latest = next_level_at if expiry.at_next_level else None
    reason = "" if latest is None else ExpiryReason.NEXT_LEVEL.value
    seconds = 0.0
    if time_left is not None and (latest is None or time_left.at < latest):
        latest, reason, seconds = time_left.at, ExpiryReason.TIME_LEFT.value, time_left.left.total_seconds()
    idle = None if expiry.after is None else now + expiry.after
    at = min((each for each in (latest, idle) if each is not None), default=None)
    if at is None:
        return never, ()
    planned = replace(alert, expires_at=at, expires_latest=latest, latest_reason=reason, expires_left=seconds)
    return planned, (expiry_step(planned, at),)


def note_work(before: Alert, at: datetime, now: datetime) -> AlertChange:
    """Return the change that lets an acknowledgement expire later, because somebody has worked on the alert's ticket.

    The escalation policy allows a certain time without work. This time begins again at `at`. The change is empty in
    three cases:

    - The alert is not acknowledged.
    - The acknowledgement does not expire for lack of work.
    - The acknowledgement would not expire later than planned so far.

    Args:
        before: The alert.
        at: When the work was done. An instant after `now` is read as `now`.
    """
    expiry = before.policy.acknowledgement
    if before.state is not AlertState.ACKNOWLEDGED or before.expires_at is None:
        return NO_CHANGE
    if expiry is None or expiry.after is None or before.expires_because is not ExpiryReason.IDLE:
        return NO_CHANGE
    later = min(at, now) + expiry.after
    if before.expires_latest is not None:
        later = min(later, before.expires_latest)
    if later <= before.expires_at:
        return NO_CHANGE
    return AlertChange(replace(before, expires_at=later), clear_steps=True, steps=(expiry_step(before, later),))


def levels_at_expiry(before: Alert) -> tuple[int, ...]:
    """Return the numbers of the levels to notify at once when the acknowledgement of an alert expires.

    - After an ordinary acknowledgement: the levels after the last notified one, up to the first that pages (asks for an
      acknowledgement). If no later level pages, the levels from 1 up to the first one that pages.
    - After a snooze: none, because only the person who snoozed the alert is paged. If this person is not known, the
      last notified level.
    """
    if before.expires_because is ExpiryReason.SNOOZED:
        return () if _by_person(before) else (max(before.level, 1),)
    later = _levels_after(before)
    pages = next((place for place, level in enumerate(later) if before.policy.level(level).pages), len(later) - 1)
    return later[: pages + 1]


def expire(before: Alert, step: EscalationStep, now: datetime) -> AlertChange:
    """Return the change when the acknowledgement of an alert expires: the alert opens again and escalates.

    The next levels and the person who had acknowledged the alert are notified. Later levels follow after the usual
    delays. After a snooze, only the person who snoozed the alert is paged, if known.

    The change is empty if the alert is not acknowledged any more, or if its acknowledgement expires later.

    Args:
        before: The alert before the expiry.
        step: The due escalation step that expires the acknowledgement.
        now: The present instant.
    """
    if not expires_by(before, step, now):
        return NO_CHANGE
    if before.expires_because is ExpiryReason.SNOOZED and _by_person(before):
        return _snooze_over(before, now)
    at_once = levels_at_expiry(before)
    alert = opened_again(
        before,
        level=max(at_once, default=0),
        expiries=before.expiries + (before.expires_because is not ExpiryReason.SNOOZED),
    )
    start = now - _delay(before, alert.level)
    steps = steps_of_round(alert.policy, alert.id, alert.round, start, more_rounds=alert.extra_rounds)
    reached = [page_request(alert, level, now) for level in at_once]
    requests = [
        replace(each, audience=(*each.audience, TellRecipients((before.acknowledged_by,)))) if place == 0 else each
        for place, each in enumerate(reached)
    ]
    number = alert.extra_rounds
    return AlertChange(
        alert,
        clear_steps=True,
        steps=tuple(each for each in steps if each.fire_at > now),
        requests=tuple(requests),
        events=(
            log_event(
                alert, "expired", now, key=f"expired-{number}", reason=before.expires_because.value,
                by=before.acknowledged_by,
            ),
            log_event(alert, "escalated", now, key=f"round-{alert.round}", reason=f"level {alert.level}"),
        ),
    )  # fmt: skip


def remaining_steps(alert: Alert, now: datetime) -> tuple[EscalationStep, ...]:
    """Return the escalation steps that an alert still has in its present round (pass through the levels).

    - If a level after the last notified one pages (asks for an acknowledgement), the steps notify the later levels, and
      begin the next round if one follows. The usual delays between levels are counted from `now`.
    - Otherwise there is one step, which begins the next round. It is due after the pause between rounds in the
      escalation policy, or after half an hour if the policy has no such pause.
    """
    later = _pages_behind(alert)
    if not later:
        return (EscalationStep(alert.id, alert.round, REPEAT, now + (alert.policy.repeat or PATIENCE)),)
    steps = steps_of_round(
        alert.policy, alert.id, alert.round, now - _delay(alert, alert.level), more_rounds=alert.extra_rounds
    )
    return tuple(each for each in steps if each.fire_at > now)


def page_person(alert: Alert, person: str, now: datetime) -> NotificationRequest:
    """Return the request to page one person in the present round of an alert about a clock.

    Args:
        alert: The alert.
        person: The person's id.
        now: When the request is made.
    """
    return NotificationRequest(
        id=f"{alert.occasion}#{alert.round}.0",
        kind=MessageKind.PAGE,
        at=now,
        contract=alert.contract,
        content=alert.content,
        audience=(RoleRecipients((person,)),),
        alert=alert.id,
        episode=alert.episode,
        round=alert.round,
        due_at=alert.due_at,
        lapsed=lapsed_of(alert),
        passed=passed_of(alert),
    )


def opened_again(before: Alert, **changed: Any) -> Alert:
    """Return a copy of an alert that is open again, in the next round, without an expiry of the acknowledgement.

    Args:
        before: The alert, in any state.
        changed: Other fields of the alert to change, by name.
    """
    return replace(
        before,
        state=AlertState.OPEN,
        round=before.round + 1,
        extra_rounds=before.extra_rounds + 1,
        expires_at=None,
        expires_latest=None,
        latest_reason="",
        **changed,
    )


def _snooze_over(before: Alert, now: datetime) -> AlertChange:
    alert = opened_again(before)
    key = f"expired-{alert.extra_rounds}"
    event = log_event(alert, "expired", now, key=key, reason=ExpiryReason.SNOOZED.value, by=before.acknowledged_by)
    return AlertChange(
        alert,
        clear_steps=True,
        steps=remaining_steps(alert, now),
        requests=(page_person(alert, before.acknowledged_by, now),),
        events=(event,),
    )


def _by_person(before: Alert) -> bool:
    """Whether a person said so by a link; what a program says is a name, and no id of a person."""
    return before.acknowledged_via != VIA_API


def expires_by(before: Alert, step: EscalationStep, now: datetime) -> bool:
    """Return whether a due escalation step makes the acknowledgement of its alert expire at `now`.

    This is so if the alert is acknowledged, in the same round as the step, and its `expires_at` is not after `now`.

    Args:
        before: The step's alert.
    """
    due = before.expires_at is not None and before.expires_at <= now
    return before.state is AlertState.ACKNOWLEDGED and step.round == before.round and due


def _levels_after(before: Alert) -> tuple[int, ...]:
    return _pages_behind(before) or tuple(range(1, len(before.policy.levels) + 1))


def _pages_behind(before: Alert) -> tuple[int, ...]:
    """The levels behind the one reached, if any of them pages."""
    behind = tuple(range(before.level + 1, len(before.policy.levels) + 1))
    return behind if any(before.policy.level(level).pages for level in behind) else ()


def _delay(before: Alert, level: int) -> timedelta:
    return before.policy.level(level).after if level else timedelta()


def expiry_step(alert: Alert, at: datetime) -> EscalationStep:
    """Return the escalation step with which the acknowledgement of an alert expires at the instant `at`."""
    return EscalationStep(alert.id, alert.round, EXPIRE, at)
