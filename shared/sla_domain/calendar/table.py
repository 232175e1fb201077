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
    """The open intervals of one calendar from `low` to `high`, with running totals of the open time.

    All numbers are microseconds; instants are counted from 1970 UTC.
    """

    low: int
    high: int
    opens: list[int]
    """Start of each interval, in order."""
    closes: list[int]
    """End of each interval, excluded from it."""
    before: list[int]
    """For each interval, the open time of all intervals before it. A last entry holds the total."""
    shift: list[int]
    """`shift[i + 1]` is `opens[i] - before[i]`. Open time since `low` plus this number is the instant within interval
    i. `shift[0]` is 0."""
    total: int
    """The open time of all intervals."""
    open_notes: tuple[Note, ...] = ()
    """The reasons why the calendar is open."""
    closed_notes: tuple[Note, ...] = ()
    """The reasons why the calendar is closed."""

    @classmethod
    def of(
        cls,
        intervals: Intervals,
        horizon: Interval,
        open_notes: tuple[Note, ...] = (),
        closed_notes: tuple[Note, ...] = (),
    ) -> Table:
        """Return the table of `intervals`, which must be sorted, disjoint and within `horizon` (low, high).

        All numbers are microseconds since 1970 UTC.

        Args:
            open_notes, closed_notes: The reasons for open or closed spans that have a special reason, such as a
                holiday.
        """
        before = list(accumulate((high - low for low, high in intervals), initial=0))
        opens, closes = [low for low, _ in intervals], [high for _, high in intervals]
        shift = [0, *(low - elapsed for low, elapsed in zip(opens, before, strict=False))]
        return cls(*horizon, opens, closes, before, shift, before[-1], open_notes, closed_notes)

    @property
    def intervals(self) -> list[Interval]:
        """Return the open intervals as pairs (opening, close) in microseconds since 1970 UTC."""
        return list(zip(self.opens, self.closes, strict=True))

    def elapsed(self, at: int) -> int | None:
        """Return the open time from the table's start (`low`) to the instant `at`, in microseconds.

        The result is None if `at` lies outside the span for which the table is compiled.

        Args:
            at: Microseconds since 1970 UTC.
        """
        if not self.low <= at <= self.high:
            return None
        count = bisect_right(self.opens, at)
        if not count:
            return 0
        reached, full = at - self.shift[count], self.before[count]
        return reached if reached < full else full

    def after(self, at: int, span: int) -> int | None:
        """Return the instant at which `span` of open time has passed since `at`.

        Of several such instants the earliest is returned, which may be the end of an interval. The result is in
        microseconds since 1970 UTC. It is None if `at` or the result lies outside `low` to `high`.

        Args:
            at: Microseconds since 1970 UTC.
            span: Open time in microseconds, more than 0.
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
        """Return the latest instant such that `span` of open time lies between it and `at`.

        The result is never a close. It is in microseconds since 1970 UTC. The result is None if `at` or the result lies
        outside the span for which the table is compiled.

        Args:
            at: Microseconds since 1970 UTC.
            span: Microseconds, more than 0.
        """
        reached = self.elapsed(at)
        if reached is None or reached < span:
            return None
        wanted = reached - span
        return wanted + self.shift[bisect_right(self.before, wanted)]

    def is_open(self, at: int) -> bool | None:
        """Return whether the calendar is open at an instant.

        At the instant of an opening the calendar is open. At the instant of a close it is closed. The result is None if
        the instant lies outside the span for which the table is compiled.

        Args:
            at: Microseconds since 1970 UTC.
        """
        if not self.low <= at < self.high:
            return None
        count = bisect_right(self.opens, at)
        return count > 0 and at < self.closes[count - 1]

    def is_close(self, at: int) -> bool:
        """Return whether an open interval ends exactly at `at`, in microseconds since 1970 UTC."""
        count = bisect_left(self.closes, at)
        return count < len(self.closes) and self.closes[count] == at

    def next_open(self, at: int) -> int | None:
        """Return `at` itself if the calendar is open then, else the next opening.

        The result is in microseconds since 1970 UTC. It is None if `at` or the next opening lies outside the span for
        which the table is compiled.

        Args:
            at: Microseconds since 1970 UTC.
        """
        if not self.low <= at < self.high:
            return None
        following = bisect_right(self.closes, at)
        return max(at, self.opens[following]) if following < len(self.opens) else None

    def next_close(self, at: int) -> int | None:
        """Return the first close later than `at`.

        The result is in microseconds since 1970 UTC. It is None if `at` or the close lies outside the span for which
        the table is compiled. The end of that span is no close.

        Args:
            at: Microseconds since 1970 UTC.
        """
        if not self.low <= at < self.high:
            return None
        following = bisect_right(self.closes, at)
        if following == len(self.closes) or self.closes[following] == self.high:
            return None
        return self.closes[following]
