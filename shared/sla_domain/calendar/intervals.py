"""Arithmetic of sorted, disjoint, half-open integer intervals: the only set algebra the calendar needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Interval = tuple[int, int]
Intervals = Sequence[Interval]


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the intervals sorted and disjoint.

    Overlapping and touching intervals are joined. Empty ones are left out. An interval is a pair of integers (start,
    end) that excludes its end.
    """
    result: list[Interval] = []
    start = end = None
    for low, high in sorted(intervals):
        if low >= high:
            continue
        if start is None or end is None:
            start, end = low, high
        elif low <= end:
            end = max(end, high)
        else:
            result.append((start, end))
            start, end = low, high
    if start is not None and end is not None:
        result.append((start, end))
    return result


def subtract(intervals: Intervals, holes: Intervals) -> list[Interval]:
    """Return the parts of `intervals` that lie in none of `holes`.

    Both must be sorted and disjoint. An interval is a pair of integers (start, end) that excludes its end.
    """
    result: list[Interval] = []
    first = 0
    for low, high in intervals:
        while first < len(holes) and holes[first][1] <= low:
            first += 1
        at = first
        while at < len(holes) and holes[at][0] < high:
            if holes[at][0] > low:
                result.append((low, holes[at][0]))
            low = max(low, holes[at][1])
            at += 1
        if low < high:
            result.append((low, high))
    return result


def intersect(left: Intervals, right: Intervals) -> list[Interval]:
    """Return the parts that `left` and `right` have in common.

    Both must be sorted and disjoint. An interval is a pair of integers (start, end) that excludes its end.
    """
    result: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        low, high = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if low < high:
            result.append((low, high))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return result


def clip(intervals: Intervals, low: int, high: int) -> list[Interval]:
    """Return the parts of `intervals` that lie from `low` to before `high`.

    `intervals` must be sorted and disjoint. An interval is a pair of integers (start, end) that excludes its end.
    """
    return intersect(intervals, [(low, high)]) if low < high else []
