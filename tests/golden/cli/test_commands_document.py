"""docs/commands.md keeps its word: every block can be pasted, alone and in order, beside a running service."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from tests.golden.cli.conftest import EXAMPLES
from tests.unit.cli.invoke import slad

ROOT = EXAMPLES.parents[1]
TEXT = (ROOT / "docs" / "commands.md").read_text()
BLOCKS = re.findall(r"^## ([^\n]+)\n(?:(?!^## )[\s\S])*?^```sh\n([\s\S]*?)^```", TEXT, re.MULTILINE)


# What a shell has to see: everything but a plain call of `slad`, whose start takes a second each.
_OF_THE_SHELL = re.compile(r"[|&;<>$`\\*?(){}]")


def pasted(lines: str, service: str, place: Path) -> subprocess.CompletedProcess[str]:
    """As a shell takes them that stops at the first command that fails."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines.replace("/tmp/slad-tour", str(place))],
        cwd=ROOT, env={**os.environ, "PATH": path, "SLAD_URL": service}, capture_output=True, text=True, timeout=110,
    )  # fmt: skip


def _plain(line: str) -> bool:
    return line.startswith("slad ") and not _OF_THE_SHELL.search(line.partition(" #")[0])


def _runs(lines: str) -> Iterator[tuple[bool, list[str]]]:
    """The lines in order: plain calls of `slad`, and what is between them for a shell."""
    for plain, some in groupby(lines.splitlines(keepends=True), _plain):
        yield plain, list(some)


@pytest.mark.parametrize(("heading", "lines"), BLOCKS, ids=[heading for heading, _ in BLOCKS])
@pytest.mark.long
def test_a_block_can_be_pasted(
    heading: str, lines: str, service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("SLAD_URL", service)
    place = tmp_path / "tour"
    for plain, some in _runs(lines):
        if plain:
            for line in some:
                said = slad(*shlex.split(line.replace("/tmp/slad-tour", str(place)), comments=True)[1:])
                assert said.status == 0, f"{heading}: {line}: {said.out}{said.err}"
        else:
            done = pasted("".join(some), service, place)
            assert done.returncode == 0, f"{heading}: {done.stdout}{done.stderr}"


def test_a_block_is_divided_where_a_shell_is_needed() -> None:
    """Most lines are plain, and those of every other kind go to a real shell, whose `slad` is the installed one."""
    divided = [run for _, lines in BLOCKS for run in _runs(lines)]
    assert sum(len(some) for plain, some in divided if plain) > 15
    shell = "".join("".join(some) for plain, some in divided if not plain)
    assert "| slad calendar eval" in shell
    assert "sleep 1; slad explain" in shell


def test_every_command_is_named_and_only_those_that_are_there() -> None:
    there = set(re.findall(r"^\W+([a-z]+) {2,}[A-Z]", slad("--help").out, re.MULTILINE))
    table = TEXT.partition("| --- |")[2].partition("\n\n")[0]
    named = {
        name
        for row in table.splitlines()
        for name in re.findall(r"`([a-z]+)`", row.split("|")[1] if "|" in row else "")
    }
    assert named == there


def test_what_check_prints_as_json_has_the_shape_that_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    shown = json.loads(TEXT.partition("```json\n")[2].partition("```")[0])
    (tmp_path / "bad.yaml").write_text((EXAMPLES / "contracts.yaml").read_text().replace("plan: silver", "plan: slver"))
    for file in ("plans.yaml", "people.yaml"):
        (tmp_path / file).write_text((EXAMPLES / file).read_text())
    said = slad("check", "--json", tmp_path).json
    assert said.keys() == shown.keys()
    assert said["problems"][0].keys() == shown["problems"][0].keys()
    assert said["problems"][0]["code"] == shown["problems"][0]["code"]
    told = slad("check", "--json", "--tests", "examples/catalogue").json
    assert told["scenarios"][0].keys() == shown["scenarios"][0].keys()
