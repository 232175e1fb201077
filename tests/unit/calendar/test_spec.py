from __future__ import annotations

import copy
import dataclasses
import pickle
from datetime import date, datetime

import pytest
from tests.unit.calendar.made import span, spec

from sla_domain.calendar import CalendarSpec, Holiday, Window, always_open, growing_calendar
from sla_domain.errors import InvalidCalendar


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InvalidCalendar) as refused:
        CalendarSpec(
            id="",
            zone="Europe/Warszawa",
            weekly={7: (Window.parse("09:00", "17:00"),)},
            holidays=(Holiday(datetime.fromisoformat("2026-05-01T00:00"), "Labour Day"),),
        )
    told = str(refused.value)
    assert len(refused.value.problems) == 4
    for part in ("has no id", "did you mean Europe/Warsaw", "weekday 7", "Labour Day"):
        assert part in told


def test_a_calendar_that_never_opens_is_refused_when_written() -> None:
    with pytest.raises(InvalidCalendar, match="never opens"):
        CalendarSpec("closed", "Etc/UTC", {0: ()})


def test_openings_alone_make_a_calendar() -> None:
    weekend = CalendarSpec("standby", "Etc/UTC", {}, openings=(span("2026-05-02T00:00", "2026-05-04T00:00"),))
    assert weekend.weekly == {}


def test_the_revision_moves_with_what_moves_deadlines_and_with_nothing_else() -> None:
    plain = spec()
    assert plain.revision == spec().revision
    assert plain.revision == dataclasses.replace(plain, id="other", revision="").revision
    changes = [
        spec(zone="Europe/Berlin"),
        spec(hours=("09:00", "17:30")),
        spec(holidays={"2026-11-11": "Independence Day"}),
        spec(openings=(span("2026-05-02T00:00", "2026-05-04T00:00"),)),
        spec(closings=(span("2026-05-02T00:00", "2026-05-04T00:00"),)),
    ]
    assert len({each.revision for each in [plain, *changes]}) == 6
    assert dataclasses.replace(plain, revision="2026-07").revision == "2026-07"


def test_a_spec_is_a_value() -> None:
    weekly = {0: (Window.parse("09:00", "17:00"),)}
    one = CalendarSpec("a", "Etc/UTC", weekly)
    weekly[1] = weekly[0]
    assert list(one.weekly) == [0]  # its own copy
    other = CalendarSpec("a", "Etc/UTC", {0: (Window.parse("09:00", "17:00"),), 1: ()})
    assert one == other
    assert hash(one) == hash(other)
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one


def test_around_the_clock_is_one_interval_without_a_lost_second() -> None:
    calendar = growing_calendar(always_open())
    holiday = growing_calendar(always_open(holidays=[Holiday(date(2026, 5, 1))]))
    year = datetime.fromisoformat("2026-01-01T00:00Z"), datetime.fromisoformat("2027-01-01T00:00Z")
    assert calendar.between(*year).days == 365
    assert holiday.between(*year).days == 364
    assert len(calendar.pieces(*year)) == 1
