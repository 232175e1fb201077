"""Taking an alert, handing it to a person, snoozing it: what is refused, and what is stored in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_catalogue import Catalogue
from sla_domain.contract import Person, Side
from sla_notifier import tables
from sla_notifier.acknowledge.acknowledge import AckBy, Acknowledged
from sla_notifier.alert import store as alerts
from sla_notifier.alert.acknowledging import AckAnswer
from sla_notifier.alert.alert import Alert, AlertKind
from sla_notifier.alert.change import AlertChange
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.alert.taking import pass_on, snooze, take_over
from sla_notifier.context import NotifierContext
from sla_notifier.deadline import Deadline, next_deadline
from sla_notifier.delivery.endpoint import disabled_endpoints
from sla_notifier.notification.directory import contract_of, usable_addresses
from sla_notifier.notification.unit_of_work import write_changes
from sla_notifier.time_left import time_left_of
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, Command, state_digest
from sla_platform.store.instant import store_now

LONGEST_SNOOZE = timedelta(days=30)


class RefusedBecause(StrEnum):
    """The reasons why an alert cannot be passed on or snoozed."""

    OF_FIX = "of_fix"
    """The alert is about a critical fix."""
    NOBODY = "nobody"
    """The contract has no such person on the support's side, or the person cannot be reached."""
    NOT_AHEAD = "not_ahead"
    """The end of the snooze is not in the future."""
    TOO_LONG = "too_long"
    """The end of the snooze is more than 30 days away."""
    PAST_DEADLINE = "past_deadline"
    """Another clock of the incident is due before the end of the snooze, and nobody has confirmed that."""


@dataclass(frozen=True, slots=True)
class OrderRefused:
    """The result if an alert cannot be passed on or snoozed: the reason, and the unchanged alert."""

    because: RefusedBecause
    alert: Alert
    deadline: Deadline | None = None
    """The due instant that comes before the end of the snooze. None unless the reason is PAST_DEADLINE."""


@dataclass(frozen=True, slots=True)
class _Done:
    name: ActName
    details: dict[str, str]
    answer: AckAnswer
    change: AlertChange


_Decide = Callable[[AsyncConnection, Alert, datetime], Awaitable[_Done | OrderRefused]]


class Orders:
    """Lets people take over, pass on and snooze alerts. Each change of an alert is recorded in the audit log."""

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def take(self, id_: str, by: AckBy, contract: str | None = None) -> Acknowledged | OrderRefused | None:
        """Acknowledge an alert, even if somebody else has acknowledged it already.

        This is how somebody takes over an alert. Returns None if there is no such alert.

        Args:
            id_: The alert's id.
            by: Who takes over the alert.
            contract: The contract to which the alert must belong. None means any contract.

        Raises:
            StoreBusy: The database fails.
        """

        async def decide(connection: AsyncConnection, alert: Alert, now: datetime) -> _Done | OrderRefused:
            steps = await alerts.next_steps(connection, (alert.id,))
            left = await time_left_of(connection, self._context.catalogue().rulebook, alert, now)
            answer, change = take_over(alert, by.name, by.via, now, steps.get(alert.id), left)
            return _Done(ActName.ALERT_ACKNOWLEDGED, {"from": alert.acknowledged_by}, answer, change)

        return await self._order(id_, by, contract, decide)

    async def pass_to(
        self, id_: str, to: str, by: AckBy, contract: str | None = None
    ) -> Acknowledged | OrderRefused | None:
        """Pass an alert on: open the alert for another person, who is paged.

        Returns None if there is no such alert.

        Args:
            id_: The alert's id.
            to: The id of the person to whom the alert is passed.
            by: Who passes the alert on.
            contract: The contract to which the alert must belong. None means any contract.

        Raises:
            StoreBusy: The database fails.
        """

        async def decide(connection: AsyncConnection, alert: Alert, now: datetime) -> _Done | OrderRefused:
            disabled = await disabled_endpoints(connection)
            there = people_to_pass_to(self._context.catalogue(), alert, now, disabled)
            if to not in {person.id for person in there}:
                return OrderRefused(RefusedBecause.NOBODY, alert)
            return _Done(ActName.ALERT_PASSED, {"to": to}, *pass_on(alert, by.name, to, now))

        return await self._order(id_, by, contract, decide, fixes=False)

    async def snooze(
        self, id_: str, until: datetime, by: AckBy, contract: str | None = None, *, past_deadline: bool = False
    ) -> Acknowledged | OrderRefused | None:
        """Snooze an alert: acknowledge it until an instant, at which it opens again and the person is paged.

        The snooze is refused if another clock of the incident is due before `until` and `past_deadline` is False.
        Returns None if there is no such alert.

        Args:
            id_: The alert's id.
            until: The instant at which the alert opens again.
            by: Who snoozes the alert.
            contract: The contract to which the alert must belong. None means any contract.
            past_deadline: Whether somebody has confirmed that another clock of the incident is due before `until`.

        Raises:
            StoreBusy: The database fails.
        """

        async def decide(connection: AsyncConnection, alert: Alert, now: datetime) -> _Done | OrderRefused:
            if until <= now:
                return OrderRefused(RefusedBecause.NOT_AHEAD, alert)
            if until > now + LONGEST_SNOOZE:
                return OrderRefused(RefusedBecause.TOO_LONG, alert)
            due = await next_deadline(connection, alert.incident, now)
            if due is not None and due.due_at <= until and not past_deadline:
                return OrderRefused(RefusedBecause.PAST_DEADLINE, alert, due)
            details = {"until": until.isoformat(), "past_deadline": "yes" if past_deadline else "no"}
            return _Done(ActName.ALERT_SNOOZED, details, *snooze(alert, by.name, by.via, until, now))

        return await self._order(id_, by, contract, decide, fixes=False)

    async def _order(
        self, id_: str, by: AckBy, contract: str | None, decide: _Decide, *, fixes: bool = True
    ) -> Acknowledged | OrderRefused | None:
        async with self._context.writing() as connection:
            known = await alerts.lock_alerts(connection, {id_})
            before = known.get(id_)
            if before is None or contract not in (None, before.contract):
                return None
            if not fixes and before.kind is AlertKind.CRITICAL_FIX:
                return OrderRefused(RefusedBecause.OF_FIX, before)
            now = await store_now(connection, self._context.time_source)
            done = await decide(connection, before, now)
            if isinstance(done, OrderRefused):
                return done
            batch = ChangeSet(known)
            batch.add(done.change)
            after = batch.alerts.get(id_, before)
            if batch.alerts:
                await write_changes(connection, batch, self._context.catalogue(), self._context.render_config, now)
                act = Act(
                    name=done.name,
                    command=Command(by.actor),
                    object=id_,
                    contract=after.contract,
                    before=state_digest(before.columns()),
                    after=state_digest(after.columns()),
                    details={"via": by.via, "by": by.name, "incident": after.incident, **done.details},
                )
                await audit.append(connection, tables.audit, [act], now)
        if batch.alerts:
            self._context.metrics.acknowledged.labels(by.via).inc()
            self._context.signal()
        return Acknowledged(done.answer, after)


def people_to_pass_to(
    catalogue: Catalogue, alert: Alert, now: datetime, disabled: frozenset[str] = frozenset()
) -> tuple[Person, ...]:
    """Return the people to whom an alert can be passed, sorted by name.

    They are the people of the contract on the support's side who can be reached now.

    Args:
        catalogue: The contracts, rotas and channels.
        alert: The alert.
        now: The present instant.
        disabled: Ids of the disabled endpoints (mail server, webhooks).
    """
    contract = contract_of(catalogue, alert.contract)
    named = {holder.person for holder in contract.roles} | set(contract.people)
    for holder in contract.roles:
        rota = None if holder.rota is None else catalogue.rulebook.rotas.get(holder.rota)
        named |= set() if rota is None else set(rota.people)
    people = (catalogue.rulebook.person(contract, id_) for id_ in named)
    there = [
        each
        for each in people
        if each is not None
        and each.side is Side.SUPPORT
        and not each.gone(now, contract.zone)
        and usable_addresses(catalogue, each, disabled)
    ]
    return tuple(sorted(there, key=lambda person: (person.name, person.id)))
