"""Each promise of docs/security.md names tests, and they exist."""

from __future__ import annotations

import ast
import functools
import re

import pytest
from tests.integration.deploy.conftest import ROOT

from sla_catalogue import Dialect

TEXT = (ROOT / "docs" / "security.md").read_text()
_REFERENCE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_HEAD = "| promise | test |\n|---|---|\n"


def _promises() -> list[tuple[str, str]]:
    """Rows of the tables of promises: what is promised, and the cell that names its tests."""
    rows = []
    for table in TEXT.split(_HEAD)[1:]:
        for line in table.partition("\n\n")[0].strip().splitlines():
            promise, _, tests = line.strip("| ").rpartition(" | ")
            rows.append((promise, tests))
    return rows


@functools.cache
def _tests_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize(("promise", "tests"), _promises(), ids=lambda cell: cell[:50])
def test_a_promise_names_its_tests(promise: str, tests: str) -> None:
    assert promise
    assert _REFERENCE.findall(tests), promise
    assert _REFERENCE.sub("", tests).strip(", ") == "", "the column holds tests alone"


@pytest.mark.parametrize("reference", sorted(set(_REFERENCE.findall(TEXT))), ids="::".join)
def test_a_named_test_exists(reference: tuple[str, str]) -> None:
    file, name = reference
    assert (ROOT / file).is_file()
    assert name.startswith("test_")
    assert name in _tests_of(file)


def test_every_section_of_promises_was_read() -> None:
    assert len(_promises()) > 40
    assert TEXT.count("| promise | test |") == TEXT.count(_HEAD)
    assert TEXT.count("tests/") == len(_REFERENCE.findall(TEXT)), "a reference is `tests/file.py::test_name`"


def test_every_dialect_says_what_its_proof_covers() -> None:
    table = TEXT.partition("| source | covered by the proof |")[2].partition("\n\n")[0]
    named = {name for line in table.splitlines()[2:] for name in re.findall(r"`([\w-]+)`", line.split("|")[1])}
    assert [dialect.value for dialect in Dialect if dialect.value not in named] == []
