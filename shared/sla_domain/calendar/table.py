"""The compiled form of a calendar: open intervals with running totals, so that every query is a bisection.

All integers are microseconds since 1970 UTC. `None` means: the answer lies outside this table's horizon.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate

from sla_domain.calendar.intervals import Interval, Intervals
from sla_domain.calendar.note import Note


@dataclass(frozen=True, slots=True)
class Table:
    """The open intervals of one calendar over `[low, high]`, with running totals, in microseconds since 1970 UTC.

    Interval i is `[opens[i], closes[i])`; `before[i]` is the open time before it, `total` that of all. Within interval
    i an instant is the open time elapsed by then plus `shift[i + 1]`. `open_notes`, `closed_notes`: why it is open or
    closed.
    """

    low: int
    high: int
    opens: list[int]
    closes: list[int]
    before: list[int]  # one longer than `opens`: the last entry is the total
    shift: list[
        int
    ]  # one longer than `opens`: entry i belongs to the interval before position i, as bisection finds it
    total: int
    open_notes: tuple[Note, ...] = ()
    closed_notes: tuple[Note, ...] = ()

    @classmethod
    def of(
        cls,
        intervals: Intervals,
        horizon: Interval,
        open_notes: tuple[Note, ...] = (),
        closed_notes: tuple[Note, ...] = (),
    ) -> Table:
        """Return the table of `intervals`, which must be sorted and disjoint and lie within `horizon` (low, high)."""
        before = list(accumulate((high - low for low, high in intervals), initial=0))
        opens, closes = [low for low, _ in intervals], [high for _, high in intervals]
        shift = [0, *(low - elapsed for low, elapsed in zip(opens, before, strict=False))]
        return cls(*horizon, opens, closes, before, shift, before[-1], open_notes, closed_notes)

    @property
    def intervals(self) -> list[Interval]:
        """Return the open intervals, half-open, in microseconds since 1970."""
        return list(zip(self.opens, self.closes, strict=True))

    def elapsed(self, at: int) -> int | None:
        """Return the open time from the start of the horizon to `at`; None if `at` lies outside the horizon."""
        if not self.low <= at <= self.high:
            return None
        count = bisect_right(self.opens, at)
        if not count:
            return 0
        reached, full = at - self.shift[count], self.before[count]
        return reached if reached < full else full

    def after(self, at: int, span: int) -> int | None:
        """Return the earliest instant by which `span` (> 0) of open time has passed since `at`; it may be a close.

        None if that instant, or `at`, lies outside the horizon.
        """
        if not self.low <= at <= self.high:
            return None
        before, shift = self.before, self.shift
        count = bisect_right(self.opens, at)
        if count:
            reached, full = at - shift[count], before[count]
            span += reached if reached < full else full
        if span > self.total:
            return None
        return span + shift[bisect_left(before, span, count)]

    def ahead_of(self, at: int, span: int) -> int | None:
        """Return the latest instant from which `span` (> 0) of open time passes until `at`; an opening, never a close.

        None if that instant, or `at`, lies outside the horizon.
        """
        reached = self.elapsed(at)
        if reached is None or reached < span:
            return None
        wanted = reached - span
        return wanted + self.shift[bisect_right(self.before, wanted)]

    def is_open(self, at: int) -> bool | None:
        """Return whether the calendar is open at an instant; None outside the horizon."""
        if not self.low <= at < self.high:
            return None
        count = bisect_right(self.opens, at)
        return count > 0 and at < self.closes[count - 1]

    def is_close(self, at: int) -> bool:
        """Return whether an open interval ends exactly at `at`."""
        count = bisect_left(self.closes, at)
        return count < len(self.closes) and self.closes[count] == at

    def next_open(self, at: int) -> int | None:
        """Return `at` itself if the calendar is open then, else the next opening; None if the horizon has none."""
        if not self.low <= at < self.high:
            return None
        following = bisect_right(self.closes, at)
        return max(at, self.opens[following]) if following < len(self.opens) else None

    def next_close(self, at: int) -> int | None:
        """Return the first close later than `at`; None if there is none before the end of the horizon.

        An interval that is cut at the end of the horizon does not close there.
        """
        if not self.low <= at < self.high:
            return None
        following = bisect_right(self.closes, at)
        if following == len(self.closes) or self.closes[following] == self.high:
            return None
        return self.closes[following]
