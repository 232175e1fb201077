from __future__ import annotations

from datetime import date

import pytest
from tests.unit.calendar.made import span

from sla_domain.calendar import Holiday, Window, spec_from_layout
from sla_domain.errors import InvalidCalendar

OFFICE = {"tz": "Europe/Warsaw", "weekly": {"mon": [["09:00", "17:00"]], "sun": [["22:00", "06:00"]]}}


def test_a_layout_becomes_a_calendar() -> None:
    spec = spec_from_layout(
        "pl",
        {
            **OFFICE,
            "name": "Warsaw desk",
            "revision": "7",
            "holidays": ["2026-11-11", {"date": "2026-12-25", "name": "Christmas", "source": "holidays 0.109"}],
            "openings": [["2026-05-02T10:00", "2026-05-02T24:00"]],
            "closings": [["2026-05-02T12:00:30", "2026-05-02T13:00", "fire drill"]],
        },
    )
    assert (spec.id, spec.zone, spec.name, spec.revision) == ("pl", "Europe/Warsaw", "Warsaw desk", "7")
    assert spec.weekly == {0: (Window.parse("09:00", "17:00"),), 6: (Window.parse("22:00", "06:00"),)}
    assert spec.holidays == (Holiday(date(2026, 11, 11)), Holiday(date(2026, 12, 25), "Christmas", "holidays 0.109"))
    assert spec.openings == (span("2026-05-02T10:00", "2026-05-03T00:00"),)
    assert spec.closings == (span("2026-05-02T12:00:30", "2026-05-02T13:00", "fire drill"),)


def test_every_problem_has_its_place() -> None:
    with pytest.raises(InvalidCalendar) as refused:
        spec_from_layout(
            "pl",
            {
                "tz": "Mars/Olympus",
                "timezone": "Europe/Warsaw",
                "weekly": {"monday": [], "tue": [["09:00", "25:00"], ["09:00", "17:00"]], "wed": "09:00"},
                "holidays": ["2026-02-30", {"name": "no date"}],
                "openings": [["2026-05-02T10:00"], ["2026-05-02T10:00", "2026-05-01T10:00"]],
                "closings": [["tomorrow", "2026-05-01T10:00"], [1, 2]],
            },
        )
    places = [problem.split(":")[0] for problem in refused.value.problems]
    assert places == [
        "timezone",
        "weekly.monday",
        "weekly.tue[0]",
        "weekly.wed",
        "holidays[0]",
        "holidays[1]",
        "openings[0]",
        "openings[1]",
        "closings[0]",
        "closings[1]",
        "no time zone is called 'Mars/Olympus'",
    ]


@pytest.mark.parametrize("layout", [{}, {"tz": "Etc/UTC"}, {"tz": "Etc/UTC", "weekly": []}, {"weekly": 5, "tz": 3}])
def test_a_layout_without_hours_or_zone_is_refused(layout: dict[str, object]) -> None:
    with pytest.raises(InvalidCalendar, match="never opens"):
        spec_from_layout("pl", layout)
