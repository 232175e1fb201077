"""Messages that wait for the end of quiet hours, in the database.

What makes one needless or pressing is only noted here, by whoever hears of it; the releaser decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.clock import ClockState
from sla_domain.tell import Happening
from sla_notifier import tables
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import DeliveryState
from sla_notifier.hold.message import HeldMessage, held_of
from sla_platform.store.dialect import upsert
from sla_platform.store.quarantine import QuarantineRow, raw_row
from sla_platform.store.types import LATEST
from sla_platform.wire import ClockFact
from sla_platform.wire.clock import NOT_BREACHED

QUIET_HOURS = "quiet_hours"
_h = tables.held.c
# What is news although the incident is over, and although somebody takes care of it.
_OF_THE_END = [Happening.RESOLVED.value, Happening.RATED.value]
_STANDING = {ClockState.RUNNING.value, ClockState.PAUSED.value, ""}


async def keep(connection: AsyncConnection, messages: Iterable[HeldMessage]) -> None:
    """Store new messages that wait for the end of quiet hours."""
    if rows := [each.columns(each.until) for each in messages]:
        await connection.execute(upsert(connection, tables.held), rows)


async def save(connection: AsyncConnection, message: HeldMessage, look_at: datetime) -> None:
    """Update the row of a message that waits longer for the end of quiet hours.

    Args:
        look_at: When to decide again whether the message waits longer.
    """
    await connection.execute(upsert(connection, tables.held), [message.columns(look_at)])


async def remove(connection: AsyncConnection, deliveries: Collection[str]) -> None:
    """Delete the rows of messages that no longer wait for the end of quiet hours.

    Args:
        deliveries: The ids of the messages' deliveries.
    """
    if deliveries:
        await connection.execute(delete(tables.held).where(_h.delivery.in_(sorted(deliveries))))


async def due_ids(connection: AsyncConnection, now: datetime, most: int) -> Sequence[str]:
    """Return the ids of the deliveries of waiting messages that must be looked at now.

    The messages wait for the end of quiet hours. To look at a message means to decide whether it waits longer, is sent
    or is cancelled.

    Args:
        now: The present instant.
        most: The highest number of messages.
    """
    due = select(_h.delivery).where(_h.look_at <= now).order_by(_h.look_at, _h.delivery).limit(most)
    return (await connection.execute(due)).scalars().all()


async def lock_due(connection: AsyncConnection, ids: Collection[str], now: datetime) -> Sequence[dict[str, Any]]:
    """Return the rows of the messages with these ids whose decision is still due, and lock them.

    The messages wait for the end of quiet hours. A row maps column names to values. Rows that another process has
    locked are left out.

    Args:
        ids: The ids of the messages' deliveries.
        now: The present instant.
    """
    due = select(tables.held).where(_h.delivery.in_(sorted(ids)), _h.look_at <= now)
    found = await connection.execute(due.order_by(_h.look_at, _h.delivery).with_for_update(skip_locked=True))
    return [dict(row) for row in found.mappings()]


async def take_out(connection: AsyncConnection, id_: str, now: datetime) -> QuarantineRow:
    """Take a message out of processing because it cannot be processed; return its raw row for the quarantine.

    The quarantine is a table of records that could not be processed. The message was waiting for the end of quiet
    hours. Its delivery is set to failed. Its row stays in the table, but is no longer due.

    Args:
        id_: The id of the delivery.
        now: Stored as the time of the failure.
    """
    row = await raw_row(connection, QUIET_HOURS, _h.delivery, id_, ("incident",), "happening")
    aside = {"ended": UnsentReason.UNFIT.value, "look_at": LATEST}
    await connection.execute(update(tables.held).where(_h.delivery == id_).values(aside))
    over = {"state": DeliveryState.FAILED.value, "reason": UnsentReason.UNFIT.value, "finished_at": now}
    await connection.execute(update(tables.delivery).where(_of(id_, DeliveryState.HELD)).values(over))
    return row


async def put_back(connection: AsyncConnection, id_: str, now: datetime) -> None:
    """Undo `take_out`: the message waits for the end of quiet hours again, and is due for a decision at `now`.

    Its delivery, which `take_out` set to failed, is set to waiting.

    Args:
        id_: The id of the delivery.
    """
    again = {"state": DeliveryState.HELD.value, "reason": "", "finished_at": None}
    unfit = (_of(id_, DeliveryState.FAILED), tables.delivery.c.reason == UnsentReason.UNFIT.value)
    await connection.execute(update(tables.delivery).where(*unfit).values(again))
    aside = (_h.delivery == id_, _h.ended == UnsentReason.UNFIT.value)
    await connection.execute(update(tables.held).where(*aside).values(ended="", look_at=now))


def _of(id_: str, state: DeliveryState) -> ColumnElement[bool]:
    return and_(tables.delivery.c.id == id_, tables.delivery.c.state == state.value)


def held_messages(rows: Iterable[dict[str, Any]]) -> list[HeldMessage]:
    """Return the messages in rows of the table `notifier_held`, as `lock_due` returns them.

    The messages wait for the end of quiet hours.
    """
    return [held_of(row) for row in rows]


async def note_facts(connection: AsyncConnection, facts: Sequence[ClockFact], now: datetime) -> bool:
    """Update the messages that wait for the end of quiet hours after new facts about their incidents.

    A fact is a published event about an incident, or about a clock (the timer of one of its targets).

    - If a clock has ended or was breached, warnings about this clock are marked as needless.
    - If an incident is resolved, its messages are marked as needless, except those about its end or a rating.
    - For every message about these incidents, a new decision (wait, send or cancel) becomes due at `now`.

    Returns whether there are any such messages.
    """
    incidents = {fact.incident for fact in facts if fact.incident}
    if not incidents or not await look(connection, incidents, now):
        return False
    of_clocks = {str(fact.clock): reason for fact in facts if (reason := _end_of_clock(fact)) is not None}
    for reason in sorted(set(of_clocks.values())):
        clocks = sorted(clock for clock, why in of_clocks.items() if why is reason)
        await connection.execute(update(tables.held).where(_h.clock.in_(clocks)).values(ended=reason.value))
    over = {fact.incident for fact in facts if fact.turned == Happening.RESOLVED.value}
    await end(connection, over, UnsentReason.ENDED, now)
    return True


async def look(connection: AsyncConnection, incidents: Collection[str], now: datetime) -> bool:
    """Make a new decision due at `now` for the waiting messages about some incidents; return whether there are any.

    The messages wait for the end of quiet hours. The decision is whether a message waits longer, is sent or is
    cancelled. Messages that are marked as needless already are skipped.
    """
    if not incidents:
        return False
    found = update(tables.held).where(_h.incident.in_(sorted(incidents)), _h.ended == "").values(look_at=now)
    return bool((await connection.execute(found)).rowcount)


async def end(connection: AsyncConnection, incidents: Collection[str], reason: UnsentReason, now: datetime) -> None:
    """Mark the messages about some incidents that wait for the end of quiet hours as needless.

    Messages about the end of an incident or a rating are not marked. The marked messages are cancelled at their next
    decision, which becomes due at `now`.

    Args:
        reason: Why the messages are needless.
    """
    if not incidents:
        return
    needless = or_(_h.clock != "", _h.happening.not_in(_OF_THE_END))
    what = update(tables.held).where(_h.incident.in_(sorted(incidents)), needless, _h.ended == "")
    await connection.execute(what.values(ended=reason.value, look_at=now))


def _end_of_clock(fact: ClockFact) -> UnsentReason | None:
    if fact.clock is None:
        return None
    if fact.breached not in ("", NOT_BREACHED):
        return UnsentReason.OVERTAKEN
    return None if fact.state in _STANDING else UnsentReason.ENDED
