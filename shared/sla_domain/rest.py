"""Until when a person is not to be disturbed by messages that can wait. Pure.

People rest in their quiet hours, and where a level notifies them although they are off duty, until they are on duty.
"""

from __future__ import annotations

from datetime import datetime

from sla_domain.calendar import Calendar
from sla_domain.errors import CalendarError
from sla_domain.roles import RoleHolding, RoleReason


def rests_until(holding: RoleHolding, at: datetime) -> datetime | None:
    """Return until when a person whom an escalation level notifies is not to be disturbed.

    The result is None if the person may be disturbed at `at`, or if it is not known when that is possible again. These
    rules apply:

    - A person off duty is not disturbed until the duty begins.
    - A person whom the level names directly, not by a role, is not disturbed outside their working hours.
    - Nobody is disturbed in their quiet hours, even if their duty or working hours begin within them.

    Args:
        holding: The person, and why the level notifies the person.
        at: The present instant, aware.
    """
    try:
        until = _on_duty_at(holding, at)
        return None if until is None else _after_quiet(holding.quiet, until, at)
    except CalendarError:
        return None  # no calendar for this instant: better to send too early than never


def _on_duty_at(holding: RoleHolding, at: datetime) -> datetime | None:
    """When the person is on duty at the earliest; None if that is not known."""
    if holding.reason in (RoleReason.OFF_DUTY, RoleReason.EVERYBODY):
        return holding.begins
    hours = holding.person.hours
    if holding.reason is RoleReason.NAMED and hours is not None and not hours.is_open(at):
        return hours.next_open(at)
    return at


def _after_quiet(quiet: Calendar | None, until: datetime, at: datetime) -> datetime | None:
    if quiet is not None and quiet.is_open(until):
        return quiet.next_close(until)
    return until if until > at else None
