"""A real company's own verdict on its incidents, found again by one plan file (`examples/replay/servicenow.yaml`)."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.build.servicenow import tickets
from tests.shared_data import SHARED, needs_shared
from tests.unit.cli.invoke import slad

EXAMPLES = Path(__file__).parents[3] / "examples" / "replay"
LOG = SHARED / "data" / "servicenow" / "incident_event_log.csv"
PLAN, MAPPING = EXAMPLES / "servicenow.yaml", EXAMPLES / "servicenow-map.yaml"
ENOUGH = 0.99
pytestmark = needs_shared


def replayed(log: Path, *options: object) -> dict[str, Any]:
    said = slad("replay", log, "--plan", PLAN, *options, "--json")
    assert said.status == 0, said.err
    found: dict[str, Any] = said.json
    return found


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return replayed(LOG, "--map", MAPPING)


@pytest.mark.parametrize(("priority", "closed"), [("P1", 4), ("P2", 19), ("P3", 340), ("P4", 37)])
def test_the_company_and_the_plan_agree(found: dict[str, Any], priority: str, closed: int) -> None:
    agreement = found["agreement"]["by_priority"][priority]
    assert agreement["compared"] == closed
    assert agreement["undecided"] == 0
    assert agreement["ratio"] == 1.0


def test_both_verdicts_occur_so_that_agreeing_means_something(found: dict[str, Any]) -> None:
    for priority in ("P3", "P4"):
        confusion = found["agreement"]["by_priority"][priority]["confusion"]
        assert min(confusion["met_met"], confusion["missed_missed"]) >= 15


def test_every_row_of_the_log_is_understood(found: dict[str, Any]) -> None:
    assert (found["incidents"], found["rejected"], found["remarks"]) == (400, 0, {})


def test_the_order_of_the_rows_does_not_matter(found: dict[str, Any], tmp_path: Path) -> None:
    with LOG.open(newline="") as stream:
        header, *rows = csv.reader(stream)
    random.Random(5).shuffle(rows)
    path = tmp_path / "shuffled.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    again = replayed(path, "--map", MAPPING)
    by_incident = {one["incident"]: one for one in found["verdicts"]}
    assert {one["incident"]: one for one in again["verdicts"]} == by_incident


def test_another_translation_of_the_log_comes_to_the_same(tmp_path: Path) -> None:
    """Events made from every change of state, with pauses and reopenings, by other code and in another zone."""
    with LOG.open(newline="") as stream:
        last = {row["number"]: row for row in csv.DictReader(stream)}
    path = tmp_path / "log.jsonl"
    lines = []
    for ticket in tickets(LOG, "snow"):
        lines += [orjson.dumps(event) for event in ticket.events]
        lines.append(orjson.dumps(_verdict(ticket.number, last[ticket.number], ticket.events[-1])))
    path.write_bytes(b"\n".join(lines))
    agreement = replayed(path, "--verdict", "made_sla")["agreement"]
    for priority in ("P3", "P4"):
        assert agreement["by_priority"][priority]["ratio"] >= ENOUGH


def _verdict(number: str, row: dict[str, str], after: Any) -> dict[str, object]:
    return {
        "specversion": "1.0", "id": f"{number}-verdict", "source": after["source"], "subject": number,
        "type": "io.slad.incident.described.v1", "time": after["time"],
        "data": {"made_sla": row["made_sla"], "version": 1_000},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "at_least", "below"),
    [
        ("P3: 210h wall", "P3: 209h wall", 1.0, 1.01),
        ("P3: 210h wall", "P3: 211h wall", 1.0, 1.01),
        ("P3: 210h wall", "P3: 200h wall", 0.9, 1.0),
        ("P3: 210h wall", "P3: 240h wall", 0.9, 1.0),
        ("P3: 210h wall", "P3: 90h wall", 0.0, 0.7),
        # Weekends that do not count, waiting that pauses, and counting to the resolution are other rules.
        ("P3: 210h wall", "P3: 210h", 0.0, 1.0),
        ("        stop: [closed]\n        pause: []\n        resume: []\n", "        stop: [closed]\n", 0.0, 0.95),
        ("        stop: [closed]\n", "", 0.0, 0.95),
    ],
    ids=["209h", "211h", "200h", "240h", "90h", "weekdays", "pauses", "to the resolution"],
)
def test_what_the_plan_file_says_of_other_rules(
    tmp_path: Path, old: str, new: str, at_least: float, below: float
) -> None:
    text = PLAN.read_text()
    assert old in text
    other = tmp_path / "other.yaml"
    other.write_text(
        text.replace(old, new).replace("hours: 24x7", "hours: 24x5" if new == "P3: 210h" else "hours: 24x7")
    )
    found = slad("replay", LOG, "--plan", other, "--map", MAPPING, "--json").json["agreement"]["by_priority"]["P3"]
    assert at_least <= found["ratio"] < below


def test_the_plan_is_a_sound_catalogue() -> None:
    assert slad("check", PLAN).status == 0
