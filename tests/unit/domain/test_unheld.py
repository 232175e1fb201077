"""Hours that nobody holds, in words: what comes each week is said once, by the contract's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla_domain.calendar.instant import micros
from sla_domain.rota.unheld import unheld_length, unheld_words

WARSAW = ZoneInfo("Europe/Warsaw")
START, END = date(2026, 9, 28), date(2026, 12, 28)  # Mondays


def instant(day: date, hour: float) -> int:
    reading = datetime.combine(day, datetime.min.time()) + timedelta(hours=hour)
    return micros(reading.replace(tzinfo=WARSAW).astimezone(UTC))


WINDOW = instant(START, 0), instant(END, 0)


def each(
    weekdays: str, open_: float, close: float, first: date, last: date, but: set[date] | None = None
) -> list[tuple[int, int]]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    named = [day for day in days if f"{day:%a}" in weekdays.split() and day not in (but or set())]
    return [(instant(day, open_), instant(day, close)) for day in named]


BEFORE, AFTER = START - timedelta(days=7), END + timedelta(days=7)


@pytest.mark.parametrize(
    ("gaps", "words"),
    [
        (each("Sat", 2, 6, date(2026, 10, 10), AFTER), ["Sat 02:00–06:00 from 10 October"]),
        (each("Sat", 2, 6, BEFORE, AFTER), ["Sat 02:00–06:00"]),
        (each("Sat", 2, 6, BEFORE, date(2026, 11, 7)), ["Sat 02:00–06:00 to 7 November"]),
        (each("Sat", 2, 6, date(2026, 10, 10), date(2026, 10, 31)), ["Sat 02:00–06:00 from 10 October to 31 October"]),
        (each("Sat", 2, 6, date(2026, 10, 10), date(2026, 10, 10)), ["Sat 10 October 02:00–06:00"]),
        (each("Sat", 2, 6, BEFORE, AFTER, but={date(2026, 10, 31)}), ["Sat 02:00–06:00, in 12 of 13 weeks"]),
        (
            each("Mon", 9, 9 + 7 * 24, date(2026, 10, 5), date(2026, 10, 5))
            + each("Mon", 9, 33, date(2026, 10, 26), AFTER),
            ["Mon 5 October 09:00 to Mon 12 October 09:00", "Mon 09:00–Tue 09:00 from 26 October"],
        ),
        (each("Mon Tue Wed Thu Fri", 17, 24, BEFORE, AFTER), ["Mon–Fri 17:00–24:00"]),
        (each("Mon Tue Wed", 17, 24, date(2026, 10, 5), AFTER), ["Mon–Wed 17:00–24:00 from 5 October"]),
        (each("Mon Wed", 17, 24, BEFORE, AFTER), ["Mon 17:00–24:00", "Wed 17:00–24:00"]),
        (each("Fri", 17, 24 + 24 + 24 + 9, BEFORE, AFTER), ["Fri 17:00–Mon 09:00"]),
        (each("Fri", 17, 48, BEFORE, AFTER), ["Fri 17:00–Sat 24:00"]),
        (each("Fri", 17, 48, date(2026, 10, 2), date(2026, 10, 2)), ["Fri 2 October 17:00 to Sat 3 October 24:00"]),
        ([(instant(date(2026, 12, 5), 9), instant(AFTER, 0))], ["from Sat 5 December 09:00 on"]),
        ([(instant(BEFORE, 0), instant(date(2026, 10, 5), 9))], ["until Mon 5 October 09:00"]),
        ([(instant(BEFORE, 0), instant(AFTER, 0))], ["at no hour"]),
        (each("Sat", 2, 6, BEFORE, START - timedelta(days=1)), []),
    ],
)
def test_gaps_are_said_by_the_week(gaps: list[tuple[int, int]], words: list[str]) -> None:
    """The change of the clock on 25 October lies within: the week is the local one."""
    assert unheld_words(gaps, WINDOW, "Europe/Warsaw") == words


def test_the_hours_of_a_day_on_which_the_clock_is_put_back_are_an_hour_more() -> None:
    night = [(instant(date(2026, 10, 25), 0), instant(date(2026, 10, 25), 6))]
    assert unheld_words(night, WINDOW, "Europe/Warsaw") == ["Sun 25 October 00:00–06:00"]
    assert unheld_length(night, WINDOW) == 7 * 60


def test_a_day_of_the_next_year_has_its_year() -> None:
    window = WINDOW[0], instant(date(2027, 2, 1), 0)
    assert unheld_words([(instant(date(2027, 1, 1), 0), instant(date(2027, 1, 1), 24))], window, "Europe/Warsaw") == [
        "Fri 1 January 2027 00:00–24:00"
    ]
