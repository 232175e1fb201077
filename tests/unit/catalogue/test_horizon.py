"""Holidays and years that end soon are told of in time, on an injected day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from tests.unit.catalogue.made import SOUND, changed, loaded, written

from sla_catalogue import FileProblem, check_files, horizon_ends, load_text
from sla_standalone.holder import CatalogueHolder

FEED = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20261111
SUMMARY:Independence Day
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20261226
SUMMARY:Second Day of Christmas
END:VEVENT
END:VCALENDAR
"""
FED = SOUND + "holidays:\n  PL:\n    generate: false\n    feeds: [{file: pl.ics}]\n"


def told(tmp_path: Path, text: str, today: date | None) -> list[FileProblem]:
    written(tmp_path, FEED, "pl.ics")
    return check_files(written(tmp_path, text), environment={}, today=today)


def test_generated_holidays_are_known_to_the_end_of_the_years(tmp_path: Path) -> None:
    assert told(tmp_path, SOUND, date(2026, 11, 22)) == []
    catalogue = loaded(tmp_path, SOUND)
    ends = horizon_ends(catalogue.rulebook, catalogue.holidays, catalogue.horizon)
    assert [(each.code, each.until) for each in ends] == [("PL", date(2040, 12, 31)), ("years", date(2040, 12, 31))]


@pytest.mark.parametrize(
    ("today", "when"),
    [
        (date(2026, 9, 27), None),  # 90 days
        (date(2026, 9, 28), "in 89 days"),
        (date(2026, 12, 26), "in 0 days"),
        (date(2027, 1, 5), "10 days ago"),
        (None, None),  # nobody says what day it is
    ],
)
def test_a_feed_that_ends_is_a_warning_where_it_stands(tmp_path: Path, today: date | None, when: str | None) -> None:
    found = told(tmp_path, FED, today)
    if when is None:
        assert found == []
        return
    (problem,) = found
    assert (problem.severity, problem.code) == ("warning", "horizon-ends-soon")
    assert problem.line == FED[: FED.index("  PL:")].count("\n") + 1
    assert problem.message == (f"the last holiday known for PL is 2026-12-26, {when}: later ones count as working days")
    assert "feed" in problem.hint


def test_a_day_added_by_hand_far_ahead_hides_nothing(tmp_path: Path) -> None:
    text = FED + "    add: [{date: 2029-05-02, name: Company day, reason: decided by the board}]\n"
    (problem,) = told(tmp_path, text, date(2026, 11, 22))
    assert "2026-12-26" in problem.message


def test_years_that_end_are_one_warning(tmp_path: Path) -> None:
    text = SOUND + "settings:\n  horizon: {first: 2020, last: 2026}\n"
    (problem,) = told(tmp_path, text, date(2026, 11, 22))
    assert problem.line == len(text.splitlines())
    assert problem.message == ("calendars are compiled until 2026-12-31, in 39 days: nothing can be computed beyond")
    assert problem.hint == "settings: {horizon: {first: …, last: 2036}}"


def test_holidays_that_no_contract_subtracts_may_end(tmp_path: Path) -> None:
    free = changed(", holidays: contract}", "}", FED)
    assert told(tmp_path, free, date(2026, 12, 20)) == []


def test_a_stored_catalogue_is_the_same_on_every_day(tmp_path: Path) -> None:
    written(tmp_path, FEED, "pl.ics")
    catalogue = loaded(tmp_path, FED)
    again = load_text(catalogue.text)
    assert again.version == catalogue.version
    assert horizon_ends(again.rulebook, again.holidays, again.horizon) == horizon_ends(
        catalogue.rulebook, catalogue.holidays, catalogue.horizon
    )


def test_the_running_service_says_so_once_a_day_and_shows_how_long(tmp_path: Path) -> None:
    written(tmp_path, FEED, "pl.ics")
    days = [date(2026, 9, 27)]
    registry = CollectorRegistry()

    def shown(code: str) -> datetime:
        value = registry.get_sample_value("slad_calendar_horizon_timestamp_seconds", {"code": code})
        assert value is not None
        return datetime.fromtimestamp(value, UTC)

    with capture_logs() as logs:
        holder = CatalogueHolder(written(tmp_path, FED), registry, lambda: days[0])
        assert (shown("PL"), logs) == (datetime(2026, 12, 27, tzinfo=UTC), [])
        days[0] = date(2026, 9, 28)
        for _ in range(3):
            holder.refresh()
        assert [(line["event"], line["code"], line["until"], line["log_level"]) for line in logs] == [
            ("catalogue.horizon_ends_soon", "PL", "2026-12-26", "warning")
        ]
        days[0] = date(2026, 9, 29)
        holder.refresh()
        assert len(logs) == 2
        assert shown("years") == datetime(2041, 1, 1, tzinfo=UTC)
        written(tmp_path, SOUND)
        holder.refresh()
        assert shown("PL") == shown("years"), "a new version is looked at at once"


def test_a_changed_feed_is_read_again_and_a_broken_one_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, FEED, "pl.ics")
    registry = CollectorRegistry()
    holder = CatalogueHolder(written(tmp_path, FED), registry, lambda: date(2026, 1, 1))
    before = holder.current.version
    written(tmp_path, "this is no calendar", "pl.ics")
    assert [problem.code for problem in holder.refresh()] == ["feed"]
    assert registry.get_sample_value("slad_catalogue_good") == 0
    assert holder.current.version == before
    written(tmp_path, FEED.replace("20261226", "20261224"), "pl.ics")
    assert holder.refresh() == ()
    assert registry.get_sample_value("slad_catalogue_good") == 1
    assert holder.current.version != before

    def fails(*_: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr("sla_standalone.holder.reload_catalogue", fails)
    written(tmp_path, FEED, "pl.ics")
    with pytest.raises(RuntimeError):
        holder.refresh()
    assert registry.get_sample_value("slad_catalogue_good") == 0
