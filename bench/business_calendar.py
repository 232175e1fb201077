"""How fast is deadline arithmetic? slad's calendar, pandas CustomBusinessHour and Ruby's biz, in turn, datetimes in and
out.

    python -m bench.business_calendar [--json FILE] [--rounds N]
    SLAD_BENCH_BIZ=/src/biz/lib:/src/clavius/lib python -m bench.business_calendar

Mon–Fri 09:00–18:00 Europe/Warsaw with Polish holidays. The engines alternate within each round, so that a machine that
changes its speed changes all; a second is one of the processor's, so that neighbours do not count; figures are medians
over rounds, ratios are medians of the rounds' ratios. Answers are compared before anything is timed. The flatness rows
vary the span and the number of holidays.

biz is timed when `SLAD_BENCH_BIZ` names its `lib` folder and that of clavius, which it needs, and ruby is there with
the gem tzinfo; otherwise the bench says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from typing import Any
from warnings import catch_warnings, simplefilter

import holidays
import pandas as pd
from bench.results import keep, load

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
HOURS = ("09:00", "18:00")
WEEK = {day: (Window.parse(*HOURS),) for day in range(5)}
FEW, MANY = 1_000, 20_000  # questions a round: the others, slad
FIRST, LAST = date(2024, 1, 1), date(2053, 12, 31)


@dataclass(frozen=True)
class Row:
    question: str
    slad_per_s: float
    pandas_per_s: float | None = None
    ratio: float | None = None
    biz_per_s: float | None = None
    biz_ratio: float | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    starts, before = _starts(MANY), load()
    biz = Biz.found(starts[:FEW])
    rows = [*_against_others(starts, options.rounds, biz), *_alone(starts, options.rounds)]
    rows += [*_by_span(starts, options.rounds), *_by_holidays(starts, options.rounds), *_compiling(options.rounds)]
    _show(rows)
    print(f"\nload before {before:.1f}, after {load():.1f}" if biz else f"\n{WITHOUT_BIZ}")
    machine = {"python": platform.python_version(), "pandas": pd.__version__, "tzdata": tzdata_version()}
    machine |= biz.versions if biz else {}
    for row in rows[:2]:
        figures = {name: value for name, value in asdict(row).items() if name != "question" and value is not None}
        keep({"system": row.question, **figures, **machine}, before)
    if options.json:
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


def _against_others(starts: Sequence[datetime], rounds: int, biz: Biz | None) -> list[Row]:
    days = _polish()
    calendar = compile_calendar(_spec(days), FIRST, LAST)
    few = [pd.Timestamp(start).tz_convert(load_zone(ZONE)) for start in starts[:FEW]]
    rows = []
    for hours in (1, 40):
        offset = pd.offsets.CustomBusinessHour(n=hours, start=HOURS[0], end=HOURS[1], holidays=days)
        span = timedelta(hours=hours)
        _must_agree(calendar, starts[:FEW], few, offset, span)
        rivals: list[Callable[[], object]] = [_offsetting(few, offset)]
        if biz is not None:
            biz.must_agree(calendar, hours)
            rivals.append(partial(biz.add, hours))
        slad, *others = _alternate(rounds, _adding(calendar, starts, span), *rivals)
        figures = [_beside(slad, other) for other in others]
        rows.append(Row(f"add {hours} h, UTC in", MANY / median(slad), *(one for pair in figures for one in pair)))
    return rows


def _beside(slad: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """The other's additions per second, and how many times as many slad makes."""
    ratio = median((MANY / own) / (FEW / theirs) for own, theirs in zip(slad, other, strict=True))
    return FEW / median(other), ratio


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


WITHOUT_BIZ = """Ruby's biz was not timed. To have it: ruby with the gem tzinfo (on Debian: ruby and ruby-tzinfo), the
sources of github.com/zendesk/biz and github.com/craiglittle/clavius, and SLAD_BENCH_BIZ=BIZ/lib:CLAVIUS/lib."""


class Biz:
    """Ruby with the library loaded, asked line by line, so that it takes its turn like the others."""

    def __init__(self, ruby: str, folders: Sequence[str], starts: Sequence[datetime]) -> None:
        self._starts = starts
        loaded = [word for folder in folders for word in ("-I", folder)]
        self._process = subprocess.Popen(
            [ruby, *loaded, str(Path(__file__).with_name("biz.rb"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        seconds = [int(start.timestamp()) for start in starts]
        days = [day.isoformat() for day in _polish()]
        self.versions = self._ask({"zone": ZONE, "hours": HOURS, "holidays": days, "starts": seconds})

    @classmethod
    def found(cls, starts: Sequence[datetime]) -> Biz | None:
        """None when the environment names no library, or ruby is not there."""
        folders, ruby = os.environ.get("SLAD_BENCH_BIZ", ""), shutil.which("ruby")
        return cls(ruby, folders.split(os.pathsep), starts) if folders and ruby else None

    def add(self, hours: int) -> float:
        """The seconds its additions took, by its own watch: what the question and the answer cost is not counted."""
        return float(self._ask(hours)["seconds"])

    def must_agree(self, calendar: Calendar, hours: int) -> None:
        """biz leaves a deadline on the close, as slad does when nothing else is asked for."""
        ends = self._ask(hours)["ends"]
        for start, end in zip(self._starts, ends, strict=True):
            ours = calendar.add(start, timedelta(hours=hours))
            if int(ours.timestamp()) != end:
                theirs = datetime.fromtimestamp(end, UTC)
                raise SystemExit(f"the engines disagree on {start} + {hours} h: {ours} and {theirs} (biz)")

    def _ask(self, question: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit("biz did not answer: see what ruby says above, and whether SLAD_BENCH_BIZ is right")
        return dict(json.loads(answer))


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
    """Seconds of each ask in each round; the asks take turns. One that answers with seconds has its own watch."""
    seconds: list[list[float]] = [[] for _ in asks]
    for ask in asks:
        ask()
    for _ in range(rounds):
        for ask, found in zip(asks, seconds, strict=True):
            begin = process_time()
            own = ask()
            spent = process_time() - begin
            found.append(own if isinstance(own, float) else spent)
    return seconds


def _show(rows: Sequence[Row]) -> None:
    print(f"{'question':32} {'slad /s':>12} {'pandas /s':>12} {'ratio':>8} {'biz /s':>12} {'ratio':>8}")
    for row in rows:
        shown = f"{row.question:32} {row.slad_per_s:12,.0f}"
        for rate, ratio in ((row.pandas_per_s, row.ratio), (row.biz_per_s, row.biz_ratio)):
            if rate is not None and ratio is not None:
                shown += f" {rate:12,.0f} {ratio:7.0f}x"
        print(shown)


if __name__ == "__main__":
    with catch_warnings():
        simplefilter("ignore", pd.errors.PerformanceWarning)
        main()
