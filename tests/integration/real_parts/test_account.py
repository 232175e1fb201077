"""The account of real parts: what it says, and that the switch turns a skip into a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.clock_record import KNOWN, RECORD
from tests.real.ledger import REQUIRE_SWITCH, Ledger, Part, closing_line

ROOT = Path(__file__).parents[3]
STORY = """
import pytest

@pytest.mark.kafka
def test_kafka():
    pytest.skip("no broker today")

@pytest.mark.kafka
def test_shared():
    pytest.skip("../shared with the real inputs is absent")

def test_other():
    pytest.skip("only on Tuesdays")

@pytest.mark.kafka
def test_root():
    pytest.skip("for another kind of machine: only as root")
"""


def test_what_several_workers_wrote_is_one_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REQUIRE_SWITCH, raising=False)
    first, second = Ledger(tmp_path, "gw0"), Ledger(tmp_path, "gw1")
    for worker, test in ((first, "test_a"), (second, "test_b")):
        worker.found(Part.POSTGRES, "18.4")
        worker.used(Part.POSTGRES, test)
    with pytest.raises(pytest.skip.Exception, match="Apache Kafka: no Java"):
        second.absent(Part.KAFKA, "no Java")

    entries = Ledger(tmp_path, "controller").entries()

    assert [entry.line() for entry in entries] == [
        "used    PostgreSQL 18.4 (2 tests)",
        "absent  Apache Kafka: no Java",
    ]
    assert closing_line(entries) == "1 real part used, 1 absent: Apache Kafka"


def test_an_absent_part_fails_under_the_switch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REQUIRE_SWITCH, "1")
    with pytest.raises(pytest.fail.Exception, match="Apache Kafka is demanded"):
        Ledger(tmp_path, "gw0").absent(Part.KAFKA, "no Java")


@pytest.mark.parametrize(("switch", "outcome"), [("", "4 skipped"), ("1", "1 failed, 3 skipped")])
def test_a_skip_that_hides_a_real_part_fails_under_the_switch(tmp_path: Path, switch: str, outcome: str) -> None:
    story = tmp_path / "test_story.py"
    story.write_text(STORY)
    # What this run leaves out, as known to be timeless, is not left out of the story's.
    here = {name: value for name, value in os.environ.items() if name not in (RECORD, KNOWN)}

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", "pyproject.toml", "-q", str(story)],
        cwd=ROOT,
        env={**here, REQUIRE_SWITCH: switch, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome in run.stdout
