"""The law as pyproject.toml has it, and a copy of the tree in which it may be broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDERS = {path.name: path.parent for path in ROOT.glob("s*/**/sla_*") if (path / "py.typed").exists()}
"""Where each package of slad lies: its name → the folder to put on the path."""


def contracts() -> list[dict[str, Any]]:
    """Return the import contracts of pyproject.toml, in the order in which they are written there."""
    written = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: list[dict[str, Any]] = written["tool"]["importlinter"]["contracts"]
    return found


def layers_of(contract: dict[str, Any]) -> list[list[str]]:
    """Return the modules of each layer of a contract of layers, from the highest layer to the lowest."""
    return [[name.strip() for name in layer.replace(":", "|").split("|")] for layer in contract["layers"]]


@dataclass(frozen=True)
class Copy:
    """A copy of slad's packages under `root`, checked by the law of the real tree."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> Copy:
        """Copy the packages and the law to an empty folder."""
        hidden = shutil.ignore_patterns("__pycache__", "*.pyc")
        for name in ("shared", "services", "tests/law"):
            shutil.copytree(ROOT / name, root / name, ignore=hidden)
        shutil.copy(ROOT / "pyproject.toml", root)
        return cls(root)

    def module(self, name: str) -> Path:
        """Return the file of a module, or for a package the file of a new module in it."""
        package, _, rest = name.partition(".")
        path = self.root / FOLDERS[package].relative_to(ROOT) / package / rest.replace(".", "/")
        return path / "wrong.py" if path.is_dir() else path.with_suffix(".py")

    def add(self, name: str, line: str) -> None:
        """Append a line to a module (of a package: to a new module in it)."""
        with self.module(name).open("a") as file:
            file.write(f"\n{line}\n")

    def check(self) -> subprocess.CompletedProcess[str]:
        """Run import-linter on the copy, as `make check` runs it on the tree."""
        paths = [str(self.root / folder.relative_to(ROOT)) for folder in FOLDERS.values()]
        return subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "300"},
            capture_output=True,
            text=True,
            check=False,
        )
