"""The filter of the list of incidents as SQL conditions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Table, and_, false, func, literal, or_

from sla_board import tables
from sla_board.history.cursor import ListPlace
from sla_board.history.filter import IncidentFilter, ListDate
from sla_board.history.part import ALL_CONTRACTS, ONE_CONTRACT

_listed = tables.listed.c


def table_of(shown: IncidentFilter) -> Table:
    """Return the table of the rows that a filter lists: the table of incidents, or of clocks if a metric is chosen."""
    return tables.listed_clock if shown.metric else tables.listed


def joined(shown: IncidentFilter) -> FromClause:
    """Return the tables to query for the rows that a filter lists.

    The result is the table of incidents. If a metric is chosen, it is the table of clocks joined with the table of
    incidents.
    """
    if not shown.metric:
        return tables.listed
    clock = tables.listed_clock.c
    return tables.listed_clock.join(
        tables.listed,
        and_(
            _listed.incident == clock.incident, _listed.contract == clock.contract, _listed.part == clock.part
        ),
    )  # fmt: skip


def belongs(shown: IncidentFilter, columns: Any) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for the contracts, customers, products and priorities that a filter chooses.

    Args:
        columns: The columns of the queried table: part, contract, customer, product and priority. The column `part`
            says how much of an incident the row shows (see `ListPart`).
    """
    contracts = shown.of_contracts
    chosen: list[ColumnElement[bool]] = [columns.part.in_(ALL_CONTRACTS if contracts is None else ONE_CONTRACT)]
    if contracts is not None:
        chosen.append(columns.contract.in_(contracts))
    for column, names in (
        (columns.customer, shown.customers), (columns.product, shown.products), (columns.priority, shown.priorities),
    ):  # fmt: skip
        if names:
            chosen.append(column.in_(names))
    return chosen


def decided(shown: IncidentFilter, columns: Any) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for a filter's states (such as `closed`) and verdicts (such as `missed`)."""
    chosen: list[ColumnElement[bool]] = []
    if shown.states:
        chosen.append(columns.phase.in_(shown.states))
    if shown.verdicts:
        chosen.append(columns.verdict.in_([verdict.value for verdict in shown.verdicts]))
    return chosen


def dating(shown: IncidentFilter, of: Any) -> Any:
    """Return the instant by which a filter selects and sorts rows, such as when the incident was opened.

    Args:
        of: The columns of a table, to get the column with the instant; or a row, to get the instant itself.
    """
    match shown.date:
        case ListDate.DUE:
            return of.due_at
        case ListDate.OPENED | ListDate.PRESENT:
            return of.opened_at
        case ListDate.ENDED:
            return of.ended_at
        case ListDate.COUNTED:
            return of.counts_at


def dated(shown: IncidentFilter, columns: Any) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for the metric and the period (such as `2026-11`) that a filter chooses."""
    chosen: list[ColumnElement[bool]] = []
    if shown.metric:
        chosen.append(columns.metric == shown.metric)
    at = dating(shown, columns)
    if shown.date is ListDate.PRESENT:
        return [*chosen, *present(columns, shown.since, shown.until)]
    if shown.since is not None:
        chosen.append(at >= shown.since)
    if shown.until is not None:
        chosen.append(at < shown.until)
    return chosen


def follows(at: ColumnElement[Any], columns: Any, after: ListPlace, of_clocks: bool) -> ColumnElement[bool]:
    """Return the SQL condition for the rows that the list has after the row at the position `after`.

    Args:
        at: The column by which the list is sorted first.
        columns: The columns of the table. Used are `incident` and `contract`, and in a list of clocks also `clock`.
        after: The position of the last row that was listed.
        of_clocks: Whether each row of the list is a clock.
    """
    tail: ColumnElement[bool] = columns.clock < UUID(after.clock) if of_clocks else false()
    tail = or_(columns.contract < after.contract, and_(columns.contract == after.contract, tail))
    tail = or_(columns.incident < after.incident, and_(columns.incident == after.incident, tail))
    # The first comparison is implied, but an index can begin with it.
    return and_(at <= after.at, or_(at < after.at, and_(at == after.at, tail)))


def present(columns: Any, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    """Return the SQL conditions for incidents that were open at any time in `[since, until)`.

    The database finds incidents that were opened before `since` by an index of their ends. So it does not read the
    incidents that ended before `since`.

    Args:
        columns: The columns of the table `board_listed`.
        since: None for no bound.
        until: None for no bound.
    """
    opened = columns.opened_at
    within = [opened.is_not(None), *([] if until is None else [opened < until])]
    if since is None:
        return within
    # An expression has no index: of what was opened before, the one by the end is to be used.
    before = func.coalesce(opened, literal(until or since, opened.type)) < since
    lasting = [and_(before, columns.ended_at >= since), and_(before, columns.ended_at.is_(None))]
    bounds = [opened >= since, *([] if until is None else [opened < until])]
    return [or_(and_(*bounds), *lasting), or_(columns.left_at.is_(None), columns.left_at >= since)]


@dataclass(frozen=True, slots=True)
class TextCondition:
    """The SQL condition for the rows that contain a filter's search text, and whether many rows match."""

    holds: ColumnElement[bool]
    """The condition."""
    frequent: bool
    """Whether more than 2,000 rows match. Matching rows are then not all counted."""
