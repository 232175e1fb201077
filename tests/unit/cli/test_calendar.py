"""`slad calendar`: arithmetic from JSON lines, holidays, and what newer data would move."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.invoke import Said, slad

from sla_catalogue import Horizon
from sla_catalogue.holiday.feed import read_feed
from sla_standalone.cli.calendar.zone_change import zone_changes

OFFICE = {"tz": "Europe/Warsaw", "weekly": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]}}
START = "2026-03-02T16:00:00+01:00"  # a Monday
ADD = {"id": "a", "calendar": "office", "op": "add", "start": START, "duration_s": 7200}
BETWEEN = {"id": "b", "calendar": "office", "op": "between", "start": START, "end": "2026-03-03T10:00:00+01:00"}
DAYS = {
    "id": "c", "calendar": "office", "op": "add_working_days", "start": START, "working_days": 1,
    "mode": "close_of_nth_day",
}  # fmt: skip

Evaluate = Callable[..., Said]


@pytest.fixture
def evaluate(tmp_path: Path) -> Evaluate:
    path = tmp_path / "calendars.json"
    path.write_text(json.dumps({"office": OFFICE}))

    def run(*rows: Any, options: tuple[str, ...] = ()) -> Said:
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        return slad("calendar", "eval", "--calendars", path, *options, stdin="\n".join(lines))

    return run


def test_one_answer_a_line_in_the_order_asked(evaluate: Evaluate) -> None:
    said = evaluate(ADD, BETWEEN, DAYS)
    assert said.status == 0
    assert said.lines == [
        {"id": "a", "result": "2026-03-03T10:00:00+01:00"},
        {"id": "b", "result": 7200},
        {"id": "c", "result": "2026-03-03T17:00:00+01:00"},
    ]


def test_agreement_is_counted_and_decides_the_status(evaluate: Evaluate) -> None:
    right, wrong = {**ADD, "expected": "2026-03-03T09:00:00Z"}, {**BETWEEN, "expected": 7201}
    assert "1 of 1 agree" in evaluate(right).err
    assert evaluate(right).status == 0
    said = evaluate(right, wrong, options=("--json",))
    assert said.status == 1
    summary = json.loads(said.err)
    assert (summary["rows"], summary["compared"], summary["agree"], summary["errors"]) == (2, 2, 1, 0)
    assert summary["differ"] == [{"id": "b", "result": 7200, "expected": 7201}]
    assert "b: 7200, expected 7201" in evaluate(right, wrong).err


def test_the_other_closing_convention_is_compared_with_its_own_expectation(evaluate: Evaluate) -> None:
    row = {**ADD, "duration_s": 3600, "expected": "2026-03-02T17:00:00+01:00"}
    row |= {"expected_next_opening": "2026-03-03T09:00:00+01:00"}
    assert evaluate(row).lines[0]["result"] == row["expected"]
    moved = evaluate(row, options=("--at-close", "next_open"))
    assert (moved.status, moved.lines[0]["result"]) == (0, row["expected_next_opening"])


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ({**ADD, "calendar": "nope"}, "no calendar has the id 'nope'"),
        ({**ADD, "op": "multiply"}, "op 'multiply' is unknown: write one of add, between"),
        ({**ADD, "duration_s": -1}, "must not be negative"),
        ({**ADD, "duration_s": True}, "duration_s is a number"),
        ({**ADD, "duration_s": 1e300}, "beyond any calendar"),
        ({**ADD, "duration_s": 10**11}, "compile more years"),
        ({**ADD, "start": "soon"}, "start 'soon' is no ISO 8601 time"),
        ({"id": "a", "calendar": "office", "op": "add", "duration_s": 1}, "start is missing"),
        ({**DAYS, "mode": "later"}, "mode 'later' is unknown"),
        ({**DAYS, "working_days": 1.5}, "whole number"),
    ],
)
def test_a_row_that_makes_no_sense_is_an_error_of_its_own(evaluate: Evaluate, row: Any, why: str) -> None:
    said = evaluate(ADD, row, BETWEEN)
    assert said.status == 1
    first, bad, last = said.lines
    assert (first["id"], last["id"]) == ("a", "b")
    assert why in bad["error"]
    assert bad["id"] == (row["id"] if isinstance(row, dict) else "line 2")


def test_a_start_without_an_offset_is_in_the_calendars_zone(evaluate: Evaluate) -> None:
    assert evaluate({**ADD, "start": "2026-03-02T16:00"}).lines == evaluate(ADD).lines


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "not JSON"),
        ("[]", "an object of calendars is expected"),
        ('{"x": {"tz": "Europe/Warschau", "weekly": {"mon": [["9", "17:00"]]}}}', "weekly.mon[0]"),
    ],
)
def test_calendars_that_cannot_be_read_end_the_command(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "calendars.json"
    path.write_text(content)
    said = slad("calendar", "eval", "--calendars", path)
    assert said.status == 2
    assert why in said.err
    assert slad("calendar", "eval", "--calendars", tmp_path / "none.json").status == 2


def test_holidays_of_a_country_or_a_part_of_it() -> None:
    said = slad("calendar", "holidays", "PL", "--year", "2026", "--json")
    days = {row["date"]: row["name"] for row in said.json["rows"]}
    assert days["2026-11-11"] == "Narodowe Święto Niepodległości"
    bavarian = slad("calendar", "holidays", "DE-BY", "--year", "2026").out
    assert "2026-01-06" in bavarian
    assert "2026-01-06" not in slad("calendar", "holidays", "DE", "--year", "2026").out
    transferred = slad("calendar", "holidays", "RU", "--year", "2024", "--json").json["rows"]
    assert {"2024-04-27"} <= {row["date"] for row in transferred if row["kind"] == "worked"}


def test_an_unknown_region_is_answered_with_the_known_ones() -> None:
    said = slad("calendar", "holidays", "DE", "--subdivision", "XX")
    assert said.status == 2
    assert "BY" in said.err


def test_the_icalendar_export_comes_back_as_the_same_days() -> None:
    text = slad("calendar", "ical", "PL", "--year", "2026", "--years", "1").out
    feed = read_feed(text, "feed", Horizon(2026, 2026))
    listed = slad("calendar", "holidays", "PL", "--year", "2026", "--json").json["rows"]
    assert [row.date.isoformat() for row in feed.rows] == [row["date"] for row in listed]
    assert (feed.spans, feed.remarks) == ((), ())


CATALOGUE = """
coverages:
  office: {hours: {mon-fri: "09:00-17:00"}, holidays: contract}
plans:
  small:
    priorities: [{id: P1}]
    targets: [{metric: resolution, coverage: office, time: 2h}]
    escalation: none
contracts:
  only: {plan: small, zone: Europe/Warsaw, country: PL}
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.yaml"
    path.write_text(CATALOGUE)
    return path


def test_nothing_moves_against_ones_own_snapshot(catalogue: Path, tmp_path: Path) -> None:
    assert slad("calendar", "snapshot", "--catalogue", catalogue, "--to", tmp_path / "kept.json").status == 0
    said = slad("calendar", "diff", "--catalogue", catalogue, "--old", tmp_path / "kept.json")
    assert (said.status, said.out) == (0, "")


def test_a_day_that_comes_or_goes_is_shown(catalogue: Path, tmp_path: Path) -> None:
    kept = json.loads(slad("calendar", "snapshot", "--catalogue", catalogue).out)
    rows = kept["holidays"]["PL"]["rows"]
    kept["holidays"]["PL"]["rows"] = [row for row in rows if row[0] != "2030-11-11"] + [
        ["2031-07-01", "closed", "Dzień Próby", "holidays 0.1", None]
    ]
    tmp_path.joinpath("kept.json").write_text(json.dumps(kept))
    said = slad("calendar", "diff", "--catalogue", catalogue, "--old", tmp_path / "kept.json", "--json")
    assert said.status == 1
    (code,) = said.json["days"]
    assert [row["date"] for row in code["added"]] == ["2030-11-11"]
    assert [row["name"] for row in code["removed"]] == ["Dzień Próby"]
    text = slad("calendar", "diff", "--catalogue", catalogue, "--old", tmp_path / "kept.json").out
    assert "- PL     2031-07-01 closed Dzień Próby" in text


def test_past_days_are_left_out_unless_asked_for(catalogue: Path, tmp_path: Path) -> None:
    kept = json.loads(slad("calendar", "snapshot", "--catalogue", catalogue).out)
    kept["holidays"]["PL"]["rows"] = [row for row in kept["holidays"]["PL"]["rows"] if row[0] != "2012-11-11"]
    tmp_path.joinpath("kept.json").write_text(json.dumps(kept))
    options = ("calendar", "diff", "--catalogue", catalogue, "--old", tmp_path / "kept.json")
    assert slad(*options).status == 0
    assert slad(*options, "--all").status == 1


def test_two_catalogues_can_be_compared(catalogue: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(CATALOGUE + 'holidays: {PL: {add: [{date: "2030-07-01", name: Own, reason: ours}]}}\n')
    said = slad("calendar", "diff", "--catalogue", other, "--old", catalogue)
    assert said.status == 1
    assert "+ PL     2030-07-01 closed Own  (manual: ours)" in said.out


def test_without_anything_stored_there_is_nothing_to_compare_with(catalogue: Path) -> None:
    said = slad("calendar", "diff", "--catalogue", catalogue)
    assert said.status == 2
    assert "slad calendar snapshot" in said.err


def test_zone_files_that_cannot_be_read_end_the_command(catalogue: Path, tmp_path: Path) -> None:
    said = slad("calendar", "diff", "--catalogue", catalogue, "--tzdata", tmp_path)
    assert said.status == 2
    assert "Europe/Warsaw" in said.err


def test_two_releases_of_a_zone_differ_from_the_instant_of_the_change_on() -> None:
    turn = datetime(2026, 9, 20, 2, 30, tzinfo=UTC)
    (change,) = zone_changes("Here", _Zone(turn, hours=1), timezone(timedelta(hours=1)), range(2026, 2028))
    assert (change.start, change.end) == (turn, None)
    assert (change.old, change.new) == (timedelta(hours=2), timedelta(hours=1))


def test_two_releases_may_differ_for_a_while() -> None:
    spring, autumn = datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)
    old, new = _Zone(spring, autumn), timezone(timedelta(hours=1))
    (change,) = zone_changes("Here", old, new, range(2026, 2027))
    assert (change.start, change.end) == (spring, autumn)


class _Zone(tzinfo):
    """+01:00, and one hour more from one instant on, until another."""

    def __init__(self, since: datetime, until: datetime | None = None, hours: int = 1) -> None:
        self._since, self._until, self._more = since, until, timedelta(hours=hours)

    def utcoffset(self, at: datetime | None) -> timedelta:
        raise AssertionError("asked through fromutc only")

    def fromutc(self, at: datetime) -> datetime:
        instant = at.replace(tzinfo=UTC)
        summer = instant >= self._since and (self._until is None or instant < self._until)
        offset = timedelta(hours=1) + (self._more if summer else timedelta())
        return instant.astimezone(timezone(offset))
