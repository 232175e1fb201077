"""Months, quarters and contract years: how they are written, and which instants they hold in the contract's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from sla_domain.attainment import ZoneHistory, bounds_of, parse_period, period_at, period_of
from sla_domain.errors import BadPeriod
from sla_domain.objective import PeriodKind

WARSAW = ZoneHistory("Europe/Warsaw")
LEAP = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("written", "first", "end", "label"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 12, 1), "2026-11"),
        (" 2026-12 ", date(2026, 12, 1), date(2027, 1, 1), "2026-12"),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1), "2026-Q4"),
        ("2026-q1", date(2026, 1, 1), date(2026, 4, 1), "2026-Q1"),
        ("2026/27", date(2026, 3, 15), date(2027, 3, 15), "2026/27"),
        ("2026/2027", date(2026, 3, 15), date(2027, 3, 15), "2026/27"),
        ("2026", date(2026, 3, 15), date(2027, 3, 15), "2026/27"),
    ],
)
def test_a_period_is_read_and_written_alike(written: str, first: date, end: date, label: str) -> None:
    period = parse_period(written, date(2025, 3, 15))
    assert (period.first, period.end, period.label) == (first, end, label)
    assert parse_period(period.label, date(2025, 3, 15)) == period
    assert period.next().previous() == period == period.previous().next()


def test_a_contract_year_from_the_first_of_january_is_that_year() -> None:
    assert parse_period("2026", date(2025, 1, 1)).label == "2026"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "is no period"),
        ("November", "is no period"),
        ("2026-11-01", "is no period"),
        ("٢٠٢٦-11", "is no period"),
        ("2026-13", "is no month"),
        ("2026-00", "is no month"),
        ("2026-Q5", "is no period"),
        ("2026/28", "is no contract year"),
        ("2026/2028", "is no contract year"),
        ("1969-12", "out of reach"),
        ("9999-12", "out of reach"),
        ("2023/24", "lies before the contract, which begins on 2024-02-29"),
    ],
)
def test_what_is_no_period_is_refused_with_what_to_write(written: str, why: str) -> None:
    with pytest.raises(BadPeriod, match=why):
        parse_period(written, LEAP)


def test_without_a_first_day_there_are_no_contract_years() -> None:
    with pytest.raises(BadPeriod, match="ask for a month"):
        parse_period("2026/27")
    assert parse_period("2026-Q4").first == date(2026, 10, 1)


def test_years_from_29_february_begin_on_1_march_where_there_is_none() -> None:
    years = [parse_period(str(year), LEAP) for year in range(2024, 2030)]
    assert [year.first for year in years] == [
        LEAP, date(2025, 3, 1), date(2026, 3, 1), date(2027, 3, 1), date(2028, 2, 29), date(2029, 3, 1),
    ]  # fmt: skip
    for year, after in pairwise(years):
        assert year.next() == after
        assert after.previous() == year
        assert year.end == after.first
    assert period_of(PeriodKind.CONTRACT_YEAR, date(2025, 2, 28), LEAP) == years[0]
    assert period_of(PeriodKind.CONTRACT_YEAR, date(2025, 3, 1), LEAP) == years[1]


def test_a_period_begins_at_midnight_of_the_contracts_zone() -> None:
    """In October the clocks in Warsaw go back, so the month ends at another distance from UTC than it began."""
    october = bounds_of(parse_period("2026-10"), WARSAW)
    assert (october.start, october.end) == (
        datetime(2026, 9, 30, 22, tzinfo=UTC),
        datetime(2026, 10, 31, 23, tzinfo=UTC),
    )
    assert october.hold(october.start)
    assert not october.hold(october.end)
    assert october.zones == ("Europe/Warsaw",)


def test_a_midnight_that_the_clocks_skip_begins_when_they_go_on() -> None:
    """In Asuncion the clocks went from 0:00 to 1:00 on 1 October 2017."""
    start = bounds_of(parse_period("2017-10"), ZoneHistory("America/Asuncion")).start
    assert start == datetime(2017, 10, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_each_instant_lies_in_one_period_even_where_the_zone_changes(zone: str) -> None:
    """Each boundary belongs to the zone in which the contract stands then; no instant is counted twice or never."""
    for minutes in range(-26 * 60, 26 * 60, 17):
        changed = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        zones = ZoneHistory("Asia/Tokyo", ((changed, zone),))
        for hours in range(-30, 30, 5):
            at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hours)
            found = period_at(PeriodKind.MONTH, at, zones)
            assert bounds_of(found, zones).hold(at)
            assert not bounds_of(found.next(), zones).hold(at)
            assert not bounds_of(found.previous(), zones).hold(at)


def test_a_period_in_which_the_zone_changed_names_both() -> None:
    changed = datetime(2026, 11, 15, 12, tzinfo=UTC)
    zones = ZoneHistory("Europe/Warsaw", ((changed, "America/New_York"),))
    november = bounds_of(parse_period("2026-11"), zones)
    assert november.zones == ("Europe/Warsaw", "America/New_York")
    assert november.start == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert november.end == datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert bounds_of(parse_period("2026-12"), zones).start == november.end
    assert bounds_of(parse_period("2026-12"), zones).zones == ("America/New_York",)
    assert bounds_of(parse_period("2026-10"), zones).zones == ("Europe/Warsaw",)


def test_the_period_of_an_instant_is_that_of_its_local_day() -> None:
    midnight = datetime(2026, 9, 30, 22, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert period_at(PeriodKind.MONTH, midnight, WARSAW).label == "2026-10"
    assert period_at(PeriodKind.MONTH, midnight - second, WARSAW).label == "2026-09"
    assert period_at(PeriodKind.QUARTER, midnight, WARSAW).label == "2026-Q4"
    assert period_at(PeriodKind.CONTRACT_YEAR, midnight, WARSAW, date(2025, 10, 1)).label == "2026/27"
    assert period_at(PeriodKind.CONTRACT_YEAR, midnight - second, WARSAW, date(2025, 10, 1)).label == "2025/26"
