"""Rows of one minute keep their order, also where the table has no versions; and local times that came twice."""

from __future__ import annotations

import pytest
from tests.unit.replay.made import HEADER, MAPPING, life, mapping, row, told

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
