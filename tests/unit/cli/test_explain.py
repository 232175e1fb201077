"""`slad explain` from a log: the same words as a service would find, without one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.invoke import slad
from tests.unit.cli.logs import Files, written


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return written(tmp_path)


def test_an_incident_of_a_table(files: Files) -> None:
    options = ("--events", files.table, "--map", files.mapping, "--catalogue", files.plan)
    said = slad("explain", "desk:A2", *options)
    assert said.status == 0
    assert "Resolution of desk:A2, cycle 1: met" in said.out
    assert "customer: Asked" in said.out
    assert "P1" in said.out  # the row that was tried first
    assert slad("explain", "A2", *options).out == said.out


def test_an_incident_of_a_log_of_events_as_data(files: Files) -> None:
    said = slad("explain", "desk:A1", "--events", files.events, "--catalogue", files.plan, "--json")
    (clock,) = said.json["clocks"]
    assert (clock["state"], clock["consumed_seconds"], clock["due_at"]) == ("met", 10800, "2026-03-02T13:00:00+00:00")


def test_as_of_an_earlier_instant_and_in_another_language(files: Files) -> None:
    options = ("explain", "A1", "--events", files.events, "--catalogue", files.plan, "--at", "2026-03-02T10:00")
    assert slad(*options, "--json").json["clocks"][0]["state"] == "running"
    assert "Rozwiązanie" in slad(*options, "--lang", "pl").out


def test_under_another_contract(files: Files) -> None:
    said = slad("explain", "A1", "--events", files.events, "--contract", "bpmonline-premium", "--json")
    assert {clock["plan"]["id"] for clock in said.json["clocks"]} == {"bpmonline-premium"}


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (("A9",), 1, "no incident 'A9' in the log; it has 1, such as desk:A1"),
        (("A1", "--metric", "update"), 1, "no clock of update"),
        (("A1", "--at", "2026-03-01"), 1, "no clock at 2026-03-01T00:00:00Z"),
        (("A1", "--contract", "nobody"), 2, "no contract 'nobody'"),
        (("A1", "--at", "soon"), 2, "no ISO 8601 time"),
    ],
)
def test_what_cannot_be_explained(files: Files, arguments: tuple[str, ...], status: int, why: str) -> None:
    said = slad("explain", *arguments, "--events", files.events, "--catalogue", files.plan)
    assert said.status == status
    assert why in said.err


def test_without_a_service_it_says_how_to_start_one() -> None:
    said = slad("explain", "desk:A1", "--url", "http://127.0.0.1:9")
    assert said.status == 2
    assert "slad run" in said.err
