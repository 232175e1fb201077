"""Claiming due deliveries under a lease: set-based statements, one transaction each.

In each queue the most urgent is sent first: pages before what only informs (clause I4).

The attempt is on record before anything is sent. A row still `sending` when its lease has run out was lost with its
sender: it is claimed again with the same id and marked as possibly duplicate.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.channel.port import Failure
from sla_notifier.delivery.endpoint import disabled_endpoints
from sla_notifier.delivery.finish import finish, states_of, write_rows
from sla_notifier.delivery.policy import AlertStatus, UnsentReason, skip_reason
from sla_notifier.delivery.row import DeliveryRow, row_of
from sla_notifier.delivery.state import TO_SEND, WAITING, DeliveryState, MessageKind

_d, _e = tables.delivery, tables.endpoint.c
_UNFINISHED = [state.value for state in TO_SEND]
_WAITING = [state.value for state in WAITING]
_FOLLOWED = _d.alias("followed")
_CLOSING = [MessageKind.RESOLVED.value, MessageKind.TAKEN_BACK.value]
_PAGES = (MessageKind.PAGE, MessageKind.INFO)
_IMPATIENT = or_(
    _d.c.kind.in_([MessageKind.PAGE.value, MessageKind.INFO.value]),
    and_(_d.c.kind == MessageKind.DIGEST.value, _d.c.level > 0),
)

Compose = Callable[[DeliveryRow, Sequence[DeliveryRow], datetime], DeliveryRow]
"""A digest and what it carries: the digest with its words, or cancelled because nothing is left to send."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim of one process on deliveries: no other process sends them until the claim ends."""

    token: str
    """A random name, stored in the rows of the deliveries."""
    until: datetime
    """When the claim ends."""
    in_flight: Collection[str] = ()
    """Ids of deliveries that this process is still sending. They are not claimed again."""


async def due_endpoints(connection: AsyncConnection, now: datetime) -> list[str]:
    """Return the endpoints that have a delivery to send now, the longest waiting first.

    An endpoint is the mail server or one webhook. Endpoints that asked for a pause are left out until the pause is
    over.
    """
    return list((await connection.execute(_due_endpoints(), {"now": now})).scalars())


async def due_ids(connection: AsyncConnection, room: Mapping[str, int], now: datetime, lease: Lease) -> list[str]:
    """Return the ids of the deliveries that `claim_due` would process at `now`; change nothing.

    The ids are grouped by endpoint, and are in the order of the endpoint's queue within a group.

    Args:
        room: Maps an endpoint (mail server or webhook) to the highest number of deliveries for it.
        lease: The claim of this process. The deliveries in its `in_flight` are being sent already, and are left out.
    """
    queries = [_first(endpoint, most, now, lease) for endpoint, most in room.items() if most > 0]
    return [id_ for query in queries for id_ in (await connection.execute(query)).scalars()]


async def claim_due(
    connection: AsyncConnection,
    room: Mapping[str, int],
    now: datetime,
    lease: Lease,
    compose: Compose,
    only: str | None = None,
) -> list[DeliveryRow]:
    """Claim due deliveries for this process, and return the deliveries to send now.

    A new attempt is stored for each returned delivery. No other process sends the delivery before `lease` ends.
    Deliveries that must wait for another message are left out. In these cases a delivery is not sent any more; its
    final state is stored instead:

    - The endpoint is disabled, or the time for attempts is over.
    - The alert no longer needs the page.
    - The due instant of a warning has passed.
    - The message would take back an earlier message that was not sent.
    - The delivery is a message that an alert has closed, and a page about a newer breach makes it obsolete.
    - The digest is empty.

    Args:
        room: Maps an endpoint (mail server or webhook) to the highest number of deliveries for it.
        compose: Writes the text of a digest (a mail that collects several messages).
        only: The id of the only delivery to claim. None means any delivery.
    """
    rows = await _locked(connection, room, now, lease, only)
    if not rows:
        return []
    rows, empty = await _with_words(connection, rows, now, compose)
    alerts = await _alerts(connection, {row.alert for row in rows if row.alert})
    disabled = await disabled_endpoints(connection)
    rows = await _ahead_of_closing(connection, rows, now)
    followed = await states_of(connection, {row.follows for row in rows if row.follows})
    going: list[DeliveryRow] = []
    ended: list[DeliveryRow] = []
    for row in rows:
        stop = skip_reason(row, alerts.get(row.alert), row.endpoint in disabled, followed.get(row.follows), now)
        if stop is None:
            going.append(row)
        else:
            # One that was being sent when its sender died may have arrived, whatever it comes to now.
            arrived = row.possibly_duplicate or row.state is DeliveryState.SENDING
            ended.append(replace(row, state=stop[0], reason=stop[1].value, finished_at=now, possibly_duplicate=arrived))
    await finish(connection, [*empty, *ended], now)
    return await _start(connection, going, now, lease)


def lease_until(now: datetime, seconds: float) -> datetime:
    """Return when a lease ends: the instant `seconds` after `now`.

    A lease is a process's claim on deliveries that it sends.
    """
    return now + timedelta(seconds=seconds)


@cache
def _due_endpoints() -> Select[str]:
    """The query for endpoints that have something due at `now`: asked many times a second, and built once."""
    now = bindparam("now", type_=_d.c.next_at.type)
    resting = exists().where(_e.id == _d.c.endpoint, _e.state == "active", _e.rest_until > now)
    due = select(_d.c.endpoint).where(*_due(now), ~resting)
    return due.group_by(_d.c.endpoint).order_by(func.min(_d.c.next_at))


def _due(now: datetime | BindParameter[datetime]) -> tuple[Any, ...]:
    """A page waits for the closing message of the episode before while that is being sent, or is the next in the same
    queue; anything else waits until what it follows is final."""
    f = _FOLLOWED.c
    next_in_queue = and_(f.state == DeliveryState.QUEUED.value, f.endpoint == _d.c.endpoint)
    on_its_way = or_(f.state == DeliveryState.SENDING.value, next_in_queue)
    held_back = exists().where(f.id == _d.c.follows, f.state.in_(_UNFINISHED), or_(~_IMPATIENT, on_its_way))
    # In words of its own, not by parameters: else SQLite does not see that the index of what is to be sent holds all.
    return (tables.TO_SEND, _reached(now), ~held_back)


def _reached(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Whether a delivery's time has come, said so that no database reads by it.

    Read in the order of `turn`, the first few rows are enough; read by this, all that wait would be read and sorted for
    each few.
    """
    return func.coalesce(_d.c.next_at, now) <= now


async def _locked(
    connection: AsyncConnection, room: Mapping[str, int], now: datetime, lease: Lease, only: str | None
) -> list[DeliveryRow]:
    candidates = [_first(endpoint, most, now, lease) for endpoint, most in room.items() if most > 0]
    if not candidates:
        return []
    chosen = union_all(*(select(query.subquery().c.id) for query in candidates)).subquery()
    statement = (
        select(_d)
        # Asked again under the lock: on PostgreSQL another instance may have had the row meanwhile.
        .where(_d.c.id.in_(select(chosen.c.id)), _d.c.state.in_(_UNFINISHED), _d.c.next_at <= now)
        .order_by(_d.c.turn, _d.c.next_at, _d.c.id)
        .with_for_update(skip_locked=True)
    )
    if only is not None:
        statement = statement.where(_d.c.id == only)
    found = (await connection.execute(statement)).mappings().all()
    return [row_of(dict(mapping)) for mapping in found]


def _first(endpoint: str, most: int, now: datetime, lease: Lease) -> Select[Any]:
    mine = (_d.c.id.not_in(list(lease.in_flight)),) if lease.in_flight else ()
    return (
        select(_d.c.id)
        .where(_d.c.endpoint == endpoint, *_due(now), *mine)
        .order_by(_d.c.turn, _d.c.next_at)
        .limit(most)
    )


async def _with_words(
    connection: AsyncConnection, rows: Sequence[DeliveryRow], now: datetime, compose: Compose
) -> tuple[list[DeliveryRow], list[DeliveryRow]]:
    """The rows, digests among them with their words; and the digests that have nothing left in them."""
    going: list[DeliveryRow] = []
    empty: list[DeliveryRow] = []
    for row in rows:
        if not row.kind.collects or row.subject:
            going.append(row)
            continue
        carried = select(_d).where(_d.c.carried_by == row.id, _d.c.state.in_(_WAITING)).order_by(_d.c.created_at)
        found = [row_of(dict(mapping)) for mapping in (await connection.execute(carried)).mappings()]
        written = compose(row, found, now)
        if written.state.final:
            empty.append(written)
            continue
        words = {name: getattr(written, name) for name in ("subject", "text", "html", "payload")}
        await connection.execute(update(_d).where(_d.c.id == row.id).values(words))
        going.append(written)
    return going, empty


async def _ahead_of_closing(
    connection: AsyncConnection, rows: Sequence[DeliveryRow], now: datetime
) -> list[DeliveryRow]:
    """The rows that may go now: no page before the closing messages of earlier episodes to the same person.

    Words claimed with their page go first, if they share its queue; others that wait are ended, and one in other hands
    holds the page back for now.
    """
    pages: dict[tuple[str, str], DeliveryRow] = {}
    for row in rows:
        place = (row.alert, row.person)
        if row.kind in _PAGES and row.episode > 1 and (place not in pages or pages[place].episode < row.episode):
            pages[place] = row
    if not pages:
        return list(rows)
    before = await _words_before(connection, pages)
    claimed = {row.id for row in rows}
    first = {place for place, word in before if word.id in claimed and word.endpoint == pages[place].endpoint}
    idle = [word.id for place, word in before if place not in first and word.state in WAITING]
    ended = await _end(connection, idle, now)
    held = first | {place for place, word in before if word.id not in ended}
    return [row for row in rows if row.id not in ended and not (row.kind in _PAGES and (row.alert, row.person) in held)]


async def _words_before(
    connection: AsyncConnection, pages: Mapping[tuple[str, str], DeliveryRow]
) -> list[tuple[tuple[str, str], DeliveryRow]]:
    """Closing messages on their way, of earlier episodes than these pages by alert and person, each with its place."""
    closing = (
        select(_d)
        .where(_d.c.alert.in_({alert for alert, _ in pages}), _d.c.kind.in_(_CLOSING), _d.c.state.in_(_UNFINISHED))
        .where(_d.c.carried_by == "")
    )
    words = [row_of(dict(mapping)) for mapping in (await connection.execute(closing)).mappings().all()]
    placed = [((word.alert, word.person), word) for word in words]
    return [(place, word) for place, word in placed if place in pages and word.episode < pages[place].episode]


async def _end(connection: AsyncConnection, words: Collection[str], now: datetime) -> frozenset[str]:
    """Cancel those of these closing messages that still wait, and return their ids."""
    if not words:
        return frozenset()
    waiting = (
        select(_d)
        .where(_d.c.id.in_(sorted(words)), _d.c.state.in_(_WAITING))
        .order_by(_d.c.next_at, _d.c.id)
        .with_for_update(skip_locked=True)
    )
    found = [row_of(dict(mapping)) for mapping in (await connection.execute(waiting)).mappings().all()]
    over = [
        replace(row, state=DeliveryState.CANCELLED, reason=UnsentReason.REOPENED.value, finished_at=now)
        for row in found
    ]
    await finish(connection, over, now)
    return frozenset(row.id for row in over)


async def _alerts(connection: AsyncConnection, ids: Collection[str]) -> dict[str, AlertStatus]:
    if not ids:
        return {}
    c = tables.alert.c
    found = await connection.execute(select(c.id, c.state, c.episode, c.close_reason).where(c.id.in_(ids)))
    return {row.id: AlertStatus(row.state, row.episode, row.close_reason) for row in found}


async def _start(
    connection: AsyncConnection, rows: Sequence[DeliveryRow], now: datetime, lease: Lease
) -> list[DeliveryRow]:
    if not rows:
        return []
    lost = [row for row in rows if row.state is DeliveryState.SENDING]
    if lost:
        a = tables.attempt.c
        await connection.execute(
            update(tables.attempt)
            .where(a.delivery == bindparam("b_id"), a.number == bindparam("b_number"))
            .values(outcome="lost", failure=Failure.LOST.value, detail="the sender died before it recorded"),
            [{"b_id": row.id, "b_number": row.attempts} for row in lost],
        )
    started = [
        replace(
            row,
            state=DeliveryState.SENDING,
            attempts=row.attempts + 1,
            next_at=lease.until,
            lease=lease.token,
            possibly_duplicate=row.possibly_duplicate or row.state is DeliveryState.SENDING,
        )
        for row in rows
    ]
    await write_rows(connection, started)
    await connection.execute(
        tables.attempt.insert(),
        [{"delivery": row.id, "number": row.attempts, "at": now, "outcome": "started"} for row in started],
    )
    return started
