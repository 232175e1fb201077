"""An explanation in the words of one language, part by part: for pages that lay it out themselves.

The steps stand in the order of `Explanation.steps`, the rows in that of `Explanation.rows`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sla_domain.explain.explanation import Explanation, ReasonedStep
from sla_domain.explain.language import LANGUAGES, tag_for
from sla_domain.explain.language.words import Words
from sla_domain.explain.text import (
    consumption_text,
    definition_of,
    duration_text,
    entitlement_lines,
    instant_lines,
    kind_words,
    local_text,
    outcome_words,
    row_name,
    state_text,
    target_lines,
    text_in,
    title_of,
    version_lines,
)
from sla_domain.plan import WallTime


def localized_dict(e: Explanation, language: str = "en") -> dict[str, Any]:
    """Return the explanation as texts in one language, for a page to lay out.

    The result is a dict of JSON values. Its key `language` is the tag of the language used. All other keys are parts of
    a page: texts, lists of lines, and tables (`rows`, `steps`). Times are in the clock's time zone.

    Args:
        language: Tag of the wanted language. The nearest supported language is used, else English.
    """
    tag = tag_for(language)
    w = LANGUAGES[tag]
    zone = ZoneInfo(e.zone)
    return {
        "language": tag,
        "metric": title_of(e.titles, tag) or e.metric,
        "state": state_text(e, w),
        "basis": [*entitlement_lines(e, w, tag), *target_lines(e, w, tag)],
        "definition": _definition(e, tag),
        "rows_title": w.rows,
        "rows": [{"name": row_name(row.target, w), "said": outcome_words(row, w)} for row in e.rows],
        "time_title": w.time,
        "columns": list(w.columns),
        "steps": [_step(step, zone, w) for step in e.steps],
        "sums": consumption_text(e, w),
        "instants": list(instant_lines(e, w)),
        "grounds": list(version_lines(e, w)),
        "left": _left(e, tag, w),
    }


def _definition(e: Explanation, tag: str) -> dict[str, str] | None:
    """The plan's definition of the priority (clause E12, docs/clauses.md), in a language that the plan has."""
    language, text = definition_of(e, tag)
    return {"language": language, "text": text} if text else None


def _step(step: ReasonedStep, zone: ZoneInfo, w: Words) -> dict[str, Any]:
    notes = [w.credited.format(span=duration_text(step.credited, w))] if step.credited else []
    return {
        "when": _when(step.start, step.end, zone, w),
        "what": kind_words(step, w),
        "counted": f"+{duration_text(step.counted, w)}" if step.counted else "",
        "total": duration_text(step.total, w) if step.counted else "",
        "notes": [*notes, w.ahead] if step.ahead else notes,
    }


def _when(start: datetime, end: datetime, zone: ZoneInfo, w: Words) -> str:
    """`Tue 2026-11-10 16:30 – 17:00 +0100`: day and offset are written once where both ends share them."""
    first, last = local_text(start, zone, w).rsplit(" ", 2), local_text(end, zone, w).rsplit(" ", 2)
    if first[2] != last[2]:
        return f"{' '.join(first)} – {' '.join(last)}"
    until = last[1] if first[0] == last[0] else f"{last[0]} {last[1]}"
    return f"{first[0]} {first[1]} – {until} {last[2]}"


def _left(e: Explanation, tag: str, w: Words) -> dict[str, Any] | None:
    """How to write the counted time that is left while it runs down: `{left}` stands for it."""
    if e.allowed is None:
        return None
    units = {"hour": w.hour, "minute": w.minute, "second": w.second}
    if isinstance(e.target.allowed, WallTime):
        return {"form": f"{w.left}: {w.wall.format(span='{left}')}", "units": units}
    coverage = text_in(e.coverage_titles, tag)[1] or e.coverage
    return {"form": f"{w.left}: {{left}} · {coverage}", "units": units}
