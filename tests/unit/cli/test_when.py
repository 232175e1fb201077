"""`slad when`: by name, in the contract's zone, with the row that matched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.cli.invoke import slad

OWN = """
coverages:
  office: {hours: {mon-fri: "08:00-16:00"}}
plans:
  small:
    priorities: [{id: P1}, {id: P2}]
    targets:
      - {metric: first_response, coverage: office, when: {product: shop}, time: 1h}
      - {metric: first_response, coverage: office, time: 2h, warn: [50%]}
    escalation: none
contracts:
  express-8x5: {plan: small, zone: America/New_York, default: true}
"""


def test_a_shipped_contract_is_known_by_name_and_a_time_without_offset_is_in_its_zone() -> None:
    said = slad("when", "hpe-flexcare-pl", "--priority", "P1", "--opened", "2026-11-10T16:30", "--json")
    assert said.status == 0
    (line,) = [line for line in said.json["metrics"] if line["metric"] == "first_response"]
    assert line["due_at"] == "2026-11-12T08:30:00+01:00"
    assert line["clause"] == "H1"
    assert line["row"].startswith("builtin/hpe.yaml:")


def test_a_time_with_an_offset_is_that_instant() -> None:
    said = slad("when", "hpe-flexcare-pl", "--priority", "P1", "--opened", "2026-11-10T15:30Z", "--json")
    assert said.json["opened_at"] == "2026-11-10T16:30:00+01:00"


def test_a_time_the_clock_skips_is_the_instant_of_the_change() -> None:
    said = slad("when", "hpe-flexcare-pl", "--priority", "P1", "--opened", "2026-03-29T02:30", "--json")
    assert said.json["opened_at"] == "2026-03-29T03:00:00+02:00"


def test_ones_own_contract_beats_a_shipped_one_of_the_same_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("own.yaml").write_text(OWN)
    monkeypatch.setenv("SLAD_CATALOGUE", str(tmp_path / "own.yaml"))
    asked = ("when", "express-8x5", "--priority", "P1", "--opened", "2026-11-10T10:00", "--json")
    assert slad(*asked).json["plan"] == "small"
    assert slad(*asked, "--product", "shop").json["metrics"][0]["due_at"] == "2026-11-10T11:00:00-05:00"


def test_the_shipped_ones_are_found_although_ones_own_catalogue_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("own.yaml").write_text("plans: [")
    monkeypatch.setenv("SLAD_CATALOGUE", str(tmp_path / "own.yaml"))
    said = slad("when", "express-8x5", "--priority", "P1", "--json")
    assert said.status == 0
    assert "does not form a catalogue" in said.err


def test_the_table_shows_due_target_and_row(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    said = slad("when", "express-8x5", "--opened", "2026-11-10T10:00", "--catalogue", path)
    for part in ("2026-11-10T12:00:00-05:00", "2h", "office", "warn-50", "own.yaml:9"):
        assert part in said.out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("nobody",), "known: bpmonline-basic"),
        (("express-8x5", "--opened", "yesterday"), "no ISO 8601 time"),
        (("express-8x5", "--opened", "9999-12-31T23:59"), "no ISO 8601 time"),
        (("express-8x5", "--opened", "9999-12-31T23:59-14:00"), "out of reach"),
        (("express-8x5", "--opened", "0001-01-01T00:00+14:00"), "out of reach"),
        (("express-8x5", "-a", "colour"), "NAME=VALUE"),
        (("express-8x5", "--catalogue", "missing.yaml"), "no such file"),
    ],
)
def test_a_call_that_makes_no_sense_ends_with_two_and_says_why(arguments: tuple[str, ...], word: str) -> None:
    said = slad("when", *arguments)
    assert said.status == 2
    assert word in said.err
    assert said.out == ""


def test_a_terminal_that_lacks_a_letter_still_shows_the_table() -> None:
    asked = [sys.executable, "-m", "sla_standalone", "when", "hpe-flexcare-pl", "--priority", "P1"]
    plain = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    said = subprocess.run(asked, capture_output=True, env=plain, timeout=60, check=False)
    assert (said.returncode, said.stderr) == (0, b"")
    assert b"first_response" in said.stdout
