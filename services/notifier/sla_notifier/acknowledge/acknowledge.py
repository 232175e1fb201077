"""Recording that somebody acts: the alert, its steps and its queued pages change in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sla_domain.bounds import WHO, shortened
from sla_notifier.alert import store as alerts
from sla_notifier.alert.alert import Alert
from sla_notifier.alert.batch import Batch
from sla_notifier.alert.decide import AckAnswer, acknowledged
from sla_notifier.desk import Desk
from sla_notifier.telling.write import write
from sla_platform.store.instant import store_now


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What came of it, and the alert as it is now."""

    answer: AckAnswer
    alert: Alert


def who(named: str, key: str) -> str:
    """Who is on record: the name that was given and the key it came by, which stays whole when both are long."""
    by = f" (key {key})" if named and key else ""
    return shortened(named or key or "somebody", WHO - len(by)) + by


class Acknowledger:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def acknowledge(self, alert: str, who: str, via: str, *, contract: str | None = None) -> Acknowledged | None:
        """None for an alert that is not known, or not of the only contract the caller may see."""
        async with self._desk.writing() as connection:
            known = await alerts.locked(connection, {alert})
            before = known.get(alert)
            if before is None or contract not in (None, before.contract):
                return None
            now = await store_now(connection, self._desk.time)
            answer, change = acknowledged(before, who, via, now)
            if change.alert is not None:
                batch = Batch(known)
                batch.add(change)
                await write(connection, batch, self._desk.catalogue(), self._desk.manner, now)
        if change.alert is not None:
            self._desk.metrics.acknowledged.labels(via).inc()
            self._desk.wake()
        return Acknowledged(answer, change.alert or before)

    async def acknowledge_listed(self, ids: Mapping[str, int], who: str, via: str) -> list[Acknowledged]:
        """Several at once, each as it was in this episode: one that was closed and opened anew is passed over."""
        async with self._desk.writing() as connection:
            known = await alerts.locked(connection, set(ids))
            now = await store_now(connection, self._desk.time)
            batch, done = Batch(known), []
            for id_, before in known.items():
                if before.episode != ids[id_]:
                    continue
                answer, change = acknowledged(before, who, via, now)
                batch.add(change)
                done.append(Acknowledged(answer, change.alert or before))
            await write(connection, batch, self._desk.catalogue(), self._desk.manner, now)
        count = sum(each.answer is AckAnswer.DONE for each in done)
        if count:
            self._desk.metrics.acknowledged.labels(via).inc(count)
            self._desk.wake()
        return done
