"""Whatever is imported is asked for by pyproject.toml, and not by luck a dependency of a dependency."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
IN_PRODUCTION = (*PROJECT["dependencies"], *EXTRAS["kafka"], *EXTRAS["postgres"], *EXTRAS["pdf"])
PART_OF = {"starlette": "fastapi", "markupsafe": "jinja2", "pydantic-core": "pydantic"}
"""What another one hands out under its own name."""


@pytest.mark.parametrize(
    ("folder", "asked"),
    [
        ("shared", IN_PRODUCTION),
        ("services", IN_PRODUCTION),
        ("tests", (*IN_PRODUCTION, *EXTRAS["dev"])),
    ],
)
@pytest.mark.long
def test_what_is_imported_is_asked_for(folder: str, asked: tuple[str, ...]) -> None:
    declared = {canonicalize_name(Requirement(line).name) for line in asked}
    missing: dict[str, str] = {}
    for file in (ROOT / folder).rglob("*.py"):
        for module in _imported(ast.parse(file.read_text())):
            names = {canonicalize_name(name) for name in _installed().get(module, [module])}
            if not {PART_OF.get(name, name) for name in names} & declared:
                missing[module] = str(file.relative_to(ROOT))
    assert missing == {}


@cache
def _installed() -> Mapping[str, Sequence[str]]:
    """The distributions that bring each module."""
    return packages_distributions()


def _imported(tree: ast.Module) -> Iterator[str]:
    """Top names of foreign modules, wherever in the file they are imported."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            top = name.partition(".")[0]
            if top not in sys.stdlib_module_names and top != "tests" and not top.startswith("sla_"):
                yield top
