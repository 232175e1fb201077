"""The dated cases of the four vendors' plans, asked on the command line of the shipped catalogue, and of a service."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import orjson
import pytest
from tests.golden.cli.acceptance import CASES, Case
from tests.real.http import http_post
from tests.unit.cli.invoke import slad

cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def due_of(answer: dict[str, list[dict[str, str]]], metric: str) -> str:
    (due,) = [line["due_at"] for line in answer["metrics"] if line["metric"] == metric]
    return due


@cases
def test_slad_when_gives_the_published_due_instant(case: Case) -> None:
    said = slad("when", case.contract, "--priority", case.priority, "--opened", case.opened, "--json")
    assert said.status == 0
    assert due_of(said.json, case.metric) == case.due


@cases
def test_the_words_for_people_hold_it_too(case: Case) -> None:
    assert case.due in slad("when", case.contract, "--priority", case.priority, "--opened", case.opened).out


def test_the_installed_program_says_the_same() -> None:
    case = CASES[0]
    options = ("when", case.contract, "--priority", case.priority, "--opened", case.opened, "--json")
    done = subprocess.run([sys.executable, "-m", "sla_standalone", *options], capture_output=True, check=True)
    assert due_of(orjson.loads(done.stdout), case.metric) == case.due


@cases
def test_a_running_service_promises_the_same(case: Case, service: str) -> None:
    question = {"contract": case.contract, "priority": case.priority, "opened_at": case.opened}
    answer = http_post(f"{service}/v1/deadlines", json=question, timeout=30)
    assert answer.status_code == 200, answer.text
    assert due_of(answer.json(), case.metric) == case.due


@cases
def test_a_replayed_incident_is_due_then(case: Case, tmp_path: Path) -> None:
    """The same case as an event of a log: the fold, not the preview, finds the instant."""
    event = {
        "specversion": "1.0", "id": "1", "source": "/desk", "type": "io.slad.incident.opened.v1", "subject": "A1",
        "time": slad("when", case.contract, "--opened", case.opened, "--json").json["opened_at"],
        "data": {"priority": case.priority, "description": "as described"},
    }  # fmt: skip
    log = tmp_path / "log.jsonl"
    log.write_bytes(orjson.dumps(event))
    said = slad("replay", log, "--contract", case.contract, "--json")
    (due,) = [one["due_at"] for one in said.json["verdicts"] if one["metric"] == case.metric]
    explained = slad("explain", "A1", "--events", log, "--contract", case.contract, "--json").json["clocks"]
    expected = datetime.fromisoformat(case.due)
    assert datetime.fromisoformat(due) == expected
    assert [datetime.fromisoformat(c["due_at"]) for c in explained if c["metric"] == case.metric] == [expected]
