"""Years and quarters of contracts: their days, the 29th of February, midnights that a clock change moves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from tests.build.ledgers import local, terms

from sla_domain.allowance import AllowancePeriod
from sla_domain.ledger import period_at
from sla_domain.ledger.period import months_later, periods


@pytest.mark.parametrize(
    ("first", "at", "start", "end"),
    [
        ("2024-02-29", "2024-12-31", "2024-02-29", "2025-03-01"),
        ("2024-02-29", "2025-02-28", "2024-02-29", "2025-03-01"),
        ("2024-02-29", "2025-03-01", "2025-03-01", "2026-03-01"),
        ("2024-02-29", "2028-02-28", "2027-03-01", "2028-02-29"),
        ("2024-02-29", "2028-02-29", "2028-02-29", "2029-03-01"),
        ("2026-01-01", "2026-01-01", "2026-01-01", "2027-01-01"),
        ("2026-03-16", "2027-03-15", "2026-03-16", "2027-03-16"),
    ],
)
def test_a_contract_year(first: str, at: str, start: str, end: str) -> None:
    found = period_at(terms("credits", first=date.fromisoformat(first)), AllowancePeriod.CONTRACT_YEAR, local(at))
    assert (found.start, found.end) == (local(start), local(end))


@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [
        ("term", "2026-03-16", "2028-03-16"),
        ("contract_quarter", "2026-12-16", "2027-03-16"),
        ("contract_month", "2027-01-16", "2027-02-16"),
        ("year", "2027-01-01", "2028-01-01"),
        ("quarter", "2027-01-01", "2027-04-01"),
        ("month", "2027-02-01", "2027-03-01"),
    ],
)
def test_each_kind_of_period(kind: str, start: str, end: str) -> None:
    of = terms("credits", first=date(2026, 3, 16), end=date(2028, 3, 16))
    found = period_at(of, AllowancePeriod(kind), local("2027-02-10T12:00"))
    assert (found.start, found.end) == (local(start), local(end))


def test_the_first_and_the_last_period_are_cut_to_the_contract() -> None:
    of = terms("credits", first=date(2026, 3, 16), end=date(2026, 11, 2))
    quarters = list(periods(of, AllowancePeriod.QUARTER, local("2030-01-01")))
    assert [(each.start.date().isoformat(), str(each.end)[:10]) for each in quarters] == [
        ("2026-03-16", "2026-04-01"),
        ("2026-04-01", "2026-07-01"),
        ("2026-07-01", "2026-10-01"),
        ("2026-10-01", "2026-11-02"),
    ]
    assert period_at(of, AllowancePeriod.TERM, local("2026-05-01")).end == local("2026-11-02")
    assert period_at(terms("credits"), AllowancePeriod.TERM, local("2026-05-01")).end is None


@pytest.mark.parametrize("day", [29, 30, 31])
def test_a_day_that_a_month_lacks_is_the_first_of_the_next(day: int) -> None:
    assert months_later(date(2026, 1, day), 1) == date(2026, 3, 1)
    assert months_later(date(2026, 1, day), 2) == date(2026, 3, day)


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("America/Sao_Paulo", date(2017, 11, 4)),  # midnight of 4 November 2018 did not exist
        ("America/St_Johns", date(2005, 10, 30)),  # at 00:01 of 29 October 2006 the date itself went back
        ("Asia/Kathmandu", date(2026, 1, 1)),
        ("Pacific/Apia", date(2011, 1, 30)),  # there was no 30 December 2011
    ],
)
@pytest.mark.parametrize("kind", list(AllowancePeriod)[1:])
def test_periods_follow_each_other_without_a_gap(zone: str, first: date, kind: AllowancePeriod) -> None:
    of = terms("credits", zone=zone, first=first)
    found = list(periods(of, kind, of.start + timedelta(days=800)))
    assert found[0].start == of.start
    for one, other in pairwise(found):
        assert one.end == other.start
        assert one.start < other.start
        for at in (one.start, other.start - timedelta(microseconds=1)):
            assert period_at(of, kind, at) == one


def test_a_year_of_new_york_ends_at_its_own_midnight() -> None:
    of = terms("credits", zone="America/New_York", first=date(2026, 7, 1))
    found = period_at(of, AllowancePeriod.YEAR, datetime(2027, 1, 1, 4, 59, tzinfo=UTC))
    assert found.end == datetime(2027, 1, 1, 5, tzinfo=UTC)
