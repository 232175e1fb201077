"""When time counts, drawn as weeks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date, format_skeleton

from sla_board.plan.model import BoughtPlan, Paragraph, Part, PlanSubject, Section, Week, per_plan
from sla_board.plan.words.words import PlanWords
from sla_domain.calendar import Season, Window
from sla_domain.plan import Coverage

_DAY = 24 * 60


def coverage(subject: PlanSubject) -> Section:
    """Return the support plan's section on the hours of service of each plan.

    Hours are drawn as a week, with their seasons. Hours that combine other hours are described by a sentence
    instead.
    """
    words = subject.words
    return Section("hours", words.coverage, per_plan(subject, lambda bought: _of_plan(bought, words)))


def _of_plan(bought: BoughtPlan, words: PlanWords) -> tuple[Part, ...]:
    known = bought.plan.coverages
    titles = {one["id"]: one["title"] or one["id"] for one in bought.sheet["coverages"]}
    parts: list[Part] = []
    for one in bought.sheet["coverages"]:
        found = known.get(one["id"])
        if one["made_of"]:
            joined = next(iter(one["made_of"].values()))
            sign = " ∩ " if "all_of" in one["made_of"] else " ∪ "
            text = words.made_of.format(parts=sign.join(titles.get(name, name) for name in joined))
            parts.append(Paragraph(titles[one["id"]], text))
        elif found is not None and (found.weekly or found.seasons):
            parts.append(_week(found, one, titles[one["id"]], words))
    return tuple(dict.fromkeys(parts))  # several hours may look the same


def _week(found: Coverage, told: Mapping[str, Any], title: str, words: PlanWords) -> Week:
    hours = words.around_the_clock if told["hours"] == "24x7" else told["hours"] or words.closed
    days = tuple((words.weekdays[day], _spans(found.weekly, day)) for day in range(7))
    seasons = zip((_season(one, words) for one in found.seasons), told["seasons"], strict=True)
    return Week(title, told["zone"], hours, days, tuple((when, one["hours"] or words.closed) for when, one in seasons))


def _season(season: Season, words: PlanWords) -> str:
    """The days of a season, first and last."""
    locale = words.language.replace("-", "_")

    def day_text(day: date) -> str:
        return (
            format_skeleton("MMMMd", day, locale=locale) if season.yearly else format_date(day, "long", locale=locale)
        )

    last = None if season.end is None else season.end - timedelta(days=1)
    bounds = ((words.since, season.start), (words.until, last))
    return " ".join(text.format(day=day_text(day)) for text, day in bounds if day is not None)


def _spans(weekly: Mapping[int, tuple[Window, ...]], day: int) -> tuple[tuple[int, int], ...]:
    """The open minutes of a day; a night shift of the day before reaches into it."""
    spans = [(window.open // 60, min(window.end // 60, _DAY)) for window in weekly.get(day, ())]
    before = weekly.get((day - 1) % 7, ())
    spans += [(0, window.end // 60 - _DAY) for window in before if window.end // 60 > _DAY]
    return tuple(sorted(spans))
