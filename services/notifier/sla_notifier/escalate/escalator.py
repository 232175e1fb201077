"""The escalation loop: take due steps, page the next level, in one transaction. Several instances may run it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import orjson
import structlog

from sla_notifier.alert import store as alerts
from sla_notifier.alert.chain import EscalationStep
from sla_notifier.alert.change_set import ChangeSet
from sla_notifier.alert.escalating import step_applies, take_step
from sla_notifier.alert.expiring import expire_later
from sla_notifier.context import NotifierContext
from sla_notifier.escalate.off_hours import StepDelay, already_notified, delay_of
from sla_notifier.notification.unit_of_work import write_changes
from sla_notifier.time_left import later_expiry
from sla_platform.errors import Retryable
from sla_platform.fault import Fault, as_retryable, error_text, fault_of
from sla_platform.rows import one_row
from sla_platform.store.instant import store_now
from sla_platform.store.quarantine import QuarantineEntry, QuarantineRow

_log = structlog.get_logger(__name__)
ESCALATE = "escalate"
LIMIT = 200  # alerts in one transaction
TICK_SECONDS = 0.5
PAUSE_SECONDS = 1.0


class Escalator:
    """The loop that carries out due escalation steps; call `run`.

    Each step notifies the next level of an alert. There is one loop for each process. Several processes may share a
    database.
    """

    def __init__(self, context: NotifierContext) -> None:
        self._context = context
        context.quarantine.register_replay(ESCALATE, self._again)
        self.last_pass = time.monotonic()

    async def run(self) -> None:
        """Carry out due escalation steps until cancelled.

        After a Retryable error the loop pauses for a second and continues.
        """
        while True:
            try:
                more = await self.tick()
            except Retryable as error:
                _log.warning("escalation.refused", error=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            self.last_pass = time.monotonic()
            if not more:
                await self._context.time_source.sleep(TICK_SECONDS)

    async def tick(self) -> bool:
        """Carry out the due escalation steps of at most 200 alerts (LIMIT); return whether more steps may be due.

        If the batch fails, the alerts are processed one by one. The steps of an alert that then fails go to the
        quarantine (a table of records that could not be processed).

        Raises:
            Retryable: A passing failure, such as of the database. Call again.
        """
        async with self._context.store.reading() as connection:
            if not await alerts.any_due(connection, await store_now(connection, self._context.time_source)):
                return False
        try:
            return await self._step() == LIMIT
        except Exception as error:
            if fault_of(error) is Fault.PASSING:
                raise as_retryable(error) from error
            _log.error("escalation.split", error=error_text(error)[:500])
        return await self._one_by_one() == LIMIT

    async def _step(self, only: str | None = None, again: Sequence[EscalationStep] = ()) -> int:
        """Page the next level of what is due (`only` of this alert), after putting steps back; how many alerts."""
        async with self._context.writing() as connection:
            now = await store_now(connection, self._context.time_source)
            await alerts.replace_steps(connection, (), again)
            known, steps = await alerts.take_due(connection, now, LIMIT, only)
            batch, catalogue = ChangeSet(known), self._context.catalogue()
            notified = await already_notified(connection, known.values()) if steps else {}
            later: list[EscalationStep] = []
            for step in steps:
                alert = batch.alert(step.alert) or known[step.alert]
                at = await later_expiry(connection, catalogue.rulebook, alert, step, now)
                if at is not None:
                    batch.add(expire_later(alert, at))
                    continue
                held = (
                    delay_of(catalogue, alert, step, notified[alert.id], now)
                    if step_applies(alert, step, now)
                    else StepDelay()
                )
                if held.step is not None:
                    later.append(replace(step, fire_at=held.step))
                else:
                    batch.add(take_step(alert, step, now, held.levels))
            await write_changes(connection, batch, catalogue, self._context.render_config, now)
            await alerts.replace_steps(connection, (), later)
        put_off = {(step.alert, step.round, step.level) for step in later}
        for step in steps:
            if (step.alert, step.round, step.level) not in put_off:
                self._context.metrics.steps.labels(str(step.level)).inc()
        if steps:
            _log.info("escalation.stepped", steps=len(steps) - len(later), later=len(later))
            self._context.signal()
        return len(known)

    async def _one_by_one(self) -> int:
        """Take the steps alert by alert; those of an alert that fails alone are quarantined."""
        async with self._context.store.reading() as connection:
            due = await alerts.alerts_due(connection, await store_now(connection, self._context.time_source), LIMIT)
        for alert in due:
            if (error := await one_row(partial(self._step, alert))) is not None:
                await self._quarantine(alert, error)
        return len(due)

    async def _quarantine(self, alert: str, error: Exception) -> None:
        quarantine = self._context.quarantine
        async with self._context.store.transaction() as connection:
            steps = await alerts.take_steps(connection, alert, await store_now(connection, self._context.time_source))
            listed = [{"round": step.round, "level": step.level, "fire_at": step.fire_at} for step in steps]
            row = QuarantineRow(
                part=ESCALATE,
                position=f"notifier_alert/{alert}",
                key=alert,
                event=alert,
                type="steps",
                headers={},
                data=orjson.dumps(listed),
            )
            if steps:
                await quarantine.put_within(connection, row, error)
        if steps:
            quarantine.report(row, error)

    async def _again(self, entry: QuarantineEntry) -> None:
        """Take steps out of the quarantine."""
        listed = orjson.loads(entry.data)
        steps = [
            EscalationStep(entry.key, each["round"], each["level"], datetime.fromisoformat(each["fire_at"]))
            for each in listed
        ]
        await self._step(entry.key, steps)
