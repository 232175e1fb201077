"""How a target counts time: from consumed time to a due instant and to the instants of its warnings.

Coverage time and wall time are spans. A working-day target is due at its day's instant in its own reading; a pause
adds back the working time it took, so the due instant moves on by the open time of the pauses and by nothing when
they lay outside hours. An agreed date is a date: pauses move it, by their open time, only when the agreement says so.

A warning `before` the due instant is found by walking backwards in open time, so it lies in open time; a warning in
percent is the instant at which so much has been consumed (`at_close` decides, as for a deadline).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol, assert_never

from sla_domain.calendar import AtClose, Calendar
from sla_domain.plan import CoverageTime, Target, Unspecified, WallTime, Warning_, WorkingDayTime

ZERO = timedelta()


class Meter(Protocol):
    """Computes consumed time, due instant and warnings for one target (protocol).

    There is one meter for open time, one for wall-clock time, and one for targets that are due at a date.

    The methods share these arguments:

    - `since`: the instant from which the clock runs now
    - `spent`: the time that the clock consumed before `since`, as the meter counts time
    - `lost`: the time that pauses took before `since`, as the meter counts time
    """

    @property
    def moved_by_pauses(self) -> bool:
        """Return whether past pauses move the due instant, so that `due` depends on `lost`.

        Only some targets that are due at a date return True.
        """
        ...

    @property
    def needed_span(self) -> timedelta | None:
        """Return how much time must be consumed until the target is due.

        The result is None for a target that is due at a date.
        """
        ...

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return how much of the time `[start, end)` is counted.

        Raises:
            CalendarError: The instant lies outside the calendar's years.
        """
        ...

    def due(self, since: datetime, spent: timedelta, lost: timedelta) -> datetime:
        """Return the due instant of a clock that runs from `since` without further pauses.

        Args:
            spent: Time consumed before `since`.
            lost: Time that pauses took before `since`.

        Raises:
            CalendarError: The instant lies outside the calendar's years.
        """
        ...

    def warning(self, warning: Warning_, since: datetime, spent: timedelta, due: datetime) -> datetime | None:
        """Return the instant of a warning, for a clock that runs from `since` and is due at `due`.

        A warning that comes a fixed time before `due` may lie before `since`. The result is None if a warning at a
        percentage of the allowed time would lie before `since`.

        Args:
            spent: Time consumed before `since`.

        Raises:
            CalendarError: The instant lies outside the calendar's years.
        """
        ...

    def warning_span(self, warning: Warning_) -> timedelta | None:
        """Return how much time must be consumed until the warning is due.

        The result is None if the warning does not depend on consumed time, such as one at a fixed time before a date.
        """
        ...


class CoverageMeter:
    """The meter of a target in business hours: it counts open time.

    Args:
        calendar: The business hours.
        span: The allowed time. The target is due once this much open time is consumed.
        at_close: What happens to a due instant that falls exactly on a closing time.
    """

    __slots__ = ("at_close", "calendar", "span")
    moved_by_pauses = False

    def __init__(self, calendar: Calendar, span: timedelta, at_close: AtClose) -> None:
        self.calendar = calendar
        self.span = span
        self.at_close = at_close

    @property
    def needed_span(self) -> timedelta:
        """Return the allowed time: the open time that must be consumed until the target is due."""
        return self.span

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the calendar's open time in `[start, end)`.

        Raises:
            CalendarError: The instant lies outside the calendar's years.
        """
        return self.calendar.between(start, end)

    def due(self, since: datetime, spent: timedelta, lost: timedelta) -> datetime:
        """Return the instant at which a clock that runs from `since` has consumed the allowed open time.

        `lost` is ignored: pauses consume nothing.

        Args:
            spent: Open time consumed before `since`.

        Raises:
            CalendarError: The instant lies outside the calendar's years.
        """
        return self.calendar.add(since, max(self.span - spent, ZERO), self.at_close)

    def warning_span(self, warning: Warning_) -> timedelta | None:
        """Return how much open time must be consumed until the warning is due.

        The result is negative if the warning is set further ahead of the due instant than the allowed time. It is never
        None.
        """
        return warning_span_of(warning, self.span)

    def warning(self, warning: Warning_, since: datetime, spent: timedelta, due: datetime) -> datetime | None:
        """Return the instant of a warning, for a clock that runs from `since` and is due at `due`.

        A warning that comes a fixed time before `due` is earlier by that much open time; it may lie before `since`. The
        result is None if a warning at a percentage of the allowed time would lie before `since`.

        Args:
            spent: Open time consumed before `since`.

        Raises:
            CalendarError: The instant lies outside the calendar's years.
        """
        if warning.percent is None:
            return _before(self.calendar, warning, due)
        left = warning_span_of(warning, self.span) - spent
        return None if left < ZERO else self.calendar.add(since, left, self.at_close)


class WallMeter:
    """The meter of a target in wall-clock time: the target is due once the allowed time (`span`) is consumed."""

    __slots__ = ("span",)
    moved_by_pauses = False

    def __init__(self, span: timedelta) -> None:
        self.span = span

    @property
    def needed_span(self) -> timedelta:
        """Return the allowed time: the wall-clock time that must be consumed until the target is due."""
        return self.span

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the wall-clock time from `start` to `end`."""
        return end - start

    def due(self, since: datetime, spent: timedelta, lost: timedelta) -> datetime:
        """Return the instant at which a clock that runs from `since` has consumed the allowed time.

        `lost` is ignored: pauses consume nothing.

        Args:
            spent: Time consumed before `since`.
        """
        return since + max(self.span - spent, ZERO)

    def warning_span(self, warning: Warning_) -> timedelta | None:
        """Return how much wall-clock time must be consumed until the warning is due.

        The result is negative if the warning is set further ahead of the due instant than the allowed time. It is never
        None.
        """
        return warning_span_of(warning, self.span)

    def warning(self, warning: Warning_, since: datetime, spent: timedelta, due: datetime) -> datetime | None:
        """Return the instant of a warning, for a clock that runs from `since` and is due at `due`.

        A warning that comes a fixed time before `due` may lie before `since`. The result is None if a warning at a
        percentage of the allowed time would lie before `since`.

        Args:
            spent: Time consumed before `since`.
        """
        if warning.before is not None:
            return due - warning.before
        left = warning_span_of(warning, self.span) - spent
        return None if left < ZERO else since + left


class DateMeter:
    """The meter of a target that is due at a date: after some working days, or as agreed.

    Args:
        calendar: The business hours. None means that all time is open.
        base: The instant from which time is counted.
        on: The due instant of a clock that never pauses. Warnings in percent are percentages of the open time from
            `base` to `on`.
        at_close: What happens to an instant that falls exactly on a closing time.
        moved: Whether the open time of pauses is added to the due instant.
    """

    __slots__ = ("at_close", "calendar", "moved", "on", "span")

    def __init__(self, calendar: Calendar | None, base: datetime, on: datetime, at_close: AtClose, moved: bool) -> None:
        self.calendar = calendar
        self.on = on
        self.at_close = at_close
        self.moved = moved
        self.span = max(self.between(base, on), ZERO)

    @property
    def moved_by_pauses(self) -> bool:
        """Return whether pauses move the date by their open time."""
        return self.moved

    @property
    def needed_span(self) -> None:
        """Return None: the target is due at a date, whatever time is consumed."""
        return None

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time in `[start, end)`.

        Without a calendar, the result is the wall-clock time.

        Raises:
            CalendarError: The instant lies outside the calendar's years.
        """
        return end - start if self.calendar is None else self.calendar.between(start, end)

    def due(self, since: datetime, spent: timedelta, lost: timedelta) -> datetime:
        """Return the date at which the target is due.

        `since` and `spent` are ignored.

        Args:
            lost: How much open time the clock was paused. The date is later by as much, if pauses move it.

        Raises:
            CalendarError: The instant lies outside the calendar's years.
        """
        if not self.moved or lost <= ZERO:
            return self.on
        return self.on + lost if self.calendar is None else self.calendar.add(self.on, lost, self.at_close)

    def warning_span(self, warning: Warning_) -> timedelta | None:
        """Return how much open time must be consumed until a warning in percent is due.

        The result is None for a warning at a fixed time before the date, which does not depend on consumed time.
        """
        return None if warning.percent is None else warning_span_of(warning, self.span)

    def warning(self, warning: Warning_, since: datetime, spent: timedelta, due: datetime) -> datetime | None:
        """Return the instant of a warning, for a clock that runs from `since` and is due at `due`.

        A warning in percent comes when that share of the open time from `base` to the date is consumed. The result is
        None if that instant lies before `since`. A warning that comes a fixed time before `due` is earlier by that much
        open time; it may lie before `since`.

        Args:
            spent: Open time consumed before `since`.

        Raises:
            CalendarError: The instant lies outside the calendar's years.
        """
        if warning.percent is None:
            if self.calendar is not None:
                return _before(self.calendar, warning, due)
            return due - warning.before if warning.before is not None else None
        left = warning_span_of(warning, self.span) - spent
        if left < ZERO:
            return None
        return since + left if self.calendar is None else self.calendar.add(since, left, self.at_close)


def meter_for(target: Target, calendar: Calendar, base: datetime, at_close: AtClose) -> Meter:
    """Return the meter that counts time for `target`, in the hours of `calendar` or by the wall clock.

    Args:
        base: The instant from which working days are counted.
        at_close: What happens to a due instant that falls exactly on a closing time.

    Raises:
        CalendarError: The instant lies outside the calendar's years.
        ValueError: The target has no allowed time (`Unspecified`).
    """
    match target.allowed:
        case CoverageTime(span):
            return CoverageMeter(calendar, span, at_close)
        case WallTime(span):
            return WallMeter(span)
        case WorkingDayTime(days, mode):
            return DateMeter(calendar, base, calendar.add_working_days(base, days, mode), at_close, moved=True)
        case Unspecified():
            raise ValueError("an unspecified target counts nothing")
        case _:
            assert_never(target.allowed)


def warning_span_of(warning: Warning_, span: timedelta) -> timedelta:
    """Return how much of the allowed time is consumed when the warning is due.

    The result is negative if the warning is set further ahead of the due instant than the allowed time.

    Args:
        span: The allowed time.
    """
    if warning.percent is not None:
        return span * warning.percent / 100
    assert warning.before is not None
    return span - warning.before


def _before(calendar: Calendar, warning: Warning_, due: datetime) -> datetime:
    assert warning.before is not None
    return calendar.subtract(due, warning.before)
