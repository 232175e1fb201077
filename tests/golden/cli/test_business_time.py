"""Every published row of business-time arithmetic through `slad calendar eval`."""

from __future__ import annotations

import json

import pytest
from tests.shared_data import SHARED, needs_shared
from tests.unit.cli.invoke import slad

VECTORS = SHARED / "data" / "business-time"
pytestmark = needs_shared


@pytest.mark.parametrize("name", ["vectors.jsonl", "working-days.jsonl"])
def test_every_row_is_answered_as_published(name: str) -> None:
    rows = [json.loads(line) for line in (VECTORS / name).read_text().splitlines()]
    said = slad(
        "calendar", "eval", "--calendars", VECTORS / "calendars.json", "--json", stdin=(VECTORS / name).read_bytes()
    )
    assert said.status == 0
    assert said.lines == [{"id": row["id"], "result": row["expected"]} for row in rows]
    summary = json.loads(said.err)
    assert (summary["rows"], summary["agree"], summary["errors"]) == (len(rows), len(rows), 0)


def test_the_other_closing_convention_agrees_as_well() -> None:
    options = ("--calendars", VECTORS / "calendars.json", "--at-close", "next_open")
    assert slad("calendar", "eval", *options, VECTORS / "vectors.jsonl").status == 0
