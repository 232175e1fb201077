"""Which real parts a test run used, which were absent, and the rule that CI may not do without them.

Every process of a run (controller and xdist workers) writes lines into one folder; the controller
reads them all at the end, so that a crashed worker takes no knowledge with it.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRE_SWITCH = "SLAD_REQUIRE_REAL_PARTS"
OTHER_MACHINE = "for another kind of machine"
"""How the reason of a skip begins that no installation could mend; the switch lets it pass."""


class Part(StrEnum):
    """A real thing on the other side of the wire."""

    POSTGRES = "PostgreSQL"
    KAFKA = "Apache Kafka"
    SMTP = "SMTP server"
    WEBHOOK = "webhook receiver"
    CHROMIUM = "Chromium"
    PROMTOOL = "promtool"
    AMTOOL = "amtool"
    WEASYPRINT = "WeasyPrint"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one run has to say about one part."""

    part: Part
    version: str
    tests: int
    absence: str
    """Why tests went without it; empty if none had to."""

    def line(self) -> str:
        """One line for the end of the run."""
        if self.absence:
            return f"absent  {self.part.value}: {self.absence}"
        return f"used    {self.part.value} {self.version} ({self.tests} test{'' if self.tests == 1 else 's'})"


class Ledger:
    """The shared account; `folder` is one for the whole run, `writer` the name of this process."""

    def __init__(self, folder: Path, writer: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file = folder / f"{writer}.jsonl"

    def found(self, part: Part, version: str) -> None:
        """The part is there and answers."""
        self._write({"part": part.value, "version": version})

    def used(self, part: Part, test: str) -> None:
        """A test, named by its node id, runs against it."""
        self._write({"part": part.value, "test": test})

    def absent(self, part: Part, reason: str) -> NoReturn:
        """Skip the test, or fail it where the switch demands the real thing."""
        self._write({"part": part.value, "absent": reason})
        if required():
            pytest.fail(f"{part.value} is demanded by {REQUIRE_SWITCH}=1: {reason}", pytrace=False)
        pytest.skip(f"real part absent: {part.value}: {reason}")

    def entries(self) -> list[Entry]:
        """What all processes of the run wrote, one entry a part."""
        versions: dict[Part, str] = {}
        absences: dict[Part, str] = {}
        tests: dict[Part, set[str]] = defaultdict(set)
        for line in self._lines():
            part = Part(line["part"])
            if "version" in line:
                versions[part] = line["version"]
            elif "absent" in line:
                absences[part] = line["absent"]
            else:
                tests[part].add(line["test"])
        return [
            Entry(part, versions.get(part, ""), len(tests[part]), absences.get(part, ""))
            for part in Part
            if part in versions or part in absences
        ]

    def _lines(self) -> list[dict[str, str]]:
        files = sorted(self._folder.glob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    def _write(self, line: Mapping[str, str]) -> None:
        with self._file.open("a") as file:
            file.write(json.dumps(line) + "\n")


def required() -> bool:
    """Whether a test may not go without its real part (CI sets the switch)."""
    return os.environ.get(REQUIRE_SWITCH, "") not in {"", "0"}


def closing_line(entries: list[Entry]) -> str:
    """The last line of the account."""
    absent = [entry.part.value for entry in entries if entry.absence]
    used = len(entries) - len(absent)
    plural = "" if used == 1 else "s"
    return f"{used} real part{plural} used, {len(absent)} absent" + (f": {', '.join(absent)}" if absent else "")
