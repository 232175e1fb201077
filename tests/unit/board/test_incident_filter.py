"""The filter of the list of incidents as a value: periods, zones, states, cursors; and how verdicts fold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest

from sla_board.history.cursor import BadCursor, ListPlace, read_cursor, written_cursor
from sla_board.history.filter import IncidentFilter, ListDate
from sla_board.history.parse import BadFilter, parse_asked
from sla_board.history.period import ContractCalendar, calendar_period
from sla_board.history.rollup import count_changes, month_of, month_start
from sla_board.history.verdict import verdict_of_clock, verdict_of_incident
from sla_domain.attainment import PromiseVerdict, ZoneHistory
from sla_domain.errors import BadPeriod

NINE = datetime(2026, 11, 16, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
WARSAW = ZoneInfo("Europe/Warsaw")


def parsed(*pairs: tuple[str, str], only: str | None = None) -> IncidentFilter:
    return parse_asked(pairs, only, {"acme": "Europe/Warsaw", "taipei": "Asia/Taipei"}.get).shown


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("2026-11", "2026-10-31T23:00:00+00:00", "2026-11-30T23:00:00+00:00"),
        ("2026-10", "2026-09-30T22:00:00+00:00", "2026-10-31T23:00:00+00:00"),  # the clocks go back within it
        ("2026-q4", "2026-09-30T22:00:00+00:00", "2026-12-31T23:00:00+00:00"),
        (" 2026 ", "2025-12-31T23:00:00+00:00", "2026-12-31T23:00:00+00:00"),
    ],
)
def test_a_period_has_its_ends_at_midnight_of_the_zone(written: str, start: str, end: str) -> None:
    found = calendar_period(written, WARSAW)
    assert (found.start.isoformat(), found.end.isoformat()) == (start, end)


@pytest.mark.parametrize("written", ["", "2026-00", "2026-13", "2026-Q0", "26-11", "２０２６", "2026-11-01"])
def test_what_is_no_period_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(BadPeriod, match="2026-Q4"):
        calendar_period(written, WARSAW)


@pytest.mark.parametrize(("written", "why"), [("1969", "1970"), ("2200", "2199"), ("2026/27", "first day")])
def test_a_year_out_of_reach_or_of_no_contract_is_refused(written: str, why: str) -> None:
    with pytest.raises(BadPeriod, match=why):
        calendar_period(written, WARSAW)


def test_a_year_of_the_one_contract_is_counted_from_its_first_day() -> None:
    contract = ContractCalendar(ZoneHistory("Europe/Warsaw"), date(2026, 4, 1))
    found = calendar_period("2026/27", WARSAW, contract)
    assert (found.start.isoformat(), found.end.isoformat()) == (
        "2026-03-31T22:00:00+00:00",
        "2027-03-31T22:00:00+00:00",
    )
    shown = parse_asked([("contract", "acme"), ("period", "2026/27")], None, {}.get, {"acme": contract}.get).shown
    assert (shown.period, shown.since, shown.until) == ("2026/27", found.start, found.end)


def test_the_zone_is_the_one_named_else_that_of_the_one_contract_else_utc() -> None:
    assert parsed(("period", "2026-11")).zone == "UTC"
    assert parsed(("period", "2026-11"), ("contract", "acme")).zone == "Europe/Warsaw"
    assert parsed(("period", "2026-11"), only="taipei").zone == "Asia/Taipei"
    assert parsed(("contract", "acme"), ("contract", "taipei")).zone == "UTC"
    assert parsed(("contract", "acme"), ("zone", "America/New_York")).zone == "America/New_York"


def test_a_key_of_one_contract_never_gets_another_whatever_it_asks() -> None:
    assert parsed(only="acme").of_contracts == ("acme",)
    assert parsed(("contract", "beta"), only="acme").of_contracts == ()
    assert parsed(("contract", "beta"), ("contract", "acme"), only="acme").of_contracts == ("acme",)
    assert "acme" not in parsed(only="acme").query()


def test_groups_of_states_stand_for_their_states() -> None:
    assert parsed(("state", "live")).states == ("open", "waiting")
    assert parsed(("state", "ENDED"), ("state", "open")).states == ("open", "resolved", "closed", "cancelled", "merged")


def test_every_error_is_named_at_once() -> None:
    with pytest.raises(BadFilter) as bad:
        parsed(("verdict", "x"), ("state", "y"), ("period", "z"), ("limit", "-1"), ("nix", "1"), ("zone", "Mars"))
    assert sorted(one.parameter for one in bad.value.errors) == ["limit", "nix", "period", "state", "verdict", "zone"]


@pytest.mark.parametrize(
    ("pairs", "named"),
    [
        ([("counted", "requests")], {"contract", "period"}),
        ([("counted", "requests"), ("contract", "acme"), ("period", "2026-11"), ("q", "printer")], {"q"}),
        ([("counted", "requests"), ("contract", "acme"), ("period", "2026-11"), ("reason", "late")], {"reason"}),
        ([("counted", "hours"), ("contract", "acme"), ("period", "2026-11")], {"counted"}),
        ([("entitlement", "gold")], {"entitlement"}),
        ([("date", "opened"), ("contract", "acme")], {"date"}),
        ([("date", "opened"), ("period", "2026-11")], {"date"}),
        ([("date", "opened"), ("contract", "acme"), ("period", "2026-11"), ("metric", "m")], {"date"}),
        ([("date", "closed")], {"date"}),
        ([("metric", "a"), ("metric", "b")], {"metric"}),
    ],
)
def test_choices_that_do_not_go_together_are_refused_by_name(pairs: list[tuple[str, str]], named: set[str]) -> None:
    with pytest.raises(BadFilter) as bad:
        parsed(*pairs)
    assert {one.parameter for one in bad.value.errors} == named


def test_what_is_counted_survives_its_own_query() -> None:
    shown = parsed(
        ("counted", "clocks"), ("contract", "acme"), ("period", "2026-11"), ("metric", "b"), ("metric", "a"),
        ("priority", "none"), ("entitlement", "gold"), ("reason", "late_handover"), ("verdict", "missed"),
    )  # fmt: skip
    assert (shown.metrics, shown.metric, shown.of_clocks) == (("a", "b"), "", True)
    assert parsed(*parse_qsl(shown.query())) == shown
    opened = parsed(("contract", "acme"), ("period", "2026-11"), ("date", "opened"))
    assert parsed(*parse_qsl(opened.query())) == opened
    assert opened.identity != replace(opened, date=ListDate.ENDED).identity


def test_a_filter_survives_its_own_query() -> None:
    shown = parsed(
        ("contract", "acme"), ("customer", "A & B"), ("verdict", "missed"), ("from", "2026-11-01"), ("q", "a=b&c"),
        ("metric", "resolution"), ("state", "ended"), ("limit", "7"), ("zone", "Asia/Taipei"),
    )  # fmt: skip

    assert parsed(*parse_qsl(shown.query())) == shown


def test_a_cursor_comes_back_and_belongs_to_its_filter() -> None:
    shown = parsed(("contract", "acme"))
    place = ListPlace(NINE + timedelta(microseconds=1), "desk:ü/1", "acme")
    written = written_cursor(place, shown)
    assert read_cursor(written, shown) == place
    assert read_cursor(written, replace(shown, limit=7)) == place
    for other in (parsed(), replace(shown, only_contract="acme"), parsed(("contract", "acme"), ("metric", "m"))):
        with pytest.raises(BadCursor):
            read_cursor(written, other)
    for broken in ("", "x", written[:-3], written + "A", "é", "W10", "A" * 2_000):
        with pytest.raises(BadCursor):
            read_cursor(broken, shown)


def clock(state: str, verdict: str, **fields: Any) -> Any:
    """A row of `board_clock`: the projection has put the verdict and its instant there."""
    known = {
        "id": "c",
        "incident": "i",
        "metric": "resolution",
        "cycle": 0,
        "decided_at": None,
        "decided_contract": "acme",
        "entitlement": "",
        "decided_priority": "",
        "exempt": "",
        "exempt_by": "",
        "started_at": NINE,
        "due_at": None,
        "original_due_at": NINE + 4 * HOUR,
        "stopped_at": None,
    }
    return SimpleNamespace(state=state, verdict=verdict, **known | fields)


MET = clock("met", "met", stopped_at=NINE + HOUR, decided_at=NINE + HOUR)
MISSED = clock("missed", "missed", stopped_at=NINE + 5 * HOUR, decided_at=NINE + 4 * HOUR)
OVERDUE = clock("running", "missed", due_at=NINE + 3 * HOUR, decided_at=NINE + 3 * HOUR)
RUNNING = clock("running", "open", due_at=NINE + 4 * HOUR)
LATER = clock("running", "open", due_at=NINE + 7 * HOUR)
PAUSED = clock("paused", "open")
GONE = clock("cancelled", "none", stopped_at=NINE + 2 * HOUR)
WITHDRAWN = clock("cancelled", "missed", stopped_at=NINE + 2 * HOUR, decided_at=NINE + HOUR)


@pytest.mark.parametrize(
    ("clocks", "live", "verdict", "hours"),
    [
        ([], True, "none", None),
        ([GONE], False, "none", None),
        ([WITHDRAWN], False, "missed", 1),  # it was earned
        ([MET], False, "met", 1),
        ([MET], True, "open", 1),  # another clock may start
        ([MET, GONE], False, "met", 1),
        ([MET, RUNNING], True, "open", 4),
        ([LATER, RUNNING], True, "open", 4),
        ([PAUSED], True, "open", 4),
        ([MET, MISSED], False, "missed", 4),
        ([MISSED, OVERDUE, RUNNING, MET], True, "missed", 3),
    ],
)
def test_the_verdict_on_an_incident_follows_from_its_clocks_in_any_order(
    clocks: list[Any], live: bool, verdict: str, hours: int | None
) -> None:
    for some in permutations(clocks):
        found = verdict_of_incident([verdict_of_clock(each) for each in some], ended=not live)
        assert found.verdict.value == verdict
        assert found.counts_at == (None if hours is None else NINE + hours * HOUR)


def test_what_is_exempt_stands_apart_and_changes_nothing() -> None:
    exempt = SimpleNamespace(**vars(MISSED) | {"exempt": "a flood"})
    apart = verdict_of_clock(exempt)
    assert apart.verdict is PromiseVerdict.EXEMPT
    whole = verdict_of_incident([apart, verdict_of_clock(MET)], ended=True)
    assert (whole.verdict, whole.missed, whole.exempt) == (PromiseVerdict.MET, 0, 1)
    assert verdict_of_incident([apart], ended=True).verdict is PromiseVerdict.EXEMPT
    running = verdict_of_clock(SimpleNamespace(**vars(RUNNING) | {"exempt": "a flood"}))
    assert running.verdict is PromiseVerdict.EXEMPT
    assert verdict_of_clock(SimpleNamespace(**vars(GONE) | {"exempt": "a flood"})).verdict is PromiseVerdict.NONE


def test_months_count_on_and_what_comes_and_goes_alike_changes_nothing() -> None:
    assert month_start(month_of(NINE)) == datetime(2026, 11, 1, tzinfo=UTC)
    assert month_of(datetime(2027, 1, 1, tzinfo=UTC)) == month_of(datetime(2026, 12, 31, tzinfo=UTC)) + 1
    row = {
        "part": 0, "contract": "acme", "customer": "Acme", "product": "", "priority": "P1", "phase": "open",
        "verdict": "open", "counts_at": NINE,
    }  # fmt: skip
    assert count_changes([row], [row]) == []
    assert [one["number"] for one in count_changes([row], [row | {"verdict": "met"}])] == [1, -1, 1, -1]
