"""Nothing public is left that no code of slad reads: what only tests call, or a library, has a reason here."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

from tests.law.tree import FOLDERS

_LIBRARY = "a library calls it by this name"
READ_OTHERWISE = {
    "catch_up": "tests and tools, that want one pass of a loop that never ends",
    "data_schema": "tests, which judge events of a run by their schema",
    "plural_forms": "tests, which ask each language for every form",
    "fold_binary": _LIBRARY,
    "handle_DATA": _LIBRARY,
    "load_dialect_impl": _LIBRARY,
    "on_partitions_assigned": _LIBRARY,
    "on_partitions_revoked": _LIBRARY,
    "process_bind_param": _LIBRARY,
    "process_result_value": _LIBRARY,
    "settings_customise_sources": _LIBRARY,
    "timeout_keep_alive_handler": _LIBRARY,
}
"""Names that no code of slad reads, each with who reads it."""
_WORD = re.compile(r"[A-Za-z_]\w*")


def test_every_public_name_is_read_by_some_code() -> None:
    sources = [path.read_text() for path in _files("*.py")]
    texts = [path.read_text() for suffix in ("*.html", "*.txt", "*.js", "*.toml", "*.mako") for path in _files(suffix)]
    dead = unread(sources, texts)
    assert sorted(dead - set(READ_OTHERWISE)) == [], "delete it, or say here who reads it"
    assert set(READ_OTHERWISE) <= dead, "it is read by now, or gone: take it off the list"


def test_what_is_read_nowhere_is_found() -> None:
    source = (
        'A = 1\nB = A\n\ndef used(): ...\n\nclass C:\n    def open(self): """Read by D."""\n    def _own(self): ...\n'
    )
    assert unread([source, "print(used(), C)\n"], ["{{ B }}"]) == {"open"}


def unread(sources: list[str], texts: list[str]) -> set[str]:
    """Return the public names that are defined in these modules, and read neither there nor in the texts."""
    defined: Counter[str] = Counter()
    read: Counter[str] = Counter()
    for source in sources:
        defined.update(_defined(ast.parse(source)))
        read.update(_read(source))
    for text in texts:
        read.update(_WORD.findall(text))
    return {name for name, count in defined.items() if read[name] <= count}


def _defined(tree: ast.Module) -> Iterator[str]:
    """Functions, classes, constants and methods, but those that a decorator registers or a library calls by name."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from (each.name for each in node.body if _plain_function(each) and not node.name.startswith("_"))
        if isinstance(node, ast.ClassDef) or _plain_function(node):
            yield node.name
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        yield from (each.id for each in targets if isinstance(each, ast.Name) and not each.id.startswith("_"))


def _plain_function(node: ast.stmt) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
        return False
    return {ast.unparse(each) for each in node.decorator_list} <= {"property", "classmethod", "staticmethod"}


def _read(source: str) -> Iterator[str]:
    """Words of the code and of its short strings, not those of comments and docstrings."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.string
        elif token.type == tokenize.STRING and not token.string.startswith(('"""', 'r"""')):
            yield from _WORD.findall(token.string)


def _files(pattern: str) -> Iterator[Path]:
    for package, folder in FOLDERS.items():
        for path in sorted((folder / package).rglob(pattern)):
            if "versions" not in path.parts:
                yield path
