"""Hours as people write them: weekly windows, and exceptional spans on named dates, all in local time.

docs/clauses.md, Conventions: half-open `[open, close)`, `24:00` is legal, and a window whose close is not after its
open runs past midnight and belongs to the weekday it starts on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sla_domain.calendar.instant import DAY_S
from sla_domain.errors import InvalidWindow

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_HINT = "write a local time from 00:00 to 24:00, such as 09:00"


@dataclass(frozen=True, slots=True)
class Window:
    """Open hours of a weekday, from `open` to `close`, both in seconds from local midnight.

    A `close` that is not later than `open` lies on the next day.

    Raises:
        InvalidWindow: A time lies outside the day.
    """

    open: int
    close: int

    def __post_init__(self) -> None:
        if not 0 <= self.open < DAY_S:
            raise InvalidWindow(f"a window cannot open at {clock_text(self.open)}: it opens from 00:00 to 23:59:59")
        if not 0 <= self.close <= DAY_S:
            raise InvalidWindow(f"a window cannot close at {clock_text(self.close)}: it closes from 00:00 to 24:00")

    @property
    def end(self) -> int:
        """Return when the open hours end, in seconds from the midnight before they begin.

        The result exceeds 86400 if they end on the next day.
        """
        return self.close if self.close > self.open else self.close + DAY_S

    @classmethod
    def parse(cls, open_: str, close: str) -> Window:
        """Return the open hours between two times of day, such as `09:00` and `18:00`.

        Args:
            open_, close: Times of day; seconds are allowed (`22:00:00`). `close` may be `24:00`.

        Raises:
            InvalidWindow: A text has any other form.
        """
        return cls(parse_clock(open_), parse_clock(close))

    def __str__(self) -> str:
        return f"{clock_text(self.open)}-{clock_text(self.close)}"


@dataclass(frozen=True, slots=True)
class LocalSpan:
    """An exceptional opening or closing `[start, end)` in wall-clock time of the calendar's zone.

    Raises:
        InvalidWindow: A bound has an offset, or `end` is not later than `start`.
    """

    start: datetime
    end: datetime
    reason: str = ""

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None or self.end.tzinfo is not None:
            raise InvalidWindow(f"{self} carries an offset: write local time, the zone belongs to the calendar")
        if self.end <= self.start:
            raise InvalidWindow(f"{self} ends before it starts: write [from, to) with from earlier than to")

    def __str__(self) -> str:
        return f"{self.start.isoformat()} to {self.end.isoformat()}"


def parse_clock(text: str) -> int:
    """Return a time of day such as `09:00`, `09:00:30` or `24:00` as seconds from midnight.

    Raises:
        InvalidWindow: The text has any other form.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise InvalidWindow(f"{text!r} is not a time of day: {_HINT}")
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > DAY_S:
        raise InvalidWindow(f"{text!r} is not a time of day: {_HINT}")
    return total


def clock_text(seconds: int) -> str:
    """Return seconds from midnight as a text such as `09:00`, or `09:00:30` if the seconds are not 0."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours:02}:{minutes:02}" + (f":{rest:02}" if rest else "")
