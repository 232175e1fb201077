"""Weekly hours as text for people, such as `Mon–Fri 09:00–17:00`; how they are written in files: `hours`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sla_domain.calendar import Window
from sla_domain.explain.language.words import Words
from sla_domain.plan import Coverage


def week_words(coverage: Coverage, words: Words) -> str:
    """Return the weekly hours of a coverage (when time is counted) as text, such as `Mon–Fri 09:00–17:00`.

    If the weekly hours cover the whole week, the result is `24x7`. A coverage that is made of other coverages has no
    hours of its own, and the result is "".

    Args:
        words: The texts of the language to use.
    """
    if coverage.parts:
        return ""
    if coverage.around_the_clock:
        return "24x7"
    return weekly_text(coverage.weekly, words)


def weekly_text(weekly: Mapping[int, tuple[Window, ...]], words: Words) -> str:
    """Return weekly hours as text, such as `Mon–Fri 09:00–17:00`.

    Args:
        weekly: Weekday (0 is Monday) -> open windows.
        words: The texts of the language to use.
    """
    found: list[str] = []
    for first, last, windows in _runs(weekly):
        days = words.weekdays[first] + (f"–{words.weekdays[last]}" if last > first else "")
        found.append(f"{days} {', '.join(map(_window, windows))}")
    return "; ".join(found)


def _runs(weekly: Mapping[int, tuple[Window, ...]]) -> Iterator[tuple[int, int, tuple[Window, ...]]]:
    """Neighbouring weekdays with the same hours, as first and last day."""
    open_days = [(day, tuple(weekly.get(day, ()))) for day in range(7)]
    first = 0
    for day, windows in open_days:
        if day == 6 or open_days[day + 1][1] != windows:
            if windows:
                yield first, day, windows
            first = day + 1


def _window(window: Window) -> str:
    return f"{time_of_day_text(window.open)}–{time_of_day_text(window.close)}"


def time_of_day_text(seconds: int) -> str:
    """Return a time of day in seconds from midnight as text, such as `09:00`."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
