"""The board's list: which open clocks a filter shows, in which order, and how many are in each bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.projection.text import containing
from sla_board.shown.alert import ShownAlert, alerts_of
from sla_board.shown.bucket import HOUR, SOON, Bucket, end_of_day
from sla_board.shown.filter import BoardFilter, ClockCondition, QueueOrder
from sla_board.shown.hours import ClockHours, CountedReach, HoursAt
from sla_board.shown.place import QueuePlace, follows, parse_place, place_of
from sla_domain.clock import ClockState
from sla_platform.store.urgency import UrgencyOrder, urgency_at

_clock = tables.clock.c
_incident = tables.incident.c
_moved = tables.contract.c
_MOST_CHOICES = 200


@dataclass(frozen=True, slots=True)
class Queue:
    """The open clocks that match a filter, in the filter's order, as of `now`."""

    now: datetime
    hours: HoursAt
    """Finds each clock's hours."""
    rows: Sequence[Any]
    alerts: Mapping[str, ShownAlert]  # of the rows, by clock
    buckets: Mapping[Bucket, int]  # what the filter shows, before its own choice of buckets
    open_clocks: int  # what the viewer may see at all
    after: QueuePlace | None  # of the last row, where more follow
    contracts: tuple[str, ...]  # to choose from
    priorities: tuple[str, ...]
    """The choices of priorities in the filter's menu."""

    @property
    def total(self) -> int:
        """Return how many clocks match the filter, without regard to the filter's limit and buckets (how soon due)."""
        return sum(self.buckets.values())


async def read_queue(connection: AsyncConnection, shown: BoardFilter, hours: HoursAt) -> Queue:
    """Return the open clocks that match the filter `shown`, as of the instant `hours.now`.

    Args:
        hours: Finds each clock's hours, which determine how soon the clock is due (its bucket).
    """
    after = parse_place(shown.cursor, shown.order, shown.descending) if shown.cursor else None
    allowed, now = allowed_clocks(shown), hours.now
    choices = await _choices(connection, shown, allowed)
    looks = {name: hours.look(contract, name) for contract, name in choices.hours}
    bucket = _bucket(now, choices.zones, looks)
    wanted = and_(allowed, *chosen_clocks(shown), *_in_conditions(shown, _outside(now, looks)))
    counting = (
        joined_clocks(shown, select(bucket.label("bucket"), func.count().label("clocks")))
        .where(wanted)
        .group_by(bucket)
    )
    counts = {Bucket(row.bucket): row.clocks for row in (await connection.execute(counting)).all()}
    sorted_at = now if after is None else after.at
    if after is not None:
        then = HoursAt(sorted_at, hours.calendars)
        looks = {name: then.look(contract, name) for contract, name in choices.hours}
    by_bucket = bucket if after is None else _bucket(sorted_at, choices.zones, looks)
    known = [
        *known_columns(shown), _urgency(sorted_at).label("place_score"), by_bucket.label("place_bucket"),
    ]  # fmt: skip
    query = joined_clocks(shown, select(tables.clock, *known))
    if shown.buckets:
        wanted = and_(wanted, bucket.in_([int(number) for number in shown.buckets]))
    if after is not None:
        wanted = and_(wanted, follows(after, _column(shown, by_bucket, sorted_at), _by_urgency(sorted_at)))
    query = query.where(wanted).order_by(*_order(shown, by_bucket, sorted_at)).limit(shown.limit + 1)
    found = (await connection.execute(query)).all()
    rows = found[: shown.limit]
    return Queue(
        now=now,
        hours=hours,
        rows=rows,
        alerts=await _alerts(connection, [str(row.id) for row in rows if row.breached_at is not None], shown),
        buckets={number: counts.get(number, 0) for number in Bucket},
        open_clocks=choices.open_clocks,
        after=place_of(rows[-1], shown.order, shown.descending, sorted_at) if len(found) > len(rows) else None,
        contracts=choices.contracts,
        priorities=choices.priorities,
    )


async def _alerts(connection: AsyncConnection, clocks: Sequence[str], shown: BoardFilter) -> dict[str, ShownAlert]:
    """An alert about a clock bears the clock's id."""
    alert = tables.alert.c
    if not clocks:
        return {}
    query = select(tables.alert).where(alert.alert.in_(clocks))
    if shown.only_contract is not None:
        query = query.where(alert.contract == shown.only_contract)
    steps = (await connection.execute(query)).all()
    return {alert.id: alert for alert in alerts_of(steps)}


@dataclass(frozen=True, slots=True)
class _Choices:
    contracts: tuple[str, ...]
    priorities: tuple[str, ...]
    zones: tuple[str, ...]
    hours: tuple[tuple[str, str], ...]  # contract and hours
    open_clocks: int


async def _choices(connection: AsyncConnection, shown: BoardFilter, allowed: ColumnElement[bool]) -> _Choices:
    """What open clocks there are to choose from."""
    kinds = (_clock.contract, _clock.priority, _clock.zone, _clock.hours)
    counting = select(*kinds, func.count().label("clocks"))
    if shown.only_contract is not None:
        counting = joined_clocks(shown, counting)
    query = counting.where(allowed).group_by(*kinds)
    rows = (await connection.execute(query)).all()
    return _Choices(
        contracts=tuple(sorted({shown.only_contract or row.contract for row in rows if row.contract}))[:_MOST_CHOICES],
        priorities=tuple(sorted({row.priority for row in rows if row.priority}))[:_MOST_CHOICES],
        zones=tuple(sorted({row.zone for row in rows})),
        hours=tuple(sorted({(row.contract, row.hours) for row in rows})),
        open_clocks=sum(row.clocks for row in rows),
    )


def known_columns(shown: BoardFilter) -> list[ColumnElement[Any]]:
    """Return the columns about a clock's incident that a row of the board shows: ticket, title and URL.

    If the viewer's key is limited to one contract, the incident's present contract and customer are returned too.
    """
    known: list[ColumnElement[Any]] = [
        _incident.ticket.label("known_ticket"), _incident.title.label("known_title"), _incident.url.label("known_url"),
    ]  # fmt: skip
    if shown.only_contract is not None:
        known += [_moved.contract.label("moved_contract"), _moved.customer.label("moved_customer")]
    return known


def joined_clocks(shown: BoardFilter, query: Any) -> Any:
    """Return `query` over the table of clocks, joined with the table of incidents.

    If the viewer's key is limited to one contract, the table of the incidents' present contracts is joined as well.
    `allowed_clocks` and `known_columns` use columns of these tables.
    """
    joined = tables.clock.outerjoin(tables.incident, _incident.id == _clock.incident)
    if shown.only_contract is not None:
        joined = joined.outerjoin(tables.contract, _moved.incident == _clock.incident)
    return query.select_from(joined)


def allowed_clocks(shown: BoardFilter) -> ColumnElement[bool]:
    """Return the SQL condition for the open clocks that the viewer may see.

    A viewer with the key of one contract sees the clocks of incidents that belong to this contract now. If the customer
    of an incident has changed, the incident is hidden from such viewers until the timer has published its new contract.
    """
    if shown.only_contract is None:
        return _clock.open.is_(True)
    return and_(
        _clock.open.is_(True),
        func.coalesce(_moved.contract, _clock.contract) == shown.only_contract,
        or_(_incident.customer.is_(None), _incident.customer == func.coalesce(_moved.customer, _clock.customer)),
    )


def chosen_clocks(shown: BoardFilter) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for a filter's contracts, priorities, metrics and search text."""
    chosen: list[ColumnElement[bool]] = []
    for column, names in (
        (_clock.contract if shown.only_contract is None else literal(shown.only_contract), shown.contracts),
        (_clock.priority, shown.priorities),
        (_clock.metric, shown.metrics),
    ):
        if names:
            chosen.append(column.in_(names))
    if shown.text.strip():
        pattern = containing(shown.text)
        of_clock: ColumnElement[bool] = _clock.search.like(pattern, escape="\\")
        if shown.only_contract is not None:  # the names of a moved clock before the move belong to another contract
            of_clock = and_(_moved.incident.is_(None), of_clock)
        chosen.append(or_(of_clock, _incident.search.like(pattern, escape="\\")))
    return chosen


def _in_conditions(shown: BoardFilter, outside: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    if not shown.conditions:
        return []
    return [or_(false(), *(_holds(condition, outside) for condition in shown.conditions))]


def _holds(condition: ClockCondition, outside: ColumnElement[bool]) -> ColumnElement[bool]:
    calm = _clock.breached_at.is_(None)
    running = and_(calm, _clock.state == ClockState.RUNNING.value)
    match condition:
        case ClockCondition.BREACHED:
            return _clock.breached_at.is_not(None)
        case ClockCondition.PAUSED:
            return and_(calm, _clock.state == ClockState.PAUSED.value)
        case ClockCondition.OUTSIDE:
            return and_(running, outside)
        case ClockCondition.WARNED:
            return and_(running, not_(outside), _clock.warned != "")
        case ClockCondition.RUNNING:
            return and_(running, not_(outside), _clock.warned == "")


def _outside(now: datetime, looks: Mapping[str, ClockHours]) -> ColumnElement[bool]:
    """Clocks whose hours are closed now, and that are not due yet."""
    closed = sorted(name for name, look in looks.items() if not look.around.open)
    not_due = and_(_clock.due_at.is_not(None), _clock.due_at > now)
    return and_(_clock.hours.in_(closed), not_due) if closed else false()


def _bucket(now: datetime, zones: Sequence[str], looks: Mapping[str, ClockHours]) -> ColumnElement[int]:
    """`bucket_of` in SQL. "Today" ends at another instant in every zone, so the zones in use are spelled out; so are
    the instants to which counted time reaches in the hours in use."""
    today = [and_(_clock.zone == zone, _clock.due_at < end_of_day(now, zone)) for zone in zones]
    by_reach: dict[CountedReach, list[str]] = {}
    for name, look in sorted(looks.items()):
        if look.calendar is not None:
            by_reach.setdefault(look.reach, []).append(name)
    in_hours = list(by_reach.items())
    soon = [and_(_clock.hours.in_(names), _clock.due_at <= reach.soon) for reach, names in in_hours]
    hour = [and_(_clock.hours.in_(names), _clock.due_at <= reach.hour) for reach, names in in_hours]
    return case(
        (_clock.breached_at.is_not(None), int(Bucket.BREACHED)),
        (_clock.state == ClockState.PAUSED.value, int(Bucket.PAUSED)),
        (_clock.due_at.is_(None), int(Bucket.LATER)),
        (_outside(now, looks), int(Bucket.OUTSIDE)),
        (or_(_clock.due_at <= now + SOON, *soon), int(Bucket.SOON)),
        (or_(_clock.due_at <= now + HOUR, *hour), int(Bucket.HOUR)),
        (or_(false(), *today), int(Bucket.TODAY)),
        else_=int(Bucket.LATER),
    )


def _urgency(now: datetime) -> ColumnElement[float]:
    """`sla_domain.urgency.score` in SQL, at this instant: what a clock weighs times how little time is left."""
    return urgency_at(now, _clock.weight, _clock.due_seconds)


def most_urgent_first(now: datetime) -> list[ColumnElement[Any]]:
    """Return the `ORDER BY` terms of open clocks as of `now`: the most urgent clock first."""
    return [_urgency(now).desc(), *_by_urgency(now).tail]


def _by_urgency(now: datetime) -> UrgencyOrder:
    return UrgencyOrder(_urgency(now), _clock.due_at, _clock.incident, _clock.metric, _clock.cycle)


def _column(shown: BoardFilter, bucket: ColumnElement[int], now: datetime) -> ColumnElement[Any]:
    """The column by which the list is sorted first."""
    columns: Mapping[QueueOrder, ColumnElement[Any]] = {
        QueueOrder.URGENCY: _urgency(now),
        QueueOrder.STATE: bucket,
        QueueOrder.DUE: _clock.due_at,
        QueueOrder.PRIORITY: _clock.priority,
        QueueOrder.CONTRACT: _clock.contract,
        QueueOrder.INCIDENT: _clock.incident,
        QueueOrder.METRIC: _clock.metric,
    }
    return columns[shown.order]


def _order(shown: BoardFilter, bucket: ColumnElement[int], now: datetime) -> list[ColumnElement[Any]]:
    """The chosen column, then urgency (clause I4), then a tail that makes every order total: rows never swap places."""
    column = _column(shown, bucket, now)
    # By urgency the highest comes first, and turned round the lowest.
    falling = shown.descending != (shown.order is QueueOrder.URGENCY)
    chosen = column.desc() if falling else column.asc()
    if shown.order is QueueOrder.DUE:
        chosen = chosen.nulls_last()
    return [chosen, _urgency(now).desc(), *_by_urgency(now).tail]
