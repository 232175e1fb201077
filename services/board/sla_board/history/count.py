"""How many rows the list of incidents has for a filter, by state and verdict: from the numbers by month, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sla_board import tables
from sla_board.history.condition import TextCondition, belongs, dated, decided, joined, table_of
from sla_board.history.filter import STATES, IncidentFilter, ListDate
from sla_board.history.rollup import EVERYTHING, month_of, month_start
from sla_domain.attainment import PromiseVerdict

_count = tables.listed_count.c
MOST_COUNTED = 10_000  # rows that have a frequent text


@dataclass(frozen=True, slots=True)
class ListCounts:
    """How many rows of the list of incidents match a filter, in total and by state, verdict and month.

    `states` ignores the filter's choice of states, and `verdicts` its choice of verdicts. But if more than 2,000 rows
    contain the search text, both count only rows that match the whole filter.
    """

    total: int
    """The length of the list."""
    states: Mapping[str, int]
    """State -> number of rows, without the filter's choice of states."""
    verdicts: Mapping[PromiseVerdict, int]
    """Verdict -> number of rows, without the filter's choice of verdicts."""
    months: Mapping[int, int]
    """Month (see `month_of`) -> number of rows, the newest month first."""
    at_least: bool = False
    """Whether there are more rows, because only 10,000 rows were counted."""


async def read_counts(connection: AsyncConnection, shown: IncidentFilter, text: TextCondition | None) -> ListCounts:
    """Return how many rows of the list match a filter.

    Without a search text, whole months (UTC) are summed from stored counts where possible. All other rows are counted
    one by one.

    Args:
        text: The SQL condition of the filter on its search text. None for no text.
    """
    found: Counter[tuple[int, str, str]] = Counter()
    if text is not None:
        more = await _count_text(connection, shown, text, found)
        return replace(counts_of(found, shown), at_least=more)
    if shown.date is not ListDate.COUNTED:
        await _count_dated(connection, shown, found)
        return counts_of(found, shown)
    first, last = _whole_months(shown)
    if first is None and last is None:
        await _sum_months(connection, shown, None, None, found)
    elif first is not None and last is not None and first >= last:
        await _count_rows(connection, shown, found)
    else:
        await _sum_months(connection, shown, first, last, found)
        for part in _ends(shown, first, last):
            await _count_rows(connection, part, found)
    return counts_of(found, shown)


def _whole_months(shown: IncidentFilter) -> tuple[int | None, int | None]:
    """The first whole month within the span, and the one after the last; None where the span has no end."""
    first = last = None
    if shown.since is not None:
        first = month_of(shown.since)
        first += month_start(first) < shown.since
    if shown.until is not None:
        last = month_of(shown.until)
    return first, last


def _ends(shown: IncidentFilter, first: int | None, last: int | None) -> Iterator[IncidentFilter]:
    """The days before and after the whole months, as filters of their own."""
    if first is not None and shown.since is not None and shown.since < month_start(first):
        yield replace(shown, until=month_start(first))
    if last is not None and shown.until is not None and month_start(last) < shown.until:
        yield replace(shown, since=month_start(last))


async def _sum_months(
    connection: AsyncConnection, shown: IncidentFilter, first: int | None, last: int | None,
    found: Counter[tuple[int, str, str]],
) -> None:  # fmt: skip
    whose = belongs(shown, _count)
    if shown.of_contracts is None and not shown.customers:
        whose = [_count.part == EVERYTHING, *belongs(shown, _count)[1:]]
    query = select(_count.month, _count.phase, _count.verdict, func.sum(_count.number).label("number"))
    query = query.where(_count.metric == shown.metric, *whose)
    if first is not None:
        query = query.where(_count.month >= first)
    if last is not None:
        query = query.where(_count.month < last)
    for row in (await connection.execute(query.group_by(_count.month, _count.phase, _count.verdict))).all():
        found[row.month, row.phase, row.verdict] += int(row.number)


async def _count_text(
    connection: AsyncConnection, shown: IncidentFilter, text: TextCondition, found: Counter[tuple[int, str, str]]
) -> bool:
    """Count what has the text, at most 10,000 rows if it is frequent; return whether there are more."""
    columns = table_of(shown).c
    conditions = [*belongs(shown, columns), *dated(shown, columns), text.holds]
    if text.frequent:
        conditions += decided(shown, columns)
    rows = select(columns.phase, columns.verdict).select_from(joined(shown)).where(*conditions)
    part = (rows.limit(MOST_COUNTED + 1) if text.frequent else rows).subquery()
    query = select(part.c.phase, part.c.verdict, func.count().label("number")).group_by(part.c.phase, part.c.verdict)
    for row in (await connection.execute(query)).all():
        found[0, row.phase, row.verdict] += row.number
    return text.frequent and found.total() > MOST_COUNTED


async def _count_dated(
    connection: AsyncConnection, shown: IncidentFilter, found: Counter[tuple[int, str, str]]
) -> None:
    """Count in the list itself: the numbers by month are those by the instant that counts."""
    columns = table_of(shown).c
    query = select(columns.phase, columns.verdict, func.count().label("number"))
    conditions = [*belongs(shown, columns), *dated(shown, columns)]
    for row in (await connection.execute(query.where(*conditions).group_by(columns.phase, columns.verdict))).all():
        found[0, row.phase, row.verdict] += row.number


async def _count_rows(connection: AsyncConnection, shown: IncidentFilter, found: Counter[tuple[int, str, str]]) -> None:
    """Count in the list itself, month by month."""
    columns = table_of(shown).c
    conditions = [*belongs(shown, columns), *dated(shown, columns)]
    query = select(columns.phase, columns.verdict, func.count().label("number"))
    for since, until in pairwise(_cuts(shown)):
        within = (columns.counts_at >= since, columns.counts_at < until)
        rows = await connection.execute(query.where(*conditions, *within).group_by(columns.phase, columns.verdict))
        for row in rows.all():
            found[month_of(since), row.phase, row.verdict] += row.number


def _cuts(shown: IncidentFilter) -> list[datetime]:
    """The ends of the span, and where months begin between them."""
    assert shown.since is not None, "a span that is counted row by row has both ends"
    assert shown.until is not None
    between = range(month_of(shown.since) + 1, month_of(shown.until) + 1)
    starts = [month_start(month) for month in between if shown.since < month_start(month) < shown.until]
    return [shown.since, *starts, shown.until]


def counts_of(found: Mapping[tuple[int, str, str], int], shown: IncidentFilter) -> ListCounts:
    """Return the counts of the list of incidents, in total and by state, verdict and month.

    Args:
        found: (month, state, verdict) -> number of rows, before the filter's states and verdicts are applied. The month
            is 0 where rows were not counted by month.
        shown: The filter, whose states and verdicts are applied here.
    """
    chosen = frozenset(verdict.value for verdict in shown.verdicts) or frozenset(PromiseVerdict)
    wanted = frozenset(shown.states) or frozenset(STATES)
    states, verdicts, months = Counter[str](), Counter[str](), Counter[int]()
    for (month, state, verdict), number in found.items():
        if verdict in chosen:
            states[state] += number
        if state in wanted:
            verdicts[verdict] += number
        if verdict in chosen and state in wanted:
            months[month] += number
    return ListCounts(
        total=months.total(),
        states={state: states[state] for state in STATES if states[state]},
        verdicts={verdict: verdicts[verdict.value] for verdict in PromiseVerdict},
        months={month: months[month] for month in sorted(months, reverse=True) if months[month]},
    )
