"""Vendor hours ∩ customer hours, and desks that follow the sun."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.unit.calendar.made import DAY, HOUR, at, office, span, spec, utc

from sla_domain.calendar import PieceKind, WorkingDays, compile_calendar, growing_calendar, intersection, union
from sla_domain.errors import BeyondHorizon, EmptyCalendar, InvalidCalendar

WARSAW = spec("Europe/Warsaw", id_="warsaw", holidays={"2026-11-11": "Independence Day"})
NEW_YORK = spec("America/New_York", id_="new-york", holidays={"2026-11-26": "Thanksgiving"})
TAIPEI = spec("Asia/Taipei", id_="taipei")


def test_vendor_and_customer_are_both_there_only_when_both_are() -> None:
    """09:00 New York is 15:00 in Warsaw, but 14:00 in the weeks when America has changed its clocks and Europe not."""
    both = intersection(growing_calendar(WARSAW), growing_calendar(NEW_YORK))
    assert both.add(at("2026-03-02T09:00"), HOUR) == at("2026-03-02T16:00")
    assert both.add(at("2026-03-09T09:00"), HOUR) == at("2026-03-09T15:00")
    assert both.between(at("2026-03-02T00:00"), at("2026-03-07T00:00")) == 10 * HOUR


def test_three_desks_follow_the_sun() -> None:
    desks = union(*(growing_calendar(each) for each in (WARSAW, NEW_YORK, TAIPEI)))
    monday = at("2026-03-02T09:00")
    # Taipei 02:00–10:00, Warsaw 09:00–17:00, New York 15:00–23:00, all Warsaw time
    assert desks.next_close(monday) == at("2026-03-02T23:00")
    assert desks.between(monday, monday + DAY) == 21 * HOUR


def test_the_reasons_of_either_part_survive() -> None:
    both = intersection(growing_calendar(WARSAW), growing_calendar(NEW_YORK))
    pieces = both.pieces(at("2026-11-11T00:00"), at("2026-11-28T00:00"))
    told = {piece.reason: piece.calendar for piece in pieces if piece.kind is PieceKind.HOLIDAY}
    assert told == {"Independence Day": "warsaw", "Thanksgiving": "new-york"}
    assert pieces[0].start == at("2026-11-11T00:00")
    assert pieces[-1].end == at("2026-11-28T00:00")


def test_in_a_union_a_holiday_is_told_only_where_nobody_is_there() -> None:
    desks = union(growing_calendar(WARSAW), growing_calendar(NEW_YORK))
    pieces = desks.pieces(at("2026-11-11T00:00"), at("2026-11-12T00:00"))
    assert [(piece.kind.name, piece.span / HOUR) for piece in pieces] == [("HOLIDAY", 15), ("OPEN", 8), ("HOLIDAY", 1)]


def test_a_closing_of_one_part_shows_above_a_holiday_of_another() -> None:
    drill = spec("Europe/Warsaw", id_="drill", closings=(span("2026-11-11T10:00", "2026-11-11T12:00", "drill"),))
    both = intersection(growing_calendar(WARSAW), growing_calendar(drill))
    told = [piece.reason for piece in both.pieces(at("2026-11-11T00:00"), at("2026-11-12T00:00"))]
    assert told == ["Independence Day", "drill", "Independence Day"]


def test_a_combined_calendar_grows_with_its_parts() -> None:
    both = intersection(growing_calendar(WARSAW), growing_calendar(NEW_YORK))
    assert both.add(at("1970-01-01T12:00"), HOUR) == at("1970-01-01T16:00")
    assert both.add(at("2100-01-01T12:00"), HOUR) == at("2100-01-01T16:00")
    assert both.add(at("2026-12-31T16:30"), HOUR) == at("2027-01-01T15:30")
    with pytest.raises(BeyondHorizon):
        both.add(at("2026-01-01T12:00"), timedelta(days=36500))


def test_combining_takes_nothing_from_what_a_part_knows() -> None:
    part = growing_calendar(WARSAW)
    part.between(at("1990-06-01T00:00"), at("2050-06-01T00:00"))
    known = part.horizon
    intersection(part, growing_calendar(NEW_YORK)).is_open(at("2026-06-01T12:00"))
    assert part.horizon == known


def test_a_combined_calendar_knows_no_more_than_its_parts() -> None:
    """In New York the first known year begins five hours later than in UTC."""
    both = union(growing_calendar(NEW_YORK), growing_calendar(TAIPEI))
    assert both.is_open(utc("1969-01-01T05:00")) is True
    with pytest.raises(BeyondHorizon):
        both.is_open(utc("1969-01-01T04:00"))


def test_combined_calendars_combine_again_and_count_working_days_in_the_first_zone() -> None:
    desks = union(intersection(growing_calendar(WARSAW), growing_calendar(NEW_YORK)), growing_calendar(TAIPEI))
    assert desks.zone == "Europe/Warsaw"
    friday = at("2026-03-06T12:00")
    assert desks.add_working_days(friday, 1, WorkingDays.CLOSE_OF_NTH_DAY) == at("2026-03-09T17:00")


def test_parts_with_fixed_horizons_answer_where_all_of_them_know() -> None:
    spring = compile_calendar(WARSAW, date(2026, 1, 1), date(2026, 6, 30))
    summer = compile_calendar(NEW_YORK, date(2026, 4, 1), date(2026, 9, 30))
    both = intersection(spring, summer, growing_calendar(TAIPEI.__class__("all", "Etc/UTC", WARSAW.weekly)))
    assert both.horizon == (at("2026-04-01T00:00", "America/New_York"), at("2026-07-01T00:00"))
    with pytest.raises(BeyondHorizon):
        both.add(at("2026-03-01T12:00"), HOUR)
    with pytest.raises(InvalidCalendar, match="common horizon"):
        intersection(spring, compile_calendar(NEW_YORK, date(2027, 1, 1), date(2027, 1, 2)))


def test_parts_that_never_meet_make_an_empty_calendar() -> None:
    never = intersection(office(), office(hours=("20:00", "21:00")))
    with pytest.raises(EmptyCalendar, match="office ∩ office"):
        never.next_open(at("2026-03-01T12:00"))


def test_the_revision_moves_with_any_part() -> None:
    one, other = growing_calendar(WARSAW), growing_calendar(TAIPEI)
    assert intersection(one, other).identity.revision != union(one, other).identity.revision
    assert intersection(one, other).identity.revision != intersection(one, office()).identity.revision
    with pytest.raises(InvalidCalendar, match="at least one"):
        union()


def test_one_part_is_itself() -> None:
    alone = union(growing_calendar(WARSAW))
    assert alone.next_open(utc("2026-11-10T17:00")) == at("2026-11-12T09:00")
