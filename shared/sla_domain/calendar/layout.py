"""A calendar as plain mappings and strings (JSON, YAML) → CalendarSpec, with every problem at once.

The layout: `tz`, `weekly` (`mon`..`sun` → list of `[open, close]`), `holidays` (dates, or mappings with `date`, `name`
and `source`), `openings` and `closings` (`[from, to]` or `[from, to, reason]`, `T24:00` allowed), `name`, `revision`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from sla_domain.calendar.spec import DAYS, CalendarSpec, Holiday
from sla_domain.calendar.window import LocalSpan, Window, parse_clock
from sla_domain.errors import InvalidCalendar, InvalidWindow

_KEYS = ("tz", "weekly", "holidays", "openings", "closings", "name", "revision")
_T = TypeVar("_T")


def spec_from_layout(id_: str, layout: Mapping[str, object]) -> CalendarSpec:
    """Return the calendar specification that a mapping of plain values (JSON, YAML) describes.

    The mapping has these keys, of which only `tz` is required:

    - `tz`: time zone, such as `Europe/Rome`
    - `weekly`: `mon` to `sun` -> list of `[open, close]`
    - `holidays`: list of dates, or of mappings with `date`, `name` and `source`
    - `openings`, `closings`: lists of `[from, to]` or `[from, to, reason]`, with times such as `2026-02-18T09:00`
    - `name`, `revision`: texts

    Raises:
        InvalidCalendar: The mapping has problems; the error lists all of them.
    """
    problems = [f"{key}: unknown, write one of {', '.join(_KEYS)}" for key in layout if key not in _KEYS]
    weekly = _weekly(layout.get("weekly") or {}, problems)
    holidays = _each("holidays", layout.get("holidays"), _holiday, problems)
    openings = _each("openings", layout.get("openings"), _span, problems)
    closings = _each("closings", layout.get("closings"), _span, problems)
    try:
        spec = CalendarSpec(
            id=id_,
            zone=str(layout.get("tz") or ""),
            weekly=weekly,
            holidays=tuple(holidays),
            openings=tuple(openings),
            closings=tuple(closings),
            name=str(layout.get("name") or ""),
            revision=str(layout.get("revision") or ""),
        )
    except InvalidCalendar as error:
        raise InvalidCalendar(id_, [*problems, *error.problems]) from None
    if problems:
        raise InvalidCalendar(id_, problems)
    return spec


def _weekly(rows: object, problems: list[str]) -> dict[int, tuple[Window, ...]]:
    if not isinstance(rows, Mapping):
        problems.append(f"weekly: {rows!r} is not a mapping from mon..sun to windows")
        return {}
    weekly: dict[int, tuple[Window, ...]] = {}
    for day, windows in rows.items():
        if day in DAYS:
            weekly[DAYS.index(day)] = tuple(_each(f"weekly.{day}", windows, _window, problems))
        else:
            problems.append(f"weekly.{day}: unknown, write one of {', '.join(DAYS)}")
    return weekly


def _each(where: str, rows: object, read: Callable[[object], _T], problems: list[str]) -> list[_T]:
    """Every row that can be read; the others become problems with their place."""
    if rows is None:
        return []
    if isinstance(rows, str | Mapping) or not isinstance(rows, Iterable):
        problems.append(f"{where}: {rows!r} is not a list")
        return []
    found: list[_T] = []
    for index, row in enumerate(rows):
        try:
            found.append(read(row))
        except InvalidWindow as error:
            problems.append(f"{where}[{index}]: {error}")
    return found


def _window(row: object) -> Window:
    open_, close = _texts(row, 2)
    return Window.parse(open_, close)


def _holiday(row: object) -> Holiday:
    if isinstance(row, Mapping):
        named = str(row.get("name") or ""), str(row.get("source") or "")
        return Holiday(_date(row.get("date")), *named)
    return Holiday(_date(row))


def _span(row: object) -> LocalSpan:
    texts = _texts(row, 2, 3)
    return LocalSpan(_local(texts[0]), _local(texts[1]), texts[2] if len(texts) == 3 else "")


def _texts(row: object, *lengths: int) -> list[str]:
    if isinstance(row, list | tuple) and len(row) in lengths and all(isinstance(text, str) for text in row):
        return list(row)
    raise InvalidWindow(f"{row!r} is not a pair of times: write [from, to]")


def _date(row: object) -> date:
    if isinstance(row, date) and not isinstance(row, datetime):
        return row
    try:
        return date.fromisoformat(str(row))
    except ValueError:
        raise InvalidWindow(f"{row!r} is not a day: write YYYY-MM-DD") from None


def _local(text: str) -> datetime:
    """`2026-02-18T09:00`, with `T24:00` as the midnight that ends the day."""
    day, _, clock = text.replace(" ", "T").partition("T")
    return datetime.combine(_date(day), time()) + timedelta(seconds=parse_clock(clock))
