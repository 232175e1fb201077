"""Hours of a season, of a period, or from a day on: tested over the days on which they change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build.rulebook import weekly
from tests.unit.catalogue.made import changed, errors, loaded

from sla_domain.calendar import Calendar, CalendarSpec, Season, growing_calendar, week_on
from sla_domain.contract import ContractId

WARSAW = ZoneInfo("Europe/Warsaw")
OFFICE, SUMMER, ALWAYS = weekly("mon-fri 09:00-17:00"), weekly("mon-fri 08:00-15:00"), weekly("24x7")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW).astimezone(UTC)


def calendar(*seasons: Season, text: str = "mon-fri 09:00-17:00") -> Calendar:
    spec = CalendarSpec(id="hours", zone="Europe/Warsaw", weekly=weekly(text), seasons=seasons)
    return growing_calendar(spec)


def hours(of: Calendar, day: str) -> str:
    """The open hours of a local day."""
    start, end = local(f"{day}T00:00"), local(f"{date.fromisoformat(day) + timedelta(days=1)}T00:00")
    pieces = [piece for piece in of.pieces(start, end) if piece.kind.value == "open"]
    return ", ".join(f"{each.start.astimezone(WARSAW):%H:%M}-{each.end.astimezone(WARSAW):%H:%M}" for each in pieces)


PERIOD = Season(SUMMER, date(2027, 7, 1), date(2027, 9, 1))
EACH_YEAR = Season(SUMMER, date(2000, 7, 1), date(2000, 9, 1), yearly=True)
OVER_NEW_YEAR = Season(SUMMER, date(2000, 11, 1), date(2000, 3, 1), yearly=True)
FROM_ON = Season(ALWAYS, date(2027, 7, 1))
UNTIL = Season(ALWAYS, None, date(2027, 7, 1))


@pytest.mark.parametrize(
    ("season", "days"),
    [
        (PERIOD, {"2027-06-30": "09:00-17:00", "2027-07-01": "08:00-15:00", "2027-08-31": "08:00-15:00",
                  "2027-09-01": "09:00-17:00", "2028-07-03": "09:00-17:00"}),
        (EACH_YEAR, {"2027-06-30": "09:00-17:00", "2027-07-01": "08:00-15:00", "2028-08-31": "08:00-15:00",
                     "2028-09-01": "09:00-17:00"}),
        (OVER_NEW_YEAR, {"2027-10-29": "09:00-17:00", "2027-11-01": "08:00-15:00", "2027-12-31": "08:00-15:00",
                         "2028-01-03": "08:00-15:00", "2028-02-29": "08:00-15:00", "2028-03-01": "09:00-17:00"}),
        (FROM_ON, {"2027-06-30": "09:00-17:00", "2027-07-01": "00:00-00:00", "2030-07-06": "00:00-00:00"}),
        (UNTIL, {"2027-06-26": "00:00-00:00", "2027-06-30": "00:00-00:00", "2027-07-01": "09:00-17:00"}),
    ],
)  # fmt: skip
def test_the_hours_change_on_the_first_day_of_a_season_and_on_the_day_after_it(
    season: Season, days: dict[str, str]
) -> None:
    of = calendar(season)
    assert {day: hours(of, day) for day in days} == days


def test_a_target_is_counted_in_the_hours_of_each_day() -> None:
    """Four hours from 16:00 on the last day before the summer: one that day, three the next, which opens at 08:00."""
    assert calendar(PERIOD).add(local("2027-06-30T16:00"), timedelta(hours=4)) == local("2027-07-01T11:00")
    assert calendar().add(local("2027-06-30T16:00"), timedelta(hours=4)) == local("2027-07-01T12:00")


def test_a_night_shift_belongs_to_the_season_of_the_day_on_which_it_starts() -> None:
    of = calendar(Season(weekly("mon-sun 22:00-04:00"), date(2027, 7, 1), date(2027, 7, 2)), text="mon-sun 22:00-06:00")
    assert of.is_open(local("2027-07-01T05:59")), "the shift of 30 June goes on"
    assert not of.is_open(local("2027-07-01T06:00"))
    assert of.is_open(local("2027-07-02T03:59"))
    assert not of.is_open(local("2027-07-02T04:00")), "the shift of 1 July is the short one"
    assert of.is_open(local("2027-07-03T05:59"))


def test_of_seasons_that_meet_the_last_one_counts_and_a_season_can_close() -> None:
    of = calendar(FROM_ON, Season({}, date(2027, 8, 1), date(2027, 8, 15)))
    assert [hours(of, day) for day in ("2027-07-31", "2027-08-02", "2027-08-15")] == ["00:00-00:00", "", "00:00-00:00"]


def test_the_revision_follows_the_seasons_and_stays_without_any() -> None:
    spec = CalendarSpec(id="hours", zone="Europe/Warsaw", weekly=OFFICE)
    with_season = CalendarSpec(id="hours", zone="Europe/Warsaw", weekly=OFFICE, seasons=(PERIOD,))
    assert spec.revision == CalendarSpec(id="hours", zone="Europe/Warsaw", weekly=OFFICE, seasons=()).revision
    other = CalendarSpec(id="hours", zone="Europe/Warsaw", weekly=OFFICE, seasons=(EACH_YEAR,))
    assert len({spec.revision, with_season.revision, other.revision}) == 3


@given(
    st.dates(date(2026, 1, 1), date(2029, 12, 31)),
    st.lists(st.sampled_from([PERIOD, EACH_YEAR, OVER_NEW_YEAR, FROM_ON, UNTIL]), max_size=3),
)
def test_a_day_has_the_hours_of_the_last_season_that_has_it(day: date, seasons: list[Season]) -> None:
    week = week_on(OFFICE, seasons, day)
    windows = week.get(day.weekday(), ())
    shown = ", ".join(f"{window}".replace("24:00", "00:00") for window in windows)
    assert hours(calendar(*seasons), day.isoformat()) == shown


# -- in a catalogue -----------------------------------------------------------------------------------------------

SEASONS = """hours: {mon-fri: "09:00-17:00"}, seasons: [{from: 07-01, to: 09-01, hours: {mon-fri: "08:00-15:00"}},
    {from: 2028-01-01, hours: 24x7}], holidays: contract"""


def with_seasons(text: str = SEASONS) -> str:
    return changed('hours: {mon-fri: "09:00-17:00"}, holidays: contract', text)


def test_a_coverage_says_them_with_or_without_years(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, with_seasons())
    contract = catalogue.rulebook.contracts[ContractId("acme")]
    coverage = catalogue.rulebook.plan_of(contract).coverages["office"]
    of = catalogue.rulebook.calendars.calendar(contract, coverage)
    days = ("2027-06-30", "2027-07-01", "2027-09-01", "2027-12-31", "2028-01-02", "2028-07-01")
    assert [hours(of, day) for day in days] == [
        "09:00-17:00", "08:00-15:00", "09:00-17:00", "09:00-17:00", "00:00-00:00", "00:00-00:00",
    ]  # fmt: skip
    assert hours(of, "2027-11-11") == "", "a holiday closes the hours of a season too"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("from: 07-01, to: 09-01", "from: 07-01", "season"),
        ("from: 07-01, to: 09-01", "from: 07-01, to: 2027-09-01", "season"),
        ("from: 2028-01-01, hours", "hours", "season"),
        ("from: 2028-01-01, hours", "from: 2028-01-01, to: 2028-01-01, hours", "season"),
        ("hours: 24x7", "hours: unspecified", "season"),
        ("from: 07-01, to", "from: 07-32, to", "date"),
        ("from: 07-01, to", "from: july, to", "date"),
        ('"08:00-15:00"', '"08:00-15:00, 14:00-16:00"', "overlap"),
        ('hours: {mon-fri: "09:00-17:00"}, seasons', "hours: unspecified, seasons", "coverage"),
        ('hours: {mon-fri: "09:00-17:00"}, seasons', "all_of: [office], seasons", "coverage"),
        ("from: 07-01, to: 09-01", "from: 11-01, to: 03-01", ""),
        ("from: 07-01, to: 09-01", "from: 02-29, to: 09-01", ""),
        ('hours: {mon-fri: "09:00-17:00"}, seasons', "hours: {}, seasons", ""),
    ],
)  # fmt: skip
def test_seasons_that_cannot_be_meant_are_refused(tmp_path: Path, old: str, new: str, code: str) -> None:
    found = errors(tmp_path, with_seasons(changed(old, new, SEASONS)))
    assert found[:1] == ([code] if code else [])
