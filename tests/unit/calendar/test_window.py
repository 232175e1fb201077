from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sla_domain.calendar import LocalSpan, Window
from sla_domain.errors import CalendarError, InvalidWindow


@pytest.mark.parametrize(
    ("hours", "end"),
    [
        (("09:00", "17:00"), 17 * 3600),
        (("00:00", "24:00"), 24 * 3600),
        (("22:00", "06:00"), 30 * 3600),  # belongs to the day it starts on
        (("18:00", "00:00"), 24 * 3600),
        (("09:00", "09:00"), 33 * 3600),  # a whole day, from nine to nine
        (("09:00:30", "17:00:15"), 17 * 3600 + 15),  # seconds count
    ],
)
def test_a_window_ends_on_its_own_day_or_the_next(hours: tuple[str, str], end: int) -> None:
    assert Window.parse(*hours).end == end


@pytest.mark.parametrize("text", ["9", "9.30", "25:00", "24:01", "12:60", "12:00:60", "-1:00", "", "９:00"])
def test_a_time_of_day_that_is_none_is_refused_with_advice(text: str) -> None:
    with pytest.raises(InvalidWindow, match="write a local time from 00:00 to 24:00"):
        Window.parse(text, "17:00")


def test_no_window_opens_at_the_end_of_the_day() -> None:
    with pytest.raises(InvalidWindow, match="opens from 00:00"):
        Window.parse("24:00", "17:00")
    with pytest.raises(InvalidWindow, match="closes from 00:00"):
        Window(0, 86_401)


def test_a_window_reads_as_it_was_written() -> None:
    assert str(Window.parse("9:00", "24:00")) == "09:00-24:00"
    assert str(Window.parse("09:00:30", "17:00")) == "09:00:30-17:00"


def test_an_exceptional_span_is_local_and_not_reversed() -> None:
    noon, one = datetime.fromisoformat("2026-05-01T12:00"), datetime.fromisoformat("2026-05-01T13:00")
    with pytest.raises(InvalidWindow, match="ends before it starts"):
        LocalSpan(one, noon)
    with pytest.raises(InvalidWindow, match="ends before it starts"):
        LocalSpan(noon, noon)
    with pytest.raises(CalendarError, match="carries an offset"):
        LocalSpan(noon.replace(tzinfo=UTC), one.replace(tzinfo=UTC))
