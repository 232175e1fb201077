"""Alerts and steps in the database. Whoever changes an alert locks its row first, steps and deliveries after it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.alert.alert import Alert, AlertState, alert_of
from sla_notifier.alert.chain import EscalationStep
from sla_platform.store.dialect import insert_new, upsert
from sla_platform.store.urgency import seconds_of, urgency_at

_a, _s = tables.alert.c, tables.step.c


async def lock_alerts(connection: AsyncConnection, ids: Collection[str]) -> dict[str, Alert]:
    """Return the alerts with these ids, by id, and lock their rows until the transaction ends.

    Unknown ids are left out. The rows are locked in the order of the ids, so that two transactions cannot deadlock.
    """
    if not ids:
        return {}
    return await _locked(connection, _a.id.in_(sorted(ids)))


async def lock_alerts_of_notices(connection: AsyncConnection, notices: Collection[str]) -> dict[str, Alert]:
    """Return the alerts about some notices of critical fixes, by alert id, and lock their rows.

    The locks hold until the transaction ends.

    Args:
        notices: The ids of the notices.
    """
    if not notices:
        return {}
    return await _locked(connection, _a.notice.in_(sorted(notices)))


async def _locked(connection: AsyncConnection, which: ColumnElement[bool]) -> dict[str, Alert]:
    statement = select(tables.alert).where(which).order_by(_a.id).with_for_update()
    return {row["id"]: alert_of(dict(row)) for row in (await connection.execute(statement)).mappings()}


async def find_by_notice(connection: AsyncConnection, notice: str) -> list[Alert]:
    """Return the alerts about a notice of a critical fix: one for each contract.

    The alerts are sorted by contract. Nothing is locked.

    Args:
        notice: The notice's id.
    """
    found = await connection.execute(select(tables.alert).where(_a.notice == notice).order_by(_a.contract))
    return [alert_of(dict(row)) for row in found.mappings()]


async def find(connection: AsyncConnection, id_: str) -> Alert | None:
    """Return the alert with this id; None if it is unknown. Nothing is locked."""
    found = (await connection.execute(select(tables.alert).where(_a.id == id_))).mappings().first()
    return None if found is None else alert_of(dict(found))


async def save(connection: AsyncConnection, alerts: Iterable[Alert]) -> None:
    """Store alerts: insert new rows, update existing ones."""
    rows = [alert.columns() for alert in alerts]
    if rows:
        await connection.execute(upsert(connection, tables.alert), rows)


async def any_due(connection: AsyncConnection, now: datetime) -> bool:
    """Return whether any alert has an escalation step that is due at `now`."""
    found = await connection.execute(select(_s.alert).where(_s.fire_at <= now).limit(1))
    return found.first() is not None


async def alerts_due(connection: AsyncConnection, now: datetime, limit: int) -> list[str]:
    """Return the ids of alerts that have an escalation step due at `now`.

    At most `limit` ids are returned, the longest overdue first.
    """
    found = select(_s.alert).where(_s.fire_at <= now).group_by(_s.alert).order_by(func.min(_s.fire_at)).limit(limit)
    return list((await connection.execute(found)).scalars())


async def take_steps(connection: AsyncConnection, alert: str, now: datetime) -> list[EscalationStep]:
    """Delete and return the escalation steps of one alert that are due at `now`.

    The alert's own row is not read, so the call also works for an alert whose row cannot be read.

    Args:
        alert: The alert's id.
    """
    taken = delete(tables.step).where(_s.alert == alert, _s.fire_at <= now).returning(tables.step)
    return [
        EscalationStep(row.alert, row.round, row.level, row.fire_at) for row in (await connection.execute(taken)).all()
    ]


async def take_due(
    connection: AsyncConnection, now: datetime, limit: int, only: str | None = None
) -> tuple[dict[str, Alert], list[EscalationStep]]:
    """Delete the due escalation steps of the most urgent alerts, and return them with their alerts.

    Return (alerts by id, steps sorted by due instant). The rows of the alerts are locked until the transaction ends.
    Alerts that another process has locked are left out.

    Args:
        limit: The highest number of alerts.
        only: The id of the only alert whose steps are deleted and returned. None means any alert.
    """
    urgency = func.coalesce(urgency_at(now, _a.weight, seconds_of(connection, _a.due_at)), 0.0)
    due = select(_s.alert).outerjoin(tables.alert, _a.id == _s.alert)
    due = due.where(_s.fire_at <= now, *(() if only is None else (_s.alert == only,)))
    due = due.order_by(urgency.desc(), _s.fire_at, _s.alert).limit(limit)
    statement = select(tables.alert).where(_a.id.in_(due)).order_by(_a.id).with_for_update(skip_locked=True)
    alerts = {row["id"]: alert_of(dict(row)) for row in (await connection.execute(statement)).mappings()}
    if not alerts:
        return {}, []
    taken = delete(tables.step).where(_s.alert.in_(list(alerts)), _s.fire_at <= now).returning(tables.step)
    rows = (await connection.execute(taken)).all()
    steps = [EscalationStep(row.alert, row.round, row.level, row.fire_at) for row in rows]
    return alerts, sorted(steps, key=lambda step: (step.fire_at, step.alert, step.level))


async def next_steps(connection: AsyncConnection, ids: Collection[str]) -> dict[str, datetime]:
    """Return alert id -> when its next escalation step is due. Alerts without future steps are left out."""
    if not ids:
        return {}
    found = select(_s.alert, func.min(_s.fire_at)).where(_s.alert.in_(sorted(ids))).group_by(_s.alert)
    return {row[0]: row[1] for row in await connection.execute(found)}


async def open_alerts(connection: AsyncConnection) -> dict[str, int]:
    """Return the alerts that wait for an acknowledgement, as alert id -> episode.

    The episode says how often the alert was opened: 1, or more if it was closed and opened again.
    """
    found = await connection.execute(select(_a.id, _a.episode).where(_a.state == AlertState.OPEN.value))
    return {row.id: row.episode for row in found}


async def late_incidents(connection: AsyncConnection, incidents: Collection[str]) -> frozenset[str]:
    """Return those of these incident ids whose incident has an open or acknowledged alert.

    Such an incident has a target that was breached.
    """
    if not incidents:
        return frozenset()
    found = select(_a.incident).where(_a.incident.in_(sorted(incidents)), _a.state != AlertState.CLOSED.value)
    return frozenset((await connection.execute(found.distinct())).scalars())


async def any_expiring(connection: AsyncConnection, incidents: Collection[str]) -> bool:
    """Return whether any alert about these incidents has an acknowledgement with an expiry.

    An acknowledgement expires if the escalation policy says so, or if the alert was snoozed. The alert then opens
    again.
    """
    found = select(_a.id).where(_expiring(incidents)).limit(1)
    return bool(incidents) and (await connection.execute(found)).first() is not None


async def lock_expiring(connection: AsyncConnection, incidents: Collection[str]) -> dict[str, Alert]:
    """Return the alerts about some incidents whose acknowledgements have an expiry, by alert id; lock their rows.

    The locks hold until the transaction ends.

    Args:
        incidents: The ids of the incidents.
    """
    return await _locked(connection, _expiring(incidents)) if incidents else {}


def _expiring(incidents: Collection[str]) -> ColumnElement[bool]:
    expires = and_(_a.state == AlertState.ACKNOWLEDGED.value, _a.expires_at.is_not(None))
    return and_(_a.incident.in_(sorted(incidents)), expires)


async def replace_steps(connection: AsyncConnection, over: Collection[str], steps: Sequence[EscalationStep]) -> None:
    """Delete all escalation steps of some alerts, then insert new steps.

    A new step is skipped if the alert already has a step for the same level of the same round. A round is one pass
    through the levels of the escalation.

    Args:
        over: The ids of the alerts whose steps are deleted.
        steps: The new steps, of any alert.
    """
    if over:
        await connection.execute(delete(tables.step).where(_s.alert.in_(sorted(over))))
    if steps:
        rows = [{"alert": s.alert, "round": s.round, "level": s.level, "fire_at": s.fire_at} for s in steps]
        await connection.execute(insert_new(connection, tables.step), rows)


async def count_open(connection: AsyncConnection) -> dict[str, int]:
    """Return the number of alerts in the states `open` and `acknowledged`, by state.

    A state without alerts is left out.
    """
    statement = select(_a.state, func.count()).where(_a.state != AlertState.CLOSED.value).group_by(_a.state)
    return {row[0]: row[1] for row in await connection.execute(statement)}


async def oldest_step(connection: AsyncConnection) -> datetime | None:
    """Return when the earliest escalation step of all alerts is due; None if there are no steps."""
    found: datetime | None = (await connection.execute(select(func.min(_s.fire_at)))).scalar_one()
    return found
