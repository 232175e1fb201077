"""`slad compare`: another engine's verdicts beside those of a replayed history, with the reason of each difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.invoke import Said, slad

PLAN = """
coverages:
  office: {hours: {mon-fri: "09:00-17:00"}}
  always: {hours: 24x7}
plans:
  plain:
    priorities: [{id: P1}, {id: P2}]
    rules: {default: P2}
    targets:
      - {metric: first_response, coverage: always, by_priority: {P1: 15m, P2: 1h}}
      - metric: resolution
        coverage: office
        by_priority: {P1: 4h, P2: 8h}
    escalation: none
contracts:
  one: {plan: plain, zone: UTC, default: true}
"""


def told(ticket: str, kind: str, at: str, **data: Any) -> str:
    event = {
        "specversion": "1.0", "id": f"{ticket}-{kind}-{at}", "source": "/desk", "subject": ticket,
        "type": f"io.slad.incident.{kind}.v1", "time": f"{at}Z", "data": data,
    }  # fmt: skip
    return json.dumps(event)


LOG = [  # 2026-03-02 is a Monday
    told("T1", "opened", "2026-03-02T10:00:00", priority="P1"),
    told("T1", "responded", "2026-03-02T10:10:00", actor="staff"),
    told("T1", "resolved", "2026-03-02T13:30:00"),
    told("T2", "opened", "2026-03-02T16:00:00", priority="P1"),
    told("T2", "responded", "2026-03-02T16:05:00", actor="staff"),
    told("T2", "resolved", "2026-03-03T11:00:00"),
    told("T3", "opened", "2026-03-02T10:00:00", priority="P1"),
    told("T3", "responded", "2026-03-02T10:05:00", actor="staff"),
    told("T3", "waiting", "2026-03-02T11:00:00", waiting_on="customer"),
    told("T3", "resumed", "2026-03-02T12:00:00"),
    told("T3", "resolved", "2026-03-02T14:30:00"),
    told("T4", "opened", "2026-03-02T10:00:00", priority="P2"),
    told("T5", "opened", "2026-03-03T16:00:00", priority="P2"),
]
HEAD = "Task,SLA,Stage,Has breached,Start time,Stop time,Breach time,Pause duration"


def row(task: str, sla: str, late: bool, start: str, end: str, due: str, paused: str = "") -> str:
    stage = "Completed" if end else "In progress"
    ended = f"2026-03-{end}" if end else ""
    return f"{task},{sla},{stage},{str(late).lower()},2026-03-{start},{ended},2026-03-{due},{paused}"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "log.jsonl").write_text("\n".join(LOG))
    return tmp_path


def compared(files: Path, rows: list[str], *more: object) -> Said:
    (files / "sla.csv").write_text("\n".join([HEAD, *rows]) + "\n")
    log = ("--log", files / "log.jsonl", "--catalogue", files / "plan.yaml")
    return slad("compare", files / "sla.csv", "--engine", "servicenow", *log, *more)


ALIKE = [
    row("T1", "response", False, "02 10:00", "02 10:10", "02 10:15", "0"),
    row("T1", "resolution", False, "02 10:00", "02 13:30", "02 14:00", "0"),
]


def test_engines_that_agree(files: Path) -> None:
    said = compared(files, ALIKE)
    assert (said.status, "nothing was written or sent" in said.err) == (0, True), said.out
    found = compared(files, ALIKE, "--json").json
    assert (found["compared"], found["agree"], found["ratio"], found["differences"]) == (2, 2, 1.0, [])


def test_each_difference_says_why(files: Path) -> None:
    rows = [
        *ALIKE,
        row("T2", "response", False, "02 16:00", "02 16:05", "02 16:15", "0"),
        row("T2", "resolution", True, "02 16:00", "03 11:00", "02 20:00", "0"),  # four hours round the clock
        row("T3", "response", True, "02 10:00", "02 10:20", "02 10:15", "0"),  # another end
        row("T3", "resolution", True, "02 10:00", "02 14:30", "02 14:00", "0"),  # no pause
        row("T4", "resolution", True, "02 10:30", "", "03 10:30", "0"),  # began later
        row("T9", "resolution", False, "02 10:00", "", "03 10:30", "0"),
        row("T5", "response", False, "03 16:00", "", "03 17:30", "0"),
        row("T5", "update (response)", False, "03 16:00", "", "03 17:30", "0"),
    ]
    said = compared(files, rows, "--json")
    assert said.status == 1
    found = {(one["ticket"], one["metric"], one["kind"]): " / ".join(one["why"]) for one in said.json["differences"]}
    assert found[("T2", "resolution", "verdict")] == (
        "ours is met, theirs missed / their due instant is 16h earlier / "
        "they count 4h round the clock, ours in office (UTC)"
    )
    assert found[("T3", "first_response", "verdict")] == "ours is met, theirs missed / theirs ended 15m later"
    assert found[("T3", "resolution", "verdict")] == (
        "ours is met, theirs missed / their due instant is 1h earlier / paused: ours 1h, theirs 0s"
    )
    assert "theirs began 30m later" in found[("T4", "resolution", "due")]
    assert "they have no such target; ours of 1h" in found[("T4", "first_response", "only_we")]
    assert found[("T9", "resolution", "no_incident")] == "slad knows no such ticket"
    assert "another target" in found[("T5", "first_response", "due")]
    assert "no such target to this ticket (" in found[("T5", "first_response", "only_they")]
    assert sum(said.json["counts"].values()) == len(said.json["differences"])
    shown = compared(files, rows)
    assert "3 clocks that one side met and the other missed" in shown.out
    assert "T2 resolution: ours is met, theirs missed" in shown.out
    assert "(row " in shown.out


def test_an_open_clock_is_judged_at_the_end_of_the_log_or_until(files: Path) -> None:
    rows = [row("T4", "resolution", True, "02 10:00", "", "03 10:00", "0")]
    found = compared(files, rows, "--json").json
    assert {one["metric"] for one in found["differences"]} == {"first_response"}, "both are overdue"
    early = compared(files, rows, "--json", "--until", "2026-03-02T12:00").json
    undecided = next(one for one in early["differences"] if one["metric"] == "resolution")
    assert (undecided["kind"], undecided["why"][0]) == ("undecided", "ours is open, theirs overdue")


def test_tolerance_expectation_and_names(files: Path) -> None:
    near = [ALIKE[0], row("T1", "resolution", False, "02 10:00", "02 13:30", "02 14:02", "0")]
    assert compared(files, near).status == 1
    assert compared(files, near, "--tolerance", "120").status == 0
    assert compared(files, near, "--expect", "0.9").status == 0
    late = [ALIKE[0], row("T1", "resolution", True, "02 10:00", "02 13:30", "02 13:00", "0")]
    assert compared(files, late, "--expect", "0.9").status == 1
    assert compared(files, ALIKE, "--source", "desk").status == 0
    assert compared(files, ALIKE, "--source", "other", "--json").json["counts"]["no_incident"] == 0, "by its own name"
    odd = [line.replace("resolution", "Gold") for line in ALIKE]
    assert "give --metric 'Gold'=METRIC" in compared(files, odd).err
    assert compared(files, odd, "--metric", "gold=resolution").status == 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--engine", "other"), "--engine other: it is one of servicenow, zammad, linear, plain"),
        (("--engine", "zammad", "--zone", "Mars/Base"), "--zone Mars/Base: no such time zone"),
        (("--engine", "zammad", "--metric", "x"), "write TARGET=METRIC"),
        (("--engine", "zammad", "--catalogue", "."), "give --log, too"),
        (("--engine", "zammad"), "has no target of any ticket; expected: tickets of /api/v1/tickets"),
    ],
)
def test_a_call_that_makes_no_sense(tmp_path: Path, options: tuple[str, ...], why: str) -> None:
    (tmp_path / "export.json").write_text("[]")
    said = slad("compare", tmp_path / "export.json", *options)
    assert (said.status, why in said.err) == (2, True), said.err
    assert slad("compare", tmp_path / "none.json", "--engine", "zammad").status == 2
