"""A page of the list of incidents, read by the key of the row before it, whatever the list's length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.history.condition import TextCondition, belongs, dated, dating, decided, follows, joined, table_of
from sla_board.history.count import ListCounts, read_counts
from sla_board.history.counted import CountedList
from sla_board.history.cursor import ListPlace
from sla_board.history.filter import IncidentFilter
from sla_board.history.rollup import month_of, month_start
from sla_board.history.text import text_condition

_listed = tables.listed.c


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """A page of the list of incidents, with the counts of the whole list."""

    shown: IncidentFilter
    rows: Sequence[Any]
    """Rows of the table `board_listed`. In a list of clocks each row also has the columns of its clock."""
    counts: ListCounts
    """Counts of the whole list."""
    after: ListPlace | None
    """The place of the last row if more rows follow. Else None."""
    filling: bool
    """Whether incidents of an earlier release are still being added, so that rows may be missing."""


async def read_page(connection: AsyncConnection, shown: IncidentFilter, after: ListPlace | None) -> IncidentPage:
    """Return a page of the list of incidents, the newest rows first.

    The page has the counts of the whole list as well.

    Args:
        shown: The filter.
        after: The position after which the page begins. None for the first page.
    """
    if shown.counted is not None:
        return await _counted_page(connection, shown, after)
    text = await text_condition(connection, shown)
    counts = await read_counts(connection, shown, text)
    span = _span(counts, shown.limit + 1, after)
    rows = await read_rows(connection, shown, text, after, shown.limit + 1, span) if counts.total else []
    page, more = rows[: shown.limit], len(rows) > shown.limit
    after = place_of(page[-1], shown) if more else None
    return IncidentPage(shown, page, counts, after, await is_filling(connection))


async def _counted_page(connection: AsyncConnection, shown: IncidentFilter, after: ListPlace | None) -> IncidentPage:
    counted = await CountedList.of(connection, shown)
    counts = await counted.counts()
    rows = await counted.rows(after, shown.limit + 1)
    page = rows[: shown.limit]
    follows = place_of(page[-1], shown) if len(rows) > shown.limit else None
    return IncidentPage(shown, page, counts, follows, await is_filling(connection))


async def is_filling(connection: AsyncConnection) -> bool:
    """Return whether incidents stored by an earlier release are still being added to the list of incidents."""
    return (await connection.execute(select(tables.listing.c.after))).first() is not None


async def read_rows(
    connection: AsyncConnection,
    shown: IncidentFilter,
    text: TextCondition | None,
    after: ListPlace | None,
    limit: int,
    span: tuple[datetime | None, datetime | None] = (None, None),
) -> Sequence[Any]:
    """Return at most `limit` rows of the list, the newest first.

    Args:
        shown: The filter.
        text: The SQL condition of the filter on its search text. None for no text.
        after: The position after which the rows begin. None for the first row.
        span: Bounds `[since, until)` on the column `counts_at` of the rows. None for no bound.
    """
    columns = table_of(shown).c
    at = dating(shown, columns)
    conditions = [*belongs(shown, columns), *dated(shown, columns), *decided(shown, columns)]
    conditions += [] if text is None else [text.holds]
    conditions += [] if span[0] is None else [columns.counts_at >= span[0]]
    conditions += [] if span[1] is None else [columns.counts_at < span[1]]
    conditions += [] if after is None else [follows(at, columns, after, shown.of_clocks)]
    order = [at.desc(), columns.incident.desc(), columns.contract.desc()]
    selected: list[ColumnElement[Any]] = list(_listed)
    if shown.metric:
        order.append(columns.clock.desc())
        own = {column.name for column in tables.listed_clock.columns}
        selected = [column for column in _listed if column.name not in own] + list(columns)
    query = select(*selected).select_from(joined(shown)).where(*conditions).order_by(*order).limit(limit)
    return (await connection.execute(query)).all()


def place_of(row: Any, shown: IncidentFilter) -> ListPlace:
    """Return the position of a row in the list that a filter shows."""
    clock = getattr(row, "clock", None)
    return ListPlace(dating(shown, row), row.incident, row.contract, "" if clock is None else str(clock))


def _span(counts: ListCounts, wanted: int, after: ListPlace | None) -> tuple[datetime | None, datetime | None]:
    """Between which months the rows of the page lie, so that a rare choice is not looked for in all the others."""
    months = [month for month in counts.months if after is None or month <= month_of(after.at)]
    if 0 in counts.months or not months:
        return None, None
    found, since = 0, None
    for month in months:
        # Of the month in which the page before ended nobody knows how many are left.
        found += counts.months[month] if after is None or month < month_of(after.at) else 0
        if found >= wanted:
            since = month_start(month)
            break
    return since, month_start(months[0] + 1)
