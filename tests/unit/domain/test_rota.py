"""Who is on call: turns by the calendar, through changes of the clock; hours, layers, overrides, and who has left."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import DAILY, rrule
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.build.rulebook import weekly

from sla_domain.calendar import Calendar, CalendarSpec, growing_calendar
from sla_domain.calendar.instant import micros
from sla_domain.rota import (
    ListedShift,
    Rota,
    RotaId,
    RotaLayer,
    RotaOverride,
    Rotation,
    next_shift,
    on_call,
    shifts_between,
    with_overrides,
)
from sla_domain.rota.expand import held_by_rota

WARSAW = ZoneInfo("Europe/Warsaw")
MONDAY = date(2026, 10, 5)
HOUR = timedelta(hours=1)


def local(text: str, fold: int = 0, zone: ZoneInfo = WARSAW) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def turns(*people: str, days: int = 7, at: int = 9, starts: date = MONDAY, hours: Calendar | None = None) -> RotaLayer:
    return RotaLayer(rotation=Rotation(people=people, days=days, at=at * 3600, starts=starts), hours=hours)


def rota(*layers: RotaLayer, zone: str = "Europe/Warsaw", **more: Any) -> Rota:
    return Rota(id=RotaId("desk"), zone=zone, layers=layers, **more)


def override(start: str, end: str, person: str, instead_of: str | None = None) -> RotaOverride:
    return RotaOverride(start=local(start), end=local(end), person=person, instead_of=instead_of)


def hours(text: str) -> Calendar:
    return growing_calendar(CalendarSpec(id="hours", zone="Europe/Warsaw", weekly=weekly(text)))


def told(desk: Rota, *instants: str) -> list[str]:
    """Who is on call at each instant of Warsaw's clock; `-` for nobody."""
    found = [on_call(desk, local(at)) for at in instants]
    return [shift.person if shift is not None else "-" for shift in found]


def listed(desk: Rota, start: str, end: str) -> list[str]:
    return [
        f"{shift.person} {shift.start.astimezone(WARSAW):%d.%m. %H:%M} {(shift.end - shift.start) / HOUR:g} h"
        for shift in shifts_between(desk, local(start), local(end))
    ]


def test_a_turn_begins_at_its_handover_and_ends_at_the_next() -> None:
    desk = rota(turns("ann", "bob", "cy"))
    assert told(desk, "2026-10-05T08:59:59", "2026-10-05T09:00", "2026-10-12T08:59:59", "2026-10-12T09:00") == [
        "-", "ann", "ann", "bob",
    ]  # fmt: skip
    assert told(desk, "2026-10-19T09:00", "2026-10-26T09:00") == ["cy", "ann"]


def test_a_turn_over_a_change_of_the_clock_is_an_hour_longer_or_shorter() -> None:
    desk = rota(turns("ann", "bob"))
    assert listed(desk, "2026-10-19T10:00", "2026-11-02T08:00") == ["ann 19.10. 09:00 169 h", "bob 26.10. 09:00 168 h"]
    assert listed(desk, "2027-03-22T10:00", "2027-03-23T10:00") == ["ann 22.03. 09:00 167 h"]


def test_a_handover_at_a_time_that_the_clock_skips_is_at_the_change_and_one_shown_twice_is_at_the_first() -> None:
    desk = rota(
        RotaLayer(rotation=Rotation(people=("ann", "bob"), days=1, at=2 * 3600 + 1800, starts=date(2026, 10, 24)))
    )
    # 02:30 comes twice on 25 October, and never on 28 March.
    first, second = local("2026-10-25T02:30"), local("2026-10-25T02:30", fold=1)
    assert [on_call(desk, first - timedelta(seconds=1)).person, on_call(desk, first).person] == ["ann", "bob"]  # type: ignore[union-attr]
    assert on_call(desk, second).person == "bob"  # type: ignore[union-attr]
    change = datetime(2027, 3, 28, 1, tzinfo=UTC)
    before, after = on_call(desk, change - timedelta(seconds=1)), on_call(desk, change)
    assert before is not None
    assert after is not None
    assert (before.end, after.start, before.person != after.person) == (change, change, True)


def test_turns_are_counted_on_the_calendar_whatever_the_hours_are() -> None:
    """Days without hours count as turns too: a week is a week."""
    desk = rota(turns("ann", "bob", "cy", days=1, at=0, hours=hours("mon-fri 09:00-17:00")))
    assert told(desk, "2026-10-05T09:00", "2026-10-09T16:59", "2026-10-10T12:00", "2026-10-12T09:00") == [
        "ann", "bob", "-", "bob",
    ]  # fmt: skip
    assert listed(desk, "2026-10-05T00:00", "2026-10-07T00:00") == ["ann 05.10. 09:00 8 h", "bob 06.10. 09:00 8 h"]


def test_the_first_layer_that_has_somebody_counts() -> None:
    """A layer that starts later on top of the others is how people are changed from a day on."""
    desk = rota(
        turns("dee", days=1, starts=date(2026, 10, 8)), turns("ann", hours=hours("mon-fri 09:00-17:00")), turns("bob")
    )
    assert told(desk, "2026-10-07T16:59", "2026-10-07T17:00", "2026-10-08T08:59", "2026-10-08T09:00") == [
        "ann", "bob", "bob", "dee",
    ]  # fmt: skip


def test_a_shift_is_whole_however_little_of_it_is_asked_for() -> None:
    """What lies before the window cuts it too: Bob's evening begins when Ann's day ends."""
    desk = rota(turns("ann", days=1, at=0, hours=hours("mon-fri 09:00-17:00")), turns("bob"))
    assert listed(desk, "2026-10-08T01:00", "2026-10-08T02:00") == ["bob 07.10. 17:00 16 h"]


def test_beyond_the_years_that_the_hours_are_known_for_somebody_is_on_call_rather_than_nobody() -> None:
    spec = CalendarSpec(id="hours", zone="Europe/Warsaw", weekly=weekly("mon-fri 09:00-17:00"))
    desk = rota(turns("ann", hours=growing_calendar(spec, 2026, 2026)))
    assert told(desk, "2026-12-30T03:00", "2027-01-06T03:00") == ["-", "ann"]


def test_an_override_takes_its_span_and_no_more() -> None:
    desk = rota(
        turns("ann", "bob"), overrides=(override("2026-10-11T00:00", "2026-10-13T00:00", "cy", instead_of="ann"),)
    )
    assert told(desk, "2026-10-10T23:59", "2026-10-11T00:00", "2026-10-12T08:59", "2026-10-12T09:00") == [
        "ann", "cy", "cy", "bob",
    ]  # fmt: skip
    whole = rota(turns("ann", "bob"), overrides=(override("2026-10-11T00:00", "2026-10-13T00:00", "cy"),))
    assert told(whole, "2026-10-12T09:00", "2026-10-12T23:59", "2026-10-13T00:00") == ["cy", "cy", "bob"]


def test_an_override_without_instead_of_holds_hours_that_nobody_would() -> None:
    desk = rota(
        turns("ann", hours=hours("mon-fri 09:00-17:00")),
        overrides=(override("2026-10-10T00:00", "2026-10-11T00:00", "cy"),),
    )
    assert told(desk, "2026-10-09T17:00", "2026-10-10T12:00", "2026-10-11T00:00") == ["-", "cy", "-"]


def test_a_shift_ends_where_it_does_whatever_window_shows_it() -> None:
    """Ann's turn from the 12th on, far behind the window, ends what Cy has taken over of both."""
    both = (override("2026-10-06T00:00", "2026-10-20T00:00", "cy"), override("2026-10-06T00:00", "2026-10-20T00:00",
                                                                             "dee", "ann"))  # fmt: skip
    desk = rota(turns("bob", "ann"), overrides=both)
    wide = shifts_between(desk, local("2026-10-01T00:00"), local("2026-11-01T00:00"))
    assert shifts_between(desk, local("2026-10-06T00:00"), local("2026-10-06T00:01")) == (wide[1],)
    assert wide[1].end == local("2026-10-12T09:00")


def test_of_overrides_that_meet_the_later_one_counts_and_may_replace_the_one_before() -> None:
    day, noon, next_day = "2026-10-06T00:00", "2026-10-06T12:00", "2026-10-07T00:00"
    desk = with_overrides(rota(turns("ann")), [override(day, next_day, "bob"), override(noon, next_day, "cy", "bob")])
    assert told(desk, "2026-10-06T11:59", "2026-10-06T12:00", "2026-10-07T00:00") == ["bob", "cy", "ann"]
    turned = with_overrides(rota(turns("ann")), [override(noon, next_day, "cy", "bob"), override(day, next_day, "bob")])
    assert told(turned, "2026-10-06T12:00") == ["bob"]


def test_of_two_overrides_of_one_person_the_later_one_counts_where_they_meet() -> None:
    days = [
        override("2026-10-05T09:00", "2026-10-10T09:00", "bob", "ann"),
        override("2026-10-07T00:00", "2026-10-08T00:00", "cy", "ann"),
    ]
    desk = rota(turns("ann"), overrides=tuple(days))
    assert told(desk, "2026-10-06T23:59", "2026-10-07T00:00", "2026-10-08T00:00") == ["bob", "cy", "bob"]


def test_what_was_answered_before_an_override_is_not_remembered_after_it() -> None:
    desk = rota(turns("ann"))
    assert told(desk, "2026-10-06T12:00") == ["ann"]
    assert told(
        with_overrides(desk, [override("2026-10-06T00:00", "2026-10-07T00:00", "bob")]), "2026-10-06T12:00"
    ) == ["bob"]


def test_who_leaves_is_on_call_no_longer_unless_an_override_says_who_is() -> None:
    gone = {"ann": local("2026-10-07T00:00")}
    desk = rota(turns("ann", "bob"), leaves=gone)
    assert told(desk, "2026-10-06T23:59", "2026-10-07T00:00", "2026-10-12T09:00", "2026-10-19T09:00") == [
        "ann", "-", "bob", "-",
    ]  # fmt: skip
    covered = with_overrides(desk, [override("2026-10-01T00:00", "2026-11-01T00:00", "cy", "ann")])
    assert told(covered, "2026-10-05T09:00", "2026-10-07T00:00", "2026-10-12T09:00") == ["cy", "cy", "bob"]


def test_the_next_shift_of_somebody_else_is_found_over_weeks_of_one_person() -> None:
    desk = rota(turns("ann", "ann", "ann", "ann", "ann", "bob"))
    found = next_shift(desk, local("2026-10-05T10:00"), but="ann")
    assert found is not None
    assert (found.person, found.start) == ("bob", local("2026-11-09T09:00"))
    mine = next_shift(desk, local("2026-10-05T10:00"))
    assert mine is not None
    assert (mine.person, mine.start) == ("ann", local("2026-10-12T09:00"))
    assert next_shift(rota(turns("ann")), local("2026-10-05T10:00"), but="ann") is None


def test_shifts_of_a_feed_count_and_of_two_at_once_the_one_that_starts_later() -> None:
    desk = rota(
        RotaLayer(
            listed=(
                ListedShift(local("2026-10-05T00:00"), local("2026-10-06T00:00"), "ann"),
                ListedShift(local("2026-10-05T12:00"), local("2026-10-05T13:00"), "bob"),
            )
        )
    )
    assert told(desk, "2026-10-05T11:59", "2026-10-05T12:00", "2026-10-05T13:00", "2026-10-06T00:00") == [
        "ann", "bob", "ann", "-",
    ]  # fmt: skip
    assert desk.feeds_end == local("2026-10-06T00:00")
    assert not desk.feed_ends_soon(local("2026-09-22T00:00"))
    assert desk.feed_ends_soon(local("2026-09-22T00:01"))
    assert rota(turns("ann")).feeds_end is None


# -- against other arithmetic: dateutil's recurrence, and one instant at a time -----------------------------


def first_showing(reading: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the wall clock shows the reading, or something later."""
    at = reading.replace(tzinfo=zone).astimezone(UTC) - timedelta(hours=3)
    while at.astimezone(zone).replace(tzinfo=None) < reading:
        at += timedelta(minutes=15)
    return at


def by_recurrence(rotation: Rotation, zone: ZoneInfo, at: datetime) -> str | None:
    first = datetime.combine(rotation.starts, datetime.min.time()) + timedelta(seconds=rotation.at)
    until = at.replace(tzinfo=None) + timedelta(days=2)
    begun = [
        day
        for day in rrule(DAILY, interval=rotation.days, dtstart=first, until=until)
        if first_showing(day, zone) <= at
    ]
    return rotation.people[(len(begun) - 1) % len(rotation.people)] if begun else None


def one_instant(desk: Rota, at: datetime) -> str | None:
    zone = ZoneInfo(desk.zone)
    found: str | None = None
    for layer in desk.layers:
        if layer.rotation is not None and (layer.hours is None or layer.hours.is_open(at)):
            found = found or by_recurrence(layer.rotation, zone, at)
    by_layers = found
    for each in desk.overrides:
        if each.start <= at < each.end and (each.instead_of is None or each.instead_of in (found, by_layers)):
            found = each.person
    return None if found is not None and found in desk.leaves and desk.leaves[found] <= at else found


ZONES = ("Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Etc/UTC")
AROUND = st.integers(0, 264 * 24 * 4).map(lambda quarters: datetime(2026, 3, 1, tzinfo=UTC) + quarters * HOUR / 4)
PEOPLE = st.sampled_from(["ann", "bob", "cy"])
LAYERS = st.builds(
    RotaLayer,
    rotation=st.builds(
        Rotation,
        people=st.lists(PEOPLE, min_size=1, max_size=4).map(tuple),
        days=st.sampled_from([1, 2, 7, 14]),
        at=st.sampled_from([0, 2 * 3600, 2 * 3600 + 1800, 9 * 3600, 86_400]),
        starts=st.dates(date(2026, 2, 1), date(2026, 10, 1)),
    ),
    hours=st.sampled_from([None, hours("mon-fri 09:00-17:00"), hours("mon-sun 22:00-06:00")]),
)
OVERRIDES = st.builds(
    lambda start, length, person, instead: RotaOverride(
        start=start, end=start + timedelta(hours=length), person=person, instead_of=instead
    ),
    AROUND, st.integers(1, 400), st.sampled_from(["ann", "dee"]), st.none() | PEOPLE,
)  # fmt: skip
ROTAS = st.builds(
    lambda zone, layers, overrides, leaves: rota(*layers, zone=zone, overrides=tuple(overrides), leaves=leaves),
    st.sampled_from(ZONES),
    st.lists(LAYERS, min_size=1, max_size=2),
    st.lists(OVERRIDES, max_size=3),
    st.dictionaries(PEOPLE, AROUND, max_size=1),
)


@settings(max_examples=150, deadline=None)
@given(ROTAS, st.lists(AROUND, min_size=1, max_size=4))
def test_each_instant_has_the_person_whom_other_arithmetic_finds(desk: Rota, instants: list[datetime]) -> None:
    for at in instants:
        shift = on_call(desk, at)
        assert (shift.person if shift else None) == one_instant(desk, at), at


@settings(max_examples=60, deadline=None)
@given(ROTAS, AROUND, st.integers(1, 60), st.integers(0, 60))
def test_shifts_are_the_same_whatever_the_window(desk: Rota, start: datetime, days: int, wider: int) -> None:
    """Whole, in order, apart: a calendar that asks for another window is told of the same shifts."""
    end = start + timedelta(days=days)
    found = shifts_between(desk, start, end)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    around = shifts_between(desk, start - timedelta(days=wider), end + timedelta(days=wider))
    assert [shift for shift in around if shift.start < end and shift.end > start] == list(found)


@settings(max_examples=60, deadline=None)
@given(ROTAS, AROUND, st.integers(1, 40))
def test_the_hours_that_a_rota_holds_are_those_at_which_it_has_somebody(desk: Rota, start: datetime, days: int) -> None:
    """The proof that every promised hour is held stands on it."""
    end = start + timedelta(days=days)
    held = held_by_rota(desk, micros(start), micros(end))
    assert all(low < high for low, high in held)
    for at in (start + quarters * HOUR / 4 for quarters in range(0, days * 96, 7)):
        assert any(low <= micros(at) < high for low, high in held) == (on_call(desk, at) is not None), at


@pytest.mark.parametrize("zone", ZONES)
def test_a_rota_without_restrictions_has_somebody_at_every_instant(zone: str) -> None:
    desk = rota(turns("ann", "bob", days=1, at=2), zone=zone)
    found = shifts_between(desk, local("2026-11-01T00:00"), local("2027-11-01T00:00"))
    assert all(one.end == other.start for one, other in itertools.pairwise(found))
    assert 364 <= len(found) <= 367
