"""When time counts, drawn as weeks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sla_board.plan.model import Paragraph, Part, PlanSubject, Section, Week
from sla_domain.calendar import Window
from sla_domain.plan import Coverage

_DAY = 24 * 60


def coverage(subject: PlanSubject) -> Section:
    """Return the section of the hours of service: each week as a drawing, a sentence for hours made of others."""
    words = subject.words
    known = subject.plan.coverages
    titles = {one["id"]: one["title"] or one["id"] for one in subject.sheet["coverages"]}
    parts: list[Part] = []
    for one in subject.sheet["coverages"]:
        found = known.get(one["id"])
        if one["made_of"]:
            joined = next(iter(one["made_of"].values()))
            sign = " ∩ " if "all_of" in one["made_of"] else " ∪ "
            text = words.made_of.format(parts=sign.join(titles.get(name, name) for name in joined))
            parts.append(Paragraph(titles[one["id"]], text))
        elif found is not None and found.weekly:
            parts.append(_week(found, one, titles[one["id"]], subject))
    return Section("hours", words.coverage, tuple(dict.fromkeys(parts)))  # several hours may look the same


def _week(found: Coverage, told: Mapping[str, Any], title: str, subject: PlanSubject) -> Week:
    words = subject.words
    hours = words.around_the_clock if told["hours"] == "24x7" else told["hours"]
    days = tuple((words.weekdays[day], _spans(found.weekly, day)) for day in range(7))
    return Week(title, told["zone"], hours, days)


def _spans(weekly: Mapping[int, tuple[Window, ...]], day: int) -> tuple[tuple[int, int], ...]:
    """The open minutes of a day; a night shift of the day before reaches into it."""
    spans = [(window.open // 60, min(window.end // 60, _DAY)) for window in weekly.get(day, ())]
    before = weekly.get((day - 1) % 7, ())
    spans += [(0, window.end // 60 - _DAY) for window in before if window.end // 60 > _DAY]
    return tuple(sorted(spans))
