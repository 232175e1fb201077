"""Every published row of business-time arithmetic, both closing conventions, on a growing and on a fixed horizon."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from tests.shared_data import SHARED, needs_shared

from sla_domain.calendar import AtClose, Calendar, CalendarBook, WorkingDays, compile_calendar, spec_from_layout

VECTORS = SHARED / "data" / "business-time"
pytestmark = needs_shared


def _rows(name: str, op: str) -> list[dict[str, Any]]:
    path = VECTORS / name
    lines = path.read_text().splitlines() if path.is_file() else []
    return [row for row in map(json.loads, lines) if row["op"] == op]


@cache
def _book() -> CalendarBook:
    layouts = json.loads((VECTORS / "calendars.json").read_text())
    return CalendarBook([spec_from_layout(id_, layout) for id_, layout in layouts.items()])


@cache
def _fixed(id_: str) -> Calendar:
    return compile_calendar(_book().spec(id_), date(2000, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize("row", _rows("vectors.jsonl", "add"), ids=lambda row: row["id"])
def test_a_span_of_business_time_is_over_when_the_row_says(row: dict[str, Any]) -> None:
    start, span = datetime.fromisoformat(row["start"]), timedelta(seconds=row["duration_s"])
    stays = datetime.fromisoformat(row["expected"])
    moves = datetime.fromisoformat(row.get("expected_next_opening", row["expected"]))
    for calendar in (_book().calendar(row["calendar"]), _fixed(row["calendar"])):
        assert calendar.add(start, span) == stays
        assert calendar.add(start, span, AtClose.NEXT_OPEN) == moves
        assert calendar.between(start, stays) == span


@pytest.mark.parametrize("row", _rows("vectors.jsonl", "between"), ids=lambda row: row["id"])
def test_business_time_between_two_instants_is_what_the_row_says(row: dict[str, Any]) -> None:
    start, end = datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["end"])
    for calendar in (_book().calendar(row["calendar"]), _fixed(row["calendar"])):
        assert calendar.between(start, end) == timedelta(seconds=row["expected"])
        assert calendar.between(end, start) == -timedelta(seconds=row["expected"])


@pytest.mark.parametrize("row", _rows("working-days.jsonl", "add_working_days"), ids=lambda row: row["id"])
def test_working_days_end_when_the_row_says(row: dict[str, Any]) -> None:
    start, mode = datetime.fromisoformat(row["start"]), WorkingDays(row["mode"])
    for calendar in (_book().calendar(row["calendar"]), _fixed(row["calendar"])):
        due = calendar.add_working_days(start, row["working_days"], mode)
        assert due == datetime.fromisoformat(row["expected"])


def test_no_row_was_left_out() -> None:
    counted = len([*_rows("vectors.jsonl", "add"), *_rows("vectors.jsonl", "between")])
    assert counted == len((VECTORS / "vectors.jsonl").read_text().splitlines()) > 0
    days = len(_rows("working-days.jsonl", "add_working_days"))
    assert days == len((VECTORS / "working-days.jsonl").read_text().splitlines()) > 0
