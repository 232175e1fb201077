"""Whether a due step is postponed: a reminder to people outside their hours waits until the first of them is on duty.

People who were not notified of an alert yet are notified at any hour (`sla_domain.roles.turn`), so no news waits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_catalogue import Catalogue
from sla_notifier import tables
from sla_notifier.alert.alert import Alert
from sla_notifier.alert.chain import EscalationStep
from sla_notifier.alert.escalating import levels_of_step
from sla_notifier.delivery.state import DeliveryState, MessageKind
from sla_notifier.notification.directory import booked_for, contract_of, resolve_level

_d = tables.delivery.c
_LOST = [DeliveryState.FAILED.value, DeliveryState.UNDELIVERABLE.value, DeliveryState.CANCELLED.value]


@dataclass(frozen=True, slots=True)
class AlreadyNotified:
    """The people who were notified of an alert since it was opened last, by their ids."""

    paged: frozenset[str] = frozenset()
    """Ids of the people notified by messages that asked for an acknowledgement."""
    informed: frozenset[str] = frozenset()
    """Ids of the people notified by messages that only informed."""


@dataclass(frozen=True, slots=True)
class StepDelay:
    """How long an escalation step, or a level of it, waits because the people to notify again are off duty."""

    step: datetime | None = None
    """Until when the whole step waits. None means that the step does not wait."""
    levels: dict[int, datetime] = field(default_factory=dict)
    """Maps a level of a new round to the instant until which the level waits, although the round begins."""


def delay_of(
    catalogue: Catalogue, alert: Alert, step: EscalationStep, notified: AlreadyNotified, now: datetime
) -> StepDelay:
    """Return how long an escalation step, or some of its levels, wait because the people to notify are off duty.

    A step notifies one level, or the levels of a new round. A level waits if all three conditions are true:

    - Nobody of the level is on duty.
    - All people of the level were notified before.
    - The instant when the first of them comes on duty is known.

    If all levels of the step wait, the whole step waits until the earliest of these instants. If only some levels wait,
    the new round begins without them, and each follows at its instant.

    Args:
        notified: Who was notified since the alert was opened last. For a level that pages, only paged people matter.
        now: The instant at which duty is checked.
    """
    until = {level: _until(catalogue, alert, level, notified, now) for level in levels_of_step(alert, step)}
    waiting = {level: instant for level, instant in until.items() if instant is not None}
    if waiting and len(waiting) == len(until):
        return StepDelay(min(waiting.values()))
    return StepDelay(None, waiting)


def _until(catalogue: Catalogue, alert: Alert, level: int, notified: AlreadyNotified, now: datetime) -> datetime | None:
    policy_level = alert.policy.level(level)
    before: Collection[str] = notified.paged if policy_level.pages else notified.paged | notified.informed
    contract = contract_of(catalogue, alert.contract)
    booked = booked_for(contract, alert.content)
    return resolve_level(catalogue, contract, policy_level.tell, now, before, booked=booked, first=level == 1).until


async def already_notified(connection: AsyncConnection, alerts: Iterable[Alert]) -> dict[str, AlreadyNotified]:
    """Return the people who were notified since each alert was opened last, by alert id.

    There is an entry for each of `alerts`. People are left out if all their messages failed, were cancelled or had no
    address. Left out too are people who were notified because their contract entitles them to a critical fix: they
    are level 1 of the alert about that fix.
    """
    episodes = {alert.id: alert.episode for alert in alerts}
    statement = select(_d.alert, _d.episode, _d.kind, _d.level, _d.person).where(
        _d.alert.in_(sorted(episodes)),
        _d.kind.in_([MessageKind.PAGE.value, MessageKind.INFO.value, MessageKind.CRITICAL_FIX.value]),
        _d.state.not_in(_LOST),
    )
    paged: dict[str, set[str]] = {}
    informed: dict[str, set[str]] = {}
    for alert, episode, kind, level, person in await connection.execute(statement):
        addressed = (
            kind == MessageKind.CRITICAL_FIX.value and level == 1
        )  # by the fix itself, which no level of its escalation is
        if episode == episodes[alert] and not addressed:
            (informed if kind == MessageKind.INFO.value else paged).setdefault(alert, set()).add(person)
    return {id_: AlreadyNotified(frozenset(paged.get(id_, ())), frozenset(informed.get(id_, ()))) for id_ in episodes}
