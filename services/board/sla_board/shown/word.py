"""The texts and icons of states. A state is always a word and a shape; colour only repeats it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sla_board.shown.bucket import zone_of
from sla_board.shown.filter import ClockCondition
from sla_domain.clock import ClockState
from sla_domain.metrics import BUILT_IN
from sla_domain.plan import MetricId


@dataclass(frozen=True, slots=True)
class StateWord:
    """The text, icon and style with which a page shows the state of a clock."""

    text: str
    """The state in a word."""
    icon: str
    """The name of an icon."""
    tone: str
    """A class of the style sheet."""


def word_of(*, state: ClockState, breached: bool, warned: str, overdue: bool, outside: bool = False) -> StateWord:
    """Return the text, icon and style with which a page shows the state of a clock.

    Args:
        breached: Whether slad has published a breach of the clock.
        warned: The last warning's threshold, such as `warn-75`. "" without a warning.
        overdue: Whether the clock is past due, but slad has published no breach yet.
        outside: Whether the clock counts no time at present because its service hours are closed.
    """
    if state is ClockState.MET:
        return StateWord("Met", "met", "good")
    if state is ClockState.MISSED:
        return StateWord("Missed", "breached", "breached")
    if state is ClockState.CANCELLED:
        return StateWord("Cancelled, breached" if breached else "Cancelled", "cancelled", "quiet")
    if state is ClockState.PAUSED:
        return (
            StateWord("Paused, breached", "breached", "breached")
            if breached
            else StateWord("Paused", "paused", "quiet")
        )
    if breached:
        return StateWord("Breached", "breached", "breached")
    if overdue:
        # Past due by the wall, but the timer has published no breach: it may still be reading earlier events.
        return StateWord("Due now", "warned", "warned")
    if outside:
        return StateWord("Outside hours", "outside", "quiet")
    if warned:
        return StateWord(f"Warned {threshold_text(warned)}", "warned", "warned")
    return StateWord("Running", "running", "running")


def condition_of(*, state: ClockState, breached: bool, warned: str, outside: bool = False) -> ClockCondition:
    """Return the condition of an open clock, as the board's state column shows it.

    If several conditions apply, the result is the first of BREACHED, PAUSED, OUTSIDE, WARNED and RUNNING.

    Args:
        state: Running or paused.
        breached: Whether slad has published a breach of the clock.
        warned: The last warning's threshold, such as `warn-75`. "" without a warning.
        outside: Whether the clock is not due yet and counts no time at present because its service hours are closed.
    """
    if breached:
        return ClockCondition.BREACHED
    if state is ClockState.PAUSED:
        return ClockCondition.PAUSED
    if outside:
        return ClockCondition.OUTSIDE
    return ClockCondition.WARNED if warned else ClockCondition.RUNNING


def threshold_text(key: str) -> str:
    """Return a warning's threshold as text for people.

    Args:
        key: For example, `warn-75`, which gives `75 %`, or `warn-3600s`, which gives `1h 00m before`.
    """
    mark = key.removeprefix("warn-")
    if mark.endswith("s") and mark[:-1].isdigit():
        return f"{short_span(timedelta(seconds=int(mark[:-1])))} before"
    return f"{mark} %" if mark.isdigit() else mark


def metric_title(name: str) -> str:
    """Return the title of a metric in English, as the pages show it.

    If slad does not know the metric, the title is its id with spaces and a capital: `time_to_parts` gives "Time to
    parts". If `name` is "", the title is "Promise".
    """
    known = BUILT_IN.get(MetricId(name))
    return known.titles["en"] if known else name.replace("_", " ").strip().capitalize() or "Promise"


def short_span(length: timedelta) -> str:
    """Return a length of time in at most two units: `3d 4h`, `4h 12m`, `12m 34s`.

    A negative length has a minus sign.
    """
    total = int(abs(length).total_seconds())
    sign = "\u2212" if length < timedelta() and total else ""
    days, hours, minutes, seconds = total // 86400, total // 3600 % 24, total // 60 % 60, total % 60
    if days >= 2:
        return f"{sign}{days}d {hours}h"
    if total >= 3600:
        return f"{sign}{days * 24 + hours}h {minutes:02}m"
    return f"{sign}{minutes}m {seconds:02}s" if minutes else f"{sign}{seconds}s"


def local_text(instant: datetime, zone: str) -> str:
    """Return an instant in the time zone `zone`, such as `Thu 12 Nov 08:30 CET`.

    If the zone is unknown, the time is in UTC.
    """
    try:
        there = instant.astimezone(zone_of(zone))
    except OverflowError:  # the ends of the calendar have no local time everywhere
        return utc_text(instant)
    return f"{there:%a} {there.day} {there:%b %H:%M} {there:%Z}"


def dated_text(instant: datetime, zone: str) -> str:
    """Return an instant in the time zone `zone` with its year, such as `Thu 12 Nov 2026 08:30 CET`."""
    try:
        there = instant.astimezone(zone_of(zone))
    except OverflowError:
        return utc_text(instant)
    return f"{there:%a} {there.day} {there:%b %Y %H:%M %Z}"


def local_text_without_zone(instant: datetime, zone: str) -> str:
    """Return an instant in the time zone `zone`, without the zone's name: `Thu 12 Nov 08:30`."""
    return local_text(instant, zone).rpartition(" ")[0]


def utc_text(instant: datetime) -> str:
    """Return an instant in UTC to the second: `2026-11-12 07:30:00 UTC`."""
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def web_link(url: str) -> str:
    """Return the URL if it begins with `http://` or `https://`; for any other text return "".

    So a URL such as `javascript:` never becomes a link on a page.
    """
    return url if url.lower().startswith(("https://", "http://")) else ""
