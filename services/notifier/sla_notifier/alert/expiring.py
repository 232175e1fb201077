"""Acknowledgements that expire: when, what puts it off, and what then happens. Pure: the alert before, and the change.

An alert whose acknowledgement expires opens again within its episode, as the next round: the breach is the same, and
the links of its messages still answer it. The round begins behind the level that was reached, because the people up to
there know.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sla_domain.escalation import EXPIRE
from sla_notifier.alert.alert import Alert, AlertState, ExpiryReason
from sla_notifier.alert.chain import EscalationStep, steps_of_round
from sla_notifier.alert.change import NO_CHANGE, AlertChange, log_event, page_request
from sla_notifier.alert.request import TellRecipients


def plan_expiry(
    alert: Alert, now: datetime, next_level_at: datetime | None
) -> tuple[Alert, tuple[EscalationStep, ...]]:
    """Return an acknowledged alert with the expiry of its acknowledgement, and the escalation step for the expiry.

    There is no step if the policy says that acknowledgements do not expire, or if as many have expired as it allows.

    Args:
        alert: The alert after the acknowledgement.
        now: When the alert was acknowledged.
        next_level_at: When the next level would have been notified. None if no level was left.
    """
    expiry = alert.policy.acknowledgement
    never = replace(alert, expires_at=None, expires_latest=None, latest_reason="")
    if expiry is None or alert.expiries >= expiry.times:
        return never, ()
    latest = next_level_at if expiry.at_next_level else None
    reason = "" if latest is None else ExpiryReason.NEXT_LEVEL.value
    idle = None if expiry.after is None else now + expiry.after
    at = min((each for each in (latest, idle) if each is not None), default=None)
    if at is None:
        return never, ()
    planned = replace(alert, expires_at=at, expires_latest=latest, latest_reason=reason)
    return planned, (_step(planned, at),)


def note_work(before: Alert, at: datetime, now: datetime) -> AlertChange:
    """Return the change when somebody works on the ticket of an acknowledged alert: its acknowledgement expires later.

    The policy's time without work begins again at the work. The change is empty if the acknowledgement does not expire
    for lack of work, or would not expire later.

    Args:
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
    return AlertChange(replace(before, expires_at=later), clear_steps=True, steps=(_step(before, later),))


def levels_at_expiry(before: Alert) -> tuple[int, ...]:
    """Return the numbers of the levels to notify at once when the acknowledgement of an alert expires.

    They are the levels after the one that was reached, up to the first that pages. If no later level pages, the
    escalation begins again from level 1.
    """
    later = _levels_after(before)
    pages = next((place for place, level in enumerate(later) if before.policy.level(level).pages), len(later) - 1)
    return later[: pages + 1]


def expire(before: Alert, step: EscalationStep, now: datetime) -> AlertChange:
    """Return the change when the acknowledgement of an alert expires: the alert is opened again and escalates further.

    The next levels are notified, and the person who had acknowledged. Later levels follow after the usual delays. The
    change is empty if the alert is not acknowledged any more, or if its acknowledgement expires later.
    """
    if not expires_by(before, step, now):
        return NO_CHANGE
    at_once = levels_at_expiry(before)
    round_ = before.round + 1
    alert = replace(
        before,
        state=AlertState.OPEN,
        round=round_,
        level=max(at_once, default=0),
        expiries=before.expiries + 1,
        expires_at=None,
        expires_latest=None,
        latest_reason="",
    )
    start = now - _delay(before, max(at_once, default=0))
    steps = steps_of_round(alert.policy, alert.id, round_, start, more_rounds=alert.expiries)
    reached = [page_request(alert, level, now) for level in at_once]
    requests = [
        replace(each, audience=(*each.audience, TellRecipients((before.acknowledged_by,)))) if place == 0 else each
        for place, each in enumerate(reached)
    ]
    number = alert.expiries
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
            log_event(alert, "escalated", now, key=f"round-{round_}", reason=f"level {alert.level}"),
        ),
    )  # fmt: skip


def expires_by(before: Alert, step: EscalationStep, now: datetime) -> bool:
    """Return whether a due escalation step ends the acknowledgement of its alert (`before`)."""
    due = before.expires_at is not None and before.expires_at <= now
    return before.state is AlertState.ACKNOWLEDGED and step.round == before.round and due


def _levels_after(before: Alert) -> tuple[int, ...]:
    levels = tuple(range(1, len(before.policy.levels) + 1))
    behind = levels[before.level :]
    return behind if any(before.policy.level(level).pages for level in behind) else levels


def _delay(before: Alert, level: int) -> timedelta:
    return before.policy.level(level).after if level else timedelta()


def _step(alert: Alert, at: datetime) -> EscalationStep:
    return EscalationStep(alert.id, alert.round, EXPIRE, at)
