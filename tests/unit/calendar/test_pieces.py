"""The explanation: pieces that tile a stretch of time, each with its reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.calendar.made import at, office, span, spec

from sla_domain.calendar import Calendar, PieceKind, growing_calendar, load_zone
from sla_domain.errors import InvalidSpan


def _told(calendar: Calendar, start: str, end: str) -> list[str]:
    zone = load_zone("Europe/Warsaw")
    return [
        f"{piece.start.astimezone(zone):%d %H:%M} {piece.kind.name} {piece.reason}"
        for piece in calendar.pieces(at(start), at(end))
    ]


def test_a_holiday_is_told_by_name_and_as_a_whole_day() -> None:
    calendar = growing_calendar(spec(holidays={"2026-11-11": "Independence Day"}))
    assert _told(calendar, "2026-11-10T16:00", "2026-11-12T10:00") == [
        "10 16:00 OPEN open",
        "10 17:00 OUTSIDE_HOURS outside hours",
        "11 00:00 HOLIDAY Independence Day",
        "12 00:00 OUTSIDE_HOURS outside hours",
        "12 09:00 OPEN open",
    ]


def test_closings_and_openings_are_told_by_their_reasons() -> None:
    calendar = growing_calendar(
        spec(
            holidays={"2026-05-01": "Labour Day"},
            openings=(span("2026-05-01T10:00", "2026-05-01T14:00", "standby"),),
            closings=(span("2026-05-01T12:00", "2026-05-01T13:00", "fire drill"),),
        )
    )
    assert _told(calendar, "2026-05-01T00:00", "2026-05-02T00:00") == [
        "01 00:00 HOLIDAY Labour Day",
        "01 10:00 OPEN standby",
        "01 12:00 CLOSING fire drill",
        "01 13:00 OPEN standby",
        "01 14:00 HOLIDAY Labour Day",
    ]


def test_reasons_that_were_not_given_are_told_by_their_kind() -> None:
    calendar = growing_calendar(
        spec(holidays={"2026-05-01": ""}, closings=(span("2026-04-30T12:00", "2026-04-30T13:00"),))
    )
    told = _told(calendar, "2026-04-30T12:00", "2026-05-02T00:00")
    assert told[0] == "30 12:00 CLOSING closed"
    assert told[-1] == "01 00:00 HOLIDAY holiday"


def test_two_names_for_one_day_are_both_told() -> None:
    day = {"2026-05-03": "Constitution Day"}
    one, other = spec(holidays=day), spec(holidays={"2026-05-03": "Sunday"})
    both = growing_calendar(type(one)("both", one.zone, one.weekly, one.holidays + other.holidays + one.holidays))
    assert [piece.reason for piece in both.pieces(at("2026-05-03T00:00"), at("2026-05-04T00:00"))] == [
        "Constitution Day / Sunday"
    ]


def test_overlapping_closings_do_not_overlap_in_the_telling() -> None:
    closings = (
        span("2026-03-05T10:00", "2026-03-05T14:00", "move"),
        span("2026-03-05T12:00", "2026-03-05T15:00", "paint"),
    )
    assert _told(growing_calendar(spec(closings=closings)), "2026-03-05T09:00", "2026-03-05T16:00") == [
        "05 09:00 OPEN open",
        "05 10:00 CLOSING move",
        "05 14:00 CLOSING paint",
        "05 15:00 OPEN open",
    ]


def test_a_closing_within_a_closing_does_not_end_it() -> None:
    closings = (
        span("2026-03-05T10:00", "2026-03-05T16:00", "move"),
        span("2026-03-05T12:00", "2026-03-05T13:00", "paint"),
    )
    told = _told(growing_calendar(spec(closings=closings)), "2026-03-05T12:30", "2026-03-05T16:30")
    assert told == ["05 12:30 CLOSING move", "05 16:00 OPEN open"]


def test_the_open_pieces_add_up_to_the_business_time() -> None:
    start, end = at("2026-03-01T11:11:11"), at("2026-04-30T12:12:12")
    opened = [piece.span for piece in office().pieces(start, end) if piece.kind is PieceKind.OPEN]
    assert sum(opened, timedelta(0)) == office().between(start, end)


def test_no_time_has_no_pieces_and_reversed_time_is_refused() -> None:
    start, end = at("2026-03-01T11:00"), at("2026-03-02T11:00")
    assert office().pieces(start, start) == ()
    with pytest.raises(InvalidSpan, match="earlier instant first"):
        office().pieces(end, start)
