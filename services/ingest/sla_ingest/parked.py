"""Parked deliveries, which were not understood: listing and showing them, and trying them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_domain.rulebook import Rulebook
from sla_ingest.dialect.port import Delivery, ParkedBecause, reason_text
from sla_ingest.entry import DeliveryResult, Receipt
from sla_ingest.heard import note_replay
from sla_ingest.inbox import CountWork, insert_receipts, publish_receipts, take_entries
from sla_ingest.intake import Intake
from sla_ingest.name import IncidentNames
from sla_ingest.tables import audit, inbox, waiting_rows
from sla_platform.audit.act import Act, ActName, Command, state_digest
from sla_platform.audit.store import append as append_acts
from sla_platform.bus import WakeSignal
from sla_platform.http.problem import Problem
from sla_platform.store.engine import Store
from sla_platform.store.types import from_micros, to_micros
from sla_platform.timesource import TimeSource

WAITING = (DeliveryResult.PARKED.value, DeliveryResult.REFUSED.value)
# An ignored delivery may be tried again too: the catalogue may have learnt what it means.
REPLAYABLE = (*WAITING, DeliveryResult.IGNORED.value)
_LISTED = (
    inbox.c.id,
    inbox.c.source,
    inbox.c.delivery,
    inbox.c.received_at,
    inbox.c.outcome,
    inbox.c.reason,
    inbox.c.detail,
    func.length(inbox.c.body).label("bytes"),
)


@dataclass(frozen=True, slots=True)
class ParkedDelivery:
    """A stored delivery with its body, for the list of deliveries that were not understood (parked) or refused."""

    id: str
    """The delivery's id in the inbox."""
    source: str
    """The id of the source that sent the delivery."""
    outcome: str
    """What became of the delivery, a value of `DeliveryResult`."""
    delivery: Delivery
    """The delivery's body and headers."""


class ParkedDeliveries:
    """Lists (`page`), shows (`one`) and replays deliveries that were parked (not understood) or refused.

    Args:
        intake: Translates a replayed delivery.
        rulebook: Returns the plans, contracts and calendars in force.
        wake_signal: Wakes the readers of ingest's event log when a replay has stored events.
        count_work: Counts reported work in the ledgers of contracts. None means that there are no ledgers.
    """

    def __init__(
        self,
        store: Store,
        intake: Intake,
        rulebook: Callable[[], Rulebook],
        wake_signal: WakeSignal,
        time_source: TimeSource,
        count_work: CountWork | None = None,
    ) -> None:
        self._store = store
        self._intake = intake
        self._rulebook = rulebook
        self._wake_signal = wake_signal
        self._time_source = time_source
        self._count_work = count_work

    async def page(self, limit: int, after: str) -> dict[str, Any]:
        """Return a page of the parked (not understood) and the refused deliveries, the oldest first.

        The result is a JSON object. `parked` has at most `limit` deliveries. `next` is null on the last page.

        Args:
            after: The `next` of the previous page. "" means the first page.

        Raises:
            Problem: HTTP error 400 if `after` does not have the form of a `next`.
        """
        statement = select(*_LISTED).where(waiting_rows()).order_by(inbox.c.received_at, inbox.c.id)
        if after:
            at, id_ = _place(after)
            statement = statement.where(
                or_(inbox.c.received_at > at, and_(inbox.c.received_at == at, inbox.c.id > id_))
            )
        async with self._store.reading() as connection:
            rows = (await connection.execute(statement.limit(limit + 1))).all()
        shown = rows[:limit]
        more = f"{to_micros(shown[-1].received_at)}:{shown[-1].id}" if len(rows) > limit else None
        return {"parked": [_listed(row) for row in shown], "next": more}

    async def counts(self) -> dict[str, int]:
        """Return how many parked (not understood) or refused deliveries wait to be replayed, by source.

        Sources without any are left out.

        Raises:
            StoreBusy: The database fails.
        """
        statement = select(inbox.c.source, func.count()).where(waiting_rows()).group_by(inbox.c.source)
        async with self._store.reading() as connection:
            return {row[0]: row[1] for row in await connection.execute(statement)}

    async def of_source(self, source: str, most: int, most_bytes: int) -> tuple[list[ParkedDelivery], int]:
        """Return the newest parked and refused deliveries of a source, and the number of all of them.

        Args:
            source: The source's id.
            most: The highest number of deliveries to return.
            most_bytes: The highest number of bytes of their bodies together. The newest delivery is returned in any
                case.

        Raises:
            StoreBusy: The database fails.
        """
        waiting = (inbox.c.source == source, waiting_rows())
        newest = (
            select(inbox.c.id, func.length(inbox.c.body).label("bytes"))
            .where(*waiting)
            .order_by(inbox.c.received_at.desc(), inbox.c.id)
            .limit(most)
        )
        async with self._store.reading() as connection:
            count = (await connection.execute(select(func.count()).select_from(inbox).where(*waiting))).scalar_one()
            chosen: list[str] = []
            for row in (await connection.execute(newest)).all():
                most_bytes -= row.bytes
                if chosen and most_bytes < 0:
                    break
                chosen.append(row.id)
            rows = (await connection.execute(select(inbox).where(inbox.c.id.in_(chosen)))).all()
        found = {row.id: _kept(row) for row in rows}
        return [found[id_] for id_ in chosen if id_ in found], count

    async def one(self, id_: str) -> ParkedDelivery:
        """Return the delivery with this inbox id, parked or not.

        Raises:
            Problem: HTTP error 404 if there is none.
        """
        async with self._store.reading() as connection:
            row = (await connection.execute(select(inbox).where(inbox.c.id == id_))).one_or_none()
        if row is None:
            raise Problem(404, "no-delivery", "No such delivery", "Nothing is kept under this id.")
        return _kept(row)

    async def replay(self, id_: str, command: Command) -> tuple[bool, bytes]:
        """Translate a parked, refused or ignored delivery again, by the catalogue in force.

        Returns whether the delivery is now understood, and the response as JSON. If it is understood, its events are
        stored and published. If not, only the audit log changes.

        Args:
            id_: The delivery's inbox id.
            command: Who orders the replay, and why.

        Raises:
            Problem: HTTP error 404 for an unknown id, 409 for a delivery that was accepted or replayed before, or whose
                source no longer exists.
        """
        kept = await self.one(id_)
        if kept.outcome not in REPLAYABLE:
            raise _done()
        entry = self._intake.again(kept.source, kept.delivery)

        async def write(connection: AsyncConnection, receipts: Sequence[Receipt], names: IncidentNames) -> Receipt:
            (receipt,) = receipts
            if receipt.entry.result not in (DeliveryResult.PARKED, DeliveryResult.REFUSED):
                await _accept(connection, kept, receipt, names)
            await append_acts(connection, audit, [_act(kept, receipt, command)], self._time_source.now())
            return receipt

        receipt = await take_entries(self._store, [entry], self._rulebook(), write, self._count_work)
        if receipt.entry.result in (DeliveryResult.PARKED, DeliveryResult.REFUSED):
            return False, receipt.answer
        if receipt.entry.events or receipt.entry.work is not None:
            self._wake_signal.wake()
        return True, receipt.answer


def _kept(row: Any) -> ParkedDelivery:
    delivery = Delivery(
        body=bytes(row.body),
        headers=orjson.loads(row.headers),
        received_at=row.received_at,
        # Only one that was parked because of its id keeps the id it was given then.
        id=row.delivery if row.reason == ParkedBecause.ID_REUSED.code else "",
    )
    return ParkedDelivery(row.id, row.source, row.outcome, delivery)


async def _accept(connection: AsyncConnection, kept: ParkedDelivery, receipt: Receipt, names: IncidentNames) -> None:
    entry = receipt.entry
    moved = entry.id != kept.id
    values = {"outcome": entry.result.value, "reason": entry.reason, "detail": entry.detail}
    if moved:
        values = {"outcome": DeliveryResult.REPLAYED.value, "detail": f"taken as {entry.id}"}
    changed = await connection.execute(
        update(inbox)
        .where(inbox.c.id == kept.id, inbox.c.outcome == kept.outcome)
        .values(answer=receipt.answer.decode(), **values)
    )
    if changed.rowcount != 1:
        raise _done()
    await note_replay(connection, kept.source, kept.delivery.received_at, kept.outcome, values["outcome"])
    # Under its true id it may have been delivered again meanwhile.
    if not moved or await insert_receipts(connection, [receipt]):
        await publish_receipts(connection, [receipt], names)


def _act(kept: ParkedDelivery, receipt: Receipt, command: Command) -> Act:
    entry = receipt.entry
    return Act(
        name=ActName.PARKED_REPLAYED,
        command=command,
        object=kept.id,
        before=state_digest({"id": kept.id, "outcome": kept.outcome}),
        after=state_digest({"id": entry.id, "outcome": entry.result.value}),
        details={"source": kept.source, "outcome": entry.result.value, "events": len(entry.events)},
    )


def _done() -> Problem:
    return Problem(409, "replayed", "Nothing to replay", "The delivery was understood before; its events are accepted.")


def _listed(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "source": row.source,
        "delivery": row.delivery,
        "received_at": row.received_at.isoformat(),
        "outcome": row.outcome,
        "reason": {"code": row.reason, "text": reason_text(row.reason), "detail": row.detail},
        "bytes": row.bytes,
    }


def _place(after: str) -> tuple[datetime, str]:
    micros, _, id_ = after.partition(":")
    if not micros.isascii() or not micros.isdigit() or len(micros) > 17 or not id_.isalnum():
        raise Problem(400, "bad-page", "No such page", "`after` is the `next` of the page before.")
    return from_micros(int(micros)), id_
