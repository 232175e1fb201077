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
    """The clocks' records in the table `board_clock`, up to the filter's limit. Each record also has its incident's
    title and URL, as `known_title` and `known_url`."""
    alerts: Mapping[str, ShownAlert]
    """Maps a clock's id to its alert, for breached rows."""
    buckets: Mapping[Bucket, int]
    """Maps how soon a clock is due to the number of clocks that match the filter. The filter's choice of buckets is
    ignored."""
    open_clocks: int
    """How many clocks the viewer may see."""
    contracts: tuple[str, ...]
    """The choices of contracts in the filter's menu."""
    priorities: tuple[str, ...]
    """The choices of priorities in the filter's menu."""

    @property
    def total(self) -> int:
        """Return how many clocks match the filter, ignoring its limit and its choice of buckets.

        A bucket is how soon a clock is due.
        """
        return sum(self.buckets.values())


async def read_queue(connection: AsyncConnection, shown: BoardFilter, hours: HoursAt) -> Queue:
    """Return the open clocks that match the filter `shown`, as of the instant `hours.now`.

    Args:
        hours: Finds each clock's hours, which determine how soon the clock is due (its bucket).
    """
    allowed, now = _allowed(shown), hours.now
    choices = await _choices(connection, shown, allowed)
    looks = {name: hours.look(contract, name) for contract, name in choices.hours}
    bucket = _bucket(now, choices.zones, looks)
    wanted = and_(allowed, *_chosen(shown, _outside(now, looks)))
    counting = (
        _joined(shown, select(bucket.label("bucket"), func.count().label("clocks"))).where(wanted).group_by(bucket)
    )
    counts = {Bucket(row.bucket): row.clocks for row in (await connection.execute(counting)).all()}
    known = [_incident.title.label("known_title"), _incident.url.label("known_url")]
    if shown.only_contract is not None:
        known += [_moved.contract.label("moved_contract"), _moved.customer.label("moved_customer")]
    query = _joined(shown, select(tables.clock, *known))
    if shown.buckets:
        wanted = and_(wanted, bucket.in_([int(number) for number in shown.buckets]))
    query = query.where(wanted).order_by(*_order(shown, bucket, now)).limit(shown.limit)
    rows = (await connection.execute(query)).all()
    return Queue(
        now=now,
        hours=hours,
        rows=rows,
        alerts=await _alerts(connection, [str(row.id) for row in rows if row.breached_at is not None], shown),
        buckets={number: counts.get(number, 0) for number in Bucket},
        open_clocks=choices.open_clocks,
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
        counting = _joined(shown, counting)
    query = counting.where(allowed).group_by(*kinds)
    rows = (await connection.execute(query)).all()
    return _Choices(
        contracts=tuple(sorted({shown.only_contract or row.contract for row in rows if row.contract}))[:_MOST_CHOICES],
        priorities=tuple(sorted({row.priority for row in rows if row.priority}))[:_MOST_CHOICES],
        zones=tuple(sorted({row.zone for row in rows})),
        hours=tuple(sorted({(row.contract, row.hours) for row in rows})),
        open_clocks=sum(row.clocks for row in rows),
    )


def _joined(shown: BoardFilter, query: Any) -> Any:
    joined = tables.clock.outerjoin(tables.incident, _incident.id == _clock.incident)
    if shown.only_contract is not None:
        joined = joined.outerjoin(tables.contract, _moved.incident == _clock.incident)
    return query.select_from(joined)


def _allowed(shown: BoardFilter) -> ColumnElement[bool]:
    """Open clocks; with the key of one contract those of incidents that are under it now (`sla_domain.contract_view`).

    An incident whose new customer the timer has not judged yet is shown to no contract until it has.
    """
    if shown.only_contract is None:
        return _clock.open.is_(True)
    return and_(
        _clock.open.is_(True),
        func.coalesce(_moved.contract, _clock.contract) == shown.only_contract,
        or_(_incident.customer.is_(None), _incident.customer == func.coalesce(_moved.customer, _clock.customer)),
    )


def _chosen(shown: BoardFilter, outside: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = []
    for column, names in (
        (_clock.contract if shown.only_contract is None else literal(shown.only_contract), shown.contracts),
        (_clock.priority, shown.priorities),
        (_clock.metric, shown.metrics),
    ):
        if names:
            chosen.append(column.in_(names))
    if shown.conditions:
        chosen.append(or_(false(), *(_holds(condition, outside) for condition in shown.conditions)))
    if shown.text.strip():
        pattern = containing(shown.text)
        of_clock: ColumnElement[bool] = _clock.search.like(pattern, escape="\\")
        if shown.only_contract is not None:  # what a moved clock was called before is another contract's
            of_clock = and_(_moved.incident.is_(None), of_clock)
        chosen.append(or_(of_clock, _incident.search.like(pattern, escape="\\")))
    return chosen


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


def _order(shown: BoardFilter, bucket: ColumnElement[int], now: datetime) -> list[ColumnElement[Any]]:
    """The chosen column, then urgency (clause I4), then a tail that makes every order total: rows never swap places."""
    chosen: ColumnElement[Any]
    most_urgent = _urgency(now).desc()
    soonest = _clock.due_at.asc().nulls_last()
    match shown.order:
        case QueueOrder.URGENCY:
            chosen = _urgency(now).asc() if shown.descending else most_urgent
        case QueueOrder.STATE:
            chosen = bucket.desc() if shown.descending else bucket.asc()
        case QueueOrder.DUE:
            chosen = _clock.due_at.desc().nulls_last() if shown.descending else soonest
        case QueueOrder.PRIORITY:
            chosen = _turned(_clock.priority, shown)
        case QueueOrder.CONTRACT:
            chosen = _turned(_clock.contract, shown)
        case QueueOrder.INCIDENT:
            chosen = _turned(_clock.incident, shown)
        case QueueOrder.METRIC:
            chosen = _turned(_clock.metric, shown)
    order = UrgencyOrder(_urgency(now), _clock.due_at, _clock.incident, _clock.metric, _clock.cycle)
    return [chosen, most_urgent, *order.tail]


def _turned(column: ColumnElement[str], shown: BoardFilter) -> ColumnElement[str]:
    return column.desc() if shown.descending else column.asc()
