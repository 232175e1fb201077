"""Feeds as programs and mail clients leave them on a disk: what can be read is read, and what cannot be is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.catalogue.made import SOUND, loaded, problems
from tests.unit.catalogue.test_holidays import GOOD, YEARS, ical

from sla_catalogue.holiday.feed import read_feed
from sla_catalogue.holiday.tidy import BadFeed, decode_feed

EVE = "DTSTART;VALUE=DATE:20261224\nSUMMARY:Święto"
PLAIN = ical(GOOD, EVE).encode()
BOTH = ["2026-01-05", "2026-12-24"]


def days(content: bytes) -> tuple[list[str], tuple[str, ...]]:
    text, doubts = decode_feed(content)
    found = read_feed(text, "feed", YEARS)
    return [row.date.isoformat() for row in found.rows], (*doubts, *found.remarks)


def headed(head: str) -> bytes:
    return ical(GOOD, EVE).replace("PRODID", head.replace("\n", "\r\n") + "PRODID", 1).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + PLAIN,
        ("\ufeff\ufeff\r\n" + PLAIN.decode()).encode(),
        PLAIN.decode().encode("utf-16"),
        PLAIN.replace(b"\r\n", b"\r"),
        PLAIN.replace(b"\r\n", b"\r\r\n"),
        PLAIN.replace(b"\r\n", b"\n", 5),
        PLAIN.replace(b"\r\n", b"\r\n\r\n"),
        PLAIN.replace("Ś".encode(), b"\xc5\r\n \x9a"),
        PLAIN.replace(b"20261224", b"2026\r\n\t1224"),
        PLAIN + b"<!-- generated in 0.1 s -->\r\n",
        ical(GOOD).encode() + ical(EVE).encode(),
        headed("X-WR-CALDESC:Holidays of\nthe whole company\n"),
        ical(GOOD, EVE + "\nBEGIN:VALARM\nTRIGGER:banana\nEND:VALARM").encode(),
    ],
    ids=[
        "mark", "two marks", "UTF-16", "CR", "CR CR LF", "mixed", "blank lines", "fold within a letter",
        "fold by a tab", "something behind", "two calendars", "a description in two lines", "an alarm nobody can read",
    ],
)  # fmt: skip
def test_what_has_nothing_to_do_with_days_costs_none(content: bytes) -> None:
    assert days(content) == (BOTH, ())


@pytest.mark.parametrize(
    "zone",
    [
        "BEGIN:STANDARD\nDTSTART:16010101T030000\nEND:STANDARD\n",
        "",
        "BEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+05:30\nTZOFFSETTO:+05:30\nEND:STANDARD\n",
    ],
)
def test_a_time_zone_that_cannot_be_read_is_named_and_costs_no_entry(zone: str) -> None:
    found, (remark,) = days(headed(f"BEGIN:VTIMEZONE\nTZID:House\n{zone}END:VTIMEZONE\n"))
    assert found == BOTH
    assert remark.startswith("the time zone 'House' cannot be read: ")


def test_a_time_zone_of_their_own_that_can_be_read_is_used() -> None:
    own = "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16010101T000000\n"
    own += "TZOFFSETFROM:+0200\nTZOFFSETTO:+0200\nEND:STANDARD\nEND:VTIMEZONE\n"
    event = "DTSTART;TZID=Customized Time Zone:20261224T120000\nDURATION:PT2H"
    (span,) = read_feed(ical(event).replace("PRODID", own.replace("\n", "\r\n") + "PRODID", 1), "feed", YEARS).spans
    assert span.start.isoformat() == "2026-12-24T12:00:00+02:00"


@pytest.mark.filterwarnings("error")
def test_a_zone_with_a_programs_name_before_it_is_that_zone() -> None:
    event = "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Sofia:20261224T120000\nDURATION:PT2H"
    (span,) = read_feed(ical(event), "feed", YEARS).spans
    assert span.start.isoformat() == "2026-12-24T12:00:00+02:00"


def test_letters_of_another_code_page_are_read_with_a_remark(tmp_path: Path) -> None:
    (tmp_path / "house.ics").write_bytes(ical("DTSTART;VALUE=DATE:20261224\nSUMMARY:Noël").encode("cp1252"))
    text = SOUND + "holidays: {PL: {feeds: [{file: house.ics}]}}\n"
    (warning,) = [one for one in problems(tmp_path, text) if one.code == "feed-entry"]
    assert "house.ics: it is not in UTF-8: read as Windows-1252" in warning.message
    assert "Noël" in loaded(tmp_path, text).text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        (" \r\n", "it is empty"),
        ("<!DOCTYPE html>\n<title>BEGIN:VCALENDAR</title>", "it begins with '<!DOCTYPE html>'"),
        ('{"error": 404}', "it begins with '{\"error\": 404}'"),
        (ical(GOOD, EVE)[:-40], "it ends in the middle of VEVENT"),
        (ical(GOOD).removesuffix("END:VCALENDAR\r\n"), "it ends in the middle of VCALENDAR"),
    ],
)
def test_what_is_no_feed_or_only_a_part_of_one_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadFeed) as refused:
        read_feed(text, "feed", YEARS)
    assert why in str(refused.value)


def test_days_that_a_rule_takes_out_are_worked() -> None:
    daily = "DTSTART;VALUE=DATE:20261221\nRRULE:FREQ=DAILY;COUNT=4\nEXRULE:FREQ=WEEKLY;BYDAY=WE"
    assert days(ical(daily).encode()) == (["2026-12-21", "2026-12-22", "2026-12-24"], ())


def test_the_start_is_the_first_occurrence_although_the_rule_does_not_name_it() -> None:
    monday = "SUMMARY:Talks\nDTSTART;VALUE=DATE:20261102\nRRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=3"
    found, (remark,) = days(ical(monday).encode())
    assert found == ["2026-11-02", "2026-11-04", "2026-11-11"]
    assert remark == "the entry 'Talks' (20261102) begins on a day that its rule does not name: both count"
