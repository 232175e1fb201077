"""`slad oncall`: who is on call then, and who is next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.catalogue.made import changed, written
from tests.unit.catalogue.test_rotas import OVERRIDE, TEXT, with_
from tests.unit.cli.invoke import slad

TITLED = changed(
    "    zone: Europe/Warsaw\n    people", "    title: First line\n    zone: Europe/Warsaw\n    people", TEXT
)
NAMED = changed("name: Bob,", "name: Bob, zone: Asia/Tokyo, languages: [pl, en],", with_(OVERRIDE, TITLED))


def asked(tmp_path: Path, *arguments: str, text: str = NAMED) -> str:
    said = slad("oncall", "--catalogue", str(written(tmp_path, text)), *arguments)
    assert said.status == 0, said.err
    return said.out


def test_who_is_on_call_since_when_until_when_and_who_is_next(tmp_path: Path) -> None:
    """Each in their own time: Bob's week begins at 09:00 in Warsaw."""
    lines = asked(tmp_path, "--at", "2026-10-14T10:00")
    assert "at 2026-10-14 08:00+00:00" in lines
    (row,) = [line for line in lines.splitlines() if "First line (desk)" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "First line (desk)", "Bob (bob, speaks pl, en)", "2026-10-12 16:00+09:00", "2026-10-19 16:00+09:00", "",
        "Ann Low (ann)", "2026-10-19 09:00+02:00",
    ]  # fmt: skip


def test_an_exception_is_shown_with_who_wrote_it(tmp_path: Path) -> None:
    told = json.loads(asked(tmp_path, "--at", "2026-10-06T09:00", "--json"))["rotas"][0]
    assert (told["now"]["person"], told["now"]["override"]) == ("cy", {"instead_of": "ann", "by": "bob", "reason": ""})
    assert "instead of ann (by bob)" in asked(tmp_path, "--at", "2026-10-06T09:00")


def test_a_contract_shows_who_holds_each_role(tmp_path: Path) -> None:
    told = json.loads(asked(tmp_path, "--contract", "acme", "--at", "2026-10-12T08:59", "--json"))
    assert [(each["role"], each["person"], each["on_duty"]) for each in told["roles"]] == [
        ("on_call", "ann", True),
        ("on_call", "bob", False),
    ]
    assert "is on call in the rota that holds the role" in asked(tmp_path, "--contract", "acme")


def test_nobody_is_said(tmp_path: Path) -> None:
    assert "nobody" in asked(tmp_path, "--at", "2026-01-01T10:00", text=TEXT)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--rota", "disk"], "no rota 'disk'; known: desk"),
        (["--contract", "beta"], "no contract 'beta'"),
        (["--at", "noon"], "--at 'noon' is no ISO 8601 time"),
    ],
)
def test_what_is_not_known_ends_the_command(tmp_path: Path, arguments: list[str], word: str) -> None:
    said = slad("oncall", "--catalogue", str(written(tmp_path, TEXT)), *arguments)
    assert said.status == 2
    assert word in said.err
