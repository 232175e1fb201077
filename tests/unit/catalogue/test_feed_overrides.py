"""Entries of a feed that change one occurrence of another, or all later ones, too (RFC 5545, 3.2.13 and 3.8.4.4)."""

from __future__ import annotations

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.unit.catalogue.test_holidays import YEARS, ical

from sla_catalogue.holiday.feed import read_feed
from sla_catalogue.holiday.row import Horizon

DAILY = "UID:x\nSUMMARY:Talks\nDTSTART;VALUE=DATE:20261207\nRRULE:FREQ=DAILY;COUNT=5"
WEEKLY = "UID:x\nSUMMARY:Talks\nDTSTART;TZID=Europe/Sofia:20261014T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=4"
SOFIA = ZoneInfo("Europe/Sofia")


def onward(when: str, then: str, *more: str) -> str:
    return "\n".join(["UID:x", "SUMMARY:Talks", f"RECURRENCE-ID;RANGE=THISANDFUTURE;{when}", f"DTSTART;{then}", *more])


def days(*entries: str, years: Horizon = YEARS) -> tuple[list[str], tuple[str, ...]]:
    found = read_feed(ical(*entries), "feed", years)
    return [f"{row.date:%m-%d}" for row in found.rows], found.remarks


def spans(*entries: str) -> list[tuple[str, str, timedelta]]:
    """Local start in Sofia, name of its offset, length."""
    found = read_feed(ical(*entries), "feed", YEARS)
    assert found.remarks == ()
    local = [(span.start.astimezone(SOFIA), span.end - span.start) for span in found.spans]
    return [(f"{start:%m-%d %H:%M}", f"{start:%Z}", length) for start, length in local]


def test_all_later_days_move_by_as_many_days() -> None:
    moved = onward("VALUE=DATE:20261209", "VALUE=DATE:20261216")
    assert days(DAILY, moved) == (["12-07", "12-08", "12-16", "12-17", "12-18"], ())
    assert days(moved, DAILY) == days(DAILY, moved)


def test_all_later_days_last_as_long() -> None:
    weekly = DAILY.replace("DAILY", "WEEKLY").replace("COUNT=5", "COUNT=3")
    longer = onward("VALUE=DATE:20261214", "VALUE=DATE:20261214", "DTEND;VALUE=DATE:20261216")
    assert days(weekly, longer)[0] == ["12-07", "12-14", "12-15", "12-21", "12-22"]


def test_a_later_change_ends_the_range_of_an_earlier_one_and_a_single_one_stays_out_of_it() -> None:
    first = onward("VALUE=DATE:20261208", "VALUE=DATE:20261218")
    second = onward("VALUE=DATE:20261210", "VALUE=DATE:20261224")
    single = "UID:x\nSUMMARY:Talks\nRECURRENCE-ID;VALUE=DATE:20261209\nDTSTART;VALUE=DATE:20261230"
    assert days(DAILY, first, second, single)[0] == ["12-07", "12-18", "12-24", "12-25", "12-30"]
    assert days(DAILY, second, single, first)[0] == ["12-07", "12-18", "12-24", "12-25", "12-30"]


def test_a_cancelled_one_cancels_all_later_ones() -> None:
    assert days(DAILY, onward("VALUE=DATE:20261209", "VALUE=DATE:20261209", "STATUS:CANCELLED")) == (
        ["12-07", "12-08"],
        (),
    )


def test_a_rule_of_its_own_takes_the_place_of_the_later_ones() -> None:
    own = onward("VALUE=DATE:20261209", "VALUE=DATE:20261209", "RRULE:FREQ=WEEKLY;COUNT=2")
    assert days(DAILY, own)[0] == ["12-07", "12-08", "12-09", "12-16"]


def test_a_day_of_the_next_year_may_move_into_the_horizon() -> None:
    years = Horizon(2026, 2026)
    yearly = "UID:x\nSUMMARY:Inventory\nDTSTART;VALUE=DATE:20250102\nRRULE:FREQ=YEARLY;COUNT=3"
    earlier = onward("VALUE=DATE:20260102", "VALUE=DATE:20251230")
    assert days(yearly, earlier, years=years)[0] == ["12-30"]


@pytest.mark.parametrize(
    "moved",
    [
        onward("TZID=Europe/Sofia:20261021T100000", "TZID=Europe/Sofia:20261021T140000", "DURATION:PT2H"),
        onward("X-A=b:20261021T070000Z", "X-A=b:20261021T110000Z", "DURATION:PT2H"),
        onward("TZID=Europe/Sofia:20261021T100000", "TZID=Europe/Warsaw:20261021T130000", "DURATION:PT2H"),
        onward("TZID=Europe/Sofia:20261021T100000", "X-A=b:20261021T110000Z", "DURATION:PT2H"),
    ],
)
def test_later_closings_move_by_wall_clock_time_across_a_change_of_offset(moved: str) -> None:
    """Clocks go back on 2026-10-25; whatever zone the change is written in, talks at 10:00 become talks at 14:00."""
    two = timedelta(hours=2)
    assert spans(WEEKLY, moved) == [
        ("10-14 10:00", "EEST", timedelta(hours=1)),
        ("10-21 14:00", "EEST", two),
        ("10-28 14:00", "EET", two),
        ("11-04 14:00", "EET", two),
    ]


def test_later_days_become_closings_and_later_closings_days() -> None:
    timed = onward("VALUE=DATE:20261210", "X-A=b:20261211T120000Z", "DURATION:PT1H")
    found = read_feed(ical(DAILY, timed), "feed", YEARS)
    assert [row.date.day for row in found.rows] == [7, 8, 9]
    assert [span.start.astimezone(UTC).strftime("%d %H") for span in found.spans] == ["11 12", "12 12"]
    whole = onward("TZID=Europe/Sofia:20261028T100000", "VALUE=DATE:20261029")
    found = read_feed(ical(WEEKLY, whole), "feed", YEARS)
    assert [f"{row.date:%m-%d}" for row in found.rows] == ["10-29", "11-05"]
    assert len(found.spans) == 2


def test_what_cannot_be_followed_is_named_with_its_effect() -> None:
    moved = onward("VALUE=DATE:20261209", "VALUE=DATE:20261216")
    found, (remark,) = days(moved)
    assert found == ["12-16"]
    assert remark.endswith("changes all later ones of an entry that the feed does not hold: only this one is read")
    found, (remark,) = days(DAILY, moved.replace("THISANDFUTURE", "THISANDPRIOR"))
    assert found == ["12-07", "12-08", "12-10", "12-11", "12-16"]
    assert remark.endswith("has RANGE=THISANDPRIOR, which RFC 5545 does not know: only this one is changed")
    found, (remark,) = days(DAILY, moved.replace("DATE:20261216", "DATE:20269916"))
    assert found == ["12-07", "12-08"]
    assert "and all later ones, which it changes, are left out: DTSTART cannot be read" in remark


def test_without_uids_nothing_changes_another_entry() -> None:
    loose = [entry.replace("UID:x\n", "") for entry in (DAILY, onward("VALUE=DATE:20261209", "VALUE=DATE:20261216"))]
    found, remarks = days(*loose)
    assert found == ["12-07", "12-08", "12-10", "12-11", "12-16"]
    assert len(remarks) == 1
