"""The names in the code by which others know slad: `python -m tests.golden.names.names RELEASE` freezes them."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.docs.nouns import PACKAGES, modules

HERE = Path(__file__).parent
_METRIC = re.compile(r"slad_[a-z0-9_]+")
_PROBLEM = re.compile(r"[a-z]+(?:-[a-z]+)*")
_ENUMERATION = re.compile(
    r"(?:(?<!Page)Kind|Reason|State|Status|Cause|Code|Outcome|Because|Verdict|Phase|Scope|Happening|Quality)$"
)
"""How the names of enumerations end whose values are stored, sent or shown."""


def names() -> dict[str, list[str]]:
    """Return the names by kind, each sorted: metrics, problems, settings, tables and words of enumerations."""
    from sla_platform.settings import Settings
    from sla_standalone.migrations.tables import METADATA

    trees = [ast.parse(path.read_text()) for package in PACKAGES for path in modules(package)]
    prefix = str(Settings.model_config.get("env_prefix", "")).upper()
    found = {
        "metrics": {name for tree in trees for name in _metrics(tree)},
        "problems": {name for tree in trees for name in _problems(tree)},
        "settings": {f"{prefix}{name.upper()}" for name in Settings.model_fields},
        "tables": {name for metadata in METADATA for name in metadata.tables},
        "words": {name for tree in trees for name in _words(tree)},
    }
    return {kind: sorted(each) for kind, each in found.items()}


def frozen() -> dict[str, dict[str, list[str]]]:
    """Return the frozen names by release and kind."""
    return {
        folder.name: {file.stem: file.read_text().splitlines() for file in sorted(folder.glob("*.txt"))}
        for folder in sorted(each for each in HERE.iterdir() if each.is_dir() and each.name[0].isdigit())
    }


def _metrics(tree: ast.Module) -> Iterator[str]:
    """Names with which a metric is made: the first argument of a call."""
    for call in _calls(tree):
        if call.args and isinstance(name := _constant(call.args[0]), str) and _METRIC.fullmatch(name):
            yield name


def _problems(tree: ast.Module) -> Iterator[str]:
    """Types of problems: the second argument of `Problem`, after the status."""
    for call in _calls(tree):
        if ast.unparse(call.func) != "Problem" or len(call.args) < 2:
            continue
        if isinstance(name := _constant(call.args[1]), str) and _PROBLEM.fullmatch(name):
            yield name


def _words(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_") or not _ENUMERATION.search(node.name):
            continue
        if not {"StrEnum", "str"} & {ast.unparse(base) for base in node.bases}:
            continue
        for each in node.body:
            if isinstance(each, ast.Assign) and isinstance(value := _constant(each.value), str):
                yield f"{node.name} {value}"


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _constant(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


if __name__ == "__main__":
    folder = HERE / sys.argv[1]
    folder.mkdir(exist_ok=True)
    for kind, lines in names().items():
        (folder / f"{kind}.txt").write_text("".join(f"{line}\n" for line in lines))
