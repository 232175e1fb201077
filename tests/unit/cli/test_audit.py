"""`slad audit verify` on the file of an export: whole, tampered with, cut, filtered, and against an earlier one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.unit.audit.test_chain import Rows, chained, head, log
from tests.unit.cli.invoke import slad

from sla_platform.audit.chain import AuditRow, row_json


def exported(path: Path, rows: Sequence[AuditRow], of: Rows | None = None) -> Path:
    """The lines of an export; `of`: whose head ends it, None: no head."""
    lines = [row_json(row) for row in rows]
    if of is not None:
        last = head(of)
        lines.append({"head": {"service": last.service, "seq": last.seq, "hash": last.hash}})
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def test_a_whole_export_says_where_it_ends(tmp_path: Path) -> None:
    rows = log()
    said = slad("audit", "verify", exported(tmp_path / "log.jsonl", rows, rows))
    assert (said.status, said.out) == (0, f"notifier: 6 acts, whole; head 6 {rows[-1].hash}\n")


def test_the_first_row_that_does_not_fit_is_named(tmp_path: Path) -> None:
    rows = log()
    changed = [*rows[:2], *rows[3:]]
    said = slad("audit", "verify", exported(tmp_path / "log.jsonl", changed, rows), "--json")
    assert said.status == 1
    (found,) = said.json["logs"]
    assert (found["log"], found["break"]["seq"]) == ("notifier", 4)
    assert "rows 3 to 3 are missing" in found["break"]["why"]


def test_a_log_that_was_written_anew_is_found_by_the_heads_of_before(tmp_path: Path) -> None:
    rows = log()
    kept = exported(tmp_path / "heads.jsonl", [], rows)
    anew = chained([row for row in rows if row.seq != 2] + rows[-1:])
    forged = exported(tmp_path / "forged.jsonl", anew, anew)
    assert slad("audit", "verify", forged).status == 0, "nothing in it tells"
    said = slad("audit", "verify", forged, "--against", kept)
    assert (said.status, "row 6" in said.out, "written anew" in said.out) == (1, True, True)
    assert slad("audit", "verify", exported(tmp_path / "log.jsonl", rows, rows), "--against", kept).status == 0


def test_a_log_that_has_grown_since_still_fits(tmp_path: Path) -> None:
    rows = log(9)
    kept = exported(tmp_path / "heads.jsonl", [], rows[:6])
    assert slad("audit", "verify", exported(tmp_path / "log.jsonl", rows, rows), "--against", kept).status == 0


def test_a_log_that_is_gone_altogether_is_missed(tmp_path: Path) -> None:
    rows = log()
    kept = exported(tmp_path / "heads.jsonl", [], rows)
    said = slad("audit", "verify", exported(tmp_path / "nothing.jsonl", []), "--against", kept)
    assert (said.status, said.out) == (1, "notifier: row 1: the whole log is missing\n")


def test_an_export_without_its_head_cannot_be_verified(tmp_path: Path) -> None:
    said = slad("audit", "verify", exported(tmp_path / "log.jsonl", log()))
    assert (said.status, "filtered or cut" in said.out) == (1, True)


@pytest.mark.parametrize("line", ["no json", "[]", '{"head": {}}', '{"seq": 1}', "7"])
def test_what_is_no_export_is_misuse(tmp_path: Path, line: str) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text(f"{line}\n")
    said = slad("audit", "verify", file)
    assert (said.status, f"{file}:1: no line of an export" in said.err) == (2, True)


def test_there_are_five_logs(tmp_path: Path) -> None:
    said = slad("audit", "verify", exported(tmp_path / "log.jsonl", []), "--log", "notary")
    assert (said.status, "it is one of platform, ingest, timer, notifier, board" in said.err) == (2, True)
