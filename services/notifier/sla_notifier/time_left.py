"""At what instant how much of the counted time to an incident's next deadline is left. Pure, but for reading it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.contract import ContractId
from sla_domain.errors import CalendarError
from sla_domain.hours import calendar_named
from sla_domain.rulebook import Rulebook
from sla_notifier.alert.alert import Alert, ExpiryReason
from sla_notifier.alert.chain import EXPIRE, EscalationStep
from sla_notifier.alert.escalating import step_applies
from sla_notifier.alert.expiring import TimeLeft
from sla_notifier.deadline import Deadline, counted_left, next_deadline

NOTHING_RUNS = timedelta(minutes=10)
"""How long an expiry waits while no clock of the incident runs, before it is looked at again."""
_AT_ONCE = timedelta(minutes=1)
_ALL = 100  # percent


async def time_left_of(connection: AsyncConnection, rulebook: Rulebook, alert: Alert, now: datetime) -> TimeLeft | None:
    """Return when an acknowledgement made at `now` expires under a rule on the time left; None if it does not.

    An escalation policy can let an acknowledgement expire when only a share of the time is left to the incident's next
    due instant. The time is counted within the hours of the target's clock. The result is None if the policy has no
    such share, if no target of the incident has a due instant, or if the expiry is less than a minute away.

    Args:
        connection: A connection to the notifier's database.
        rulebook: The contracts and calendars.
        alert: The alert.
        now: When the alert is acknowledged.
    """
    expiry = alert.policy.acknowledgement
    share = None if expiry is None else expiry.share(alert.expiries)
    if share is None:
        return None
    due = await next_deadline(connection, alert.incident, now)
    return None if due is None else share_of(rulebook, alert.contract, due, share, now)


def share_of(rulebook: Rulebook, contract: str, due: Deadline, share: int, now: datetime) -> TimeLeft | None:
    """Return the instant from which only `share` percent of the time left at `now` remains until a clock's due instant.

    A clock is the timer of one target. The time is counted within the clock's hours; if these are not known, all time
    counts. The result also has the time that remains then. It is None if the instant is less than a minute away.

    Args:
        rulebook: The contracts and calendars.
        contract: The contract's id.
        due: The clock's due instant, with the hours of the clock.
        share: The percentage.
        now: The present instant.
    """
    left = counted_left(rulebook, contract, due, now) * share / _ALL
    at = instant_with_left(rulebook, contract, due, left)
    return TimeLeft(left, at) if at > now + _AT_ONCE else None


def instant_with_left(rulebook: Rulebook, contract: str, due: Deadline, left: timedelta) -> datetime:
    """Return the instant from which the time `left` remains until a clock's due instant.

    A clock is the timer of one target. The time is counted within the clock's hours; if these are not known, all time
    counts.

    Args:
        rulebook: The contracts and calendars.
        contract: The contract's id.
        due: The clock's due instant, with the hours of the clock.
        left: The time that remains.
    """
    calendar = calendar_named(rulebook, ContractId(contract), due.hours)
    if calendar is None:
        return due.due_at - left
    try:
        return calendar.subtract(due.due_at, left)
    except CalendarError:
        return due.due_at - left


async def later_expiry(
    connection: AsyncConnection, rulebook: Rulebook, alert: Alert, step: EscalationStep, now: datetime
) -> datetime | None:
    """Return the later instant to which the expiry of an acknowledgement is put off; None if it is not put off.

    The expiry is put off if more time is left to the incident's next due instant than was planned, because the due
    instant has moved or no clock of the incident runs now.

    Args:
        connection: A connection to the notifier's database.
        rulebook: The contracts and calendars.
        alert: The alert of the step.
        step: A due step of the alert's escalation. The result is None unless the step ends an acknowledgement that
            expires when a share of the time is left.
        now: The present instant.
    """
    by_time = alert.expires_at is not None and alert.expires_because is ExpiryReason.TIME_LEFT
    if step.level != EXPIRE or not by_time or not step_applies(alert, step, now):
        return None
    due = await next_deadline(connection, alert.incident, now)
    if due is None:
        return now + NOTHING_RUNS
    at = instant_with_left(rulebook, alert.contract, due, timedelta(seconds=alert.expires_left))
    return at if at > now + _AT_ONCE else None
