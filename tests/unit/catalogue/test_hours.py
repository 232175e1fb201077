from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_catalogue.hours import BadHours, MinuteWindow, find_overlaps, find_short_gaps, parse_days, parse_week

OFFICE = (MinuteWindow(9 * 60, 17 * 60),)
ALWAYS = (MinuteWindow(0, 24 * 60),)


@pytest.mark.parametrize(
    ("written", "week"),
    [
        ("24x7", dict.fromkeys(range(7), ALWAYS)),
        ("24x5", dict.fromkeys(range(5), ALWAYS)),
        ({"mon-fri": "09:00-17:00"}, dict.fromkeys(range(5), OFFICE)),
        ({"Monday": "9:00-17:00"}, {0: OFFICE}),
        ({"sat,sun": ["09:00-17:00"]}, {5: OFFICE, 6: OFFICE}),
        ({"fri-mon": "09:00-17:00"}, {0: OFFICE, 4: OFFICE, 5: OFFICE, 6: OFFICE}),
        ({"mon": "13:00-17:00, 08:00-12:00"}, {0: (MinuteWindow(480, 720), MinuteWindow(780, 1020))}),
        ({"mon": "22:00-06:00"}, {0: (MinuteWindow(22 * 60, 30 * 60),)}),
        ({"mon": None, "tue": "09:00-17:00"}, {1: OFFICE}),
        ("mon-tue 09:00-17:00; sun 09:00-17:00", {0: OFFICE, 1: OFFICE, 6: OFFICE}),
    ],
)
def test_the_ways_to_write_a_week(written: object, week: object) -> None:
    assert parse_week(written) == week


@pytest.mark.parametrize(
    "written",
    ["always", "mon", {"noday": "09:00-17:00"}, {"mon": "9-17"}, {"mon": "09:00-25:00"}, {"mon": "24:00-25:00"},
     {"mon": "09:60-17:00"}, {"mon-fri": "09:00-17:00", "fri": "09:00-12:00"}, {"mon": 9}, ["mon"], 24],
)  # fmt: skip
def test_what_is_no_week_is_refused(written: object) -> None:
    with pytest.raises(BadHours):
        parse_week(written)


def test_overlaps_are_named_across_midnight_and_the_end_of_the_week() -> None:
    assert find_overlaps(parse_week({"mon": "09:00-13:00, 12:00-17:00"})) == ["09:00-13:00 and 12:00-17:00 (mon)"]
    assert find_overlaps(parse_week({"fri": "22:00-06:00", "sat": "05:00-09:00"})) == [
        "22:00-06:00 and 05:00-09:00 of the next day (fri)"
    ]
    assert find_overlaps(parse_week({"sun": "22:00-06:00", "mon": "00:00-08:00"})) == [
        "22:00-06:00 and 00:00-08:00 of the next day (sun)"
    ]
    assert find_overlaps(parse_week("24x7")) == []


def test_a_lost_minute_before_midnight_is_seen() -> None:
    assert find_short_gaps(parse_week({"daily": "00:00-23:59"})) == [
        "00:00-23:59 and 00:00-23:59 of the next day (mon, tue, wed, thu, fri, sat, sun)"
    ]
    assert find_short_gaps(parse_week("24x7")) == []
    assert find_short_gaps(parse_week({"mon": "08:00-12:00, 13:00-17:00"})) == []


@given(st.text(max_size=20))
def test_no_text_does_worse_than_a_refusal(text: str) -> None:
    for parse in (parse_week, parse_days):
        with suppress(BadHours):
            parse(text)
