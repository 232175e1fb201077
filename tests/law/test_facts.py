"""Whoever distinguishes the bodies of facts names every one of them, so that a new body is nowhere left out unseen."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import get_args

from tests.law.tree import FOLDERS

from sla_domain.fact import FactBody

BODIES = frozenset(body.__name__ for body in get_args(FactBody))


def test_each_match_on_the_bodies_of_facts_ends_with_assert_never() -> None:
    found = [
        f"{path.relative_to(folder)}:{line}"
        for package, folder in FOLDERS.items()
        for path in sorted((folder / package).rglob("*.py"))
        for line in open_matches(path.read_text())
    ]
    assert found == [], "name the other bodies, and end with `case _: assert_never(body)`"


def test_a_match_that_swallows_the_other_bodies_is_found() -> None:
    assert list(open_matches(_made("case _:\n            return 1"))) == [4]
    assert list(open_matches(_made("case other:\n            return 1"))) == [4]
    assert list(open_matches(_made("case Met():\n            return 1"))) == [4]
    assert list(open_matches(_made("case _:\n            assert_never(body)"))) == []
    assert list(open_matches(_made("case _:\n            return 1").replace("sla_domain.fact", "other"))) == []


def open_matches(source: str) -> Iterator[int]:
    """Yield the line of each `match` with a body of a fact among its patterns that can end without `assert_never`."""
    tree = ast.parse(source)
    bodies = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "sla_domain.fact"
        for alias in node.names
        if alias.name in BODIES
    }
    if "FactBody = " in source:  # the module that defines them
        bodies |= BODIES
    for node in ast.walk(tree):
        if isinstance(node, ast.Match) and _classes(node) & bodies and not _closed(node):
            yield node.lineno


def _classes(match: ast.Match) -> set[str]:
    patterns = (each for case in match.cases for each in ast.walk(case.pattern))
    return {ast.unparse(each.cls) for each in patterns if isinstance(each, ast.MatchClass)}


def _closed(match: ast.Match) -> bool:
    """Whether nothing is caught by a name alone but by the last case, which calls `assert_never`."""
    *others, last = match.cases
    if any(isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None for case in others):
        return False
    return isinstance(last.pattern, ast.MatchAs) and ast.unparse(last.body[0]).startswith("assert_never(")


def _made(last: str) -> str:
    return (
        "from sla_domain.fact import FactBody, Met\n"
        "from typing import assert_never\n"
        "def of(body: FactBody) -> int:\n"
        f"    match body:\n        case Met():\n            return 0\n        {last}\n"
    )
