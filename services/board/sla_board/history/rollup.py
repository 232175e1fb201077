"""How many rows the list has, by month: what changes of it when rows come and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sla_board.history.part import ALL_CONTRACTS

EVERYTHING = -1
"""The value of the column `part` in rows that count over all contracts and customers."""
_KEY = ("metric", "part", "contract", "customer", "product", "month", "priority", "phase", "verdict")


def month_of(at: datetime) -> int:
    """Return the month of an instant in UTC, as months since the year 0."""
    there = at.astimezone(UTC)
    return there.year * 12 + there.month - 1


def month_start(month: int) -> datetime:
    """Return the instant at which a month begins in UTC.

    Args:
        month: A number from `month_of`.
    """
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def count_changes(gone: Iterable[Mapping[str, Any]], come: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the changes of the stored monthly counts that follow from deleted and added rows.

    Each change has the columns of the table `board_listed_count`. Its `number` is the amount to add to the count.

    Args:
        gone: Rows deleted from the tables `board_listed` and `board_listed_clock`.
        come: Rows added to these tables.
    """
    changed: Counter[tuple[Any, ...]] = Counter()
    for rows, by in ((gone, -1), (come, 1)):
        for row in rows:
            for key in _keys(row):
                changed[key] += by
    return [dict(zip(_KEY, key, strict=True)) | {"number": by} for key, by in sorted(changed.items()) if by]


def _keys(row: Mapping[str, Any]) -> Iterable[tuple[Any, ...]]:
    tail = (month_of(row["counts_at"]), row["priority"], row["phase"], row["verdict"])
    metric = row.get("metric", "")
    yield (metric, row["part"], row["contract"], row["customer"], row["product"], *tail)
    if row["part"] in ALL_CONTRACTS:
        yield (metric, EVERYTHING, "", "", row["product"], *tail)
