"""Holidays as dated rows: generated, fed, corrected; never asked of a package when a deadline is computed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.catalogue.made import SOUND, changed, codes, loaded, problems

from sla_catalogue import Catalogue, FindingLevel, HolidayRow, HolidayTable, Horizon, RowKind, diff_rows, diff_tables
from sla_catalogue.holiday.feed import local_span, read_feed
from sla_catalogue.holiday.generate import PACKAGE_VERSION, Recipe, UnknownRegion, generate_rows
from sla_catalogue.holiday.tidy import BadFeed
from sla_catalogue.rota.feed import PeopleByName, read_shifts
from sla_domain.calendar import Calendar
from sla_domain.contract import ContractId
from sla_domain.plan import PlanId

YEARS = Horizon(2024, 2027)
HOUR = timedelta(hours=1)


def days(rows: tuple[HolidayRow, ...], kind: RowKind = RowKind.CLOSED) -> dict[date, str]:
    return {row.date: row.name for row in rows if row.kind is kind}


def office(catalogue: Catalogue) -> Calendar:
    contract = catalogue.rulebook.contracts[ContractId("acme")]
    coverage = catalogue.rulebook.plans[PlanId("gold")].coverages["office"]
    return catalogue.rulebook.calendars.calendar(contract, coverage)


def open_hours(catalogue: Catalogue, day: date) -> float:
    zone = ZoneInfo(office(catalogue).zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return office(catalogue).between(midnight, midnight + timedelta(days=1)) / HOUR


# -- generated --------------------------------------------------------------------------------------------


def test_rows_name_the_package_and_its_version() -> None:
    rows = generate_rows(Recipe("PL"), YEARS)
    assert {row.source for row in rows} == {f"holidays {PACKAGE_VERSION}"}
    assert {row.date.year for row in rows} == {2024, 2025, 2026, 2027}


def test_names_are_local_unless_asked_otherwise() -> None:
    assert days(generate_rows(Recipe("PL"), YEARS))[date(2026, 11, 11)] == "Narodowe Święto Niepodległości"
    english = generate_rows(Recipe("PL", language="en_US"), YEARS)
    assert days(english)[date(2026, 11, 11)] == "National Independence Day"


def test_an_observed_day_stands_beside_the_day_itself() -> None:
    taiwan = days(generate_rows(Recipe("TW"), YEARS))
    assert {date(2026, 10, 9), date(2026, 10, 10)} <= set(taiwan)
    assert date(2026, 10, 9) not in days(generate_rows(Recipe("TW", observed=False), YEARS))


def test_a_subdivision_has_days_of_its_own() -> None:
    assert date(2026, 1, 6) in days(generate_rows(Recipe("DE", "BY"), YEARS))
    assert date(2026, 1, 6) not in days(generate_rows(Recipe("DE"), YEARS))


def test_transferred_working_saturdays_are_rows_of_their_own() -> None:
    worked = days(generate_rows(Recipe("RU"), YEARS), RowKind.WORKED)
    assert {date(2024, 4, 27), date(2024, 11, 2), date(2024, 12, 28)} <= set(worked)


def test_half_days_carry_the_hour_they_were_given() -> None:
    rows = generate_rows(Recipe("TR", categories=("public", "half_day"), closes_at=13 * 60), YEARS)
    halves = [row for row in rows if row.kind is RowKind.HALF]
    assert halves
    assert {row.closes_at for row in halves} == {13 * 60}


@pytest.mark.parametrize(
    "recipe",
    [Recipe("XX"), Recipe("PL", "ZZ"), Recipe("PL", categories=("bank",)), Recipe("PL", language="eo")],
)
def test_what_the_package_does_not_know_is_told_with_what_it_does(recipe: Recipe) -> None:
    with pytest.raises(UnknownRegion) as refused:
        generate_rows(recipe, YEARS)
    assert refused.value.known


# -- in a catalogue ---------------------------------------------------------------------------------------


def test_a_transferred_saturday_is_worked_like_a_weekday(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, changed("country: PL", "country: RU"))
    assert open_hours(catalogue, date(2024, 4, 27)) == 8
    assert open_hours(catalogue, date(2024, 4, 20)) == 0


def test_a_coverage_open_on_saturdays_gains_nothing_from_a_transfer(tmp_path: Path) -> None:
    text = changed('{mon-fri: "09:00-17:00"}', '{mon-sat: "10:00-12:00"}', changed("country: PL", "country: RU"))
    assert open_hours(loaded(tmp_path, text), date(2024, 4, 27)) == 2


HOLIDAYS = """\
holidays:
  PL:
    add:
      - {date: 2026-12-31, name: Closing day, reason: board decision}
      - {date: 2026-12-30, name: Inventory, reason: yearly, closes_at: "12:00"}
    remove:
      - {date: 2026-12-24, reason: the contract is older than the law}
"""


def test_manual_edits_stand_above_what_is_generated(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, SOUND + HOLIDAYS)
    assert open_hours(catalogue, date(2026, 12, 31)) == 0
    assert open_hours(catalogue, date(2026, 12, 30)) == 3
    assert open_hours(catalogue, date(2026, 12, 24)) == 8
    assert open_hours(catalogue, date(2025, 12, 24)) == 0
    row = next(row for row in catalogue.holidays["PL"].rows if row.date == date(2026, 12, 31))
    assert row.source == "manual: board decision"


def test_taking_away_what_is_no_holiday_is_a_warning(tmp_path: Path) -> None:
    assert codes(tmp_path, SOUND + HOLIDAYS.replace("2026-12-24", "2026-12-23")) == ["not-a-holiday"]


def test_half_days_need_an_hour(tmp_path: Path) -> None:
    text = changed("country: PL", "country: IT") + "holidays: {IT: {categories: [public, half_day]}}\n"
    assert codes(tmp_path, text) == ["half-day"]


def test_an_unknown_country_is_told_with_the_nearest(tmp_path: Path) -> None:
    assert codes(tmp_path, SOUND + "holidays: {PL: {categories: [public, bnak]}}\n") == ["unknown-region"]


def test_a_coverage_may_name_its_own_holidays(tmp_path: Path) -> None:
    text = changed("holidays: contract", "holidays: house") + (
        "holidays: {house: {generate: false, add: [{date: 2026-06-01, name: Founders' day, reason: ours}]}}\n"
    )
    catalogue = loaded(tmp_path, text)
    assert open_hours(catalogue, date(2026, 6, 1)) == 0
    assert open_hours(catalogue, date(2026, 11, 11)) == 8


def test_the_horizon_is_a_parameter_of_the_catalogue(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path, SOUND + "settings: {horizon: {first: 2025, last: 2026}}\n")
    assert {row.date.year for row in catalogue.holidays["PL"].rows} == {2025, 2026}
    assert catalogue.horizon == Horizon(2025, 2026)
    assert codes(tmp_path, SOUND + "settings: {horizon: {first: 2026, last: 2025}}\n") == ["horizon"]


# -- feeds ------------------------------------------------------------------------------------------------


def ical(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//t//t//EN\n{body}END:VCALENDAR\n".replace("\n", "\r\n")


def fed(*events: str, skip: tuple[str, ...] = ()) -> list[str]:
    rows = read_feed(ical(*events), "feed", YEARS, skip).rows
    return [row.date.isoformat() for row in rows]


def test_the_end_of_an_all_day_entry_is_exclusive_and_may_be_absent() -> None:
    assert fed("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227") == ["2026-12-24", "2026-12-25", "2026-12-26"]
    assert fed("DTSTART;VALUE=DATE:20261224") == ["2026-12-24"]
    assert fed("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261224") == ["2026-12-24"]
    assert fed("DTSTART;VALUE=DATE:20261224\nDURATION:P2D") == ["2026-12-24", "2026-12-25"]


def test_a_rule_is_expanded_over_the_horizon_and_no_further() -> None:
    yearly = "DTSTART;VALUE=DATE:19700601\nRRULE:FREQ=YEARLY"
    assert fed(yearly) == ["2024-06-01", "2025-06-01", "2026-06-01", "2027-06-01"]
    assert fed(yearly + "\nEXDATE;VALUE=DATE:20250601") == ["2024-06-01", "2026-06-01", "2027-06-01"]
    assert fed(yearly + ";UNTIL=20251231") == ["2024-06-01", "2025-06-01"]
    assert fed("DTSTART;VALUE=DATE:20260601\nRDATE;VALUE=DATE:20260701") == ["2026-06-01", "2026-07-01"]


def test_a_moved_occurrence_takes_the_place_of_the_regular_one() -> None:
    master = "UID:x\nDTSTART;VALUE=DATE:20240601\nRRULE:FREQ=YEARLY"
    moved = "UID:x\nRECURRENCE-ID;VALUE=DATE:20250601\nDTSTART;VALUE=DATE:20250602"
    assert fed(master, moved) == ["2024-06-01", "2025-06-02", "2026-06-01", "2027-06-01"]


@pytest.mark.parametrize("written", ["20250601T000000", "20250601T000000Z"])
def test_it_does_so_in_whatever_way_the_day_is_written(written: str) -> None:
    master = "UID:x\nDTSTART;VALUE=DATE:20240601\nRRULE:FREQ=YEARLY"
    moved = f"UID:x\nRECURRENCE-ID:{written}\nDTSTART;VALUE=DATE:20250602"
    assert fed(master, moved) == ["2024-06-01", "2025-06-02", "2026-06-01", "2027-06-01"]


@pytest.mark.parametrize("exdate", [";VALUE=DATE:20261118", ":20261118T090000", ":20261118T070000Z"])
def test_an_hour_is_taken_out_by_its_day_its_wall_clock_or_its_instant(exdate: str) -> None:
    span = "DTSTART;TZID=Europe/Sofia:20261117T090000\nDTEND;TZID=Europe/Sofia:20261117T100000"
    found = read_feed(ical(f"{span}\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE{exdate}"), "feed", YEARS)
    assert [span.start.day for span in found.spans] == [17, 19]


def test_cancelled_and_skipped_entries_are_left_out() -> None:
    assert fed("DTSTART;VALUE=DATE:20260601\nSTATUS:CANCELLED") == []
    assert fed("DTSTART;VALUE=DATE:20260601\nSUMMARY:Mother's Day", skip=("mother's day",)) == []


def test_a_timed_entry_closes_hours_in_the_calendars_zone(tmp_path: Path) -> None:
    (tmp_path / "house.ics").write_text(
        ical("DTSTART:20261117T090000Z\nDTEND:20261117T110000Z", "DTSTART:20261118T090000\nDTEND:20261118T100000")
    )
    catalogue = loaded(tmp_path, SOUND + "holidays: {PL: {feeds: [{file: house.ics}]}}\n")
    assert open_hours(catalogue, date(2026, 11, 17)) == 6
    zone = ZoneInfo("Europe/Warsaw")
    assert not office(catalogue).is_open(datetime(2026, 11, 17, 10, 30, tzinfo=zone))
    assert office(catalogue).is_open(datetime(2026, 11, 17, 9, 30, tzinfo=zone))
    assert not office(catalogue).is_open(datetime(2026, 11, 18, 9, 30, tzinfo=zone))


def test_a_timed_rule_keeps_its_wall_clock_over_a_change_of_offset() -> None:
    event = "DTSTART;TZID=Europe/Warsaw:20261020T090000\nDTEND;TZID=Europe/Warsaw:20261020T100000"
    event += "\nRRULE:FREQ=WEEKLY;COUNT=2"
    spans = read_feed(ical(event), "feed", YEARS).spans
    assert [(span.start.hour, str(span.start.utcoffset())) for span in spans] == [(9, "2:00:00"), (9, "1:00:00")]


def test_a_feed_stands_above_the_generator_and_below_a_person(tmp_path: Path) -> None:
    (tmp_path / "house.ics").write_text(
        ical("DTSTART;VALUE=DATE:20261111\nSUMMARY:From the feed", "DTSTART;VALUE=DATE:20261116\nSUMMARY:Bridge day")
    )
    text = SOUND + "holidays: {PL: {feeds: [{file: house.ics}], remove: [{date: 2026-11-16, reason: we work}]}}\n"
    catalogue = loaded(tmp_path, text)
    rows = {row.date: row for row in catalogue.holidays["PL"].rows}
    assert rows[date(2026, 11, 11)].source == "feed house.ics"
    assert date(2026, 11, 16) not in rows


@pytest.mark.parametrize(
    "text",
    ["", "no calendar", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"],
)
def test_what_is_no_feed_is_refused(text: str) -> None:
    with pytest.raises(BadFeed):
        read_feed(text, "feed", YEARS)


GOOD = "DTSTART;VALUE=DATE:20260105\nSUMMARY:Good"


@pytest.mark.parametrize(
    ("entry", "days"),
    [
        ("DTSTART;VALUE=DATE:20261224\nDTEND:20261226T000000Z", ["2026-12-24", "2026-12-25"]),
        ("DTSTART;VALUE=DATE:20261224\nDTEND:20261225T120000Z", ["2026-12-24", "2026-12-25"]),
        ("DTSTART;VALUE=DATE:20261224T000000\nDTEND;VALUE=DATE:20261226T000000", ["2026-12-24", "2026-12-25"]),
        ("DTSTART;VALUE=DATE:20261224T000000\nDTEND;VALUE=DATE:20261225", ["2026-12-24"]),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261223", ["2026-12-24"]),
        ("DTSTART;VALUE=DATE:20261224\nRDATE;VALUE=DATE:20261226\nEXDATE;VALUE=DATE:20261224", ["2026-12-26"]),
        # The last day of a rule that ends at midnight in Sofia is written as 22:00 UTC of the day before.
        ("X-ZONE\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;UNTIL=20261202T220000Z",
         ["2026-12-01", "2026-12-02", "2026-12-03"]),
        ("DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;UNTIL=20261202T235959Z", ["2026-12-01", "2026-12-02"]),
        # What is taken out or added is written in another way than the entry itself.
        ("DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261202T000000", ["2026-12-01", "2026-12-03"]),
        ("DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261202T000000Z",
         ["2026-12-01", "2026-12-03"]),
        ("X-ZONE\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261201T220000Z",
         ["2026-12-01", "2026-12-03"]),
        ("DTSTART;VALUE=DATE:20261201\nRDATE:20261209T000000Z", ["2026-12-01", "2026-12-09"]),
    ],
)  # fmt: skip
def test_odd_entries_that_can_be_read_are_read(entry: str, days: list[str]) -> None:
    text = ical(entry.removeprefix("X-ZONE\n"), GOOD)
    if entry.startswith("X-ZONE"):
        text = text.replace("PRODID", "X-WR-TIMEZONE:Europe/Sofia\r\nPRODID", 1)
    found = read_feed(text, "feed", YEARS)
    assert [row.date.isoformat() for row in found.rows] == ["2026-01-05", *days]
    assert found.remarks == ()


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("", "it has no DTSTART"),
        ("DTSTART;VALUE=DATE:20262801", "DTSTART cannot be read"),
        ("DTSTART;VALUE=DATE:2026-12-24", "DTSTART cannot be read"),
        ("DTSTART;VALUE=DATE:20261224\nDTSTART;VALUE=DATE:20261225", "it has 2 DTSTART"),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261332", "DTEND cannot be read"),
        ("DTSTART;VALUE=DATE:20261224\nDURATION:soon", "DURATION cannot be read"),
        ("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=SOMETIMES", "RRULE cannot be read"),
        ("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;BYMONTH=28", "never comes true"),
        ("DTSTART;VALUE=DATE:20261224\nRRULE:FREQ=YEARLY;UNTIL=20261350", "RRULE cannot be read"),
        ("DTSTART;VALUE=DATE:20261224\nRRULE:nonsense", "the recurrence rule is empty"),
        ("DTSTART:20240101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY", "repeats more than once a day"),
        ("DTSTART:19700101T000000Z\nDURATION:PT1S\nRRULE:FREQ=MINUTELY", "repeats more than once a day"),
        ("DTSTART:20240101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5", "repeats more than 5000 times"),
        ("DTSTART;VALUE=DATE:20261224\nEXDATE;VALUE=DATE:never", "EXDATE cannot be read"),
        ("DTSTART;VALUE=DATE:20261224\nRECURRENCE-ID:never", "RECURRENCE-ID cannot be read"),
    ],
)
def test_an_entry_that_cannot_be_read_is_named_and_the_others_are_read(entry: str, why: str) -> None:
    found = read_feed(ical(f"SUMMARY:Odd one\n{entry}".strip(), GOOD), "feed", YEARS)
    assert [row.date.isoformat() for row in found.rows] == ["2026-01-05"]
    (remark,) = found.remarks
    assert "the entry 'Odd one'" in remark
    assert why in remark


def test_periods_close_hours_and_an_unknown_zone_is_told() -> None:
    periods = "DTSTART:20261224T080000Z\nRDATE;VALUE=PERIOD:20261225T080000Z/20261225T120000Z,20261226T080000Z/PT2H"
    spans = read_feed(ical(periods), "feed", YEARS).spans
    assert [(span.start.day, span.end - span.start) for span in spans] == [
        (25, timedelta(hours=4)), (26, timedelta(hours=2)),
    ]  # fmt: skip
    found = read_feed(ical("DTSTART;TZID=Nowhere/Here:20261224T080000\nDURATION:PT2H"), "feed", YEARS)
    assert [(span.start.hour, span.start.tzinfo) for span in found.spans] == [(8, None)]
    assert "the unknown zone 'Nowhere/Here'" in found.remarks[0]


def test_a_timed_rule_ends_where_its_end_in_utc_says() -> None:
    event = "DTSTART;TZID=Europe/Sofia:20261201T000000\nDTEND;TZID=Europe/Sofia:20261201T100000"
    event += "\nRRULE:FREQ=DAILY;UNTIL=20261202T220000Z"
    spans = read_feed(ical(event), "feed", YEARS).spans
    assert [span.start.day for span in spans] == [1, 2, 3]


LINES = (
    "DTSTART;VALUE=DATE:20261224", "DTSTART:20261224T080000", "DTSTART;TZID=Europe/Sofia:20261224T080000", "DTSTART:x",
    "DTEND:20261226T000000Z", "DTEND;VALUE=DATE:20261226", "DTEND:", "DURATION:P1D", "DURATION:-P1D",
    "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY;UNTIL=20270101T000000Z", "RRULE:COUNT=3", "RDATE:20270101T000000Z",
    "RDATE;VALUE=DATE:20270101", "RDATE;VALUE=PERIOD:20261225T080000/PT1H", "EXDATE:20261224T080000Z",
    "EXDATE;VALUE=DATE:20261224", "SUMMARY:a\\, b", "RECURRENCE-ID;VALUE=DATE:20261224", "UID:1", "STATUS:CONFIRMED",
    "NOVALUE", "X;Y=Z:1", "DTSTART;VALUE=DATE:99991231", "DTSTART;VALUE=DATE:00010101", "DTEND;VALUE=DATE:99991231",
    "DTEND;TZID=America/New_York:99991231T235959", "RDATE;VALUE=PERIOD:20261225T080000Z/99991231T235959Z",
    "RECURRENCE-ID;RANGE=THISANDFUTURE:20261225T080000", "DURATION:P2000000D",
)  # fmt: skip


@pytest.mark.parametrize("zone", ["", ";TZID=America/New_York", ";TZID=Asia/Tokyo"])
def test_a_closing_for_ever_is_open_to_every_zone(zone: str) -> None:
    event = f"DTSTART{zone}:20261224T080000\nDTEND{zone}:99991231T235959"
    later = "\nRDATE:20261225T080000"  # as long as the first, and past the last day there is
    spans = read_feed(ical(event + later), "feed", YEARS).spans
    assert [span.start.day for span in spans] == [24, 25]
    for place in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        assert {local_span(span, ZoneInfo(place))[1].year for span in spans} <= {2028, 2029}


@given(st.lists(st.sampled_from(LINES), max_size=8))
def test_no_entry_ends_in_a_traceback(lines: list[str]) -> None:
    text = ical("\n".join(["SUMMARY:Odd", *lines]), GOOD)
    found = read_feed(text, "feed", YEARS)
    assert date(2026, 1, 5) in {row.date for row in found.rows}
    assert read_shifts(text, PeopleByName({"good": [], "odd": []}, {}), "America/New_York", YEARS).shifts
    for span in found.spans:
        assert local_span(span, ZoneInfo("Pacific/Kiritimati"))


def test_what_could_not_be_read_is_a_warning_of_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "house.ics").write_text(ical("SUMMARY:Inventory\nDTSTART;VALUE=DATE:20262801", GOOD))
    found = problems(tmp_path, SOUND + "holidays: {PL: {feeds: [{file: house.ics}]}}\n")
    (warning,) = [one for one in found if one.code == "feed-entry"]
    assert warning.severity is FindingLevel.WARNING
    assert "house.ics: the entry 'Inventory' (20262801) is left out" in warning.message


@pytest.mark.parametrize("content", [None, b"no calendar", b"\xff\xfe\x00"])
def test_a_bad_feed_is_a_problem_of_the_catalogue(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "house.ics").write_bytes(content)
    assert codes(tmp_path, SOUND + "holidays: {PL: {feeds: [{file: house.ics}]}}\n") == ["feed"]


# -- differences ------------------------------------------------------------------------------------------


def row(day: int, name: str = "Day", source: str = "old", kind: RowKind = RowKind.CLOSED) -> HolidayRow:
    return HolidayRow(date(2026, 1, day), kind, name, source)


def test_a_difference_is_what_moves_not_who_says_so() -> None:
    old = [row(1), row(2), row(3, "Old name"), row(4)]
    new = [row(1, source="new"), row(3, "New name"), row(4, kind=RowKind.WORKED), row(5)]
    found = diff_rows(old, new)
    assert [(r.date.day, r.name, r.kind) for r in found.removed] == [
        (2, "Day", RowKind.CLOSED),
        (3, "Old name", RowKind.CLOSED),
        (4, "Day", RowKind.CLOSED),
    ]
    assert [(r.date.day, r.name, r.kind) for r in found.added] == [
        (3, "New name", RowKind.CLOSED),
        (4, "Day", RowKind.WORKED),
        (5, "Day", RowKind.CLOSED),
    ]


def test_only_tables_that_moved_are_told() -> None:
    old = {"PL": HolidayTable("PL", (row(1),)), "IT": HolidayTable("IT", (row(1),))}
    new = {"PL": HolidayTable("PL", (row(1, source="new"),)), "RU": HolidayTable("RU", (row(2),))}
    assert [(each.code, len(each.added), len(each.removed)) for each in diff_tables(old, new)] == [
        ("IT", 0, 1),
        ("RU", 1, 0),
    ]
