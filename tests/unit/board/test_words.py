"""The words of the page: spans, instants, states, links, filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sla_board.shown import word
from sla_board.shown.bucket import Bucket, bucket_of
from sla_board.shown.filter import BoardFilter, ClockCondition, QueueOrder, parse_buckets, parse_conditions, parse_order
from sla_board.shown.row import incident_path
from sla_domain.clock import ClockState

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59, "59s"),
        (60, "1m 00s"),
        (3599, "59m 59s"),
        (3600, "1h 00m"),
        (47 * 3600, "47h 00m"),
        (48 * 3600, "2d 0h"),
        (-0.5, "0s"),
        (-61, "\u22121m 01s"),
        (-90000, "\u221225h 00m"),
    ],
)
def test_a_span_is_read_at_a_glance(seconds: float, text: str) -> None:
    assert word.short_span(timedelta(seconds=seconds)) == text


def test_an_instant_is_told_where_the_customer_is_and_in_utc() -> None:
    assert word.local_text(datetime(2026, 11, 12, 7, 30, tzinfo=UTC), "Europe/Warsaw") == "Thu 12 Nov 08:30 CET"
    assert word.utc_text(datetime(2026, 11, 12, 7, 30, tzinfo=UTC)) == "2026-11-12 07:30:00 UTC"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "/etc/passwd", "Europe/Warsaw\0"])
def test_a_zone_this_machine_does_not_know_is_shown_in_utc(zone: str) -> None:
    assert word.local_text(NOON, zone) == "Mon 16 Nov 12:00 UTC"


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        ("https://tickets.example/1", True),
        ("HTTP://tickets.example/1", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("//evil.example", False),
        ("", False),
    ],
)
def test_only_web_addresses_become_links(url: str, followed: bool) -> None:
    assert bool(word.web_link(url)) is followed


@pytest.mark.parametrize(
    ("state", "breached", "warned", "overdue", "text", "icon"),
    [
        (ClockState.RUNNING, False, "", False, "Running", "running"),
        (ClockState.RUNNING, False, "warn-75", False, "Warned 75 %", "warned"),
        (ClockState.RUNNING, False, "warn-3600s", False, "Warned 1h 00m before", "warned"),
        (ClockState.RUNNING, False, "warn-75", True, "Due now", "warned"),
        (ClockState.RUNNING, True, "warn-75", True, "Breached", "breached"),
        (ClockState.PAUSED, False, "", False, "Paused", "paused"),
        (ClockState.PAUSED, True, "", False, "Paused, breached", "breached"),
        (ClockState.MET, False, "", False, "Met", "met"),
        (ClockState.MISSED, True, "", False, "Missed", "breached"),
        (ClockState.CANCELLED, False, "", False, "Cancelled", "cancelled"),
    ],
)
def test_a_state_is_a_word_and_a_shape(
    state: ClockState, breached: bool, warned: str, overdue: bool, text: str, icon: str
) -> None:
    found = word.word_of(state=state, breached=breached, warned=warned, overdue=overdue)
    assert (found.text, found.icon) == (text, icon)


@pytest.mark.parametrize(
    ("minutes", "zone", "bucket"),
    [
        (15, "UTC", Bucket.SOON),
        (15.1, "UTC", Bucket.HOUR),
        (60.1, "UTC", Bucket.TODAY),
        (12 * 60 - 1, "UTC", Bucket.TODAY),
        (12 * 60, "UTC", Bucket.LATER),
        (12 * 60, "America/New_York", Bucket.TODAY),  # 19:00 there
        (5 * 60, "Asia/Taipei", Bucket.LATER),  # 01:00 tomorrow there
        (-5, "UTC", Bucket.SOON),  # due by the wall, no breach told yet
    ],
)
def test_today_ends_where_the_customer_is(minutes: float, zone: str, bucket: Bucket) -> None:
    due = NOON + timedelta(minutes=minutes)
    assert bucket_of(now=NOON, breached=False, paused=False, due_at=due, zone=zone) is bucket


def test_a_breach_counts_as_one_even_while_paused() -> None:
    assert bucket_of(now=NOON, breached=True, paused=True, due_at=None, zone="UTC") is Bucket.BREACHED
    assert bucket_of(now=NOON, breached=False, paused=True, due_at=None, zone="UTC") is Bucket.PAUSED
    assert bucket_of(now=NOON, breached=False, paused=False, due_at=None, zone="UTC") is Bucket.LATER


def test_a_filter_survives_its_own_address() -> None:
    shown = BoardFilter(
        contracts=("a&b=c",),
        priorities=("P1", "P2"),
        conditions=(ClockCondition.BREACHED,),
        buckets=(Bucket.SOON,),
        text="ü & 100%",
        order=QueueOrder.DUE,
        descending=True,
        limit=50,
    )
    assert shown.query() == (
        "contract=a%26b%3Dc&priority=P1&priority=P2&state=breached&bucket=soon&q=%C3%BC+%26+100%25&sort=-due&limit=50"
    )
    assert BoardFilter(only_contract="acme").query() == "", "what a key may see never stands in an address"


def test_a_second_click_on_a_column_turns_the_order() -> None:
    assert BoardFilter().sort_query(QueueOrder.DUE) == "sort=due"
    assert BoardFilter(order=QueueOrder.DUE).sort_query(QueueOrder.DUE) == "sort=-due"
    assert BoardFilter(order=QueueOrder.DUE, descending=True).sort_query(QueueOrder.DUE) == "sort=due"


def test_an_address_older_than_the_page_still_shows_the_board() -> None:
    assert parse_order("magic") == (QueueOrder.URGENCY, False)
    assert parse_order("-due") == (QueueOrder.DUE, True)
    assert parse_conditions(("breached", "gone")) == (ClockCondition.BREACHED,)
    assert parse_buckets(("soon", "gone")) == (Bucket.SOON,)


def test_ids_with_any_character_have_a_path() -> None:
    assert incident_path("gh:acme/web#1?x") == "/incidents/gh:acme%2Fweb%231%3Fx"
