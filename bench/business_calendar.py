"""How fast is deadline arithmetic? slad's calendar and pandas CustomBusinessHour, in turn, datetimes in and out.

    python bench/business_calendar.py [--json FILE] [--rounds N]

Mon–Fri 09:00–18:00 Europe/Warsaw with Polish holidays. The two engines alternate within each round, so that a machine
that changes its speed changes both; figures are medians over rounds, ratios are medians of the rounds' ratios. Answers
are compared before anything is timed. The flatness rows vary the span and the number of holidays.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from warnings import catch_warnings, simplefilter

import holidays
import pandas as pd

from sla_domain.calendar import (
    AtClose,
    Calendar,
    CalendarSpec,
    Holiday,
    Window,
    compile_calendar,
    growing_calendar,
    load_zone,
    tzdata_version,
)

ZONE = "Europe/Warsaw"
WEEK = {day: (Window.parse("09:00", "18:00"),) for day in range(5)}
FEW, MANY = 1_000, 20_000  # questions a round: pandas, slad
FIRST, LAST = date(2024, 1, 1), date(2053, 12, 31)


@dataclass(frozen=True)
class Row:
    question: str
    slad_per_s: float
    pandas_per_s: float | None = None
    ratio: float | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    starts = _starts(MANY)
    rows = [*_against_pandas(starts, options.rounds), *_alone(starts, options.rounds)]
    rows += [*_by_span(starts, options.rounds), *_by_holidays(starts, options.rounds), *_compiling(options.rounds)]
    _show(rows)
    if options.json:
        machine = {"python": platform.python_version(), "pandas": pd.__version__, "tzdata": tzdata_version()}
        figures = {"machine": machine, "rows": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def _starts(count: int) -> list[datetime]:
    """Instants of 2026, in no order."""
    random, first = Random(2026), datetime(2026, 1, 1, tzinfo=UTC)
    return [first + timedelta(seconds=random.randrange(365 * 86_400)) for _ in range(count)]


def _spec(days: Sequence[date]) -> CalendarSpec:
    return CalendarSpec("bench", ZONE, WEEK, tuple(Holiday(day) for day in days))


def _polish(years: range = range(2025, 2029)) -> list[date]:
    return sorted(holidays.country_holidays("PL", years=years))


def _against_pandas(starts: Sequence[datetime], rounds: int) -> list[Row]:
    days = _polish()
    calendar = compile_calendar(_spec(days), FIRST, LAST)
    few = [pd.Timestamp(start).tz_convert(load_zone(ZONE)) for start in starts[:FEW]]
    rows = []
    for hours in (1, 40):
        offset = pd.offsets.CustomBusinessHour(n=hours, start="09:00", end="18:00", holidays=days)
        span = timedelta(hours=hours)
        _must_agree(calendar, starts[:FEW], few, offset, span)
        slad, rival = _alternate(rounds, _adding(calendar, starts, span), _offsetting(few, offset))
        ratio = median((MANY / own) / (FEW / other) for own, other in zip(slad, rival, strict=True))
        rows.append(Row(f"add {hours} h, UTC in", MANY / median(slad), FEW / median(rival), ratio))
    return rows


def _offsetting(stamps: Sequence[pd.Timestamp], offset: pd.offsets.CustomBusinessHour) -> Callable[[], object]:
    return lambda: [stamp + offset for stamp in stamps]


def _must_agree(
    calendar: Calendar,
    starts: Sequence[datetime],
    stamps: Sequence[pd.Timestamp],
    offset: pd.offsets.CustomBusinessHour,
    span: timedelta,
) -> None:
    """pandas moves a deadline at a close to the next opening, so that convention is compared."""
    for start, stamp in zip(starts, stamps, strict=True):
        theirs = (stamp + offset).to_pydatetime()
        ours = calendar.add(start, span, AtClose.NEXT_OPEN)
        if theirs != ours:
            raise SystemExit(f"the engines disagree on {start} + {span}: {ours} and {theirs}")


def _alone(starts: Sequence[datetime], rounds: int) -> list[Row]:
    calendar, span = growing_calendar(_spec(_polish())), timedelta(hours=40)
    zone = load_zone(ZONE)
    local = [start.astimezone(zone) for start in starts]
    month = [start + timedelta(days=30) for start in starts]
    pairs = list(zip(starts, month, strict=True))
    return [
        _timed("add 40 h, growing horizon", rounds, lambda: _add_all(calendar, starts, span)),
        _timed("add 40 h, zoned datetimes in", rounds, lambda: _add_all(calendar, local, span)),
        _timed("subtract 40 h", rounds, lambda: [calendar.subtract(start, span) for start in starts]),
        _timed("between, 30 days", rounds, lambda: [calendar.between(start, end) for start, end in pairs]),
        _timed("add 5 working days", rounds, lambda: [calendar.add_working_days(start, 5) for start in starts]),
    ]


def _by_span(starts: Sequence[datetime], rounds: int) -> list[Row]:
    calendar = compile_calendar(_spec(_polish()), FIRST, LAST)
    spans = [("1 h", 1), ("40 h", 40), ("1 business year", 2_250), ("5 business years", 11_250)]
    asks = [_adding(calendar, starts, timedelta(hours=hours)) for _, hours in spans]
    times = _alternate(rounds, *asks)
    return [Row(f"flat in span: {name}", MANY / median(each)) for (name, _), each in zip(spans, times, strict=True)]


def _by_holidays(starts: Sequence[datetime], rounds: int) -> list[Row]:
    weekdays = [date(2025, 1, 1) + timedelta(days=5 * n) for n in range(300)]
    counts = (0, 30, 100, 300)
    calendars = [compile_calendar(_spec(weekdays[:count]), FIRST, LAST) for count in counts]
    times = _alternate(rounds, *(_adding(calendar, starts, timedelta(hours=40)) for calendar in calendars))
    return [Row(f"flat in holidays: {count}", MANY / median(each)) for count, each in zip(counts, times, strict=True)]


def _compiling(rounds: int) -> list[Row]:
    spec = _spec(_polish())
    rows = []
    for years in (4, 20):
        last = date(2024 + years, 12, 31)
        times = _alternate(rounds, partial(compile_calendar, spec, date(2025, 1, 1), last))
        rows.append(Row(f"compile {years} years", 1 / median(times[0])))
    return rows


def _timed(question: str, rounds: int, ask: Callable[[], object]) -> Row:
    return Row(question, MANY / median(_alternate(rounds, ask)[0]))


def _adding(calendar: Calendar, starts: Sequence[datetime], span: timedelta) -> Callable[[], object]:
    return lambda: _add_all(calendar, starts, span)


def _add_all(calendar: Calendar, starts: Sequence[datetime], span: timedelta) -> list[datetime]:
    return [calendar.add(start, span) for start in starts]


def _alternate(rounds: int, *asks: Callable[[], object]) -> list[list[float]]:
    """Seconds of each ask in each round; the asks take turns."""
    seconds: list[list[float]] = [[] for _ in asks]
    for ask in asks:
        ask()
    for _ in range(rounds):
        for ask, found in zip(asks, seconds, strict=True):
            begin = perf_counter()
            ask()
            found.append(perf_counter() - begin)
    return seconds


def _show(rows: Sequence[Row]) -> None:
    print(f"{'question':32} {'slad /s':>12} {'pandas /s':>12} {'ratio':>8}")
    for row in rows:
        rival = f"{row.pandas_per_s:12,.0f} {row.ratio:7.0f}x" if row.pandas_per_s and row.ratio else ""
        print(f"{row.question:32} {row.slad_per_s:12,.0f} {rival}")


if __name__ == "__main__":
    with catch_warnings():
        simplefilter("ignore", pd.errors.PerformanceWarning)
        main()
