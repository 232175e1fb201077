"""How people write spans of time in a plan → the domain's targets and warnings.

`4h`, `1h 30m`, `PT4H` are open time of the coverage; `2 working days` and `P2D` are working days; `4h wall` runs by
the clock on the wall; `unspecified` says that the plan's document gives no number (docs/clauses.md). Months and years
have no fixed length and are refused. Raises `BadDuration`, whose text says what to write instead.
"""

from __future__ import annotations

import re
from datetime import timedelta

from sla_domain.calendar import WorkingDays
from sla_domain.plan import Allowed, CoverageTime, Unspecified, WallTime, WarningAt, WorkingDayTime
from sla_domain.terms import Term

UNSPECIFIED = "unspecified"
LONGEST = timedelta(days=3660)

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_OF_CALENDAR = frozenset({"y", "mo", "w", "d"})
_WORDS = {"sec": "s", "second": "s", "min": "m", "minute": "m", "hr": "h", "hour": "h", "day": "d", "week": "w"}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_ISO = re.compile(
    r"P(?:(?P<y>[\d.]+)Y)?(?:(?P<mo>[\d.]+)M)?(?:(?P<w>[\d.]+)W)?(?:(?P<d>[\d.]+)D)?"
    r"(?:T(?:(?P<h>[\d.]+)H)?(?:(?P<m>[\d.]+)M)?(?:(?P<s>[\d.]+)S)?)?",
    re.IGNORECASE,
)
_WORKING_DAYS = re.compile(r"(\d+)\s*(?:working|business)[\s_-]*days?", re.IGNORECASE)
_ISO_DAYS = re.compile(r"P(\d+)D", re.IGNORECASE)
_WALL = re.compile(r"\s+(?:wall|wall[\s_-]?clock|elapsed)$", re.IGNORECASE)
_EXAMPLES = "write 4h, 30m, PT4H, 2 working days, 4h wall or unspecified"


class BadDuration(ValueError):
    """Raised for a text that is no span of time in a known form.

    Args:
        message: What is wrong.
        hint: What to write instead.
    """

    def __init__(self, message: str, hint: str = _EXAMPLES) -> None:
        super().__init__(message)
        self.hint = hint


def parse_allowed(text: str, mode: WorkingDays = WorkingDays.SAME_TIME) -> Allowed:
    """Return the allowed time of a target that a text such as `4h` states.

    The text is one of these:

    - `4h`: time in the target's hours
    - `2 working days`: days with such hours
    - `4h wall`: wall-clock time
    - `unspecified`: the plan gives no number

    Args:
        mode: The rule by which a time in working days gives a due instant.

    Raises:
        BadDuration: The text has any other form.
    """
    written = text.strip()
    if written.casefold() == UNSPECIFIED:
        return Unspecified()
    days = _WORKING_DAYS.fullmatch(written) or _ISO_DAYS.fullmatch(written)
    if days is not None:
        return WorkingDayTime(_bounded_days(int(days.group(1)), written), mode)
    wall = _WALL.search(written)
    if wall is not None:
        return WallTime(parse_span(written[: wall.start()], days_allowed=True))
    return CoverageTime(parse_span(written))


def parse_span(text: str, *, days_allowed: bool = False) -> timedelta:
    """Return the span of time that a text such as `1h 30m` or `PT4H` states, at most ten years.

    Months and years are never accepted.

    Args:
        days_allowed: Whether days (24 hours) and weeks (7 days) are accepted too.

    Raises:
        BadDuration: The text has any other form.
    """
    written = text.strip()
    if written.startswith("-"):
        raise BadDuration(f"{written!r} is negative")
    if re.fullmatch(r"\d+(\.\d+)?", written):
        raise BadDuration(f"{written!r} has no unit", f"write {written}h, {written}m or {written} working days")
    parts = _iso_parts(written) if written[:1] in "Pp" else _plain_parts(written)
    units = {unit for _, unit in parts}
    if units & {"y", "mo"}:
        raise BadDuration(f"{written!r}: months and years have no fixed length", "write hours or working days")
    if units & {"d", "w"} and not days_allowed:
        raise BadDuration(
            f"{written!r} could mean working days or days of 24 hours",
            f"write '{_days_of(parts)} working days' or '{written} wall'",
        )
    try:
        span = sum((_UNITS[unit] * number for number, unit in parts), timedelta())
    except OverflowError:  # more than a timedelta can hold
        span = timedelta.max
    if span > LONGEST:
        raise BadDuration(f"{written!r} is longer than ten years")
    return span


def parse_time_left(text: str) -> timedelta | int:
    """Parse a text such as `2h` or `50%` that states how much time must be left.

    The result is a span of time, or for a percentage its whole number, such as 50.

    Raises:
        BadDuration: The text has any other form, the span is less than a minute, or the percentage is not from 1 to 99.
    """
    written = text.strip()
    percent = re.fullmatch(r"(\d+)\s*%", written, re.ASCII)
    if percent is not None:
        share = int(percent.group(1))
        if not 1 <= share <= 99:
            raise BadDuration(f"{written!r}: a share of the time left lies between 1% and 99%", "write 50% or 2h")
        return share
    span = parse_span(written)
    if span < timedelta(minutes=1):
        raise BadDuration(f"{written!r} leaves nobody time to act", "write 50% or 2h")
    return span


def parse_warning(text: str) -> WarningAt:
    """Return when to warn before a clock is due, from a text such as `75%` or `1h before`.

    The text gives a share of the allowed time, from 1% to 99%, or a span before the due instant. The span is counted
    like the allowed time: in service hours, or as wall-clock time.

    Raises:
        BadDuration: The text has any other form.
    """
    written = text.strip()
    percent = re.fullmatch(r"(\d+)\s*%", written)
    if percent is not None:
        share = int(percent.group(1))
        if not 1 <= share <= 99:
            raise BadDuration(f"{written!r}: a warning lies between 1% and 99%; 100% is the breach itself", "")
        return WarningAt(percent=share)
    before = re.fullmatch(r"(.+?)\s+before", written)
    if before is None:
        raise BadDuration(f"{written!r} is no warning", "write 75% or 1h before")
    span = parse_span(before.group(1))
    if not span:
        raise BadDuration(f"{written!r} is the breach itself", "write 75% or 1h before")
    return WarningAt(before=span)


def parse_term(text: str) -> Term:
    """Return the term (calendar months and days) that a text such as `18 months` or `30 days` states.

    A term is ten years at most.

    Raises:
        BadDuration: The text has any other form.
    """
    written = text.strip()
    parts = _iso_parts(written) if written[:1] in "Pp" else _plain_parts(written)
    hint = "write 1 year, 18 months, 2 weeks or 30 days"
    if any(unit not in _OF_CALENDAR or number != int(number) for number, unit in parts):
        raise BadDuration(f"{written!r} is no whole number of days, weeks, months or years", hint)
    months = sum(int(number) * {"y": 12, "mo": 1}.get(unit, 0) for number, unit in parts)
    days = sum(int(number) * {"w": 7, "d": 1}.get(unit, 0) for number, unit in parts)
    if months > 120 or timedelta(days=days) > LONGEST:
        raise BadDuration(f"{written!r} is longer than ten years", hint)
    return Term(months, days)


def _plain_parts(written: str) -> list[tuple[float, str]]:
    parts = [(float(number), _unit(word, written)) for number, word in _PART.findall(written)]
    if not parts or re.sub(r"[\s,]+|and", "", _PART.sub("", written)):
        raise BadDuration(f"{written!r} is not a span of time")
    return parts


def _unit(word: str, written: str) -> str:
    lower = word.casefold()
    if lower in _UNITS:
        return lower
    if lower in ("mo", "month", "months"):
        return "mo"
    if lower in ("y", "yr", "year", "years"):
        return "y"
    unit = _WORDS.get(lower.removesuffix("s"))
    if unit is None:
        raise BadDuration(f"{written!r}: {word!r} is no unit of time")
    return unit


def _iso_parts(written: str) -> list[tuple[float, str]]:
    match = _ISO.fullmatch(written)
    parts = [] if match is None else [(number, unit) for unit, number in match.groupdict().items() if number]
    if not parts or any(number.count(".") > 1 or number == "." for number, _ in parts):
        raise BadDuration(f"{written!r} is no ISO 8601 duration")
    return [(float(number), unit) for number, unit in parts]


def _days_of(parts: list[tuple[float, str]]) -> str:
    days = sum(number * (5 if unit == "w" else 1) for number, unit in parts if unit in ("d", "w"))
    return f"{days:g}"


def _bounded_days(days: int, written: str) -> int:
    if timedelta(days=1) * min(days, 10_000) > LONGEST:
        raise BadDuration(f"{written!r} is longer than ten years")
    return days
