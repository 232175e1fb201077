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
from sla_notifier.alert.alert import Alert
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.context import NotifierContext
from sla_notifier.notification.unit_of_work import write_changes
from sla_platform.audit import store as audit
from sla_platform.audit.act import Act, ActName, ActorKind, AuditActor, Command, state_digest
from sla_platform.store.instant import store_now


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The result of an acknowledgement: `answer` says what it did, `alert` is the alert as it is afterwards."""

    answer: AckAnswer
    alert: Alert


@dataclass(frozen=True, slots=True)
class AckBy:
    """Who acknowledges.

    `name` and `via` (the way, such as `link`) are recorded with the alert, `actor` in the audit log.
    """

    name: str
    via: str
    actor: AuditActor

    @classmethod
    def person(cls, id_: str, via: str) -> AckBy:
        """Return a person, by their id, who followed a link in a message to them."""
        return cls(id_, via, AuditActor(ActorKind.PERSON, id_))


def name_and_key(named: str, key: str) -> str:
    """Return who acknowledged, as it is recorded, such as `Anna Weber (key ops)`; `somebody` if both are "".

    `named`: the name given, shortened so that the whole fits the column. `key`: the id of the API key, never shortened
    beside a name.
    """
    by = f" (key {key})" if named and key else ""
    return shorten(named or key or "somebody", WHO - len(by)) + by


class Acknowledger:
    """Acknowledges alerts, which stops their escalation and cancels their queued pages.

    Call `acknowledge` for one alert, `acknowledge_listed` for those of a digest.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def acknowledge(self, alert: str, by: AckBy, *, contract: str | None = None) -> Acknowledged | None:
        """Acknowledge one alert and return the result; None when the alert is unknown, or not of `contract`.

        An alert that was acknowledged or closed before is not changed. `by`: who acknowledges. `contract`: the only
        contract whose alerts may be acknowledged; None: any.
        """
        async with self._context.writing() as connection:
            known = await alerts.lock_alerts(connection, {alert})
            before = known.get(alert)
            if before is None or contract not in (None, before.contract):
                return None
            now = await store_now(connection, self._context.time_source)
            answer, change = acknowledge_alert(before, by.name, by.via, now)
            if change.alert is not None:
                batch = ChangeSet(known)
                batch.add(change)
                await write_changes(connection, batch, self._context.catalogue(), self._context.render_config, now)
                await _record(connection, [(before, change.alert)], by, now)
        if change.alert is not None:
            self._context.metrics.acknowledged.labels(by.via).inc()
            self._context.signal()
        return Acknowledged(answer, change.alert or before)

    async def acknowledge_listed(self, ids: Mapping[str, int], by: AckBy) -> list[Acknowledged]:
        """Acknowledge several alerts in one transaction; return a result for each, in the order of their ids.

        `ids`: alert id -> the episode (one opening of the alert, counted from 1) that is meant; unknown alerts, and
        alerts that are in another episode now, are left out. `by`: who acknowledges.
        """
        async with self._context.writing() as connection:
            known = await alerts.lock_alerts(connection, set(ids))
            now = await store_now(connection, self._context.time_source)
            batch, done = ChangeSet(known), list[Acknowledged]()
            changed: list[tuple[Alert, Alert]] = []
            for id_, before in known.items():
                if before.episode != ids[id_]:
                    continue
                answer, change = acknowledge_alert(before, by.name, by.via, now)
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
