"""What the services have still to do at an instant, and when something is due next, read from their tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

import sla_board.tables
import sla_ingest.tables
import sla_notifier.tables
import sla_timer.tables
from sla_board.projection.projector import TOPICS as BOARD_TOPICS
from sla_notifier.delivery.state import WAITING, DeliveryState
from sla_notifier.intake.handler import TOPICS as NOTIFIER_TOPICS
from sla_platform.bus.feeds import WRITERS
from sla_platform.envelope import Topic
from sla_platform.store.log import Cursor

_LOGS = {
    "ingest": sla_ingest.tables.log,
    "timer": sla_timer.tables.log,
    "notifier": sla_notifier.tables.log,
    "board": sla_board.tables.log,
}


@dataclass(frozen=True, slots=True)
class _Reading:
    """A service that reads topics of the log of another."""

    reader: str
    writer: str
    position: ScalarSelect[str]
    """How far it has read."""
    newest: ScalarSelect[int]
    """The last event for it."""

    def behind(self, position: str | None, newest: int | None) -> str:
        """Return that the reader is behind, in words; "" if it has read everything."""
        read = Cursor.parse(position).position if position else 0
        return f"{self.reader} has not read the whole log of {self.writer}" if (newest or 0) > read else ""


def _readings(reader: str, topics: Collection[Topic], cursor: Table) -> Iterator[_Reading]:
    for writer in sorted({WRITERS[topic] for topic in topics}):
        log = _LOGS[writer]
        mine = [topic.value for topic in topics if WRITERS[topic] == writer]
        yield _Reading(
            reader,
            writer,
            select(cursor.c.cursor).where(cursor.c.log == log.name).scalar_subquery(),
            select(func.max(log.c.position)).where(log.c.topic.in_(mine)).scalar_subquery(),
        )


_READINGS = (
    *_readings("timer", (Topic.INCIDENTS,), sla_timer.tables.cursor),
    *_readings("notifier", NOTIFIER_TOPICS, sla_notifier.tables.cursor),
    *_readings("board", BOARD_TOPICS, sla_board.tables.cursor),
)
_delivery = sla_notifier.tables.delivery
_WAITING = {
    "facts wait for the notifier": select(sla_notifier.tables.waiting).exists(),
    "events wait for the timer": select(sla_timer.tables.deferred).exists(),
    # Its row is due only when its lease ends, a minute from now.
    "a message is being sent": select(_delivery).where(_delivery.c.state == DeliveryState.SENDING.value).exists(),
}
_DUE = (
    select(func.min(sla_timer.tables.timer.c.fire_at)).scalar_subquery(),
    select(func.min(sla_notifier.tables.step.c.fire_at)).scalar_subquery(),
    select(func.min(sla_notifier.tables.question.c.next_at)).scalar_subquery(),
    select(func.min(sla_notifier.tables.held.c.look_at)).scalar_subquery(),
    select(func.min(_delivery.c.next_at))
    .where(_delivery.c.state.in_([state.value for state in sorted(WAITING)]), _delivery.c.carried_by == "")
    .scalar_subquery(),
)
# One statement, since it is asked again and again.
_ALL = select(*_DUE, *_WAITING.values(), *(each.position for each in _READINGS), *(each.newest for each in _READINGS))


@dataclass(frozen=True, slots=True)
class Pending:
    """The work that the services of a rehearsal have still to do, now or at a known instant.

    In a rehearsal, the services run on an empty database with a clock that only the caller moves.
    """

    due: datetime | None
    """The earliest instant at which a timer, an escalation step, a question or a message is due. None if none is.

    Some things are due without a row in a table, such as the change of who is on duty.
    """
    at_once: tuple[str, ...]
    """What the services have to do without waiting for an instant, in words for a developer."""

    def reason_not_quiet(self, now: datetime) -> str:
        """Return a text that names the work that is due at `now`, for a developer; "" if no work is due.

        Args:
            now: The present instant by the rehearsal's clock.
        """
        overdue = f"something was due at {self.due}" if self.due is not None and self.due <= now else ""
        return "; ".join(filter(None, (*self.at_once, overdue)))


async def read_pending(connection: AsyncConnection, services: Collection[str]) -> Pending:
    """Read from the tables of the services what work they have not done yet.

    Args:
        connection: A connection to the rehearsal's database.
        services: The services that run, such as `timer`. Events that wait only for other services are left out.
    """
    values = list((await connection.execute(_ALL)).one())
    due, waiting = values[: len(_DUE)], values[len(_DUE) : len(_DUE) + len(_WAITING)]
    read, newest = values[-2 * len(_READINGS) : -len(_READINGS)], values[-len(_READINGS) :]
    behind = (
        each.behind(position, last)
        for each, position, last in zip(_READINGS, read, newest, strict=True)
        if each.reader in services
    )
    named = (what for what, there in zip(_WAITING, waiting, strict=True) if there)
    return Pending(min((each for each in due if each is not None), default=None), (*filter(None, behind), *named))
