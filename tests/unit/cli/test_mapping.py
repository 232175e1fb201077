"""`slad map`: what came, what each expression found, which entry applies, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.invoke import slad

from sla_catalogue.preset import preset_names

DESK = """\
sources:
  desk:
    dialect: mapped
    authentication: {kind: bearer, secret: "${NOT_SET}"}
    statuses: {open: open, solved: resolved}
    map:
      events: items
      incident: ticket.id
      time: at
      status: ticket.state
      actor: header('x-by')
      when:
        - {when: "kind == 'new'", event: opened}
        - {when: "kind == 'state'", event: status}
  code: {dialect: github, authentication: {kind: none}}
"""
BODY = b"""{"items": [
  {"kind": "new", "at": "2026-02-03T04:05:06Z", "ticket": {"id": 7, "state": "open"}},
  {"kind": "state", "at": "2026-02-03T05:05:06Z", "ticket": {"id": 7, "state": "odd"}}]}"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "desk.yaml").write_text(DESK)
    return tmp_path / "desk.yaml"


def test_each_event_of_a_batch_is_told(desk: Path, tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("X-By: ann@acme.example\n\n")
    said = slad("map", "try", "desk", "--catalogue", desk, "--headers", tmp_path / "headers", stdin=BODY)
    assert said.status == 0, said.err
    assert "event 1 of 2" in said.out
    assert "when[0]          true <- applies" in said.out
    assert "accepted: opened desk:7 2026-02-03T04:05:06+00:00 (exact)" in said.out
    assert "remark: the source's table has no such status: it pauses and stops nothing: odd" in said.out
    assert "actor            ann@acme.example" in said.out


def test_as_json(desk: Path) -> None:
    first, second = slad("map", "try", "desk", "--catalogue", desk, "--format", "json", stdin=BODY).json["events"]
    assert (first["applied"], first["outcome"], first["found"]["incident"]) == ([0], "accepted", 7)
    assert first["events"][0]["snapshot"]["phase"] == "open"
    assert (second["applied"], second["events"][0]["kind"]) == ([1], "observed")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "refused: The body cannot be read: the body is empty"),
        (b'{"items": ', "no valid JSON"),
        (b"{}", "parked: slad does not know this type of event: no list of events at items"),
        (b'{"items": [{}]}', "parked: no entry under when in the source's map applies"),
    ],
)
def test_what_is_not_understood_ends_with_1(desk: Path, body: bytes, words: str) -> None:
    said = slad("map", "try", "desk", "--catalogue", desk, stdin=body)
    assert said.status == 1
    assert words in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("desc",), "no source 'desc'"),
        (("code",), "has the dialect github"),
        (("desk", "--headers", "absent"), "absent: No such file"),
    ],
)
def test_a_call_that_makes_no_sense(desk: Path, arguments: tuple[str, ...], words: str) -> None:
    said = slad("map", "try", *arguments, "--catalogue", desk, stdin=BODY)
    assert (said.status, words in said.err) == (2, True), said.err


def test_an_expression_that_is_none_is_told_with_its_place(desk: Path) -> None:
    desk.write_text(DESK.replace("ticket.id", "ticket..id"))
    said = slad("map", "try", "desk", "--catalogue", desk, stdin=BODY)
    assert said.status == 2
    assert f"{desk}:8:7: error [expression] no expression: '.' does not belong there at character 8" in said.err


def test_presets_are_listed_and_printed() -> None:
    assert slad("map", "preset").out.split() == list(preset_names())
    assert "eventid {EVENT.ID}" in slad("map", "preset", "zabbix").out
    said = slad("map", "preset", "zabix")
    assert (said.status, "zabbix" in said.err) == (2, True)
