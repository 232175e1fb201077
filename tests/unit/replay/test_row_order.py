"""Rows of one minute keep their order, also where the table has no versions; and local times that came twice."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.unit.replay.made import HEADER, MAPPING, life, mapping, row, told

from sla_domain.event import EventKind, TimeQuality
from sla_standalone.replay import TableReader

PLAIN = MAPPING.replace("version: revision\n", "")
SAME_MINUTE = [row("New", "10:05"), row("Done", "11:00"), row("Work", "11:00"), row("Done", "11:00")]


def read(*rows: tuple[str, ...]) -> list[tuple[str, int]]:
    reader = TableReader(mapping(PLAIN), HEADER)
    found = reader.life("A1", [(number, reader.take(cells)) for number, cells in enumerate(rows, start=2)])
    ordered = sorted(found.events, key=lambda event: event.order)
    return [(event.kind.value, event.version) for event in ordered]


def kinds(*rows: tuple[str, ...]) -> list[str]:
    return [kind for kind, _ in read(*rows)]


def test_rows_of_one_minute_are_read_as_they_stand() -> None:
    assert kinds(*SAME_MINUTE) == ["opened", "resolved", "responded", "reopened", "resolved"]


def test_a_file_with_the_newest_row_first_is_read_backwards() -> None:
    assert kinds(*reversed(SAME_MINUTE)) == ["opened", "resolved", "responded", "reopened", "resolved"]


def test_a_wait_that_ends_and_begins_again_in_one_minute_waits() -> None:
    rows = [row("Work", "10:05"), row("Asked", "11:00"), row("Work", "11:00"), row("Asked", "11:00")]
    assert kinds(*rows)[-1] == "waiting"
    assert kinds(*rows).count("waiting") == 2


def test_a_version_of_the_table_is_kept_as_it_is() -> None:
    found = life(row("New", "10:05"), row("Done", "11:00", 7))
    assert [event.version for event in found.events] == [0, 7]


@pytest.mark.parametrize(("first", "second"), [(2, 3), (3, 2)])
def test_of_two_rows_the_later_version_is_the_second_showing(first: int, second: int) -> None:
    """02:50 and then 02:10, on the night on which the clocks go back."""
    rows = [
        row("New", "25-10-2026 01:00", 1, opened="25-10-2026 01:00"),
        row("Asked", "25-10-2026 02:50", first, opened="25-10-2026 01:00"),
        row("Done", "25-10-2026 02:10", second, opened="25-10-2026 01:00"),
    ]
    found = told(life(*rows))
    expected = {
        True: [("opened", "23:00"), ("waiting", "00:50"), ("resolved", "01:10")],
        False: [("opened", "23:00"), ("resolved", "00:10"), ("reopened", "00:50"), ("waiting", "00:50")],
    }
    assert found == expected[first < second]


def test_rows_without_versions_follow_each_other_as_they_stand() -> None:
    rows = [
        row("New", "25-10-2026 01:00", opened="25-10-2026 01:00"),
        row("Asked", "25-10-2026 02:50", opened="25-10-2026 01:00"),
        row("Done", "25-10-2026 02:10", opened="25-10-2026 01:00"),
    ]
    assert kinds(*rows) == ["opened", "waiting", "resolved"]


SPRING = "29-03-2026"  # in Warsaw 02:00 is followed by 03:00, at 01:00Z


@pytest.mark.parametrize(
    ("opened", "done", "doubtful"),
    [("02:30", "03:00", "opened"), ("01:30", "02:30", "resolved"), ("02:10", "02:50", "opened resolved"),
     ("03:00", "03:10", ""), ("01:30", "03:00", "")],
)  # fmt: skip
def test_only_the_reading_that_never_came_is_in_doubt_and_not_the_one_of_the_same_instant(
    opened: str, done: str, doubtful: str
) -> None:
    found = life(row("New", f"{SPRING} {opened}", 1, opened=f"{SPRING} {opened}"), row("Done", f"{SPRING} {done}", 2))
    expected = {"01:30": "00:30", "03:10": "01:10"}
    by_kind = {event.kind.value: event for event in found.events if event.kind.value in ("opened", "resolved")}
    assert [f"{by_kind[kind].occurred_at:%H:%M}" for kind in ("opened", "resolved")] == [
        expected.get(written, "01:00") for written in (opened, done)
    ]
    assert (
        " ".join(kind for kind, event in sorted(by_kind.items()) if event.quality is not TimeQuality.EXACT) == doubtful
    )
    for kind, written in (("opened", opened), ("resolved", done)):
        told_of = [
            f"{kind}: 2026-03-29 {written} never came in Europe/Warsaw: "
            "read as 2026-03-29 01:00Z, when the clocks changed"
        ]
        assert list(by_kind[kind].warnings) == (told_of if kind in doubtful else [])
    assert all(type(event.occurred_at) is datetime for event in found.events)


@pytest.mark.parametrize(("written", "takes_away"), [("", True), ("?", False), ("none", False)])
def test_an_empty_cell_takes_a_value_away_where_the_mapping_says_so(written: str, takes_away: bool) -> None:
    rows = (row("New", "10:05", 1, prio="High"), row("New", "11:00", 2, prio=written))
    text = MAPPING.replace('unknown: ["?", ""]', 'unknown: ["?", "", none]')
    says_so = text.replace("Low: P2}", 'Low: P2, "": ""}')
    changes = [dict(e.attributes) for e in life(*rows, text=says_so).events if e.kind is EventKind.PRIORITY_CHANGED]
    assert changes == ([{"priority": ""}] if takes_away else [])
    assert told(life(*rows, text=text)) == [("opened", "09:00")]
