"""Acknowledging alerts: the alert, its steps and its queued pages change in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.bounds import WHO, shorten
from sla_notifier import tables
from sla_notifier.alert import store as alerts
from sla_notifier.alert.acknowledging import AckAnswer, acknowledge_alert
from sla_notifier.alert.alert import Alert, AlertKind, fix_alert_id
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.context import NotifierContext
from sla_notifier.notice import store as notices
from sla_notifier.notification.unit_of_work import write_changes
from sla_notifier.time_left import time_left_of
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, ActorKind, AuditActor, Command, state_digest
from sla_platform.store.instant import store_now


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The result of acknowledging one alert: what was done, and the alert afterwards."""

    answer: AckAnswer
    """What was done."""
    alert: Alert
    """The alert after the acknowledgement."""


@dataclass(frozen=True, slots=True)
class AckBy:
    """Who acknowledges an alert: a person, or a program with an API key."""

    name: str
    """Id of the person, or the name given in the API call. It is stored with the alert."""
    via: str
    """How the alert is acknowledged: `link`, `digest` (the link in a collective mail) or `api`. It is stored with the
    alert.
    """
    actor: AuditActor
    """The person or API key to record in the audit log."""

    @classmethod
    def person(cls, id_: str, via: str) -> AckBy:
        """Return the AckBy of a person who acknowledges by a link in a message.

        Args:
            id_: The person's id.
            via: `link`, or `digest` for the link of a digest (a mail that collects several messages).
        """
        return cls(id_, via, AuditActor(ActorKind.PERSON, id_))


def name_and_key(named: str, key: str) -> str:
    """Return the name to store for an acknowledgement by the API, such as `Anna Weber (key ops)`.

    If one of the two arguments is "", the result is the other. If both are "", the result is `somebody`. A long name is
    shortened, so that the result has at most 120 characters.

    Args:
        named: The name in the request.
        key: The id of the API key.
    """
    by = f" (key {key})" if named and key else ""
    return shorten(named or key or "somebody", WHO - len(by)) + by


class Acknowledger:
    """Acknowledges alerts, which stops their escalation and cancels their pages that were not sent yet.

    Call `acknowledge` for one alert, and `acknowledge_listed` for the alerts in a digest (a mail that collects several
    messages).
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def acknowledge(
        self, alert: str, by: AckBy, *, contract: str | None = None, together: bool = False
    ) -> Acknowledged | None:
        """Acknowledge one alert, and return what was done, with the alert afterwards.

        An alert that is acknowledged or closed already does not change. The result is None if there is no such alert,
        or if the alert belongs to another contract.

        Args:
            alert: The alert's id.
            by: Who acknowledges.
            contract: The contract to which the alert must belong. None means any contract.
            together: Whether to acknowledge the alerts of several contracts. This matters only if one message about a
                critical fix named several contracts.

        Raises:
            StoreBusy: The database fails.
        """
        async with self._context.writing() as connection:
            others = await _others(connection, alert, by.name) if together else []
            known = await alerts.lock_alerts(connection, {alert, *others})
            before = known.get(alert)
            if before is None or contract not in (None, before.contract):
                return None
            now = await store_now(connection, self._context.time_source)
            answers, batch = {}, ChangeSet(known)
            steps = await alerts.next_steps(connection, known)
            book = self._context.catalogue().rulebook
            for id_, each in known.items():
                left = await time_left_of(connection, book, each, now)
                answers[id_], change = acknowledge_alert(each, by.name, by.via, now, steps.get(id_), left)
                batch.add(change)
            if batch.alerts:
                await write_changes(connection, batch, self._context.catalogue(), self._context.render_config, now)
                changed = [(known[id_], after) for id_, after in batch.alerts.items()]
                await _record(connection, changed, by, now)
        if batch.alerts:
            self._context.metrics.acknowledged.labels(by.via).inc(len(batch.alerts))
            self._context.signal()
        return Acknowledged(answers[alert], batch.alerts.get(alert, before))

    async def acknowledge_listed(self, ids: Mapping[str, int], by: AckBy) -> list[Acknowledged]:
        """Acknowledge several alerts in one transaction, and return a result for each, sorted by alert id.

        Unknown alerts are skipped. An alert that has been opened again since the opening in `ids` is skipped too.

        Args:
            ids: Alert id -> its `episode`, the number of the opening to acknowledge, from 1.
            by: Who acknowledges.

        Raises:
            StoreBusy: The database fails.
        """
        async with self._context.writing() as connection:
            known = await alerts.lock_alerts(connection, set(ids))
            now = await store_now(connection, self._context.time_source)
            batch, done = ChangeSet(known), list[Acknowledged]()
            changed: list[tuple[Alert, Alert]] = []
            book = self._context.catalogue().rulebook
            steps = await alerts.next_steps(connection, known)
            for id_, before in known.items():
                if before.episode != ids[id_]:
                    continue
                left = await time_left_of(connection, book, before, now)
                answer, change = acknowledge_alert(before, by.name, by.via, now, steps.get(id_), left)
                batch.add(change)
                if change.alert is not None:
                    changed.append((before, change.alert))
                done.append(Acknowledged(answer, change.alert or before))
            await write_changes(connection, batch, self._context.catalogue(), self._context.render_config, now)
            await _record(connection, changed, by, now)
        count = sum(each.answer is AckAnswer.DONE for each in done)
        if count:
            self._context.metrics.acknowledged.labels(by.via).inc(count)
            self._context.signal()
        return done


async def _record(
    connection: AsyncConnection, changed: Iterable[tuple[Alert, Alert]], by: AckBy, now: datetime
) -> None:
    """Write an act for each acknowledged alert, given as it was before and is after."""
    acts = [
        Act(
            name=ActName.ALERT_ACKNOWLEDGED,
            command=Command(by.actor),
            object=after.id,
            contract=after.contract,
            before=state_digest(before.columns()),
            after=state_digest(after.columns()),
            details={"via": by.via, "by": by.name, "incident": after.incident, "notice": after.notice},
        )
        for before, after in changed
    ]
    await audit.append(connection, tables.audit, acts, now)


async def _others(connection: AsyncConnection, alert: str, person: str) -> list[str]:
    """The alerts of the contracts that one message about a notice named, if this is the alert of one of them."""
    found = await alerts.find(connection, alert)
    if found is None or found.kind is not AlertKind.CRITICAL_FIX:
        return []
    contracts = await notices.told_together(connection, found.notice, found.contract, person)
    return [fix_alert_id(found.notice, contract) for contract in contracts]
