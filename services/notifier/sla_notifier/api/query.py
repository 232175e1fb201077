"""The API's queries, a page at a time: alerts by urgency, deliveries newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog
from sqlalchemy import Column, ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_notifier import tables
from sla_notifier.alert import chain
from sla_notifier.alert.alert import AlertState
from sla_notifier.api.shape import (
    AlertDetail,
    AlertPage,
    AlertShape,
    AttemptShape,
    DeliveryDetail,
    DeliveryPage,
    DeliveryShape,
    EndpointShape,
    StepShape,
)
from sla_notifier.delivery.policy import UnsentReason
from sla_notifier.delivery.state import UNFINISHED, DeliveryState
from sla_platform.http.problem import Problem
from sla_platform.inbound import reachable
from sla_platform.store.types import from_micros, to_micros
from sla_platform.store.urgency import UrgencyCursor, UrgencyOrder, seconds_of, urgency_at

_log = structlog.get_logger(__name__)
_Shape = TypeVar("_Shape")
_a, _d = tables.alert.c, tables.delivery.c
_UNSHOWN = {"text", "html", "payload", "address", "then", "subject"}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The filters and the page that a caller of a list route asks for."""

    equal: dict[str, str]
    """Maps a column to the value that the column must have. "" means any value."""
    contract: str | None
    """The only contract to list. None means all contracts."""
    before: str
    """The `next` of the previous page. "" means the first page."""
    limit: int
    """The highest number of entries on a page."""


_STATES = tuple(AlertState)  # open, acknowledged, closed: in the order in which somebody must look at them


async def alerts(connection: AsyncConnection, asked: ListQuery, now: datetime) -> AlertPage:
    """Return a page of the list of alerts.

    The order is: open alerts, the most urgent first; acknowledged alerts, the most urgent first; closed alerts, the
    last opened first. Alerts whose rows cannot be read are logged, and their ids are returned in `not_shown`.

    Args:
        asked: The filters and the page.
        now: The instant at which urgency is measured. Further pages use the instant of the first page, so that the
            order stays the same.

    Raises:
        Problem: HTTP error 422 if `asked.before` is not the `next` of a page.
    """
    state, place = _state_and_place(asked)
    now = place.at if place is not None else now
    found: list[tuple[AlertState, Any]] = []
    for each in _STATES[_STATES.index(state) :]:
        statement = _alerts_in(connection, each, now, place if each is state else None)
        rows = await connection.execute(_filtered(statement, asked, _a).limit(asked.limit + 1 - len(found)))
        found += [(each, row) for row in rows.mappings()]
        if len(found) > asked.limit:
            break
    shown, not_shown = _one_by_one(alert_shape, [dict(row) for _, row in found[: asked.limit]])
    last = found[asked.limit - 1] if len(found) > asked.limit else None
    after = "" if last is None else f"{last[0].value}_{_end(now, last[1])}"
    return AlertPage(alerts=shown, next=after, not_shown=not_shown)


def _alerts_in(
    connection: AsyncConnection, state: AlertState, now: datetime, place: UrgencyCursor | None
) -> Select[Any]:
    of_old = seconds_of(connection, _a.opened_at)
    closed = state is AlertState.CLOSED
    score = of_old if closed else urgency_at(now, _a.weight, seconds_of(connection, _a.due_at))
    order = UrgencyOrder(score, _a.due_at, _a.incident, _a.metric, _a.id)
    statement = select(tables.alert, score.label("score")).where(_a.state == state.value)
    if place is not None and closed:
        ended = or_(score < place.score, and_(score == place.score, _a.id > place.last))
        # The second condition is redundant, but an index can begin with it.
        statement = statement.where(ended, _a.opened_at <= _just_behind(place.score))
    elif place is not None:
        statement = statement.where(order.after(place, place.last))
    # The column itself where it says the same: an index has its order.
    return statement.order_by(_a.opened_at.desc(), _a.id) if closed else statement.order_by(score.desc(), *order.tail)


def _end(now: datetime, row: Any) -> UrgencyCursor:
    return UrgencyCursor(now, row["score"], row["due_at"], row["incident"], row["metric"], row["id"])


def _just_behind(seconds: float) -> datetime:
    try:
        return reachable(from_micros(int(seconds * 1e6) + 1))
    except (ValueError, OverflowError):
        raise _no_page() from None


def _state_and_place(asked: ListQuery) -> tuple[AlertState, UrgencyCursor | None]:
    if not asked.before:
        return AlertState.OPEN, None
    state, _, place = asked.before.partition("_")
    try:
        return AlertState(state), UrgencyCursor.parse(place)
    except (ValueError, OverflowError):
        raise _no_page() from None


async def alert(connection: AsyncConnection, id_: str, contract: str | None) -> AlertDetail | None:
    """Return an alert with its future escalation steps and its deliveries.

    The deliveries are at most 1000, the oldest first. If `contract` is given, deliveries for other contracts, to which
    the alert belonged earlier, are left out. The result is None if there is no such alert.

    Args:
        id_: The alert's id.
        contract: The contract to which the alert must belong. None means any contract.
    """
    found = (await connection.execute(select(tables.alert).where(_a.id == id_))).mappings().first()
    if found is None or contract not in (None, found["contract"]):
        return None
    s = tables.step.c
    steps = await connection.execute(select(tables.step).where(s.alert == id_).order_by(s.fire_at))
    shown = _shown().where(_d.alert == id_)
    if contract is not None:  # an earlier episode may have been another contract's
        shown = shown.where(_d.contract == contract)
    told = await connection.execute(shown.order_by(_d.created_at, _d.id).limit(1_000))
    deliveries, not_shown = _one_by_one(delivery_shape, told.mappings())
    return AlertDetail(
        **alert_shape(dict(found)).model_dump(),
        steps=[StepShape(round=row.round, level=row.level, fire_at=row.fire_at) for row in steps],
        deliveries=deliveries,
        not_shown=not_shown,
    )


async def deliveries(connection: AsyncConnection, asked: ListQuery) -> DeliveryPage:
    """Return a page of the list of deliveries, the newest first.

    Deliveries whose rows cannot be read are logged, and their ids are returned in `not_shown`.

    Args:
        asked: The filters and the page.

    Raises:
        Problem: HTTP error 422 if `asked.before` is not the `next` of a page.
    """
    statement = page_of(_shown(), asked, _d, _d.created_at, _d.id)
    rows = (await connection.execute(statement)).mappings().all()
    shown, not_shown = _one_by_one(delivery_shape, rows[: asked.limit])
    return DeliveryPage(deliveries=shown, next=next_page(rows, asked.limit, "created_at"), not_shown=not_shown)


async def delivery(connection: AsyncConnection, id_: str, contract: str | None) -> DeliveryDetail | None:
    """Return a delivery (one message to one person) with its attempts, the first attempt first.

    The result is None if there is no such delivery.

    Args:
        id_: The delivery's id.
        contract: The contract to which the delivery must belong. None means any contract.
    """
    found = (await connection.execute(_shown().where(_d.id == id_))).mappings().first()
    if found is None or contract not in (None, found["contract"]):
        return None
    t = tables.attempt.c
    log = await connection.execute(select(tables.attempt).where(t.delivery == id_).order_by(t.number))
    attempts = [AttemptShape.model_validate({**row}) for row in log.mappings()]
    return DeliveryDetail(**delivery_shape(dict(found)).model_dump(), log=attempts)


async def endpoints(connection: AsyncConnection) -> list[EndpointShape]:
    """Return the stored endpoints, sorted by id.

    An endpoint is the mail server or one webhook. Only endpoints that were disabled once, or asked for a pause, are
    stored.
    """
    found = await connection.execute(select(tables.endpoint).order_by(tables.endpoint.c.id))
    return [EndpointShape.model_validate({**row}) for row in found.mappings()]


def alert_shape(row: dict[str, Any]) -> AlertShape:
    """Return the API's form of an alert, from a row of table `notifier_alert`, by column name.

    `urgency` comes from the additional column `score`. It is None for a closed alert, and for a row without `score`.
    """
    urgency = row["score"] if "score" in row and row["state"] != AlertState.CLOSED.value else None
    return AlertShape.model_validate(row | {"policy": chain.chain_from_json(row["policy"]).policy, "urgency": urgency})


def delivery_shape(row: dict[str, Any]) -> DeliveryShape:
    """Return the API's form of a delivery, from a row of table `notifier_delivery`, by column name.

    The address and the text are left out. `next_at` is None once the delivery is in a final state.
    """
    waiting = DeliveryState(row["state"]) in UNFINISHED
    text = UnsentReason(row["reason"]).text if row["reason"] else ""
    return DeliveryShape.model_validate(row | {"reason_text": text, "next_at": row["next_at"] if waiting else None})


def _one_by_one(shape: Callable[[dict[str, Any]], _Shape], rows: Iterable[Any]) -> tuple[list[_Shape], list[str]]:
    """What can be shown, and the ids of what cannot: one bad row must not hide the others."""
    shown: list[_Shape] = []
    not_shown: list[str] = []
    for row in rows:
        try:
            shown.append(shape(dict(row)))
        except Exception:
            _log.exception("row.cannot_be_shown", id=row["id"])
            not_shown.append(row["id"])
    return shown, not_shown


def shown_columns() -> list[Column[Any]]:
    """Return the columns of the table of deliveries that the API returns.

    The address and the content of the message are not among them.
    """
    return [column for column in tables.delivery.c if column.name not in _UNSHOWN]


def _shown() -> Select[Any]:
    return select(*shown_columns())


def page_of(
    statement: Select[Any], asked: ListQuery, columns: Any, at: ColumnElement[Any], id_: ColumnElement[Any]
) -> Select[Any]:
    """Return a query for one page of a list, the newest entry first.

    The query returns one row more than `asked.limit` if another page follows (see `next_page`).

    Args:
        statement: The query for the whole list.
        asked: The filters and the page.
        columns: The columns of the table, for the filters.
        at: The column with the instant by which the list is sorted.
        id_: The column with the id, by which rows of the same instant are sorted.

    Raises:
        Problem: HTTP error 422 if `asked.before` is not the `next` of a page.
    """
    statement = _filtered(statement, asked, columns)
    if asked.before:
        instant, last = _parsed(asked.before)
        # Spelt out for the column's own type: a row value would bypass it on SQLite.
        statement = statement.where((at < instant) | ((at == instant) & (id_ < last)))
    return statement.order_by(at.desc(), id_.desc()).limit(asked.limit + 1)


def _filtered(statement: Select[Any], asked: ListQuery, columns: Any) -> Select[Any]:
    for name, value in asked.equal.items():
        if value:
            statement = statement.where(columns[name] == value)
    return statement if asked.contract is None else statement.where(columns.contract == asked.contract)


def next_page(rows: Any, limit: int, at: str) -> str:
    """Return the value of `before` that requests the page after these rows; "" if no page follows.

    Args:
        rows: The rows of a query by `page_of`, with the columns `id` and `at`.
        limit: The highest number of entries on a page.
        at: The name of the column by which the list is sorted.
    """
    if len(rows) <= limit:
        return ""
    last = rows[limit - 1]
    return f"{to_micros(last[at])}_{last['id']}"


def _parsed(before: str) -> tuple[datetime, str]:
    micros, _, id_ = before.partition("_")
    try:
        return reachable(from_micros(int(micros))), id_
    except (ValueError, OverflowError):
        raise _no_page() from None


def _no_page() -> Problem:
    return Problem(422, "invalid-input", "The input does not fit", "`before` is not the `next` of a page")
