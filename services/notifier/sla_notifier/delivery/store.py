"""Claiming due deliveries under a lease and recording how they went: set-based statements, one transaction each.

In each queue whose turn comes first is sent first: pages before what only informs, and the most urgent of them (I4).

The attempt is on record before anything is sent. A row still `sending` when its lease has run out was lost with its
sender: it is claimed again with the same id and marked as possibly duplicate. Whoever records must still hold the
lease, so a sender that slept through it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, delete, exists, func, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.channel.port import Failure, Outcome, Rejected, Retry, Sent
from sla_notifier.channel.registry import is_grouped
from sla_notifier.delivery.fact import delivery_fact
from sla_notifier.delivery.policy import AlertStatus, AttemptResult, UnsentReason, after_attempt, skip_reason
from sla_notifier.delivery.row import DeliveryRow, fallback, row_of
from sla_notifier.delivery.state import UNFINISHED, WAITING, Kind, State
from sla_platform.store import log as logs
from sla_platform.store.dialect import insert, insert_new, upsert

_d, _e = tables.delivery, tables.endpoint.c
_UNFINISHED = [state.value for state in UNFINISHED]
_WAITING = [state.value for state in WAITING]
LONGEST_FOR_OTHERS = timedelta(minutes=1)  # what one message's Retry-After holds up of the endpoint's others
_FOLLOWED = _d.alias("followed")
_CLOSING = [Kind.RESOLVED.value, Kind.TAKEN_BACK.value]
_PAGES = (Kind.PAGE, Kind.NOTICE)
_IMPATIENT = or_(
    _d.c.kind.in_([Kind.PAGE.value, Kind.NOTICE.value]), and_(_d.c.kind == Kind.DIGEST.value, _d.c.level > 0)
)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who claims, until when, and what this process is still sending (its own leases are not for it to break)."""

    token: str
    until: datetime
    in_flight: Collection[str] = ()


Compose = Callable[[DeliveryRow, Sequence[DeliveryRow], datetime], DeliveryRow]
"""A digest and what it carries: the digest with its words, or cancelled because nothing is left to tell."""


@dataclass(frozen=True, slots=True)
class Done:
    """An attempt that is over."""

    row: DeliveryRow
    outcome: Outcome
    at: datetime


async def due_endpoints(connection: AsyncConnection, now: datetime) -> list[str]:
    """Endpoints with something to send now, the one that has waited longest first."""
    resting = exists().where(_e.id == _d.c.endpoint, _e.state == "active", _e.rest_until > now)
    due = select(_d.c.endpoint).where(*_due(now), ~resting)
    statement = due.group_by(_d.c.endpoint).order_by(func.min(_d.c.next_at))
    return list((await connection.execute(statement)).scalars())


async def due_ids(connection: AsyncConnection, room: Mapping[str, int], now: datetime, lease: Lease) -> list[str]:
    """What `claim` would look at, by id alone."""
    queries = [_first(endpoint, most, now, lease) for endpoint, most in room.items() if most > 0]
    return [id_ for query in queries for id_ in (await connection.execute(query)).scalars()]


async def claim(
    connection: AsyncConnection,
    room: Mapping[str, int],
    now: datetime,
    lease: Lease,
    compose: Compose,
    only: str | None = None,
) -> list[DeliveryRow]:
    """At most `room` due rows of each endpoint in their turns (`only` this one), now `sending` under the lease.

    A digest that leaves for the first time gets its words now, from `compose`. Rows that nobody needs any more are
    given their final state instead and are not returned.
    """
    rows = await _locked(connection, room, now, lease, only)
    if not rows:
        return []
    rows, empty = await _with_words(connection, rows, now, compose)
    alerts = await _alerts(connection, {row.alert for row in rows if row.alert})
    disabled = await disabled_endpoints(connection)
    rows = await _ahead_of_closing(connection, rows, now)
    followed = await _states(connection, {row.follows for row in rows if row.follows})
    going: list[DeliveryRow] = []
    ended: list[DeliveryRow] = []
    for row in rows:
        stop = skip_reason(row, alerts.get(row.alert), row.endpoint in disabled, followed.get(row.follows), now)
        if stop is None:
            going.append(row)
        else:
            # One that was being sent when its sender died may have arrived, whatever it comes to now.
            arrived = row.possibly_duplicate or row.state is State.SENDING
            ended.append(replace(row, state=stop[0], reason=stop[1].value, finished_at=now, possibly_duplicate=arrived))
    await _finish(connection, [*empty, *ended], now)
    return await _start(connection, going, now, lease)


async def disabled_endpoints(connection: AsyncConnection) -> frozenset[str]:
    statement = select(tables.endpoint.c.id).where(tables.endpoint.c.state == "disabled")
    return frozenset((await connection.execute(statement)).scalars())


async def record(
    connection: AsyncConnection, done: Sequence[Done], now: datetime
) -> list[tuple[DeliveryRow, AttemptResult]]:
    """Write what became of attempts. Returns those whose lease still held, with what follows."""
    held = await _held(connection, [item.row for item in done])
    settled = [(item, after_attempt(item.row, item.outcome, now)) for item in done if item.row.id in held]
    rows = [_after(item.row, what, now) for item, what in settled]
    await _write(connection, rows)
    await _close_attempts(connection, [(item, what) for item, what in settled if what.counts])
    await _forget_attempts(connection, [item.row for item, what in settled if not what.counts])
    await _disable(connection, [item for item, what in settled if what.disable], now)
    await _leave_alone(connection, [item for item, _ in settled], now)
    await _tell(connection, [row for row, (_, what) in zip(rows, settled, strict=True) if what.counts], now)
    await _fall_back(connection, [row for row, (_, what) in zip(rows, settled, strict=True) if what.fall_back], now)
    await _carry(connection, [row for row in rows if row.state.final])
    return [(row, what) for row, (_, what) in zip(rows, settled, strict=True)]


# -- claiming ---------------------------------------------------------------------------------------------


def _due(now: datetime) -> tuple[Any, ...]:
    """A page waits for the closing word of the episode before while that is being sent, or is the next in the same
    queue; anything else waits until what it follows is final."""
    f = _FOLLOWED.c
    next_in_queue = and_(f.state == State.QUEUED.value, f.endpoint == _d.c.endpoint)
    on_its_way = or_(f.state == State.SENDING.value, next_in_queue)
    held_back = exists().where(f.id == _d.c.follows, f.state.in_(_UNFINISHED), or_(~_IMPATIENT, on_its_way))
    return (_d.c.state.in_(_UNFINISHED), _d.c.carried_by == "", _d.c.next_at <= now, ~held_back)


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
    """The rows, digests among them with their words; and the digests that have nothing left to tell."""
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
    """The rows that may go now: no page before the closing words of earlier episodes to the same person.

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
    """Closing words on their way, of earlier episodes than these pages by alert and person, each with its place."""
    closing = (
        select(_d)
        .where(_d.c.alert.in_({alert for alert, _ in pages}), _d.c.kind.in_(_CLOSING), _d.c.state.in_(_UNFINISHED))
        .where(_d.c.carried_by == "")
    )
    words = [row_of(dict(mapping)) for mapping in (await connection.execute(closing)).mappings().all()]
    placed = [((word.alert, word.person), word) for word in words]
    return [(place, word) for place, word in placed if place in pages and word.episode < pages[place].episode]


async def _end(connection: AsyncConnection, words: Collection[str], now: datetime) -> frozenset[str]:
    """Cancel those of these closing words that still wait and are in nobody's hands; which they were."""
    if not words:
        return frozenset()
    waiting = (
        select(_d)
        .where(_d.c.id.in_(sorted(words)), _d.c.state.in_(_WAITING))
        .order_by(_d.c.next_at, _d.c.id)
        .with_for_update(skip_locked=True)
    )
    found = [row_of(dict(mapping)) for mapping in (await connection.execute(waiting)).mappings().all()]
    over = [replace(row, state=State.CANCELLED, reason=UnsentReason.REOPENED.value, finished_at=now) for row in found]
    await _finish(connection, over, now)
    return frozenset(row.id for row in over)


async def _alerts(connection: AsyncConnection, ids: Collection[str]) -> dict[str, AlertStatus]:
    if not ids:
        return {}
    c = tables.alert.c
    found = await connection.execute(select(c.id, c.state, c.episode, c.close_reason).where(c.id.in_(ids)))
    return {row.id: AlertStatus(row.state, row.episode, row.close_reason) for row in found}


async def _states(connection: AsyncConnection, ids: Collection[str]) -> dict[str, State]:
    """What became of them; one that may have arrived counts as sent, since somebody may have read it."""
    if not ids:
        return {}
    found = await connection.execute(select(_d.c.id, _d.c.state, _d.c.possibly_duplicate).where(_d.c.id.in_(ids)))
    return {row.id: State.SENT if row.possibly_duplicate else State(row.state) for row in found}


async def _start(
    connection: AsyncConnection, rows: Sequence[DeliveryRow], now: datetime, lease: Lease
) -> list[DeliveryRow]:
    if not rows:
        return []
    lost = [row for row in rows if row.state is State.SENDING]
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
            state=State.SENDING,
            attempts=row.attempts + 1,
            next_at=lease.until,
            lease=lease.token,
            possibly_duplicate=row.possibly_duplicate or row.state is State.SENDING,
        )
        for row in rows
    ]
    await _write(connection, started)
    await connection.execute(
        tables.attempt.insert(),
        [{"delivery": row.id, "number": row.attempts, "at": now, "outcome": "started"} for row in started],
    )
    return started


# -- recording --------------------------------------------------------------------------------------------


async def _held(connection: AsyncConnection, rows: Sequence[DeliveryRow]) -> frozenset[str]:
    """Ids whose lease is still the one they were sent under; locked until the end of the transaction."""
    lease_of = {row.id: row.lease for row in rows}
    statement = (
        select(_d.c.id, _d.c.lease)
        .where(_d.c.id.in_(list(lease_of)), _d.c.state == State.SENDING.value)
        .order_by(_d.c.id)
        .with_for_update()
    )
    found = await connection.execute(statement)
    return frozenset(row.id for row in found if lease_of[row.id] == row.lease)


def _after(row: DeliveryRow, what: AttemptResult, now: datetime) -> DeliveryRow:
    return replace(
        row,
        state=what.state,
        attempts=row.attempts if what.counts else row.attempts - 1,
        reason=str(what.reason),
        failure=str(what.failure),
        error=what.detail,
        next_at=what.next_at or now,
        lease="",
        possibly_duplicate=what.possibly_duplicate,
        finished_at=now if what.state.final else None,
    )


async def _write(connection: AsyncConnection, rows: Sequence[DeliveryRow]) -> None:
    if not rows:
        return
    changing = ("state", "reason", "attempts", "next_at", "lease", "possibly_duplicate", "failure", "error")
    statement = (
        update(_d)
        .where(_d.c.id == bindparam("b_id"))
        .values({name: bindparam(f"b_{name}") for name in (*changing, "finished_at")})
    )
    await connection.execute(
        statement,
        [
            {f"b_{name}": getattr(row, name) for name in (*changing, "finished_at")}
            | {"b_id": row.id, "b_state": row.state.value}
            for row in rows
        ],
    )


async def _close_attempts(connection: AsyncConnection, settled: Sequence[tuple[Done, AttemptResult]]) -> None:
    if not settled:
        return
    a = tables.attempt.c
    await connection.execute(
        update(tables.attempt)
        .where(and_(a.delivery == bindparam("b_id"), a.number == bindparam("b_number")))
        .values(
            finished_at=bindparam("b_at"),
            outcome=bindparam("b_outcome"),
            failure=bindparam("b_failure"),
            detail=bindparam("b_detail"),
        ),
        [
            {
                "b_id": item.row.id,
                "b_number": item.row.attempts,
                "b_at": item.at,
                "b_outcome": _WORDS[type(item.outcome)],
                "b_failure": str(what.failure),
                "b_detail": what.detail,
            }
            for item, what in settled
        ],
    )


async def _forget_attempts(connection: AsyncConnection, rows: Sequence[DeliveryRow]) -> None:
    """What was begun and was no try leaves no attempt behind; the row says what it waits for."""
    a = tables.attempt.c
    for row in rows:
        await connection.execute(delete(tables.attempt).where(a.delivery == row.id, a.number == row.attempts))


_WORDS: Mapping[type, str] = {Sent: "sent", Retry: "retry", Rejected: "rejected"}


async def _finish(connection: AsyncConnection, rows: Sequence[DeliveryRow], now: datetime) -> None:
    """Give rows that are not to be sent their final state, and their persons another address where that helps."""
    await _write(connection, rows)
    await _tell(connection, rows, now)
    await _fall_back(connection, [row for row in rows if row.state is State.FAILED], now)
    await _carry(connection, rows)


async def _tell(connection: AsyncConnection, rows: Sequence[DeliveryRow], now: datetime) -> None:
    await logs.append(connection, tables.log, [delivery_fact(row, now) for row in rows])


async def _fall_back(connection: AsyncConnection, rows: Sequence[DeliveryRow], now: datetime) -> None:
    """Queue the same message to the next address, and let what was carried by the old one wait for it; where that
    address is a machine's, everything that was carried goes there by itself."""
    apart = [row for row in rows if row.kind.collects and row.then and not is_grouped(row.then[0])]
    by_itself = [row for row in rows if row not in apart] + await _by_itself(connection, apart)
    pairs = [(row, following) for row in by_itself if (following := fallback(row, now)) is not None]
    there = await _states(connection, {following.id for _, following in pairs})  # a busy server was waited for twice
    pairs = [(row, following) for row, following in pairs if following.id not in there]
    if not pairs:
        return
    await connection.execute(insert_new(connection, _d), [following.columns() for _, following in pairs])
    await logs.append(connection, tables.log, [delivery_fact(following, now) for _, following in pairs])
    over = [(row, following) for row, following in pairs if row.state.final and row.kind.collects]
    if over:
        await connection.execute(
            update(_d).where(_d.c.carried_by == bindparam("b_old")).values(carried_by=bindparam("b_new")),
            [{"b_old": row.id, "b_new": following.id} for row, following in over],
        )


async def _by_itself(connection: AsyncConnection, digests: Sequence[DeliveryRow]) -> list[DeliveryRow]:
    """What these digests carried, with the addresses that come after theirs."""
    if not digests:
        return []
    then = {digest.id: digest.then for digest in digests}
    carried = select(_d).where(_d.c.carried_by.in_(list(then)), _d.c.state.in_(_WAITING)).order_by(_d.c.created_at)
    rows = [row_of(dict(mapping)) for mapping in (await connection.execute(carried)).mappings()]
    return [replace(row, then=then[row.carried_by]) for row in rows]


async def _carry(connection: AsyncConnection, rows: Sequence[DeliveryRow]) -> None:
    """What a digest told shares the digest's end."""
    ends = [row for row in rows if row.kind.collects]
    if not ends:
        return
    carried = (
        (await connection.execute(select(_d).where(_d.c.carried_by.in_([row.id for row in ends])))).mappings().all()
    )
    end_of = {row.id: row for row in ends}
    told = [_with_carrier(row_of(dict(mapping)), end_of) for mapping in carried]
    await _write(connection, told)
    await _tell(connection, told, ends[0].finished_at or ends[0].next_at)


def _with_carrier(row: DeliveryRow, end_of: Mapping[str, DeliveryRow]) -> DeliveryRow:
    end = end_of[row.carried_by]
    reason = UnsentReason.CARRIER_FAILED.value if end.state is State.FAILED else end.reason
    return replace(row, state=end.state, reason=reason, attempts=end.attempts, finished_at=end.finished_at)


async def _disable(connection: AsyncConnection, done: Sequence[Done], now: datetime) -> None:
    """Close endpoints that said 410, and let what waits for them move on at once to the persons' next addresses."""
    reasons = {item.row.endpoint: item.outcome for item in done}
    if not reasons:
        return
    rows = [
        {
            "id": endpoint,
            "state": "disabled",
            "reason": outcome.detail if isinstance(outcome, Rejected) else "",
            "changed_at": now,
            "changed_by": "slad",
        }
        for endpoint, outcome in reasons.items()
    ]
    await connection.execute(upsert(connection, tables.endpoint), rows)
    await connection.execute(
        update(_d).where(_d.c.endpoint.in_(list(reasons)), _d.c.state.in_(_WAITING)).values(next_at=now)
    )


async def _leave_alone(connection: AsyncConnection, done: Sequence[Done], now: datetime) -> None:
    """An endpoint that asked for patience gets nothing else meanwhile either."""
    asked = asked_by_endpoint((item.row.endpoint, item.outcome) for item in done)
    if asked:
        statement = insert(connection, tables.endpoint)
        asked_now = statement.excluded.rest_until
        longer = case((_e.rest_until > asked_now, _e.rest_until), else_=asked_now)
        resting = statement.on_conflict_do_update(index_elements=["id"], set_={"rest_until": longer})
        new = {"state": "active", "reason": "", "changed_at": now, "changed_by": "slad"}
        rows = [new | {"id": endpoint, "rest_until": now + asked[endpoint]} for endpoint in sorted(asked)]
        await connection.execute(resting, rows)


def asked_by_endpoint(outcomes: Iterable[tuple[str, Outcome]]) -> dict[str, timedelta]:
    """How long each endpoint wants to be left alone, as far as others' messages may wait for that."""
    asked: dict[str, timedelta] = {}
    for endpoint, outcome in outcomes:
        if isinstance(outcome, Retry) and outcome.after is not None:
            asked[endpoint] = max(asked.get(endpoint, timedelta()), min(outcome.after, LONGEST_FOR_OTHERS))
    return asked


def lease_until(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)
